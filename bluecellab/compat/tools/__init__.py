"""Measurements and searches on cells, under the published names.

They are those of :mod:`bluecellab.analysis`, on cells that are built from published parameters in
processes of their own. Temperature, initial potential and mechanisms are those of this process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from bluecellab.analysis.spikes import detect_spike as find_spike
from bluecellab.compat import _running
from bluecellab.compat._coming import getter
from bluecellab.compat._running import validate_section_and_segment
from bluecellab.compat.exceptions import ConfigError, UnsteadyCellError
from bluecellab.compat.tools._properties import compute_memodel_properties, compute_memodel_properties_v2
from bluecellab.compat.tools._steady import (
    calculate_input_resistance,
    calculate_SS_voltage,
    calculate_SS_voltage_subprocess,
    detect_hyp_current,
    holding_current,
    holding_current_subprocess,
    search_hyp_current,
)
from bluecellab.compat.tools._threshold import (
    calculate_max_thresh_current,
    calculate_rheobase,
    detect_spike_step,
    detect_spike_step_subprocess,
    search_threshold_current,
)
from bluecellab.nrn import runtime

__all__ = [
    "UnsteadyCellError",
    "calculate_SS_voltage",
    "calculate_SS_voltage_subprocess",
    "calculate_input_resistance",
    "calculate_max_thresh_current",
    "calculate_rheobase",
    "check_empty_topology",
    "compute_memodel_properties",
    "compute_memodel_properties_v2",
    "detect_hyp_current",
    "detect_spike",
    "detect_spike_step",
    "detect_spike_step_subprocess",
    "holding_current",
    "holding_current_subprocess",
    "resolve_source_nodes",
    "search_hyp_current",
    "search_threshold_current",
    "template_accepts_cvode",
    "validate_section_and_segment",
]

__getattr__ = getter(__name__)

AnyPath = str | Path


def template_accepts_cvode(template_name: AnyPath) -> bool:
    """Whether a template may be integrated with a variable step: its file says nothing of StochKv."""
    return _running.accepts_cvode(template_name)


def check_empty_topology() -> bool:
    """Whether NEURON has no section in this process."""
    runtime.start()
    return not any(True for _ in runtime.raw_h().allsec())


def detect_spike(voltage: npt.ArrayLike, step_thresh: float = -20.0) -> bool:
    """Whether a potential in mV is ever above a threshold; that of no samples is not."""
    return find_spike(voltage, step_thresh)


def resolve_source_nodes(
    source: Mapping[str, Any], report_type: str, cells: Iterable[tuple[str, int]], population: str
) -> tuple[list[int], list[Any] | None]:
    """Return the ids of the nodes of a report in a population, and their places if it lists them.

    Parameters
    ----------
    source
        A node set (``{"node_id": [...]}``; without it all cells are meant), or a compartment set.
    report_type
        ``"compartment"`` or ``"compartment_set"``.
    cells
        Ids of cells: population and node.
    population
        Which of them.

    Raises
    ------
    ConfigError
        If the report is of another type.

    Examples
    --------
    >>> resolve_source_nodes({}, "compartment", [("a", 1), ("b", 2)], "a")
    ([1], None)
    """
    if report_type == "compartment_set":
        places = list(source.get("compartment_set", []))
        return sorted({int(place[0]) for place in places}), places
    if report_type != "compartment":
        raise ConfigError(
            f"Unsupported source type {report_type!r} in configuration for report: it is 'compartment' or "
            "'compartment_set'"
        )
    listed = source.get("node_id")
    if listed is not None:
        return list(listed), None
    return [node for name, node in cells if name == population], None
