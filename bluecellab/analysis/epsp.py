"""How a synaptic potential attenuates on its way to the soma."""

from __future__ import annotations

import numpy as np

from bluecellab.analysis.running import on_live
from bluecellab.cell import Cell
from bluecellab.errors import FeatureError, SimulationError
from bluecellab.results import Results, Trace
from bluecellab.results.arrays import FloatArray
from bluecellab.results.measured import EpspAttenuation
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.base import Site
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import AlphaSynapse, Step

__all__ = ["epsp_attenuation", "epsp_attenuation_of"]

_BASELINE = 200.0  # ms before the onset
_GRID = 0.025  # ms
_SPIKE = -20.0  # mV
_SYNAPSE = AlphaSynapse(onset=300.0, tau=10.0, gmax=1e-4)


def epsp_attenuation(
    cell: Cell | AnyCell,
    site: Site,
    *,
    synapse: AlphaSynapse = _SYNAPSE,
    total: float | None = None,
    holding_current: float = 0.0,
    conditions: RunConditions | None = None,
) -> EpspAttenuation:
    """Activate one synapse and compare the potential at its place with that at the soma.

    The amplitude of a potential is its largest value after the onset less its median in the 200 ms before.
    The attenuation is the amplitude at the synapse divided by that at the soma; the delay the time from the
    peak at the synapse to that at the soma. Peaks are found on the integration steps (at a fixed step), or
    on an interpolation of 0.025 ms (at a variable step).

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one, which is run in a
        process of its own.
    site
        Where the synapse is, such as ``Site(section="dend[5]")``.
    synapse
        Its conductance: by default 0.1 nS, 10 ms from onset to peak, at 300 ms.
    total
        Length of the run in ms; until 15 ``tau`` after the onset by default.
    holding_current
        Into the soma, in nA.
    conditions
        By default 34 degC, -70 mV, variable time step where the mechanisms allow it.

    Returns
    -------
    EpspAttenuation
        Amplitudes in mV, delay in ms, and the traces.

    Raises
    ------
    SimulationError
        If the run ends before the onset, or there is no time before the onset.
    FeatureError
        If the soma spikes, or its potential does not rise: that is no EPSP.

    References
    ----------
    Rall (1967), https://doi.org/10.1152/jn.1967.30.5.1138

    Examples
    --------
    >>> from bluecellab import create_ball_stick
    >>> with create_ball_stick() as cell:
    ...     found = epsp_attenuation(cell, Site(section="dend[0]", x=1), holding_current=-0.1)
    >>> found.attenuation > 1, found.delay > 0
    (True, True)
    """
    total = synapse.onset + 15 * synapse.tau if total is None else total
    if not 0 < synapse.onset < total:
        raise SimulationError(
            f"the synapse's onset must lie within the run of {total:g} ms, after a baseline: "
            f"not at {synapse.onset:g} ms"
        )
    chosen = RunConditions(v_init=-70.0, cvode="auto") if conditions is None else conditions
    return on_live(_epsp_attenuation, cell, site, synapse, total, holding_current, chosen)


def _epsp_attenuation(
    cell: Cell,
    site: Site,
    synapse: AlphaSynapse,
    total: float,
    holding_current: float,
    conditions: RunConditions,
) -> EpspAttenuation:
    soma = Site(section=cell.at(cell.soma).section.name)
    holding = Step(delay=0, duration=total, amplitude=holding_current)
    there = Site(section=site.section, x=site.x)
    protocol = Protocol(
        name="EPSP",
        duration=total,
        stimuli=(Placed(stimulus=holding, site=soma), Placed(stimulus=synapse, site=there)),
        recordings=tuple(VoltageRecording(site=place) for place in dict.fromkeys((soma, there))),
        conditions=conditions,
    )
    return epsp_attenuation_of(run_on(cell, protocol), there, soma, onset=synapse.onset)


def epsp_attenuation_of(results: Results, site: Site, soma: Site, *, onset: float) -> EpspAttenuation:
    """Measure the attenuation in a run that has been made.

    Parameters
    ----------
    results
        With the potentials at both places.
    site, soma
        Where the synapse and the soma are.
    onset
        Of the synaptic potential in ms.

    Raises
    ------
    FeatureError
        If the soma spikes, or its potential does not rise.
    """
    height, peak = _peak(results.traces[f"{site}.v"], onset)
    soma_trace = results.traces[f"{soma}.v"]
    soma_height, soma_peak = _peak(soma_trace, onset)
    if soma_trace.values[soma_trace.time > onset].max() > _SPIKE:
        raise FeatureError(
            f"the soma spikes, and a spike is no EPSP: its potential rises above {_SPIKE:g} mV. "
            "Use a smaller gmax, or a holding current"
        )
    depth, _ = _peak(soma_trace, onset, sign=-1)
    if soma_height <= max(depth, 0.0):
        raise FeatureError(
            f"the potential of the soma does not rise after the onset at {onset:g} ms (by {soma_height:.4g} "
            f"mV; it falls by {depth:.4g} mV), so there is no EPSP. "
            "Is gmax 0, or e below the potential at rest?"
        )
    return EpspAttenuation(height, soma_height, height / soma_height, soma_peak - peak, results)


def _peak(trace: Trace, onset: float, sign: int = 1) -> tuple[float, float]:
    """Return the amplitude in mV and the time in ms of the largest value, or smallest, after the onset."""
    time, values = _evenly(trace)
    values = sign * values
    base = float(np.median(values[(time > onset - _BASELINE) & (time < onset)]))
    after = time > onset
    index = int(np.argmax(values[after]))
    return float(values[after][index]) - base, float(time[after][index])


def _evenly(trace: Trace) -> tuple[FloatArray, FloatArray]:
    """Return times and values at even times: at a variable step a median would count the busy times most."""
    steps = np.diff(trace.time)
    if len(steps) and np.ptp(steps) < 1e-6:
        return trace.time, trace.values
    time = np.arange(trace.time[0], trace.time[-1], _GRID)
    return time, np.interp(time, trace.time, trace.values)
