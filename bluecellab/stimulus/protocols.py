"""A delay, a body, a delay: the published kinds of stimulus.

These classes are not instantiated; ``amplitude_based`` and ``threshold_based`` make the series.
All times are in ms, currents in nA, ``percentage`` and ``percent`` in percent of
``threshold_current``.
"""

from __future__ import annotations

import math

from bluecellab.errors import StimulusArgumentError
from bluecellab.stimulus.processes import OUProcess, ShotNoiseProcess, StepNoiseProcess
from bluecellab.stimulus.series import (
    CombinedStimulus,
    Empty,
    Flat,
    PulseTrain,
    SinusoidalWave,
    Slope,
    Stimulus,
    Zap,
)
from bluecellab.stimulus.signals import get_relative_shotnoise_params

__all__ = [
    "DelayedZap",
    "OrnsteinUhlenbeck",
    "Pulse",
    "Ramp",
    "ShotNoise",
    "Sinusoidal",
    "Step",
    "StepNoise",
]


def _between(pre_delay: float, body: Stimulus, post_delay: float) -> CombinedStimulus:
    """Return a body with silence before and after."""
    whole = Empty(body.dt, pre_delay) + body + Empty(body.dt, post_delay)
    return CombinedStimulus(body.dt, whole.time, whole.current)


class _Protocol:
    """Makes series by its class methods."""

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        name = type(self).__name__
        raise StimulusArgumentError(
            f"{name} cannot be instantiated; use {name}.amplitude_based(...) or {name}.threshold_based(...)"
        )


class _OfOneAmplitude(_Protocol):
    """A protocol that an amplitude decides."""

    @classmethod
    def amplitude_based(
        cls, dt: float, pre_delay: float, duration: float, post_delay: float, amplitude: float
    ) -> CombinedStimulus:
        """Return the series of a given amplitude, in nA."""
        return _between(pre_delay, cls._body(dt, duration, amplitude), post_delay)

    @classmethod
    def _body(cls, dt: float, duration: float, amplitude: float) -> Stimulus:
        """Return what lies between the delays."""
        return Flat(dt, duration, amplitude)

    @classmethod
    def threshold_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        threshold_current: float,
        threshold_percentage: float,
    ) -> CombinedStimulus:
        """Return the series of an amplitude in percent of the threshold current."""
        amplitude = threshold_current * threshold_percentage / 100
        return cls.amplitude_based(dt, pre_delay, duration, post_delay, amplitude)


class Step(_OfOneAmplitude):
    """A constant current."""


class Ramp(_OfOneAmplitude):
    """A current that rises from 0."""

    @classmethod
    def _body(cls, dt: float, duration: float, amplitude: float) -> Stimulus:
        return Slope(dt, duration, 0.0, amplitude)


class DelayedZap(_OfOneAmplitude):
    """A sine of rising frequency."""

    @classmethod
    def _body(cls, dt: float, duration: float, amplitude: float) -> Stimulus:
        return Zap(dt, duration, amplitude)


class Sinusoidal(_Protocol):
    """A sine wave."""

    @classmethod
    def amplitude_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        amplitude: float,
        frequency: float,
    ) -> CombinedStimulus:
        """Return a sine wave of a given amplitude; frequency in Hz."""
        return _between(pre_delay, SinusoidalWave(dt, duration, amplitude, frequency), post_delay)

    @classmethod
    def threshold_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        frequency: float,
        threshold_current: float,
        amplitude_percent: float,
    ) -> CombinedStimulus:
        """Return a sine wave in percent of the threshold current; frequency in Hz."""
        amplitude = amplitude_percent / 100 * threshold_current
        return cls.amplitude_based(dt, pre_delay, duration, post_delay, amplitude, frequency)


class Pulse(_Protocol):
    """A train of pulses."""

    @classmethod
    def amplitude_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        amplitude: float,
        frequency: float,
        width: float,
    ) -> CombinedStimulus:
        """Return pulses of a given amplitude; frequency in Hz."""
        return _between(pre_delay, PulseTrain(dt, duration, amplitude, frequency, width), post_delay)

    @classmethod
    def threshold_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        threshold_current: float,
        threshold_percentage: float,
        frequency: float,
        width: float,
    ) -> CombinedStimulus:
        """Return pulses in percent of the threshold current; frequency in Hz."""
        amplitude = threshold_current * threshold_percentage / 100
        return cls.amplitude_based(dt, pre_delay, duration, post_delay, amplitude, frequency, width)


class OrnsteinUhlenbeck(_Protocol):
    """An Ornstein-Uhlenbeck process."""

    @classmethod
    def amplitude_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        tau: float,
        sigma: float,
        mean: float,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> CombinedStimulus:
        """Return a process of given mean and standard deviation."""
        body = OUProcess(dt, duration, tau, sigma, mean, seed, base_seed=base_seed)
        return _between(pre_delay, body, post_delay)

    @classmethod
    def threshold_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        mean_percent: float,
        sigma_percent: float,
        threshold_current: float,
        tau: float,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> CombinedStimulus:
        """Return a process in percent of the threshold current."""
        body = OUProcess(
            dt,
            duration,
            tau,
            sigma_percent / 100 * threshold_current,
            mean_percent / 100 * threshold_current,
            seed,
            base_seed=base_seed,
        )
        return _between(pre_delay, body, post_delay)


class ShotNoise(_Protocol):
    """Shot noise."""

    @classmethod
    def amplitude_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        rate: float,
        mean: float,
        sigma: float,
        rise_time: float,
        decay_time: float,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> CombinedStimulus:
        """Return shot noise; mean and standard deviation are those of the peaks of the shots."""
        body = ShotNoiseProcess(
            dt, duration, rate, mean, sigma, rise_time, decay_time, seed, base_seed=base_seed
        )
        return _between(pre_delay, body, post_delay)

    @classmethod
    def threshold_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        rise_time: float,
        decay_time: float,
        mean_percent: float,
        sigma_percent: float,
        threshold_current: float,
        relative_skew: float = 0.5,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> CombinedStimulus:
        """Return shot noise whose *signal* has a mean and standard deviation in percent.

        The rate and the peaks of the shots follow from them, see
        :func:`~bluecellab.stimulus.get_relative_shotnoise_params`.
        """
        rate, amp_mean, amp_var = get_relative_shotnoise_params(
            mean_percent / 100 * threshold_current,
            sigma_percent / 100 * threshold_current,
            decay_time,
            rise_time,
            relative_skew,
        )
        body = ShotNoiseProcess(
            dt,
            duration,
            rate,
            amp_mean,
            math.sqrt(amp_var),
            rise_time,
            decay_time,
            seed,
            base_seed=base_seed,
        )
        return _between(pre_delay, body, post_delay)


class StepNoise(_Protocol):
    """Steps of random height."""

    @classmethod
    def amplitude_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        step_interval: float,
        mean: float,
        sigma: float,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> CombinedStimulus:
        """Return steps of given mean and standard deviation."""
        body = StepNoiseProcess(dt, duration, step_interval, mean, sigma, seed, base_seed=base_seed)
        return _between(pre_delay, body, post_delay)

    @classmethod
    def threshold_based(
        cls,
        dt: float,
        pre_delay: float,
        duration: float,
        post_delay: float,
        step_interval: float,
        mean_percent: float,
        sigma_percent: float,
        threshold_current: float,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> CombinedStimulus:
        """Return steps of mean and standard deviation in percent of the threshold current."""
        body = StepNoiseProcess(
            dt,
            duration,
            step_interval,
            mean_percent / 100 * threshold_current,
            sigma_percent / 100 * threshold_current,
            seed,
            base_seed=base_seed,
        )
        return _between(pre_delay, body, post_delay)
