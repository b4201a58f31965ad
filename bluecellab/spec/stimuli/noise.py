"""Stimuli that are random, and the same again for the same seeds."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from bluecellab.spec.base import Nanoampere, Percent, PositiveMillisecond, Unit
from bluecellab.spec.stimuli.base import Amount, ConductanceOrCurrent, Seed, TimedStimulus

__all__ = [
    "AbsoluteShotNoise",
    "Noise",
    "OrnsteinUhlenbeck",
    "RelativeOrnsteinUhlenbeck",
    "RelativeShotNoise",
    "ShotNoise",
]

Skew = Annotated[float, Field(ge=0, le=1)]
NonNegativeHertz = Annotated[float, Field(ge=0), Unit("Hz")]


class Noise(TimedStimulus):
    """SONATA's ``noise``: normally distributed samples, interpolated in between.

    Every ``dt`` a number is drawn. As the current is interpolated linearly between them, its
    variance is 2/3 of ``variance`` on average, and it has no power above 1 / (2 dt).

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    mean
        Mean current, in nA; or
    mean_percent
        the same in percent of the cell's threshold current. Exactly one of the two.
    variance
        Variance of the samples, in nA². With ``mean_percent`` it is in percent of the threshold
        current, and the number of nA that this makes is taken as the number of nA²: odd, but
        what all simulators of this dialect do.
    dt
        Interval of the samples, in ms.
    seed
        Replaces the documented stream of the stimulus by NEURON's ``Random(seed)``.
    """

    type: Literal["noise"] = Field("noise", repr=False)
    mean: Nanoampere | None = None
    mean_percent: Percent | None = None
    variance: Annotated[float, Field(ge=0), Unit("nA2")]
    dt: PositiveMillisecond = 0.5
    seed: Seed | None = None

    @model_validator(mode="after")
    def _check(self) -> Noise:
        if (self.mean is None) == (self.mean_percent is None):
            given = "both" if self.mean is not None else "neither"
            raise ValueError(f"give exactly one of mean and mean_percent; {given} was given")
        return self


class _Signal(ConductanceOrCurrent, TimedStimulus):
    """A filtered random process.

    Parameters
    ----------
    dt
        Sampling interval, in ms.
    random_seed
        Third identity of the random stream; ``None`` for the documented one of the cell.
    """

    dt: PositiveMillisecond = 0.25
    random_seed: Seed | None = None


class _Shots(_Signal):
    """Random shots of a given shape."""

    rise_time: PositiveMillisecond
    decay_time: PositiveMillisecond

    @model_validator(mode="after")
    def _check_times(self) -> _Shots:
        if self.decay_time <= self.rise_time:
            raise ValueError(
                f"decay_time {self.decay_time} ms must be longer than rise_time {self.rise_time} ms"
            )
        return self


class ShotNoise(_Shots):
    """SONATA's ``shot_noise``: bi-exponential shots at random times, of random size.

    The shots come as a Poisson process; their peaks follow a gamma distribution.

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    rise_time, decay_time
        Time constants of a shot, in ms; decay is the longer.
    rate
        Mean number of shots in a second, in Hz.
    amp_mean
        Mean peak of a shot, in nA (in uS in conductance mode).
    amp_var
        Variance of the peaks, in nA² (uS²).
    dt, random_seed
        Sampling interval in ms, and the third identity of the random stream.
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    _amounts: ClassVar[tuple[str, ...]] = ("amp_mean",)

    type: Literal["shot_noise"] = Field("shot_noise", repr=False)
    rate: NonNegativeHertz
    amp_mean: Amount
    amp_var: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _check(self) -> ShotNoise:
        if self.amp_mean == 0:
            raise ValueError("amp_mean is 0: shots of no size; leave the stimulus out")
        return self


class AbsoluteShotNoise(_Shots):
    """SONATA's ``absolute_shot_noise``: shot noise of a given mean and standard deviation.

    Rate and sizes of the shots are found from the first moments of the signal by Campbell's
    theorem, see :func:`bluecellab.stimulus.shot_noise_parameters`.

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    rise_time, decay_time
        Time constants of a shot, in ms; decay is the longer.
    mean, sigma
        Mean and standard deviation of the signal, in nA (in uS in conductance mode).
    relative_skew
        Skewness of the signal, 0 (least) to 1 (most; many vanishing shots).
    dt, random_seed
        Sampling interval in ms, and the third identity of the random stream.
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    _amounts: ClassVar[tuple[str, ...]] = ("mean", "sigma")

    type: Literal["absolute_shot_noise"] = Field("absolute_shot_noise", repr=False)
    mean: Annotated[Amount, Field(gt=0)]
    sigma: Annotated[Amount, Field(gt=0)]
    relative_skew: Skew = 0.5


class RelativeShotNoise(_Shots):
    """SONATA's ``relative_shot_noise``: as :class:`AbsoluteShotNoise`, in percent of the cell's own.

    In current mode the percentages are of the threshold current, in conductance mode of the input
    conductance (1 / input resistance).

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    rise_time, decay_time
        Time constants of a shot, in ms; decay is the longer.
    mean_percent, sd_percent
        Mean and standard deviation of the signal, in percent.
    relative_skew
        Skewness of the signal, 0 (least) to 1 (most; many vanishing shots).
    dt, random_seed
        Sampling interval in ms, and the third identity of the random stream.
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    type: Literal["relative_shot_noise"] = Field("relative_shot_noise", repr=False)
    mean_percent: Annotated[Percent, Field(gt=0)]
    sd_percent: Annotated[Percent, Field(gt=0)]
    relative_skew: Skew = 0.5


class OrnsteinUhlenbeck(_Signal):
    r"""SONATA's ``ornstein_uhlenbeck``: noise with an exponential autocorrelation.

    .. math:: x_0 = 0, \quad x_{n+1} = \mu x_n + \sigma \sqrt{1 - \mu^2} \, \xi_{n+1},
        \quad \mu = e^{-dt / \tau}, \quad I = \mathrm{mean} + x

    The process begins at its mean, not in its stationary distribution.

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    tau
        Relaxation time, in ms; below 1e-9 the noise is white.
    sigma, mean
        Standard deviation and mean, in nA (in uS in conductance mode).
    dt, random_seed
        Sampling interval in ms, and the third identity of the random stream.
    mode, reversal
        See :class:`ConductanceOrCurrent`.

    References
    ----------
    Gillespie (1996), Exact numerical simulation of the Ornstein-Uhlenbeck process and its
    integral. https://doi.org/10.1103/PhysRevE.54.2084
    """

    _amounts: ClassVar[tuple[str, ...]] = ("mean", "sigma")

    type: Literal["ornstein_uhlenbeck"] = Field("ornstein_uhlenbeck", repr=False)
    tau: PositiveMillisecond
    sigma: Annotated[Amount, Field(gt=0)]
    mean: Amount


class RelativeOrnsteinUhlenbeck(_Signal):
    """SONATA's ``relative_ornstein_uhlenbeck``: :class:`OrnsteinUhlenbeck` in percent of the cell's own.

    In current mode the percentages are of the threshold current, in conductance mode of the input
    conductance (1 / input resistance).

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    tau
        Relaxation time, in ms.
    mean_percent, sd_percent
        Mean and standard deviation, in percent.
    dt, random_seed
        Sampling interval in ms, and the third identity of the random stream.
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    type: Literal["relative_ornstein_uhlenbeck"] = Field("relative_ornstein_uhlenbeck", repr=False)
    tau: PositiveMillisecond
    mean_percent: Percent
    sd_percent: Annotated[Percent, Field(gt=0)]
