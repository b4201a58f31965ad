"""A waveform: values over time, as NEURON plays them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bluecellab.errors import StimulusError

__all__ = ["Axes", "FloatArray", "Points", "Waveform", "superpose"]

FloatArray = NDArray[np.float64]
Points = tuple[FloatArray, FloatArray]


class Axes(Protocol):
    """What is needed of matplotlib's axes."""

    def plot(self, x: ArrayLike, y: ArrayLike, *, label: str, drawstyle: str) -> object:
        """Draw a line."""

    def set_xlabel(self, xlabel: str) -> object:
        """Name the horizontal axis."""

    def set_ylabel(self, ylabel: str) -> object:
        """Name the vertical axis."""


AnyAxes = TypeVar("AnyAxes", bound=Axes)


@dataclass(frozen=True, eq=False)
class Waveform:
    """Values over time.

    Parameters
    ----------
    times
        Times in ms, ascending; two equal times are a jump. Shape (n,).
    values
        Values there. Shape (n,).
    unit
        Unit of the values.
    label
        What it is, for legends.
    interpolation
        ``"linear"`` between points, or ``"hold"``: a value holds until the next. Before the first
        point the first value holds, after the last point the last.

    Raises
    ------
    StimulusError
        If times and values do not fit together.

    Examples
    --------
    >>> step = Waveform([1, 1, 3, 3], [0, 0.5, 0.5, 0], unit="nA")
    >>> step.at([0, 1, 2, 3])
    array([0. , 0.5, 0.5, 0. ])
    """

    times: FloatArray
    values: FloatArray
    unit: str = field(kw_only=True)
    label: str = field(default="", kw_only=True)
    interpolation: Literal["linear", "hold"] = field(default="linear", kw_only=True)

    def __post_init__(self) -> None:
        times = np.array(self.times, dtype=np.float64)
        values = np.array(self.values, dtype=np.float64)
        if times.shape != values.shape or times.ndim != 1 or times.size == 0:
            raise StimulusError(
                f"a waveform of {times.shape} times and {values.shape} values; give two rows of "
                "equally many numbers"
            )
        if np.any(np.diff(times) < 0):
            raise StimulusError("the times of a waveform must ascend")
        times.setflags(write=False)
        values.setflags(write=False)
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return self.times.size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Waveform):
            return NotImplemented
        return (
            np.array_equal(self.times, other.times)
            and np.array_equal(self.values, other.values)
            and (self.unit, self.interpolation) == (other.unit, other.interpolation)
        )

    def __hash__(self) -> int:
        return hash((self.times.tobytes(), self.values.tobytes(), self.unit, self.interpolation))

    @property
    def duration(self) -> float:
        """Time of the last point, in ms."""
        return float(self.times[-1])

    def at(self, times: ArrayLike) -> FloatArray:
        """Return the values at given times; at a jump, the one after it.

        Parameters
        ----------
        times
            In ms. Any shape.

        Returns
        -------
        ndarray
            In :attr:`unit`, of the shape of ``times``.
        """
        return self._at(np.asarray(times, dtype=np.float64), "right")

    def _at(self, times: FloatArray, side: Literal["left", "right"]) -> FloatArray:
        """Evaluate just after (``"right"``) or just before (``"left"``) each time."""
        after = np.searchsorted(self.times, times, side=side)
        last = self.times.size - 1
        before = np.clip(after - 1, 0, last)
        after = np.clip(after, 0, last)
        start, stop = self.values[before], self.values[after]
        if self.interpolation == "hold":
            return start
        span = self.times[after] - self.times[before]
        inside = span > 0
        part = np.where(inside, times - self.times[before], 0.0) / np.where(inside, span, 1.0)
        return np.asarray(start + part * (np.where(inside, stop, start) - start), dtype=np.float64)

    def shifted(self, delay: float) -> Waveform:
        """Return the same waveform, ``delay`` ms later."""
        return Waveform(
            self.times + delay,
            self.values,
            unit=self.unit,
            label=self.label,
            interpolation=self.interpolation,
        )

    def plot(self, ax: AnyAxes) -> AnyAxes:
        """Draw the waveform into matplotlib axes, and return them."""
        style = "steps-post" if self.interpolation == "hold" else "default"
        ax.plot(self.times, self.values, label=self.label, drawstyle=style)
        ax.set_xlabel("time (ms)")
        ax.set_ylabel(f"{_QUANTITIES.get(self.unit, 'value')} ({self.unit})")
        return ax


_QUANTITIES = {"nA": "current", "uS": "conductance", "mV": "potential"}


def superpose(waveforms: Sequence[Waveform], *, label: str = "") -> Waveform:
    """Return the sum of waveforms.

    Parameters
    ----------
    waveforms
        At least one, all of one unit.
    label
        Of the sum.

    Raises
    ------
    StimulusError
        If there are none, or their units differ.
    """
    units = sorted({waveform.unit for waveform in waveforms})
    if len(units) != 1:
        raise StimulusError(
            f"waveforms in {' and '.join(units) or 'no unit'} do not add up to one; take them one by one"
        )
    times = np.unique(np.concatenate([waveform.times for waveform in waveforms]))
    before = np.sum([waveform._at(times, "left") for waveform in waveforms], axis=0)
    after = np.sum([waveform._at(times, "right") for waveform in waveforms], axis=0)
    jumps = before != after
    return Waveform(
        np.repeat(times, jumps + 1),
        np.repeat(before, jumps + 1) if not jumps.any() else _interleave(before, after, jumps),
        unit=units[0],
        label=label,
    )


def _interleave(before: FloatArray, after: FloatArray, jumps: NDArray[np.bool_]) -> FloatArray:
    """Put the value after each jump behind the value before it."""
    values = np.repeat(before, jumps + 1)
    values[np.flatnonzero(jumps) + np.cumsum(jumps)[jumps]] = after[jumps]
    return values
