"""The impedance of a cell, by a current whose frequency rises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bluecellab.analysis.running import on_live
from bluecellab.cell import Cell
from bluecellab.errors import FeatureError, SimulationError
from bluecellab.results import Results
from bluecellab.results.measured import Impedance
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.base import Site
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Sampled, Step

__all__ = ["chirp_impedance"]

_SETTLING = 1000.0  # ms before the chirp
_BASELINE = 100.0  # ms of these that the potential at rest is averaged over
_TAIL = 500.0  # ms after the chirp, in which the response dies away
_SAMPLES = 40  # of the current in the shortest period
_MARGIN = 1.1  # the chirp ends this factor above the highest frequency, away from the edge of its spectrum
_SPIKE = -20.0  # mV


@dataclass(frozen=True)
class _Chirp:
    """The request: what goes where, for how long."""

    site: Site
    recorded: Site
    amplitude: float
    frequencies: tuple[float, float]
    duration: float

    @property
    def end(self) -> float:
        return _SETTLING + self.duration

    @property
    def total(self) -> float:
        return self.end + _TAIL

    def stimulus(self) -> Sampled:
        interval = 1000.0 / (self.frequencies[1] * _SAMPLES)
        time = np.linspace(0, self.duration, int(np.ceil(self.duration / interval)) + 1)
        seconds = time / 1000.0
        slope = _MARGIN * self.frequencies[1] / (self.duration / 1000.0)  # Hz/s, from 0 Hz on
        current = self.amplitude * np.sin(np.pi * slope * seconds**2)
        return Sampled(times=tuple((_SETTLING + time).tolist()), values=tuple(current.tolist()))


def chirp_impedance(
    cell: Cell | AnyCell,
    *,
    site: Site | None = None,
    recorded: Site | None = None,
    amplitude: float = 0.01,
    frequencies: tuple[float, float] = (0.5, 50.0),
    duration: float = 10_000.0,
    holding_current: float | None = None,
    conditions: RunConditions | None = None,
) -> Impedance:
    r"""Measure the impedance of a cell by frequency.

    A sine current whose frequency rises linearly (a chirp) is injected, and

    .. math:: Z(f) = \mathcal{F}[V - V_\mathrm{rest}](f) \,/\, \mathcal{F}[I](f)

    The chirp begins after 1 s, in which the potential settles, and the response has 0.5 s to die away: so
    the whole response is transformed, no window is needed, and the ratio is exact for a linear cell. The cell
    must be near to linear, which is to say the amplitude small; and the potential at rest must be steady.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one, which is run in a
        process of its own.
    site
        Where the current is injected; the middle of the soma by default.
    recorded
        Where the potential is measured; the same place by default (input impedance), otherwise what is
        returned is the transfer impedance.
    amplitude
        Of the chirp in nA.
    frequencies
        Lowest and highest frequency of the result in Hz.
    duration
        Of the chirp in ms; the result has a value about every ``1000 / (duration + 500)`` Hz.
    holding_current
        Into the soma in nA, all the time; the cell's own by default, or none.
    conditions
        By default 34 degC, -80 mV, and a fixed step of 0.1 ms, which at 50 Hz turns the phase by at most
        0.016 rad. A variable step would not follow so small a response.

    Returns
    -------
    Impedance
        Magnitude in Mohm and phase in rad by frequency in Hz; where the magnitude is largest.

    Raises
    ------
    SimulationError
        If frequencies, amplitude or duration make no sense.
    FeatureError
        If the cell spikes: it is far from linear then.

    References
    ----------
    Puil, Gimbarzevsky and Miura (1986), https://doi.org/10.1152/jn.1986.55.5.995

    Examples
    --------
    >>> from bluecellab import create_ball_stick
    >>> with create_ball_stick() as cell:
    ...     found = chirp_impedance(cell, frequencies=(5, 100), duration=500, holding_current=-0.1)
    >>> len(found.frequencies) == len(found.magnitude) == len(found.phase)
    True
    """
    lowest, highest = frequencies
    if not 0 < lowest < highest:
        raise SimulationError(
            f"frequencies go from one above 0 Hz to a higher one, not {lowest} to {highest}"
        )
    if amplitude == 0 or not duration * lowest > 1000:
        raise SimulationError(
            f"a chirp needs an amplitude other than 0 (here {amplitude:g} nA) and more than one period of "
            f"its lowest frequency: {1000 / lowest:g} ms (here {duration:g} ms)"
        )
    at = Site() if site is None else site
    chirp = _Chirp(at, at if recorded is None else recorded, amplitude, (lowest, highest), duration)
    chosen = RunConditions(v_init=-80.0, dt=0.1) if conditions is None else conditions
    return on_live(_chirp_impedance, cell, chirp, holding_current, chosen)


def _chirp_impedance(
    cell: Cell, chirp: _Chirp, holding_current: float | None, conditions: RunConditions
) -> Impedance:
    amount = (cell.hypamp or 0.0) if holding_current is None else holding_current
    holding = Step(delay=0, duration=chirp.total, amplitude=amount)
    stimulus = chirp.stimulus()
    protocol = Protocol(
        name="chirp",
        duration=chirp.total,
        stimuli=(
            Placed(stimulus=holding, site=Site(section=cell.at(cell.soma).section.name)),
            Placed(stimulus=stimulus, site=chirp.site),
        ),
        recordings=(VoltageRecording(site=chirp.recorded),),
        conditions=conditions,
    )
    return _ratio(run_on(cell, protocol), stimulus, chirp)


def _ratio(results: Results, stimulus: Sampled, chirp: _Chirp) -> Impedance:
    """Return the ratio of the transforms of potential and current within the range of frequencies."""
    trace = results.traces[f"{chirp.recorded}.v"]
    if trace.values[trace.time > _SETTLING].max() > _SPIKE:
        raise FeatureError(
            f"the cell spikes (above {_SPIKE:g} mV), so that it has no impedance; use a smaller amplitude, "
            "or a holding current"
        )
    interval = results.protocol.conditions.dt
    count = round((chirp.total - _SETTLING) / interval)
    time = _SETTLING + interval * np.arange(count)
    potential = np.interp(time, trace.time, trace.values)
    before = np.arange(_SETTLING - _BASELINE, _SETTLING, interval)
    rest = float(np.mean(np.interp(before, trace.time, trace.values)))
    current = np.interp(time, stimulus.times, stimulus.values, left=0.0, right=0.0)
    every = np.asarray(np.fft.rfftfreq(count, interval / 1000.0), dtype=np.float64)
    inside = (every >= chirp.frequencies[0]) & (every <= chirp.frequencies[1])
    ratio = np.fft.rfft(potential - rest)[inside] / np.fft.rfft(current)[inside]
    magnitude = np.abs(ratio)
    largest = int(np.argmax(magnitude))
    return Impedance(
        frequencies=every[inside],
        magnitude=magnitude,
        phase=np.angle(ratio),
        resonance_frequency=float(every[inside][largest]),
        resonance_strength=float(magnitude[largest] / magnitude[0]),
    )
