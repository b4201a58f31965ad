"""The published protocols as time series.

Where the published behaviour is a mistake it is done right here; all other numbers are the
published ones:

- ``sinespec`` counts time in seconds, as its formula wants, not in ms;
- ``pulse`` has samples ``dt`` apart, and keeps a pulse that ends with the train;
- ``sinusoidal`` has the factory's ``dt`` unless another is given;
- ``step_noise`` takes ``sigma`` for a standard deviation, not for a variance, and has samples at
  every ``dt``, so that it lasts as long as was asked;
- ``shot_noise`` in percent gives the mean and standard deviation that are asked for: the variance
  of the peaks is not squared again;
- ``seed=0`` is a seed of its own, not 123;
- ``stimulus_time`` counts a jump (two samples at one time) once;
- negative durations and delays, and a ``dt`` that is not positive, are refused.
"""

from __future__ import annotations

import logging

from bluecellab.errors import StimulusArgumentError, StimulusError
from bluecellab.stimulus.protocols import (
    DelayedZap,
    OrnsteinUhlenbeck,
    Pulse,
    Ramp,
    ShotNoise,
    Sinusoidal,
    Step,
    StepNoise,
)
from bluecellab.stimulus.series import Empty, Slope, Stimulus
from bluecellab.stimulus.timings import (
    APWaveformTimings,
    FirePatternTimings,
    IDRestTimings,
    IVTimings,
    NegCheopsTimings,
    PosCheopsTimings,
    SineSpecTimings,
)

__all__ = [
    "APWaveformTimings",
    "FirePatternTimings",
    "IDRestTimings",
    "IVTimings",
    "NegCheopsTimings",
    "PosCheopsTimings",
    "SineSpecTimings",
    "Stimulus",
    "StimulusFactory",
]

log = logging.getLogger(__name__)


def _amplitude(amplitude: float | None, threshold_current: float | None, percentage: float | None) -> float:
    """Return the amplitude that was given, or a percentage of the threshold current."""
    if amplitude is not None:
        if threshold_current:
            log.info("amplitude is given, so threshold_current is not used")
        return amplitude
    if not threshold_current:
        raise StimulusArgumentError("You have to give either threshold_current or amplitude")
    if percentage is None:
        raise StimulusArgumentError(
            "with threshold_current, give threshold_percentage too; or give amplitude"
        )
    return threshold_current * percentage / 100


def _both(one: float | None, other: float | None, names: str) -> bool:
    """Return whether two arguments that belong together are given."""
    if (one is None) != (other is None):
        raise StimulusArgumentError(f"give both of {names}, or neither")
    return one is not None


def _enough(absolute: bool, relative: bool, threshold_current: float | None, names: str) -> None:
    if not absolute and not (relative and threshold_current):
        raise StimulusArgumentError(
            f"You have to give either {names}, or the same in percent with threshold_current"
        )


class StimulusFactory:
    """Makes the published protocols.

    A protocol is in percent of ``threshold_current``, unless ``amplitude`` is given: it wins.
    All times are in ms, all currents in nA.

    Parameters
    ----------
    dt
        Sampling interval of all series, in ms.
    base_seed
        Global index of the random streams.

    Raises
    ------
    StimulusError
        If ``dt`` is not positive.

    Examples
    --------
    >>> factory = StimulusFactory(dt=0.5)
    >>> factory.step(pre_delay=0.5, duration=1, post_delay=0.5, amplitude=0.3).current
    array([0. , 0.3, 0.3, 0. ])
    >>> factory.idrest(threshold_current=0.2).stimulus_time
    1850.0
    """

    def __init__(self, dt: float, *, base_seed: int = 0) -> None:
        if not dt > 0:
            raise StimulusError(f"a sampling interval of {dt} ms; it must be positive")
        self.dt = dt
        self.base_seed = base_seed

    def __repr__(self) -> str:
        return f"StimulusFactory(dt={self.dt})"

    def step(self, pre_delay: float, duration: float, post_delay: float, amplitude: float) -> Stimulus:
        """Return a step."""
        return Step.amplitude_based(self.dt, pre_delay, duration, post_delay, amplitude)

    def ramp(
        self,
        pre_delay: float,
        duration: float,
        post_delay: float,
        amplitude: float | None = None,
        threshold_current: float | None = None,
        threshold_percentage: float | None = 220.0,
    ) -> Stimulus:
        """Return a ramp from 0."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        return Ramp.amplitude_based(self.dt, pre_delay, duration, post_delay, size)

    def ap_waveform(
        self,
        threshold_current: float | None = None,
        threshold_percentage: float | None = 220.0,
        amplitude: float | None = None,
    ) -> Stimulus:
        """Return a short strong step, to look at single action potentials."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        return self._step_of(APWaveformTimings, size)

    def idrest(
        self,
        threshold_current: float | None = None,
        threshold_percentage: float | None = 200.0,
        amplitude: float | None = None,
    ) -> Stimulus:
        """Return a step from rest, to look at firing rates."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        return self._step_of(IDRestTimings, size)

    def iv(
        self,
        threshold_current: float | None = None,
        threshold_percentage: float | None = -40.0,
        amplitude: float | None = None,
    ) -> Stimulus:
        """Return a long step, to look at current against voltage."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        return self._step_of(IVTimings, size)

    def fire_pattern(
        self,
        threshold_current: float | None = None,
        threshold_percentage: float | None = 200.0,
        amplitude: float | None = None,
    ) -> Stimulus:
        """Return a long step, to look at patterns of firing."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        return self._step_of(FirePatternTimings, size)

    def _step_of(
        self,
        timings: type[APWaveformTimings | IDRestTimings | IVTimings | FirePatternTimings],
        amplitude: float,
    ) -> Stimulus:
        return self.step(timings.PRE_DELAY.value, timings.DURATION.value, timings.POST_DELAY.value, amplitude)

    def pos_cheops(
        self,
        threshold_current: float | None = None,
        threshold_percentage: float | None = 300.0,
        amplitude: float | None = None,
    ) -> Stimulus:
        """Return three pyramids, each steeper than the one before."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        return self._pyramids(PosCheopsTimings, size)

    def neg_cheops(
        self,
        threshold_current: float | None = None,
        threshold_percentage: float | None = 300.0,
        amplitude: float | None = None,
    ) -> Stimulus:
        """Return three pyramids that point down; an explicit ``amplitude`` is used as it is."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        return self._pyramids(NegCheopsTimings, size if amplitude is not None else -size)

    def _pyramids(self, timings: type[PosCheopsTimings | NegCheopsTimings], amplitude: float) -> Stimulus:
        gap = Empty(self.dt, timings.INTER_DELAY.value)
        first, second, third = (
            Slope(self.dt, duration.value, 0.0, amplitude) + Slope(self.dt, duration.value, amplitude, 0.0)
            for duration in (
                timings.RAMP1_DURATION,
                timings.RAMP2_DURATION,
                timings.RAMP3_DURATION,
            )
        )
        before = Empty(self.dt, timings.PRE_DELAY.value)
        after = Empty(self.dt, timings.POST_DELAY.value)
        return before + first + gap + second + gap + third + after

    def sinespec(
        self,
        threshold_current: float | None = None,
        threshold_percentage: float | None = 60.0,
        amplitude: float | None = None,
        pre_delay: float = 0,
    ) -> Stimulus:
        """Return a sine of rising frequency, to look at impedance."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        duration = SineSpecTimings.DURATION.value
        return DelayedZap.amplitude_based(self.dt, pre_delay, duration, 0.0, size)

    def sinusoidal(
        self,
        pre_delay: float,
        post_delay: float,
        duration: float,
        frequency: float,
        amplitude: float | None = None,
        amplitude_percent: float | None = None,
        threshold_current: float | None = None,
        dt: float | None = None,
    ) -> Stimulus:
        """Return a sine wave of a frequency in Hz; ``dt`` is the factory's unless given."""
        size = _amplitude(amplitude, threshold_current, amplitude_percent)
        step = self.dt if dt is None else dt
        return Sinusoidal.amplitude_based(step, pre_delay, duration, post_delay, size, frequency)

    def pulse(
        self,
        pre_delay: float,
        duration: float,
        post_delay: float,
        frequency: float,
        width: float,
        threshold_current: float | None = None,
        threshold_percentage: float | None = None,
        amplitude: float | None = None,
    ) -> Stimulus:
        """Return a train of pulses at a frequency in Hz."""
        size = _amplitude(amplitude, threshold_current, threshold_percentage)
        return Pulse.amplitude_based(self.dt, pre_delay, duration, post_delay, size, frequency, width)

    def ornstein_uhlenbeck(
        self,
        pre_delay: float,
        post_delay: float,
        duration: float,
        tau: float,
        sigma: float | None = None,
        mean: float | None = None,
        mean_percent: float | None = None,
        sigma_percent: float | None = None,
        threshold_current: float | None = None,
        seed: int | None = None,
    ) -> Stimulus:
        """Return an Ornstein-Uhlenbeck process; ``mean`` and ``sigma`` win over percentages."""
        absolute = _both(mean, sigma, "mean and sigma")
        relative = _both(mean_percent, sigma_percent, "mean_percent and sigma_percent")
        _enough(absolute, relative, threshold_current, "mean and sigma")
        times = (self.dt, pre_delay, duration, post_delay)
        if mean is not None and sigma is not None:
            return OrnsteinUhlenbeck.amplitude_based(*times, tau, sigma, mean, seed, base_seed=self.base_seed)
        return OrnsteinUhlenbeck.threshold_based(
            *times,
            mean_percent or 0.0,
            sigma_percent or 0.0,
            threshold_current or 0.0,
            tau,
            seed,
            base_seed=self.base_seed,
        )

    def shot_noise(
        self,
        pre_delay: float,
        post_delay: float,
        duration: float,
        rate: float,
        rise_time: float,
        decay_time: float,
        mean: float | None = None,
        sigma: float | None = None,
        mean_percent: float | None = None,
        sigma_percent: float | None = None,
        relative_skew: float = 0.5,
        threshold_current: float | None = None,
        seed: int | None = None,
    ) -> Stimulus:
        """Return shot noise.

        ``mean`` and ``sigma`` are those of the peaks of single shots, which come at ``rate``. The
        percentages are those of the whole signal; rate and peaks of the shots then follow from
        them, and ``rate`` is not used.
        """
        absolute = _both(mean, sigma, "mean and sigma")
        relative = _both(mean_percent, sigma_percent, "mean_percent and sigma_percent")
        _enough(absolute, relative, threshold_current, "mean and sigma")
        times = (self.dt, pre_delay, duration, post_delay)
        if mean is not None and sigma is not None:
            return ShotNoise.amplitude_based(
                *times, rate, mean, sigma, rise_time, decay_time, seed, base_seed=self.base_seed
            )
        return ShotNoise.threshold_based(
            *times,
            rise_time,
            decay_time,
            mean_percent or 0.0,
            sigma_percent or 0.0,
            threshold_current or 0.0,
            relative_skew,
            seed,
            base_seed=self.base_seed,
        )

    def step_noise(
        self,
        pre_delay: float,
        post_delay: float,
        duration: float,
        step_interval: float,
        mean: float | None = None,
        sigma: float | None = None,
        mean_percent: float | None = None,
        sigma_percent: float | None = None,
        threshold_current: float | None = None,
        seed: int | None = None,
    ) -> Stimulus:
        """Return steps of random height; ``sigma`` is their standard deviation."""
        absolute = _both(mean, sigma, "mean and sigma")
        relative = _both(mean_percent, sigma_percent, "mean_percent and sigma_percent")
        _enough(absolute, relative, threshold_current, "mean and sigma")
        times = (self.dt, pre_delay, duration, post_delay, step_interval)
        if mean is not None and sigma is not None:
            return StepNoise.amplitude_based(*times, mean, sigma, seed, base_seed=self.base_seed)
        return StepNoise.threshold_based(
            *times,
            mean_percent or 0.0,
            sigma_percent or 0.0,
            threshold_current or 0.0,
            seed,
            base_seed=self.base_seed,
        )
