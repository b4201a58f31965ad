"""Currents of files: tables, and sweeps of the Allen cell types database."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from bluecellab.errors import BluecellabError, StimulusError
from bluecellab.files.columns import read_numbers
from bluecellab.results.sweeps import read_sweep
from bluecellab.spec.allen import CurrentFile
from bluecellab.stimulus.waveform import FloatArray, Waveform

__all__ = ["current_of"]

_GRID = 1_000_000  # parts of a ms to which times are taken
_TOLERANCE = 1e-6  # of an interval


def current_of(stimulus: CurrentFile) -> Waveform:
    """Return the current of a file: each sample is held until the next.

    Of a sweep every so manieth sample is taken, then those within the window, both ends included; they begin
    at 0 ms, and those before ``delay`` are left out.

    Before the first sample there is none. The last one is held for the longest interval of which all times
    are multiples (0.1 ms for samples at 5 and 5.1 ms; 3 ms for 9, 15 and 21 ms), unless it is 0; then the
    clamp ends.

    Raises
    ------
    StimulusError
        If the file cannot be read, or has no current in it.
    """
    try:
        times, values = _table(stimulus) if stimulus.format == "csv" else _sweep(stimulus)
    except StimulusError:
        raise
    except BluecellabError as error:
        raise StimulusError(str(error)) from error
    if not len(times):
        raise StimulusError(f"{stimulus.file} has no samples of a current in it")
    end = times[-1] if values[-1] == 0 else times[-1] + _interval(times)
    if times[0] > 0:
        times, values = np.insert(times, 0, 0.0), np.insert(values, 0, 0.0)
    if end > times[-1]:
        times, values = np.append(times, end), np.append(values, 0.0)
    return Waveform(times, values, unit="nA", label="IClamp", interpolation="hold")


def _table(stimulus: CurrentFile) -> tuple[FloatArray, FloatArray]:
    columns = (stimulus.timestamps_column, stimulus.amplitudes_column)
    table = read_numbers(stimulus.file, columns, stimulus.separator)
    times, values = (table[name] for name in columns)
    if len(times) and (times[0] < 0 or not (np.diff(times) > 0).all()):
        raise StimulusError(f"{stimulus.file}: times of {columns[0]!r} must ascend from 0 ms on")
    return times, values


def _sweep(stimulus: CurrentFile) -> tuple[FloatArray, FloatArray]:
    if stimulus.sweep_id is None:
        raise StimulusError(f"{stimulus.file} holds sweeps; say which one by sweep_id")
    sweep = read_sweep(stimulus.file, stimulus.sweep_id)
    every = 1
    if stimulus.downsample is not None:
        every = max(int(stimulus.downsample / sweep.interval + _TOLERANCE), 1)
    interval, values = sweep.interval * every, sweep.values[::every]
    if stimulus.sweep_window is not None:
        begin, end = (time / interval for time in stimulus.sweep_window)
        values = values[max(math.ceil(begin - _TOLERANCE), 0) : math.floor(end + _TOLERANCE) + 1]
        if not len(values):
            raise StimulusError(
                f"{stimulus.file}: there is nothing in the window {list(stimulus.sweep_window)} of sweep "
                f"{stimulus.sweep_id}, which lasts {len(sweep.values) * sweep.interval:g} ms"
            )
    if stimulus.delay < 0:
        raise StimulusError(f"delay is a time in ms from 0 on, not {stimulus.delay:g}")
    times: FloatArray = np.arange(len(values), dtype=np.float64) * interval
    return times, np.asarray(np.where(times < stimulus.delay, 0.0, values))


def _interval(times: FloatArray) -> float:
    """Return the longest interval of which all times, and those between them, are multiples; in ms."""
    steps = np.diff(times)
    if len(steps) and np.abs(steps - steps[0]).max() <= _TOLERANCE * steps[0]:
        steps = steps[:1]
    parts = {round(step * _GRID) for step in [*steps.tolist(), float(times[0])]} - {0}
    return float(Fraction(math.gcd(*parts), _GRID)) if parts else 0.0
