"""How the potential of a source goes in time, step by step as BioNet takes it.

In the step that begins at time *t* a source has the amplitude of *t*; in the first step of a run, at 0 ms, it
has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.errors import BluecellabError, StimulusError
from bluecellab.files.columns import read_numbers
from bluecellab.spec.allen import FieldWaveform

__all__ = ["Course", "FloatArray", "Source", "factors_in_steps", "read_course", "stepwise"]

FloatArray = npt.NDArray[np.float64]
Course = Callable[[int, float], Sequence[float]]
"""Returns a factor for each pattern; called with the number of a step and the step in ms."""

_TABLE = ("time", "amplitude")


@dataclass(frozen=True, eq=False)
class Source:
    """A potential outside of cells.

    Parameters
    ----------
    patterns
        Returns what it is at places in um, shape (n, 3): in mV, shape (k, n). The sum of the patterns, each
        times its factor, is the potential.
    course
        Their factors.
    """

    patterns: Callable[[FloatArray], FloatArray]
    course: Course


def read_course(path: str) -> tuple[FloatArray, FloatArray]:
    """Read a table with columns ``time`` in ms and ``amplitude``, between spaces.

    Raises
    ------
    StimulusError
        If it cannot be read, has no rows, or its times do not ascend.
    """
    try:
        table = read_numbers(path, _TABLE)
    except BluecellabError as error:
        raise StimulusError(str(error)) from error
    times, values = (table[name] for name in _TABLE)
    if not len(times) or not (np.diff(times) > 0).all():
        raise StimulusError(f"{path}: times must ascend" if len(times) else f"{path} has no rows")
    return times, values


def stepwise(waveform: FieldWaveform) -> Course:
    """Return the amplitude of a waveform, step by step.

    A constant or a sine lasts from ``delay`` to ``delay + duration``, both excluded; the sine counts from
    0 ms. Points of a file are joined by lines, and the first and last amplitude go on before and after.

    Raises
    ------
    StimulusError
        If its file cannot be read.
    """
    if waveform.shape == "file":
        if waveform.file is None:
            raise StimulusError("a waveform of shape 'file' needs the file")
        times, values = read_course(waveform.file)
        return lambda step, dt: (float(np.interp(step * dt, times, values)),)
    begin, end = waveform.delay, waveform.delay + waveform.duration
    amplitude, offset, phase = waveform.amplitude, waveform.offset, waveform.phase
    if waveform.shape == "dc":
        return lambda step, dt: (amplitude if begin < step * dt < end else 0.0,)
    turns = 2.0 * math.pi * waveform.frequency / 1000.0

    def sine(step: int, dt: float) -> Sequence[float]:
        time = step * dt
        return (amplitude * math.sin(turns * time + phase) + offset if begin < time < end else 0.0,)

    return sine


def factors_in_steps(
    courses: Sequence[Course], counts: Sequence[int], dt: float
) -> Callable[[float], list[float]]:
    """Return a function that gives the factors of all patterns, at a time in the middle of a step.

    Parameters
    ----------
    courses
        Of the sources.
    counts
        How many patterns each has.
    dt
        The step in ms.
    """
    nothing = [0.0] * sum(counts)

    def factors(middle: float) -> list[float]:
        step = round(middle / dt - 0.5)
        if step <= 0:
            return nothing
        return [factor for course in courses for factor in course(step, dt)]

    return factors
