"""Time series of current, the building blocks of the published protocols.

These are *sequences*: ``a + b`` is ``a`` followed by ``b``. The specifications of
:mod:`bluecellab.spec.stimuli` are another thing; there ``a + b`` plays both at once.
:meth:`Stimulus.to_spec` goes from here to there.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bluecellab.errors import StimulusError
from bluecellab.results.drawing import new_axes
from bluecellab.spec.stimuli import Sampled
from bluecellab.stimulus.shapes import sines
from bluecellab.stimulus.waveform import AnyAxes, Axes, FloatArray, Waveform

__all__ = [
    "CombinedStimulus",
    "Empty",
    "Flat",
    "Piece",
    "PulseTrain",
    "SinusoidalWave",
    "Slope",
    "Stimulus",
    "Zap",
    "checked_amplitude",
    "checked_grid",
]


class Stimulus(ABC):
    """A time series of current, sampled every ``dt``.

    Parameters
    ----------
    dt
        Sampling interval, in ms.

    Raises
    ------
    StimulusError
        If it is not positive.
    """

    def __init__(self, dt: float) -> None:
        if not (dt > 0 and math.isfinite(dt)):
            raise StimulusError(f"a sampling interval of {dt} ms; it must be positive")
        self.dt = dt

    @property
    @abstractmethod
    def time(self) -> FloatArray:
        """Times in ms, shape (n,)."""

    @property
    @abstractmethod
    def current(self) -> FloatArray:
        """Current in nA, shape (n,)."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return int(self.time.size)

    @property
    def stimulus_time(self) -> float:
        """How long the stimulus lasts, in ms: its samples and one interval behind the last.

        Series that repeat a time (a jump) are longer in samples than in time, and count in time.
        """
        if len(self) == 0:
            return 0.0
        by_samples = len(self) * self.dt
        by_time = float(self.time[-1]) + self.dt
        return by_samples if abs(by_samples - by_time) < 0.5 * self.dt else by_time

    def __add__(self, other: Stimulus) -> Stimulus:
        """Return this stimulus followed by another of the same ``dt``."""
        if not isinstance(other, Stimulus):
            return NotImplemented
        if self.dt != other.dt:
            raise StimulusError(
                "Stimulus objects must have the same dt to be concatenated; "
                f"these have {self.dt} and {other.dt} ms"
            )
        if len(self) == 0:
            return other
        if len(other) == 0:
            return self
        shift = self.time[-1] + self.dt
        return CombinedStimulus(
            self.dt,
            np.concatenate([self.time, other.time + shift]),
            np.concatenate([self.current, other.current]),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stimulus):
            return NotImplemented
        return (
            self.dt == other.dt
            and len(self) == len(other)
            and np.allclose(self.time, other.time)
            and np.allclose(self.current, other.current)
        )

    __hash__ = None  # type: ignore[assignment]  # equality is approximate, so there can be no hash

    def __repr__(self) -> str:
        return f"{type(self).__name__}(dt={self.dt})"

    def to_spec(self, interpolation: Literal["hold", "linear"] = "hold") -> Sampled:
        """Return the series as a specification, which can be played and sent to other processes.

        Parameters
        ----------
        interpolation
            ``"hold"`` each sample until the next, as ``Cell.inject_current_waveform`` does, or
            ``"linear"``.
        """
        return Sampled(
            times=tuple(self.time.tolist()),
            values=tuple(self.current.tolist()),
            interpolation=interpolation,
        )

    def waveform(self) -> Waveform:
        """Return the series as a :class:`Waveform`."""
        return Waveform(self.time, self.current, unit="nA", label=type(self).__name__)

    def plot(self, ax: AnyAxes | None = None) -> AnyAxes | Axes:
        """Draw the series into matplotlib axes, and return them.

        Parameters
        ----------
        ax
            The axes; those of a new figure by default.

        Raises
        ------
        MissingDependencyError
            If there are no axes, and matplotlib is not installed.
        """
        if ax is not None:
            return self.waveform().plot(ax)
        made: Axes = new_axes()
        return self.waveform().plot(made)


class CombinedStimulus(Stimulus):
    """A series given by its samples; what ``a + b`` gives.

    Parameters
    ----------
    dt
        Sampling interval, in ms.
    time, current
        Times in ms and current in nA, of equal shape (n,).
    """

    def __init__(self, dt: float, time: ArrayLike, current: ArrayLike) -> None:
        super().__init__(dt)
        self._time = np.array(time, dtype=np.float64)
        self._current = np.array(current, dtype=np.float64)
        if self._time.shape != self._current.shape or self._time.ndim != 1:
            raise StimulusError(
                f"{self._time.shape} times and {self._current.shape} currents; give equally many"
            )

    @property
    def time(self) -> FloatArray:
        """Times in ms, shape (n,)."""
        return self._time

    @property
    def current(self) -> FloatArray:
        """Current in nA, shape (n,)."""
        return self._current


class Piece(CombinedStimulus):
    """A series with a duration."""

    def __init__(self, dt: float, duration: float, time: ArrayLike, current: ArrayLike) -> None:
        super().__init__(dt, time, current)
        self.duration = duration


def checked_grid(dt: float, duration: float) -> FloatArray:
    """Return 0, dt, ... below ``duration``.

    Raises
    ------
    StimulusError
        If ``dt`` is not positive or ``duration`` is negative.
    """
    if not (dt > 0 and math.isfinite(dt)):
        raise StimulusError(f"a sampling interval of {dt} ms; it must be positive")
    if not (duration >= 0 and math.isfinite(duration)):
        raise StimulusError(f"a stimulus of {duration} ms; it must last 0 ms or more")
    return np.arange(0.0, duration, dt)


def checked_amplitude(amplitude: float) -> float:
    """Return an amplitude that is a finite number.

    Raises
    ------
    StimulusError
        If it is NaN or infinite.
    """
    if not math.isfinite(amplitude):
        raise StimulusError(f"an amplitude of {amplitude} nA; it must be a finite number")
    return amplitude


class Empty(Piece):
    """No current for a while; a gap between pulses.

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    """

    def __init__(self, dt: float, duration: float) -> None:
        time = checked_grid(dt, duration)
        super().__init__(dt, duration, time, np.zeros_like(time))


class Flat(Piece):
    """A constant current.

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    amplitude
        In nA.
    """

    def __init__(self, dt: float, duration: float, amplitude: float) -> None:
        time = checked_grid(dt, duration)
        super().__init__(dt, duration, time, np.full_like(time, checked_amplitude(amplitude)))
        self.amplitude = amplitude


class Slope(Piece):
    """A straight line; the first sample is its start and the last sample its end.

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    amplitude_start, amplitude_end
        In nA.
    """

    def __init__(self, dt: float, duration: float, amplitude_start: float, amplitude_end: float) -> None:
        time = checked_grid(dt, duration)
        start, stop = checked_amplitude(amplitude_start), checked_amplitude(amplitude_end)
        super().__init__(dt, duration, time, np.linspace(start, stop, time.size))
        self.amplitude_start = amplitude_start
        self.amplitude_end = amplitude_end


class Zap(Piece):
    r"""A sine of rising frequency (``SineSpec``), for up to 5 s.

    .. math:: I(t) = A \sin\left(2\pi \left(1 + \frac{1}{5.15 - s}\right) s\right),
        \quad s = t - 0.1

    with *t* in seconds. (The published version computes it with *t* in ms, which is a buzz of
    1 kHz with a pole at 5.25 ms.)

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    amplitude
        In nA.

    Raises
    ------
    StimulusError
        If it lasts 5250 ms or more, where the frequency has its pole.
    """

    def __init__(self, dt: float, duration: float, amplitude: float) -> None:
        time = checked_grid(dt, duration)
        if time.size and time[-1] >= 5250.0:
            raise StimulusError(f"a zap of {duration} ms; its frequency is infinite at 5250 ms, so take less")
        seconds = 1e-3 * time - 0.1
        phase = 2.0 * math.pi * (1.0 + 1.0 / (5.15 - seconds)) * seconds
        super().__init__(dt, duration, time, checked_amplitude(amplitude) * sines(phase))
        self.amplitude = amplitude


class SinusoidalWave(Piece):
    r"""A sine wave, its last sample at the end.

    .. math:: I(t) = A \sin(2\pi f t / 1000)

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    amplitude
        In nA.
    frequency
        In Hz.
    """

    def __init__(self, dt: float, duration: float, amplitude: float, frequency: float) -> None:
        checked_grid(dt, duration)
        time = np.arange(math.floor(duration / dt + 1e-9) + 1, dtype=np.float64) * dt
        phase = 2.0 * math.pi * frequency * time / 1000.0
        super().__init__(dt, duration, time, checked_amplitude(amplitude) * sines(phase))
        self.amplitude = amplitude
        self.frequency = frequency


class PulseTrain(Piece):
    """Whole pulses at a frequency; one that would outlast the train is left out.

    The samples lie ``dt`` apart. (The published version spreads ``duration / dt`` samples over
    the closed interval, which makes them a little more than ``dt`` apart, and leaves out a pulse
    that ends with the train.)

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    amplitude
        In nA.
    frequency
        In Hz.
    width
        Of a pulse, in ms.
    """

    def __init__(self, dt: float, duration: float, amplitude: float, frequency: float, width: float) -> None:
        time = checked_grid(dt, duration)
        if not (frequency > 0 and width > 0):
            raise StimulusError(f"pulses of {width} ms at {frequency} Hz; both must be positive")
        period = 1000.0 / frequency
        current = np.zeros_like(time)
        tolerance = 1e-9 * dt
        for index in range(math.floor(duration / period + 1e-9) + 1):
            start = index * period
            stop = start + width
            if stop <= duration + tolerance:
                current[(time >= start - tolerance) & (time < stop - tolerance)] = amplitude
        super().__init__(dt, duration, time, current)
        self.amplitude = checked_amplitude(amplitude)
        self.frequency = frequency
        self.width = width
