"""What remains of one run of a protocol on a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

from bluecellab.results.drawing import drawn
from bluecellab.results.spikes import Spikes
from bluecellab.results.traces import Traces
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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

    def plot(self, *, title: str | None = None) -> Figure:
        """Draw the stimuli above the traces; see :func:`bluecellab.plotting.plot_response` for more.

        Raises
        ------
        ResultsError
            If nothing was recorded, or a stimulus is relative to a current that is not known.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_response", self, title=title)
