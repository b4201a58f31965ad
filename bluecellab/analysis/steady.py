"""Cells at rest: steady potentials, input resistance, holding current."""

from __future__ import annotations

from bluecellab.analysis.running import on_live
from bluecellab.analysis.steps import CONDITIONS, StepTimes, site_on, step_protocol
from bluecellab.cell import Cell
from bluecellab.errors import SearchError, UnsteadyCellError
from bluecellab.results import Trace
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.base import Site
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import PointProcessRecording, VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import VoltageClamp

__all__ = ["holding_current", "input_resistance", "steady_state_voltage"]

_SETTLED = StepTimes(delay=500.0, duration=500.0, post_delay=0.0)
_MEASURED = (800.0, 1000.0)  # ms
_FINE = 1e-4  # mV; with NEURON's own 1e-3 an input resistance, a small difference of two, is 0.2 % off
_IGNORED = 100.0  # ms in which a cell may fire on its way from where it begins


def steady_state_voltage(
    cell: Cell | AnyCell,
    current: float = 0.0,
    *,
    site: Site = Site(),  # noqa: B008 - frozen
    spike_threshold: float | None = -20.0,
    conditions: RunConditions = CONDITIONS,
) -> float:
    """Return the potential at which a cell settles under a constant current.

    The current is on from 500 ms, without a holding current. The potential is the mean of the samples
    between 800 ms (excluded) and 1000 ms, unweighted also under a variable step, so that it assumes a
    potential that hardly changes there: that of a cell with slow processes (Ih, potassium accumulation)
    may not. The absolute tolerance of CVODE is at most 1e-4.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    current
        In nA.
    site
        Where it is injected and the potential recorded.
    spike_threshold
        In mV; a cell that is above it after the first 100 ms is not steady. Not looked at if None.
    conditions
        Temperature, initial potential, integrator.

    Returns
    -------
    float
        In mV.

    Raises
    ------
    UnsteadyCellError
        If the cell fires.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> round(steady_state_voltage(BallStickCell()), 2)
    -63.58
    """
    return on_live(_steady, cell, current, site, spike_threshold, conditions)


def _steady(
    cell: Cell, current: float, site: Site, spike_threshold: float | None, conditions: RunConditions
) -> float:
    site = site_on(cell, site)
    recording = VoltageRecording(site=site)
    fine = conditions.replace(cvode_atol=min(conditions.cvode_atol, _FINE))
    protocol = step_protocol(_SETTLED, current, injected=site, recordings=(recording,), conditions=fine)
    trace = run_on(cell, protocol).traces[recording.name]
    if spike_threshold is not None:
        _refuse_spikes(trace, current, spike_threshold)
    start, stop = _MEASURED
    return float(trace.values[(trace.time > start) & (trace.time <= stop)].mean())


def _refuse_spikes(trace: Trace, current: float, threshold: float) -> None:
    later = trace.time > _IGNORED
    above = trace.time[later & (trace.values > threshold)]
    if len(above):
        raise UnsteadyCellError(
            f"the potential at {trace.site} is above {threshold:g} mV at {above[0]:g} ms with {current:g} "
            "nA: the cell fires and has no steady potential. Use a smaller current, or spike_threshold=None "
            "to have the mean all the same."
        )


def input_resistance(
    cell: Cell | AnyCell,
    *,
    current_delta: float = -0.02,
    site: Site = Site(),  # noqa: B008 - frozen
    spike_threshold: float | None = -20.0,
    conditions: RunConditions = CONDITIONS,
) -> float:
    """Return the input resistance: (V(dI) - V(0)) / dI with two steady potentials.

    It assumes a membrane that is linear between the two: choose a small dI, and mind that a depolarising one
    opens channels. There is no holding current. See :func:`steady_state_voltage`.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    current_delta
        dI in nA.
    site
        Where the current is injected and the potential recorded.
    spike_threshold, conditions
        As for :func:`steady_state_voltage`.

    Returns
    -------
    float
        In Mohm.

    Raises
    ------
    UnsteadyCellError
        If the cell fires.
    SearchError
        If ``current_delta`` is 0.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> 20 < input_resistance(BallStickCell()) < 200
    True
    """
    if current_delta == 0:
        raise SearchError("an input resistance needs a change of current: give a current_delta other than 0")
    return on_live(_resistance, cell, current_delta, site, spike_threshold, conditions)


def _resistance(
    cell: Cell, current_delta: float, site: Site, spike_threshold: float | None, conditions: RunConditions
) -> float:
    rest = _steady(cell, 0.0, site, spike_threshold, conditions)
    return (_steady(cell, current_delta, site, spike_threshold, conditions) - rest) / current_delta


def holding_current(
    cell: Cell | AnyCell,
    voltage: float,
    *,
    site: Site = Site(),  # noqa: B008 - frozen
    duration: float = 1000.0,
    conditions: RunConditions = CONDITIONS,
) -> float:
    """Return the current that holds a cell at a potential.

    A single-electrode clamp with a series resistance of 0.01 Mohm holds the site at the potential; the
    current is that of the clamp at the end. It assumes that the cell has settled by then. Elsewhere the cell
    is where its own currents take it. What is attached to a live cell takes part.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    voltage
        In mV.
    site
        Where the clamp is.
    duration
        How long it holds, in ms.
    conditions
        Temperature, initial potential, integrator.

    Returns
    -------
    float
        In nA.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> holding_current(BallStickCell(), -80.0) < 0
    True
    """
    return on_live(_holding, cell, voltage, site, duration, conditions)


def _holding(cell: Cell, voltage: float, site: Site, duration: float, conditions: RunConditions) -> float:
    site = site_on(cell, site)
    clamp = VoltageClamp(duration=2 * duration, voltage=voltage, series_resistance=0.01)
    current = PointProcessRecording(target="clamp")
    protocol = Protocol(
        duration=duration,
        stimuli=(Placed(stimulus=clamp, site=site, name="clamp"),),
        recordings=(current,),
        conditions=conditions,
        name=f"hold {voltage:g} mV",
    )
    return float(run_on(cell, protocol).traces[current.name].values[-1])
