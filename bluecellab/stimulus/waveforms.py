"""From a stimulus (a spec) to its waveform (points); numpy only, nothing of NEURON."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from bluecellab.errors import StimulusError
from bluecellab.spec.stimuli import (
    AbsoluteShotNoise,
    AlphaSynapse,
    ConductanceOrCurrent,
    Hyperpolarizing,
    Linear,
    Noise,
    OrnsteinUhlenbeck,
    PulseTrain,
    Ramp,
    RelativeLinear,
    RelativeOrnsteinUhlenbeck,
    RelativeShotNoise,
    Sampled,
    Segments,
    ShotNoise,
    Sinusoidal,
    Step,
    Stimulus,
    SubThreshold,
    Sum,
    VoltageClamp,
    Zap,
)
from bluecellab.stimulus import shapes, signals
from bluecellab.stimulus.streams import Electrical, NoiseStream, Seeds, Stream, stream_of
from bluecellab.stimulus.waveform import Points, Waveform, superpose

__all__ = ["waveform_of"]

_UNKNOWN = Electrical()
_UNSEEDED = Seeds()


class _Context:
    """What a random or relative stimulus needs beside its own fields."""

    def __init__(self, electrical: Electrical, seeds: Seeds, stream: Stream) -> None:
        self.electrical = electrical
        self.seeds = seeds
        self.stream = stream


def waveform_of(
    spec: Stimulus,
    electrical: Electrical = _UNKNOWN,
    seeds: Seeds = _UNSEEDED,
    *,
    stream: Stream | None = None,
) -> Waveform:
    """Return what a stimulus plays.

    Parameters
    ----------
    spec
        The stimulus.
    electrical
        Properties of the cell; needed by relative stimuli.
    seeds
        What decides the random stream; see :mod:`bluecellab.stimulus.streams`.
    stream
        Use this random stream instead of the documented one.

    Returns
    -------
    Waveform
        In nA, uS or mV. Within a stimulus it is exact to the last bit what NEURON plays.

    Raises
    ------
    StimulusError
        If a property of the cell is missing, or parameters have no solution.

    Examples
    --------
    >>> from bluecellab.spec.stimuli import Step
    >>> waveform_of(Step(delay=1, duration=2, amplitude=0.5)).values
    array([0. , 0.5, 0.5, 0. , 0. ])
    """
    if isinstance(spec, Sum):
        parts = [waveform_of(part, electrical, seeds, stream=stream) for part in spec.stimuli]
        return superpose(parts, label=spec.type)
    chosen = stream or stream_of(spec, seeds) or NoiseStream(0, 0, 0)
    times, values = _points(spec, _Context(electrical, seeds, chosen))
    return Waveform(
        times,
        values,
        unit=_unit(spec),
        label=str(getattr(spec, "type", "")),
        interpolation="hold" if _holds(spec) else "linear",
    )


def _holds(spec: Stimulus) -> bool:
    return isinstance(spec, VoltageClamp) or (isinstance(spec, Sampled) and spec.interpolation == "hold")


def _unit(spec: Stimulus) -> str:
    if isinstance(spec, VoltageClamp):
        return "mV"
    if isinstance(spec, AlphaSynapse):
        return "uS"
    return spec.unit if isinstance(spec, ConductanceOrCurrent) else "nA"


@singledispatch
def _points(spec: Stimulus, _context: _Context) -> Points:
    raise StimulusError(
        f"{type(spec).__name__} is no stimulus that can be played; use one of bluecellab.spec.stimuli"
    )


@_points.register
def _(spec: Step, _context: _Context) -> Points:
    return shapes.step_points(spec.delay, spec.duration, spec.amplitude)


@_points.register
def _(spec: Ramp, _context: _Context) -> Points:
    return shapes.ramp_points(spec.delay, spec.duration, spec.amp_start, spec.amp_end)


@_points.register
def _(spec: Linear, _context: _Context) -> Points:
    return shapes.ramp_points(spec.delay, spec.duration, spec.amp_start, spec.last_amplitude)


@_points.register
def _(spec: RelativeLinear, context: _Context) -> Points:
    threshold = context.electrical.threshold("relative_linear")
    start = spec.percent_start / 100.0 * threshold
    stop = spec.last_percent / 100.0 * threshold
    return shapes.ramp_points(spec.delay, spec.duration, start, stop)


@_points.register
def _(spec: SubThreshold, context: _Context) -> Points:
    threshold = context.electrical.threshold("subthreshold")
    amplitude = threshold * (100.0 - spec.percent_less) / 100.0
    return shapes.step_points(spec.delay, spec.duration, amplitude)


@_points.register
def _(spec: Hyperpolarizing, context: _Context) -> Points:
    amplitude = context.electrical.holding("hyperpolarizing")
    return shapes.step_points(spec.delay, spec.duration, amplitude)


@_points.register
def _(spec: PulseTrain, _context: _Context) -> Points:
    return shapes.pulse_points(spec.delay, spec.duration, spec.amp_start, spec.width, spec.frequency)


@_points.register
def _(spec: Sinusoidal, _context: _Context) -> Points:
    return shapes.sine_points(spec.delay, spec.duration, spec.amp_start, spec.frequency, spec.dt)


@_points.register
def _(spec: Zap, _context: _Context) -> Points:
    return shapes.zap_points(spec.delay, spec.duration, spec.amplitude, spec.dt)


@_points.register
def _(spec: Segments, _context: _Context) -> Points:
    return shapes.segments_points(spec.delay, spec.levels, spec.durations)


@_points.register
def _(spec: Sampled, _context: _Context) -> Points:
    if spec.interpolation == "hold":
        # the last sample ends the waveform: it is never injected
        times = np.array([spec.times[0], *spec.times])
        return times, np.array([0.0, *spec.values[:-1], 0.0])
    return shapes.sampled_points(spec.times, spec.values)


@_points.register
def _(spec: Noise, context: _Context) -> Points:
    mean, variance = spec.mean, spec.variance
    if mean is None:
        threshold = context.electrical.threshold("noise with mean_percent")
        mean = (spec.mean_percent or 0.0) / 100.0 * threshold
        variance = variance / 100.0 * threshold
    return signals.noise_points(
        context.stream.open(),
        spec.delay,
        spec.duration,
        mean,
        variance,
        interval=spec.dt,
        dt=context.seeds.dt,
        start_at_zero=context.seeds.convention == "bluecellulab",
    )


def _delayed(delay: float, points: Points) -> Points:
    """Shift a signal that begins at 0, with nothing before it and nothing after."""
    times, values = points
    return (
        np.concatenate([[delay], delay + times, [delay + times[-1]]]),
        np.concatenate([[0.0], values, [0.0]]),
    )


def _shots(spec: AbsoluteShotNoise | RelativeShotNoise, mean: float, sd: float, context: _Context) -> Points:
    rate, amp_mean, amp_var = signals.get_relative_shotnoise_params(
        mean, sd, spec.decay_time, spec.rise_time, spec.relative_skew
    )
    points = signals.gen_shotnoise_signal(
        spec.decay_time,
        spec.rise_time,
        rate,
        amp_mean,
        amp_var,
        spec.duration,
        spec.dt,
        context.stream.open(),
    )
    return _delayed(spec.delay, points)


@_points.register
def _(spec: ShotNoise, context: _Context) -> Points:
    points = signals.gen_shotnoise_signal(
        spec.decay_time,
        spec.rise_time,
        spec.rate,
        spec.amp_mean,
        spec.amp_var,
        spec.duration,
        spec.dt,
        context.stream.open(),
    )
    return _delayed(spec.delay, points)


@_points.register
def _(spec: AbsoluteShotNoise, context: _Context) -> Points:
    return _shots(spec, spec.mean, spec.sigma, context)


@_points.register
def _(spec: RelativeShotNoise, context: _Context) -> Points:
    reference = context.electrical.reference(spec.mode, "relative_shot_noise")
    mean = spec.mean_percent / 100.0 * reference
    return _shots(spec, mean, spec.sd_percent / 100.0 * reference, context)


def _process(
    spec: OrnsteinUhlenbeck | RelativeOrnsteinUhlenbeck,
    mean: float,
    sigma: float,
    context: _Context,
) -> Points:
    points = signals.gen_ornstein_uhlenbeck(
        spec.tau, sigma, mean, spec.duration, spec.dt, context.stream.open()
    )
    return _delayed(spec.delay, points)


@_points.register
def _(spec: OrnsteinUhlenbeck, context: _Context) -> Points:
    return _process(spec, spec.mean, spec.sigma, context)


@_points.register
def _(spec: RelativeOrnsteinUhlenbeck, context: _Context) -> Points:
    reference = context.electrical.reference(spec.mode, "relative_ornstein_uhlenbeck")
    mean = spec.mean_percent / 100.0 * reference
    return _process(spec, mean, spec.sd_percent / 100.0 * reference, context)


@_points.register
def _(spec: VoltageClamp, _context: _Context) -> Points:
    commands = np.array(spec.commands())
    return commands[:, 0], commands[:, 1]


@_points.register
def _(spec: AlphaSynapse, _context: _Context) -> Points:
    after = np.linspace(0.0, 10.0 * spec.tau, 401)
    conductance = spec.gmax * (after / spec.tau) * np.exp(1.0 - after / spec.tau)
    return (
        np.concatenate([[0.0], spec.onset + after, [spec.onset + after[-1]]]),
        np.concatenate([[0.0], conductance, [0.0]]),
    )
