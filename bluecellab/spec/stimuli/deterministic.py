"""Stimuli that are the same every time."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from bluecellab.errors import InvalidSpecError
from bluecellab.spec.base import (
    Hertz,
    Millisecond,
    Nanoampere,
    NonNegativeMillisecond,
    Percent,
    PositiveHertz,
    PositiveMillisecond,
)
from bluecellab.spec.stimuli.base import (
    Amount,
    ConductanceOrCurrent,
    Numbers,
    TimedStimulus,
    refuse_negative,
)

__all__ = [
    "Hyperpolarizing",
    "Linear",
    "PulseTrain",
    "Ramp",
    "RelativeLinear",
    "Sampled",
    "Segments",
    "Sinusoidal",
    "Step",
    "SubThreshold",
    "Zap",
]


class Step(ConductanceOrCurrent, TimedStimulus):
    """A constant amplitude from ``delay`` to ``delay + duration``, nothing outside.

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    amplitude
        In nA (in uS in conductance mode).
    mode, reversal
        See :class:`ConductanceOrCurrent`.

    Examples
    --------
    >>> Step(delay=100, duration=500, amplitude="200 pA").amplitude
    0.2
    >>> Step(delay=100, duration=-5, amplitude=0.2)
    Traceback (most recent call last):
    ...
    bluecellab.errors.InvalidSpecError: Step: duration: should be greater than or equal to 0 (got -5)
    """

    _amounts: ClassVar[tuple[str, ...]] = ("amplitude",)

    type: Literal["step"] = Field("step", repr=False)
    amplitude: Amount

    @model_validator(mode="after")
    def _check(self) -> Step:
        refuse_negative(self, {"amplitude": self.amplitude})
        return self

    @classmethod
    def between(cls, start: float, stop: float, amplitude: float) -> Step:
        """Return a step of current by its two times, in ms.

        Raises
        ------
        InvalidSpecError
            If it ends before it starts.
        """
        _check_order("step", start, stop)
        return cls(delay=start, duration=stop - start, amplitude=amplitude)


def _check_order(what: str, start: float, stop: float) -> None:
    if stop < start:
        raise InvalidSpecError(
            f"the {what} ends at {stop} ms, before it starts at {start} ms; "
            "give stop times, not durations, and start <= stop"
        )


class _Slope(ConductanceOrCurrent, TimedStimulus):
    """A straight line between two amplitudes."""

    _amounts: ClassVar[tuple[str, ...]] = ("amp_start", "amp_end")


class Ramp(_Slope):
    r"""A straight line from ``amp_start`` to ``amp_end``, nothing before and after.

    .. math:: I(t) = a_0 + (a_1 - a_0) (t - \mathrm{delay}) / \mathrm{duration}

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    amp_start, amp_end
        First and last amplitude, in nA (in uS in conductance mode).
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    type: Literal["ramp"] = Field("ramp", repr=False)
    amp_start: Amount = 0.0
    amp_end: Amount

    @model_validator(mode="after")
    def _check(self) -> Ramp:
        refuse_negative(self, {"amp_start": self.amp_start, "amp_end": self.amp_end})
        return self

    @classmethod
    def between(cls, start: float, stop: float, amp_start: float, amp_end: float) -> Ramp:
        """Return a ramp of current by its two times, in ms.

        Raises
        ------
        InvalidSpecError
            If it ends before it starts.
        """
        _check_order("ramp", start, stop)
        return cls(delay=start, duration=stop - start, amp_start=amp_start, amp_end=amp_end)


class Linear(_Slope):
    """SONATA's ``linear``: as :class:`Ramp`, constant when ``amp_end`` is left out.

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    amp_start
        First amplitude, in nA (in uS in conductance mode).
    amp_end
        Last amplitude; ``None`` is ``amp_start``.
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    type: Literal["linear"] = Field("linear", repr=False)
    amp_start: Amount
    amp_end: Amount | None = None

    @model_validator(mode="after")
    def _check(self) -> Linear:
        refuse_negative(self, {"amp_start": self.amp_start, "amp_end": self.last_amplitude})
        return self

    @property
    def last_amplitude(self) -> float:
        """Last amplitude, in nA."""
        return self.amp_start if self.amp_end is None else self.amp_end


class RelativeLinear(TimedStimulus):
    """SONATA's ``relative_linear``: a line in percent of the cell's threshold current.

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    percent_start
        First amplitude, in percent of the threshold current.
    percent_end
        Last amplitude; ``None`` is ``percent_start``.
    """

    type: Literal["relative_linear"] = Field("relative_linear", repr=False)
    percent_start: Percent
    percent_end: Percent | None = None

    @property
    def last_percent(self) -> float:
        """Last amplitude, in percent of the threshold current."""
        return self.percent_start if self.percent_end is None else self.percent_end


class SubThreshold(TimedStimulus):
    r"""SONATA's ``subthreshold``: a constant current somewhat below the threshold current.

    .. math:: I = I_\mathrm{threshold} (100 - \mathrm{percent\_less}) / 100

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    percent_less
        How far below, in percent of the threshold current; negative is above.
    """

    type: Literal["subthreshold"] = Field("subthreshold", repr=False)
    percent_less: Percent


class Hyperpolarizing(TimedStimulus):
    """SONATA's ``hyperpolarizing``: the cell's own holding current.

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    """

    type: Literal["hyperpolarizing"] = Field("hyperpolarizing", repr=False)


class PulseTrain(ConductanceOrCurrent, TimedStimulus):
    """SONATA's ``pulse``: pulses of one amplitude at a fixed frequency.

    Pulse *k* begins at ``delay + k * 1000 / frequency`` while that is before the end, and lasts
    ``width``, or less if the end comes first. A width above the period gives one long pulse.

    Parameters
    ----------
    delay, duration
        When the train begins and how long it lasts, in ms.
    amp_start
        Amplitude of all pulses, in nA (in uS in conductance mode).
    width
        Length of a pulse, in ms.
    frequency
        In Hz.
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    _amounts: ClassVar[tuple[str, ...]] = ("amp_start",)

    type: Literal["pulse"] = Field("pulse", repr=False)
    amp_start: Amount
    width: PositiveMillisecond
    frequency: PositiveHertz

    @model_validator(mode="after")
    def _check(self) -> PulseTrain:
        refuse_negative(self, {"amp_start": self.amp_start})
        return self


class Sinusoidal(TimedStimulus):
    r"""SONATA's ``sinusoidal``: a sine current.

    .. math:: I(t) = A \sin(2\pi f (t - \mathrm{delay}) / 1000)

    Parameters
    ----------
    delay, duration
        When it begins and how long it lasts, in ms.
    amp_start
        Peak amplitude, in nA.
    frequency
        In Hz.
    dt
        Sampling interval of the waveform, in ms; between samples it is interpolated.
    """

    type: Literal["sinusoidal"] = Field("sinusoidal", repr=False)
    amp_start: Nanoampere
    frequency: Hertz
    dt: PositiveMillisecond = 0.025


class Zap(TimedStimulus):
    r"""A sine current of ever rising frequency (the published ``sinespec``).

    .. math:: I(t) = A \sin(e^{e^{s / 5000}}), \quad s = t - \mathrm{delay}

    Its frequency rises from 0.09 Hz to 380 Hz in 10 s.

    Parameters
    ----------
    delay
        When it begins, in ms.
    duration
        How long it lasts, in ms, at most 10000.
    amplitude
        Peak amplitude, in nA.
    dt
        Sampling interval of the waveform, in ms; between samples it is interpolated.
    """

    type: Literal["zap"] = Field("zap", repr=False)
    duration: Annotated[NonNegativeMillisecond, Field(le=10000)] = 10000.0
    amplitude: Nanoampere = 1.0
    dt: PositiveMillisecond = 0.5


class Segments(ConductanceOrCurrent):
    """Constant pieces, one after the other, then nothing.

    Parameters
    ----------
    delay
        When the first piece begins, in ms.
    levels
        Amplitude of each piece, in nA (in uS in conductance mode).
    durations
        Length of each piece, in ms; as many as levels.
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    _amounts: ClassVar[tuple[str, ...]] = ("levels",)

    type: Literal["segments"] = Field("segments", repr=False)
    delay: NonNegativeMillisecond = 0.0
    levels: Annotated[tuple[Amount, ...], Numbers, Field(min_length=1)]
    durations: Annotated[tuple[NonNegativeMillisecond, ...], Numbers]

    @model_validator(mode="after")
    def _check(self) -> Segments:
        if len(self.levels) != len(self.durations):
            raise ValueError(f"{len(self.levels)} levels but {len(self.durations)} durations; give as many")
        refuse_negative(self, {f"levels[{i}]": level for i, level in enumerate(self.levels)})
        return self

    @property
    def end(self) -> float:
        """When the last piece ends, in ms."""
        return self.delay + sum(self.durations)


class Sampled(ConductanceOrCurrent):
    """A waveform given by its samples, such as a recorded current.

    Parameters
    ----------
    times
        Times of the samples, in ms, ascending (two equal times are a jump). Any sequence of
        numbers, numpy arrays included.
    values
        The samples, as many as times, in nA (in uS in conductance mode).
    interpolation
        ``"linear"`` between samples, or ``"hold"``: each sample holds until the next.
        Outside the samples there is nothing.
    mode, reversal
        See :class:`ConductanceOrCurrent`.
    """

    _amounts: ClassVar[tuple[str, ...]] = ("values",)

    type: Literal["sampled"] = Field("sampled", repr=False)
    times: Annotated[tuple[Millisecond, ...], Numbers, Field(min_length=2)]
    values: Annotated[tuple[Amount, ...], Numbers]
    interpolation: Literal["linear", "hold"] = "linear"

    @model_validator(mode="after")
    def _check(self) -> Sampled:
        if len(self.times) != len(self.values):
            raise ValueError(f"{len(self.times)} times but {len(self.values)} values; give as many")
        if list(self.times) != sorted(self.times):
            raise ValueError("times must ascend")
        return self

    @property
    def end(self) -> float:
        """Time of the last sample, in ms."""
        return self.times[-1]


DeterministicStimulus = (
    Step
    | Ramp
    | Linear
    | RelativeLinear
    | SubThreshold
    | Hyperpolarizing
    | PulseTrain
    | Sinusoidal
    | Zap
    | Segments
    | Sampled
)
