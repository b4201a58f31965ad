"""What remains of one run of a protocol on a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from bluecellab.results.spikes import Spikes
from bluecellab.results.traces import Traces
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol

__all__ = ["Results"]


@dataclass(frozen=True)
class Results:
    """What remains of a run.

    Parameters
    ----------
    traces
        What was recorded, by name.
    spikes
        Spike times, by name of the detector.
    protocol
        What was done.
    cell
        Specification of the cell; None for a live cell that has none.
    provenance
        Versions, mechanisms and settings that made it, JSON-ready; no part of a comparison.
    """

    traces: Traces
    spikes: Spikes
    protocol: Protocol
    cell: AnyCell | None = None
    provenance: Mapping[str, JsonValue] = field(default_factory=dict, compare=False)

    __hash__ = None  # type: ignore[assignment]  # holds arrays, compares by them
