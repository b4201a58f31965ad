"""Steady potentials, resistances, and the currents of potentials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bluecellab.analysis.searches import hyperpolarizing_current
from bluecellab.analysis.steady import holding_current as measure_holding
from bluecellab.analysis.steady import input_resistance, steady_state_voltage
from bluecellab.cell import Cell
from bluecellab.compat import _running
from bluecellab.compat.circuit.node_id import create_cell_id
from bluecellab.spec.base import Site
from bluecellab.spec.cells import EmodelProperties, TemplateParams
from bluecellab.spec.simulation import RunConditions

__all__ = [
    "calculate_SS_voltage",
    "calculate_SS_voltage_subprocess",
    "calculate_input_resistance",
    "detect_hyp_current",
    "holding_current",
    "holding_current_subprocess",
    "search_hyp_current",
]

AnyPath = str | Path


def calculate_SS_voltage(
    template_path: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    emodel_properties: EmodelProperties | None,
    step_level: float,
    check_for_spiking: bool = False,
    spike_threshold: float = -20.0,
    section: str = "soma[0]",
    segx: float = 0.5,
) -> float:
    """Return the potential in mV at which a cell settles under a current, without its holding current.

    Parameters
    ----------
    template_path, morphology_path, template_format, emodel_properties
        What the cell is built from.
    step_level
        The current in nA.
    check_for_spiking, spike_threshold
        Whether a potential above the threshold in mV, after 100 ms, is an error.
    section, segx
        Where current is injected and the potential recorded.

    Raises
    ------
    UnsteadyCellError
        If it spikes.

    See Also
    --------
    bluecellab.analysis.steady_state_voltage
    """
    params = TemplateParams(template_path, morphology_path, template_format, emodel_properties)
    return _running.rebuilt(
        steady_state_voltage,
        params,
        step_level,
        site=Site(section=section, x=segx),
        spike_threshold=spike_threshold if check_for_spiking else None,
        conditions=_running.conditions(params),
    )


def calculate_SS_voltage_subprocess(
    template_path: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    emodel_properties: EmodelProperties | None,
    step_level: float,
    check_for_spiking: bool,
    spike_threshold: float,
    section: str = "soma[0]",
    segx: float = 0.5,
) -> float:
    """Do :func:`calculate_SS_voltage` in this process, which should have no other cells."""
    params = TemplateParams(template_path, morphology_path, template_format, emodel_properties)
    return _running.rebuilt_here(
        steady_state_voltage,
        params,
        step_level,
        site=Site(section=section, x=segx),
        spike_threshold=spike_threshold if check_for_spiking else None,
        conditions=_running.conditions(params),
    )


def calculate_input_resistance(
    template_path: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    emodel_properties: EmodelProperties | None,
    current_delta: float = -0.02,
    section: str = "soma[0]",
    segx: float = 0.5,
) -> float:
    """Return the input resistance in Mohm: of the steady potentials with and without a current in nA.

    See Also
    --------
    bluecellab.analysis.input_resistance
    """
    params = TemplateParams(template_path, morphology_path, template_format, emodel_properties)
    return _running.rebuilt(
        input_resistance,
        params,
        current_delta=current_delta,
        site=Site(section=section, x=segx),
        spike_threshold=None,
        conditions=_running.conditions(params),
    )


def search_hyp_current(
    template_path: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    emodel_properties: EmodelProperties | None,
    target_voltage: float,
    min_current: float,
    max_current: float,
) -> float:
    """Return a current in nA, out of a range, under which a cell settles within 0.5 mV of a potential in mV.

    Raises
    ------
    BracketError
        If there is none in the range; published, that is a RecursionError.

    See Also
    --------
    bluecellab.analysis.hyperpolarizing_current
    """
    params = TemplateParams(template_path, morphology_path, template_format, emodel_properties)
    return _running.rebuilt(
        _hyperpolarizing, params, target_voltage, (min_current, max_current), _running.conditions(params)
    )


def _hyperpolarizing(
    cell: Cell, target: float, between: tuple[float, float], conditions: RunConditions
) -> float:
    return hyperpolarizing_current(cell, target, between=between, spike_threshold=None, conditions=conditions)


def detect_hyp_current(
    template_path: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    emodel_properties: EmodelProperties | None,
    target_voltage: float,
) -> float:
    """Do :func:`search_hyp_current` between -1 and 0 nA."""
    return search_hyp_current(
        template_path, morphology_path, template_format, emodel_properties, target_voltage, -1.0, 0.0
    )


def holding_current(
    v_hold: float, cell_id: int | tuple[str, int], circuit_path: Any, enable_ttx: bool = False
) -> tuple[float, float]:
    """Return the current that holds a cell of a circuit at a potential.

    Parameters
    ----------
    v_hold
        In mV.
    cell_id
        Population and id.
    circuit_path
        Path of a SONATA simulation configuration, or a ``SonataSimulationConfig``.
    enable_ttx
        Whether sodium channels are blocked.

    Returns
    -------
    float
        In nA.
    float
        The potential of the clamp in mV.

    See Also
    --------
    bluecellab.analysis.holding_current
    """
    from bluecellab.compat.circuit_simulation import CircuitSimulation

    with CircuitSimulation(circuit_path) as simulation:
        made = simulation.fetch_cell_kwargs(create_cell_id(cell_id))
    return _running.rebuilt(_held, _params(made), v_hold, enable_ttx, _fixed(made))


def holding_current_subprocess(
    v_hold: float, enable_ttx: bool, cell_kwargs: Mapping[str, Any]
) -> tuple[float, float]:
    """Do :func:`holding_current` in this process, which should have no other cells.

    Parameters
    ----------
    v_hold, enable_ttx
        As there.
    cell_kwargs
        The arguments that make the cell, as ``CircuitSimulation.fetch_cell_kwargs`` returns them.
    """
    return _running.rebuilt_here(_held, _params(cell_kwargs), v_hold, enable_ttx, _fixed(cell_kwargs))


def _params(made: Mapping[str, Any]) -> TemplateParams:
    return TemplateParams(
        made["template_path"],
        made["morphology_path"],
        made.get("template_format", "v5"),
        made.get("emodel_properties"),
    )


def _fixed(made: Mapping[str, Any]) -> RunConditions:
    return _running.conditions(_params(made), cvode=False)


def _held(cell: Cell, voltage: float, ttx: bool, conditions: RunConditions) -> tuple[float, float]:
    if ttx:
        cell.enable_ttx()
    return measure_holding(cell, voltage, conditions=conditions), float(voltage)
