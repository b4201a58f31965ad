"""How steady potentials and spikes depend on the injected current: IV and FI curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.analysis.rheobase import rheobase
from bluecellab.analysis.running import on_live, run_all
from bluecellab.analysis.spikes import spike_times
from bluecellab.analysis.steps import CONDITIONS, StepTimes, holding_of, site_on, step_protocol
from bluecellab.cell import Cell
from bluecellab.errors import SearchError
from bluecellab.results.arrays import FloatArray
from bluecellab.results.measured import FICurve, IVCurve
from bluecellab.simulation.sweeping import AnyExecutor
from bluecellab.spec.base import Millivolt, Nanoampere, Site, Spec
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.recordings import AnyRecording, SpikeRecording, VoltageRecording
from bluecellab.spec.simulation import RunConditions

__all__ = ["CurveSettings", "fi_curve", "iv_curve", "voltage_at_end"]

_SAMPLING = 0.1  # ms; eFEL's interp_step
_SHARE = 0.1  # of the step, at its end


class CurveSettings(Spec):
    """How each point of a curve is measured.

    Parameters
    ----------
    times
        When the step is on, and how long a run goes on after it.
    injected
        Where the step is injected; the holding current is at the soma.
    recorded
        Where the potential is looked at.
    spike_threshold
        In mV; crossing it upwards is a spike.
    holding_current
        On all the time, in nA; by default what the cell's ``emodel_properties`` say, else 0.
    conditions
        Temperature, initial potential, integrator.
    """

    times: StepTimes = StepTimes()
    injected: Site = Site()
    recorded: Site = Site()
    spike_threshold: Millivolt = -20.0
    holding_current: Nanoampere | None = None
    conditions: RunConditions = CONDITIONS

    def protocol(
        self, current: float, soma: Site, recordings: tuple[AnyRecording, ...], *, post_delay: float
    ) -> Protocol:
        """Return what is done for one point."""
        return step_protocol(
            self.times.model_copy(update={"post_delay": post_delay}),
            current,
            holding_current=self.holding_current or 0.0,
            injected=self.injected,
            held=soma,
            recordings=recordings,
            conditions=self.conditions,
        )


_DEFAULT = CurveSettings()
_FINE = 3e-4  # mV; near the threshold the steady potential depends steeply on everything


def voltage_at_end(time: npt.ArrayLike, voltage: npt.ArrayLike, start: float, stop: float) -> float:
    """Return the mean potential in the last tenth of a step; eFEL's ``steady_state_voltage_stimend``.

    The potential is interpolated linearly every 0.1 ms from its first sample on, as by eFEL, so that dense
    samples of a variable step weigh no more than others.

    Parameters
    ----------
    time, voltage
        In ms and mV, shape (n,).
    start, stop
        Of the step, in ms.

    Returns
    -------
    float
        In mV; NaN if there are no samples in that time.

    Examples
    --------
    >>> voltage_at_end([0, 550, 600], [-70, -65, -65], 100, 600)
    -65.0
    """
    times = np.asarray(time, float)
    if not len(times):
        return float("nan")
    steps = np.full(int((times[-1] - times[0]) / _SAMPLING + 1e-9) + 1, _SAMPLING)
    steps[0] = times[0]
    grid = np.cumsum(steps)  # added up, as eFEL does: that decides which samples are within
    first, last = np.searchsorted(grid, (stop - _SHARE * (stop - start), stop))
    if first == last:
        return float("nan")
    return float(np.interp(grid[first:last], times, np.asarray(voltage, float)).mean())


def iv_curve(
    cell: Cell | AnyCell,
    currents: Iterable[float] | None = None,
    *,
    bins: int = 11,
    threshold_current: float | None = None,
    settings: CurveSettings = _DEFAULT,
    executor: AnyExecutor | None = None,
    processes: int | None = None,
) -> IVCurve:
    """Measure an IV curve: the potential at the end of subthreshold steps, by their current.

    Each is the mean over the last tenth of the step (:func:`voltage_at_end`); a run ends with the step, as
    nothing after it is asked for. It assumes that the cell has settled by then: one that fires during the
    step, anywhere at or after its beginning, has no steady potential, gets NaN, and is named in ``notes``
    (the published measure is the mean all the same). The absolute tolerance of CVODE is at most 3e-4, as
    NEURON's own of 1e-3 shows in the third decimal (of mV) near the threshold.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one, whose points are measured
        side by side.
    currents
        In nA, on top of the holding current; by default ``bins`` values from rheobase - 2 to rheobase - 0.1.
    bins
        How many by default.
    threshold_current
        The rheobase in nA; measured if it is needed and left out, see
        :func:`~bluecellab.analysis.rheobase`, with a threshold of -20 mV.
    settings
        When, where, under which conditions.
    executor, processes
        Where the points of a specification are measured; see :func:`~bluecellab.simulation.sweep`.

    Returns
    -------
    IVCurve
        Currents and potentials, shape (number of currents,).

    Raises
    ------
    SearchError
        If a rheobase is needed and not found, or there are no currents.

    References
    ----------
    The protocol follows BlueCelluLab, https://doi.org/10.21105/joss.07026

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> curve = iv_curve(BallStickCell(), [-0.1, 0.0])
    >>> bool(curve.voltages[0] < curve.voltages[1])
    True
    """
    settings, soma = on_live(_settled, cell, settings)
    if currents is None:
        measured = _rheobase(cell, threshold_current, settings)
        currents = np.linspace(measured - 2.0, measured - 0.1, bins)
    levels = _levels(currents)
    recording = VoltageRecording(site=settings.recorded)
    fine = settings.conditions.model_copy(update={"cvode_atol": min(settings.conditions.cvode_atol, _FINE)})
    settings = settings.model_copy(update={"conditions": fine})
    protocols = [settings.protocol(level, soma, (recording,), post_delay=0.0) for level in levels]
    found = run_all(cell, protocols, executor=executor, processes=processes)
    values, notes = [], []
    for level, results in zip(levels, found, strict=True):
        trace = results.traces[recording.name]
        start, stop = settings.times.delay, settings.times.stop
        spikes = spike_times(trace.time, trace.values, settings.spike_threshold)
        spikes = spikes[spikes >= start]
        values.append(float("nan") if len(spikes) else voltage_at_end(trace.time, trace.values, start, stop))
        if len(spikes):
            notes.append(f"{level:g} nA: no steady potential, a spike at {spikes[0]:g} ms")
    return IVCurve(
        np.array(levels),
        np.array(values),
        settings.injected,
        settings.recorded,
        settings.holding_current or 0.0,
        tuple(notes),
    )


def fi_curve(
    cell: Cell | AnyCell,
    currents: Iterable[float] | None = None,
    *,
    bins: int = 11,
    max_current: float = 0.8,
    threshold_current: float | None = None,
    settings: CurveSettings = _DEFAULT,
    executor: AnyExecutor | None = None,
    processes: int | None = None,
) -> FICurve:
    """Measure an FI curve: how often a cell fires, by the current of a step.

    ``counts`` are the spikes of the whole run, as published, also those before and after the step; ``rates``
    are those within the step, divided by its length. A rate is no steady rate where firing adapts.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one, whose points are measured
        side by side.
    currents
        In nA, on top of the holding current; by default ``bins`` values from the rheobase to ``max_current``.
    bins
        How many by default.
    max_current
        The last of them in nA; they descend where it is below the rheobase.
    threshold_current
        The rheobase in nA; measured if it is needed and left out, see
        :func:`~bluecellab.analysis.rheobase`, with a threshold of -20 mV.
    settings
        When, where, under which conditions; spikes are detected at its ``recorded`` site.
    executor, processes
        Where the points of a specification are measured; see :func:`~bluecellab.simulation.sweep`.

    Returns
    -------
    FICurve
        Currents, counts and rates, shape (number of currents,).

    Raises
    ------
    SearchError
        If a rheobase is needed and not found, or there are no currents.

    References
    ----------
    The protocol follows BlueCelluLab, https://doi.org/10.21105/joss.07026

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> (fi_curve(BallStickCell(), [0.0, 0.5]).counts > 0).tolist()
    [False, True]
    """
    settings, soma = on_live(_settled, cell, settings)
    if currents is None:
        currents = np.linspace(_rheobase(cell, threshold_current, settings), max_current, bins)
    levels = _levels(currents)
    location = f"{settings.recorded.section}({settings.recorded.x:g})"
    recording = SpikeRecording(location=location, threshold=settings.spike_threshold)
    protocols = [
        settings.protocol(level, soma, (recording,), post_delay=settings.times.post_delay) for level in levels
    ]
    found = run_all(cell, protocols, executor=executor, processes=processes)
    spikes = [results.spikes[recording.name] for results in found]
    return FICurve(
        np.array(levels),
        np.array([len(times) for times in spikes], float),
        np.array([_rate(times, settings.times) for times in spikes]),
        settings.injected,
        settings.recorded,
        settings.holding_current or 0.0,
    )


def _rate(spikes: FloatArray, times: StepTimes) -> float:
    """Return spikes within a step by its length, in Hz."""
    within = np.count_nonzero((spikes >= times.delay) & (spikes < times.stop))
    return 1000.0 * within / times.duration


def _rheobase(cell: Cell | AnyCell, given: float | None, settings: CurveSettings) -> float:
    if given is not None:
        return given
    found = rheobase(
        cell,
        holding_current=settings.holding_current,
        site=settings.injected,
        conditions=settings.conditions,
    )
    return found.current


def _settled(cell: Cell, settings: CurveSettings) -> tuple[CurveSettings, Site]:
    """Return the settings with the cell's own holding current and names, and where its soma is."""
    changes = {
        "holding_current": holding_of(cell, settings.holding_current),
        "injected": site_on(cell, settings.injected),
        "recorded": site_on(cell, settings.recorded),
    }
    return settings.model_copy(update=changes), site_on(cell, Site())


def _levels(currents: Iterable[float]) -> Sequence[float]:
    levels = [float(current) for current in currents]
    if not levels:
        raise SearchError("a curve needs at least one current, and there is none")
    return levels
