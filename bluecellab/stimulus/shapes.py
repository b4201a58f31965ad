"""Point lists of the stimuli that are the same every time.

Each function returns times (ms) and values such that NEURON's interpolated ``Vector.play`` gives
the waveform: two equal times are a jump, and every list ends with ``(end, 0), (end, 0)``. Those
two matter: NEURON *extrapolates* from the last two points for ever after; only two equal points
make it stay at 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from bluecellab.stimulus.waveform import FloatArray, Points

__all__ = [
    "pulse_points",
    "ramp_points",
    "sampled_points",
    "segments_points",
    "sine_points",
    "sines",
    "step_points",
    "zap_points",
]


def _points(pairs: Iterable[tuple[float, float]]) -> Points:
    times, values = zip(*pairs, strict=True)
    return np.array(times, dtype=np.float64), np.array(values, dtype=np.float64)


def sines(phases: FloatArray) -> FloatArray:
    """Sines by the C library; numpy's own differ in the last bit between processors."""
    return np.fromiter(map(math.sin, phases.tolist()), dtype=np.float64, count=phases.size)


def step_points(delay: float, duration: float, amplitude: float) -> Points:
    """Return a constant piece: (s, 0) (s, A) (e, A) (e, 0) (e, 0) from s = delay to e."""
    end = delay + duration
    return _points([(delay, 0.0), (delay, amplitude), (end, amplitude), (end, 0.0), (end, 0.0)])


def ramp_points(delay: float, duration: float, start: float, stop: float) -> Points:
    """Return a straight line: (0, 0) (s, 0) (s, a) (e, b) (e, 0) (e, 0)."""
    end = delay + duration
    return _points([(0.0, 0.0), (delay, 0.0), (delay, start), (end, stop), (end, 0.0), (end, 0.0)])


def segments_points(delay: float, levels: Sequence[float], durations: Sequence[float]) -> Points:
    """Return constant pieces one after the other."""
    at = delay
    pairs = [(at, 0.0)]
    for level, duration in zip(levels, durations, strict=True):
        pairs.append((at, level))
        at += duration
        pairs.append((at, level))
    return _points([*pairs, (at, 0.0), (at, 0.0)])


def pulse_points(delay: float, duration: float, amplitude: float, width: float, frequency: float) -> Points:
    """Return pulses of a width (ms) at a frequency (Hz) while the train lasts.

    A pulse that would outlast the train is cut; a width above the period is one long pulse.
    """
    period = 1000.0 / frequency
    if width > period:
        return step_points(delay, duration, amplitude)
    pairs: list[tuple[float, float]] = []
    index = 0
    while (remaining := duration - index * period) > 0:
        start = delay + index * period
        stop = start + min(width, remaining)
        pairs += [(start, 0.0), (start, amplitude), (stop, amplitude), (stop, 0.0)]
        index += 1
    # rounding may put the end of a cut pulse behind the sum
    end = max([delay + duration, *(time for time, _ in pairs[-1:])])
    return _points([*pairs, (end, 0.0), (end, 0.0)])


def _ended(delay: float, duration: float, times: FloatArray, values: FloatArray) -> Points:
    """Shift samples by the delay and end them at 0."""
    end = delay + duration
    return (
        np.concatenate([delay + times, [end, end]]),
        np.concatenate([values, [0.0, 0.0]]),
    )


def _grid(duration: float, dt: float) -> FloatArray:
    """Multiples of ``dt`` from 0, and ``duration`` itself, which may lie between two of them."""
    # the small number lets 0.3 / 0.1 count as 3
    times = np.arange(math.floor(duration / dt + 1e-9) + 1, dtype=np.float64) * dt
    if duration - times[-1] > 1e-9 * dt:
        return np.append(times, duration)
    times[-1] = duration
    return times


def sine_points(delay: float, duration: float, amplitude: float, frequency: float, dt: float) -> Points:
    """Return a sine wave, sampled every ``dt`` ms."""
    times = _grid(duration, dt)
    # multiples of one rounded step of the phase, as NEURON's Vector.sin takes them
    phases = np.arange(times.size, dtype=np.float64) * (2.0 * math.pi / 1000.0 * frequency * dt)
    phases[-1] = min(phases[-1], 2.0 * math.pi / 1000.0 * frequency * duration, key=abs)
    return _ended(delay, duration, times, amplitude * sines(phases))


def zap_points(delay: float, duration: float, amplitude: float, dt: float) -> Points:
    """Return sin(exp(exp(t / 5000))), sampled every ``dt`` ms."""
    times = _grid(duration, dt)
    phases = [math.exp(math.exp(time / 5000.0)) for time in times.tolist()]
    shifted, values = _ended(delay, duration, times, amplitude * sines(np.array(phases)))
    # sin(e) at the beginning is not 0: the jump has to be spelt out
    return np.concatenate([[delay], shifted]), np.concatenate([[0.0], values])


def sampled_points(times: Sequence[float], values: Sequence[float]) -> Points:
    """Return given samples, with nothing before the first and after the last."""
    first, last = times[0], times[-1]
    return _points([(first, 0.0), *zip(times, values, strict=True), (last, 0.0), (last, 0.0)])
