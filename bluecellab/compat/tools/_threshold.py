"""Steps that make a cell spike, and the smallest of them."""

from __future__ import annotations

from pathlib import Path

from bluecellab.analysis.rheobase import rheobase, upper_bound_of_threshold
from bluecellab.analysis.searches import Bracket, SpikeTest, spikes_at, threshold_current
from bluecellab.analysis.steps import StepTimes
from bluecellab.cell import Cell
from bluecellab.compat import _running
from bluecellab.compat._running import validate_section_and_segment
from bluecellab.spec.base import Site
from bluecellab.spec.cells import EmodelProperties, TemplateParams
from bluecellab.spec.simulation import RunConditions

__all__ = [
    "calculate_max_thresh_current",
    "calculate_rheobase",
    "detect_spike_step",
    "detect_spike_step_subprocess",
    "rheobase_of",
    "search_threshold_current",
]

AnyPath = str | Path
_PRECISION = 0.005  # nA
_TIMES = StepTimes(delay=300.0, duration=700.0, post_delay=0.0)


def detect_spike_step(
    template_path: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    emodel_properties: EmodelProperties | None,
    hyp_level: float,
    inj_start: float,
    inj_stop: float,
    step_level: float,
    section: str = "soma[0]",
    segx: float = 0.5,
    step_thresh: float = -20.0,
) -> bool:
    """Whether a step of current, on top of a constant one, makes a cell spike while it is on.

    Parameters
    ----------
    template_path, morphology_path, template_format, emodel_properties
        What the cell is built from.
    hyp_level
        The constant current in nA.
    inj_start, inj_stop
        When the step begins and ends, in ms.
    step_level
        The step in nA.
    section, segx
        Where current is injected and the potential looked at.
    step_thresh
        Potential in mV above which is a spike.

    See Also
    --------
    bluecellab.analysis.spikes_at
    """
    params = TemplateParams(template_path, morphology_path, template_format, emodel_properties)
    test = _test(params, hyp_level, (inj_start, inj_stop), Site(section=section, x=segx), step_thresh)
    return _running.rebuilt(spikes_at, params, step_level, test)


def detect_spike_step_subprocess(
    template_path: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    emodel_properties: EmodelProperties | None,
    hyp_level: float,
    inj_start: float,
    inj_stop: float,
    step_level: float,
    section: str = "soma[0]",
    segx: float = 0.5,
    step_thresh: float = -20.0,
) -> bool:
    """Do :func:`detect_spike_step` in this process, which should have no other cells."""
    params = TemplateParams(template_path, morphology_path, template_format, emodel_properties)
    test = _test(params, hyp_level, (inj_start, inj_stop), Site(section=section, x=segx), step_thresh)
    return _running.rebuilt_here(spikes_at, params, step_level, test)


def _test(
    params: TemplateParams, holding: float, window: tuple[float, float], site: Site, threshold: float
) -> SpikeTest:
    """Return what a spike is."""
    return SpikeTest(
        site=site,
        threshold=threshold,
        times=_times(window),
        holding_current=holding,
        conditions=_running.conditions(params),
    )


def _times(window: tuple[float, float]) -> StepTimes:
    start, stop = window
    return StepTimes(delay=start, duration=stop - start, post_delay=0.0)


def search_threshold_current(
    template_name: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    emodel_properties: EmodelProperties | None,
    hyp_level: float,
    inj_start: float,
    inj_stop: float,
    min_current: float,
    max_current: float,
    current_precision: float = 0.01,
    section: str = "soma[0]",
    segx: float = 0.5,
    step_thresh: float = -20.0,
) -> float:
    """Return the smallest step in nA, out of a range, that makes a cell spike.

    Parameters
    ----------
    template_name, morphology_path, template_format, emodel_properties
        What the cell is built from.
    hyp_level, inj_start, inj_stop, section, segx, step_thresh
        As of :func:`detect_spike_step`.
    min_current, max_current
        The range of the step in nA.
    current_precision
        How far above the true threshold it may be, in nA.

    Raises
    ------
    BracketError
        If the smallest makes a spike, or the largest makes none; published, the largest is returned.

    See Also
    --------
    bluecellab.analysis.threshold_current
    """
    params = TemplateParams(template_name, morphology_path, template_format, emodel_properties)
    test = _test(params, hyp_level, (inj_start, inj_stop), Site(section=section, x=segx), step_thresh)
    bracket = Bracket(lower=min_current, upper=max_current, precision=current_precision)
    return float(_running.rebuilt(threshold_current, params, bracket, test))


def calculate_max_thresh_current(
    cell: Cell, threshold_voltage: float = -20.0, section: str = "soma[0]", segx: float = 0.5
) -> float:
    """Return the current in nA that would take a passive cell to a potential in mV; 2 nA at most.

    See Also
    --------
    bluecellab.analysis.upper_bound_of_threshold
    """
    params = _running.template_of(cell)
    return _running.rebuilt(
        upper_bound_of_threshold,
        params,
        spike_threshold=threshold_voltage,
        site=Site(section=section, x=segx),
        conditions=_running.conditions(params),
    )


def calculate_rheobase(
    cell: Cell,
    threshold_voltage: float = -20.0,
    threshold_search_stim_start: float = 300.0,
    threshold_search_stim_stop: float = 1000.0,
    section: str = "soma[0]",
    segx: float = 0.5,
) -> float:
    """Return the smallest step in nA, on top of the holding current, that makes a cell spike.

    Parameters
    ----------
    cell
        What is built again; it is not touched. It must have been made with ``emodel_properties``.
    threshold_voltage
        Potential in mV above which is a spike.
    threshold_search_stim_start, threshold_search_stim_stop
        When the step begins and ends, in ms.
    section, segx
        Where current is injected and the potential looked at.

    Raises
    ------
    ValueError
        If the cell has no properties, or no such section.
    BracketError
        If no step makes it spike; published, the largest that was tried is returned.

    See Also
    --------
    bluecellab.analysis.rheobase
    """
    properties = _running.properties_of(cell)
    validate_section_and_segment(cell, section, segx)
    params = _running.template_of(cell)
    return rheobase_of(
        params,
        _running.conditions(params),
        holding_current=properties.holding_current,
        spike_threshold=threshold_voltage,
        times=_times((threshold_search_stim_start, threshold_search_stim_stop)),
        site=Site(section=section, x=segx),
    )


def rheobase_of(
    params: TemplateParams,
    conditions: RunConditions,
    *,
    holding_current: float,
    spike_threshold: float,
    times: StepTimes = _TIMES,
    site: Site = Site(),  # noqa: B008 - frozen
) -> float:
    """Return the rheobase in nA of what parameters build; see :func:`bluecellab.analysis.rheobase`."""
    found = _running.rebuilt(
        rheobase,
        params,
        holding_current=holding_current,
        spike_threshold=spike_threshold,
        precision=_PRECISION,
        times=times,
        site=site,
        conditions=conditions,
    )
    return float(found)
