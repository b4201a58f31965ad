"""Random signals: normal noise, shot noise and the Ornstein-Uhlenbeck process.

``gen_shotnoise_signal``, ``get_relative_shotnoise_params`` and ``gen_ornstein_uhlenbeck`` have the
published names and arguments; they return numpy arrays.
"""

from __future__ import annotations

import math

import numpy as np

from bluecellab.errors import StimulusError
from bluecellab.stimulus.random123 import Random123, gamma
from bluecellab.stimulus.waveform import FloatArray, Points

__all__ = [
    "gen_ornstein_uhlenbeck",
    "gen_shotnoise_signal",
    "get_relative_shotnoise_params",
    "noise_points",
    "skipped_numbers",
]


def _check_grid(duration: float, dt: float) -> None:
    if not (duration >= 0 and dt > 0 and math.isfinite(duration)):
        raise StimulusError(f"a signal of {duration} ms sampled every {dt} ms; give duration >= 0 and dt > 0")


def _times(duration: float, dt: float) -> FloatArray:
    """Return 0, dt, ... up to and including ``duration``."""
    _check_grid(duration, dt)
    return np.arange(math.floor(duration / dt + 1e-9) + 1, dtype=np.float64) * dt


def skipped_numbers(delay: float, duration: float, dt: float, interval: float) -> int:
    """Return how many numbers a noise stimulus discards for the time before its delay.

    The time before is walked through in stretches as long as the stimulus, each of which draws
    the numbers that the stimulus would: a rule of the dialect's, kept so that streams agree.

    Parameters
    ----------
    delay, duration
        Of the stimulus, in ms.
    dt
        Time step of the run, in ms.
    interval
        Between two numbers, in ms.
    """
    step = duration - dt
    last = delay - dt
    skipped = 0
    at = 0.0
    while at < last:
        stop = min(at + step, last)
        skipped += math.floor((stop - at) / interval) + 1
        at = stop + dt
    return skipped


def noise_points(
    stream: Random123,
    delay: float,
    duration: float,
    mean: float,
    variance: float,
    *,
    interval: float = 0.5,
    dt: float = 0.025,
    start_at_zero: bool = True,
) -> Points:
    """Return normally distributed samples at delay, delay + interval, ... to the end.

    Parameters
    ----------
    stream
        Where the numbers come from.
    delay, duration
        When it begins and how long it lasts, in ms.
    mean, variance
        In nA and nA².
    interval
        Between samples, in ms.
    dt
        Time step of the run, in ms, see :func:`skipped_numbers`.
    start_at_zero
        Replace the first sample by 0 when there is a delay (the way of BlueCelluLab), instead of
        jumping to it (the way of Neurodamus).

    Returns
    -------
    times, values
        Ends with (end, last) (end, 0) (end, 0).
    """
    _check_grid(duration, interval)
    end = delay + duration
    if duration == 0:
        return np.array([delay, end, end]), np.zeros(3)
    skipped = skipped_numbers(delay, duration, dt, interval) if delay > 0 else 0
    times = _noise_times(delay, end, interval)
    # NEURON draws one number when the distribution is named, before those that are used.
    values = stream.normal(1 + skipped + times.size, mean, variance)[1 + skipped :]
    if start_at_zero:
        if delay > 0:
            values[0] = 0.0
    else:
        times, values = np.append(delay, times), np.append(0.0, values)
    if times[-1] < end:
        times, values = np.append(times, end), np.append(values, values[-1])
    return np.append(times, [end, end]), np.append(values, [0.0, 0.0])


def _noise_times(delay: float, end: float, interval: float) -> FloatArray:
    count = math.floor((end - delay) / interval + 1e-9) + 1
    return np.minimum(delay + interval * np.arange(count, dtype=np.float64), np.float64(end))


def gen_ornstein_uhlenbeck(
    tau: float,
    sigma: float,
    mean: float,
    duration: float,
    dt: float = 0.25,
    rng: Random123 | None = None,
) -> Points:
    r"""Generate an Ornstein-Uhlenbeck process, by its exact update.

    .. math:: x_0 = 0, \quad x_{n+1} = \mu x_n + \sigma \sqrt{1 - \mu^2} \, \xi_{n+1},
        \quad \mu = e^{-dt / \tau}

    Parameters
    ----------
    tau
        Relaxation time, in ms; below 1e-9 the noise is white.
    sigma, mean
        Standard deviation and mean.
    duration, dt
        Length and sampling interval, in ms.
    rng
        Where the numbers come from; the stream (2997, 291204, 123) when left out.

    Returns
    -------
    times, values
        Each of shape (duration / dt + 2,); the last point is (duration, 0).

    Examples
    --------
    >>> times, values = gen_ornstein_uhlenbeck(3, 0.1, 0.5, 1)
    >>> values
    array([0.5       , 0.60728104, 0.50335539, 0.46297408, 0.39616351,
           0.        ])
    """
    stream = Random123(2997, 291204, 123) if rng is None else rng
    times = _times(duration, dt)
    # As above, NEURON draws one number before the block for the samples.
    normal = stream.normal(times.size + 1)[1:]
    if tau < 1e-9:
        process = sigma * normal
    else:
        decay = math.exp(-dt / tau)
        kicks = (sigma * math.sqrt(1.0 - decay * decay) * normal).tolist()
        state = 0.0
        states = [state]
        for kick in kicks[1:]:
            state = state * decay + kick
            states.append(state)
        process = np.array(states)
    return np.append(times, duration), np.append(mean + process, 0.0)


def _check_shot(tau_D: float, tau_R: float) -> None:
    if not tau_D > tau_R > 0:
        raise StimulusError(
            f"shots with a decay time of {tau_D} ms and a rise time of {tau_R} ms; "
            "the decay must be the longer, and both positive"
        )


def _events(stream: Random123, rate: float, duration: float) -> FloatArray:
    """Return the times in ms of a Poisson process of the given rate in Hz; more than are needed."""
    expected = 1 + math.floor(duration * rate / 1000.0)
    count = math.floor(expected + 3.0 * math.sqrt(expected))
    # As above, NEURON draws one interval when the distribution is named, before the block.
    intervals = stream.negexp(count + 1, 1.0 / rate)[1:]
    events = np.cumsum(intervals) * 1000.0
    while events[-1] < duration:
        more = np.cumsum(stream.negexp(100, 1.0 / rate)) * 1000.0
        events = np.append(events, events[-1] + more)
    return events


def gen_shotnoise_signal(
    tau_D: float,
    tau_R: float,
    rate: float,
    amp_mean: float,
    amp_var: float,
    duration: float,
    dt: float = 0.25,
    rng: Random123 | None = None,
) -> Points:
    """Generate shot noise: bi-exponential shots at Poisson times, peaks from a gamma distribution.

    Parameters
    ----------
    tau_D, tau_R
        Decay and rise time of a shot, in ms.
    rate
        Of the shots, in Hz.
    amp_mean, amp_var
        Mean and variance of the peaks; a negative mean gives negative shots.
    duration, dt
        Length and sampling interval, in ms.
    rng
        Where the numbers come from; the stream (2997, 19216, 123) when left out.

    Returns
    -------
    times, values
        Each of shape (duration / dt + 2,); the last point is (duration, 0).

    Raises
    ------
    StimulusError
        If the decay is not longer than the rise, or the mean of the peaks is zero.
    """
    _check_shot(tau_D, tau_R)
    stream = Random123(2997, 19216, 123) if rng is None else rng
    times = _times(duration, dt)
    if rate == 0:
        return np.append(times, duration), np.zeros(times.size + 1)
    if rate < 0 or amp_mean == 0 or amp_var < 0:
        raise StimulusError(
            f"shots at {rate} Hz with peaks of mean {amp_mean} and variance {amp_var}; "
            "rate and variance must not be negative, nor the mean 0"
        )
    events = _events(stream, rate, duration)
    # rint is half to even, as Python's round
    indices = np.rint(events[events < duration] / dt).astype(np.int64)
    indices = indices[indices < times.size]
    size = abs(amp_mean)
    amplitudes = (
        gamma(stream, size * size / amp_var, amp_var / size, indices.size)
        if amp_var > 0
        else np.full(indices.size, size)
    )
    impulses = np.zeros(times.size)
    np.add.at(impulses, indices, math.copysign(1.0, amp_mean) * amplitudes)
    return np.append(times, duration), np.append(_filtered(impulses, tau_D, tau_R, dt), 0.0)


def _filtered(impulses: FloatArray, tau_D: float, tau_R: float, dt: float) -> FloatArray:
    """Turn every impulse into a bi-exponential shot with a peak of the impulse's size."""
    decay, rise = dt / tau_D, dt / tau_R
    keep_decay, keep_rise = math.exp(-decay), math.exp(-rise)
    peak = math.log(rise / decay) / (rise - decay)
    scale: float = (keep_decay / keep_rise - 1.0) / (keep_decay**peak - keep_rise**peak)
    signal, fast = 0.0, 0.0
    signals = [0.0]
    for impulse in impulses[:-1].tolist():
        signal = keep_decay * signal + keep_rise * fast
        fast = keep_rise * fast + impulse
        signals.append(signal)
    return scale * np.array(signals, dtype=np.float64)


def get_relative_shotnoise_params(
    mean: float, sd: float, tau_D: float, tau_R: float, relative_skew: float
) -> tuple[float, float, float]:
    r"""Find the shots that give a signal of a given mean, standard deviation and skewness.

    By Campbell's theorem the first cumulants of shot noise follow from rate and moments of the
    peaks; with gamma distributed peaks the skewness is bounded by :math:`[s, 2 s]`, with
    :math:`s = \tfrac{8}{3} (B / A^2) (sd / mean)`, and ``relative_skew`` says where in between.

    Parameters
    ----------
    mean, sd
        Of the signal.
    tau_D, tau_R
        Decay and rise time of a shot, in ms.
    relative_skew
        0 to 1.

    Returns
    -------
    rate, amp_mean, amp_var : float
        Of the shots: rate in Hz, mean and variance of the peaks.

    Raises
    ------
    StimulusError
        If there is no such shot noise.

    References
    ----------
    Papoulis and Pillai (2002), Probability, Random Variables and Stochastic Processes.
    """
    _check_shot(tau_D, tau_R)
    if not 0 <= relative_skew <= 1:
        raise StimulusError(f"relative_skew is {relative_skew}; it must be from 0 to 1")
    if mean <= 0 or sd <= 0:
        raise StimulusError(f"shot noise of mean {mean} and standard deviation {sd}; both must be positive")
    peak = math.log(tau_D / tau_R) / (1.0 / tau_R - 1.0 / tau_D)
    height = math.exp(-peak / tau_D) - math.exp(-peak / tau_R)
    area = (tau_D - tau_R) / height
    second = 1.0 / (tau_D + tau_R)
    third = 1.0 / ((tau_D + 2.0 * tau_R) * (2.0 * tau_D + tau_R))
    least_skew = (8.0 / 3.0) * (third / (second * second)) * (sd / mean)
    skew = (1.0 + relative_skew) * least_skew
    theta1 = 2.0 / (second * area) * sd * sd / mean
    theta2 = 3.0 * second / (4.0 * third * area) * sd * skew
    amp_mean = 2.0 * theta1 - theta2
    if amp_mean <= 1e-9 * theta1:
        raise StimulusError(f"relative_skew {relative_skew} leaves shots of no size; take it smaller")
    # with the least skewness all peaks are equal, but for rounding
    amp_var = amp_mean * (theta2 - theta1) if relative_skew > 0 else 0.0
    rate = 1000.0 * mean / (amp_mean * area)
    return rate, amp_mean, amp_var
