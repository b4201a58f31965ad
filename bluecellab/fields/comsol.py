"""Potentials that COMSOL computed, taken at the segments of cells.

A file has header lines that begin with ``%``, the last of which names the columns: ``x``, ``y`` and ``z`` in
um, and the potential, ``V (mV)`` or ``V (V)``, at once or for several times, ``V (mV) @ t=0.001`` in s.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bluecellab.errors import StimulusError
from bluecellab.fields.courses import Course, FloatArray, Source, read_course
from bluecellab.results.extras import require
from bluecellab.spec.allen import ComsolField

__all__ = ["ComsolFile", "comsol_sources", "read_comsol"]

_COLUMN = re.compile(r"V\s*\((m?V)\)(?:\s*@\s*t\s*=\s*([-+0-9.eE]+))?")
_AXES = 3
_MILLISECONDS = 1000.0  # in 1 s


class ComsolFile(NamedTuple):
    """What a file says.

    Parameters
    ----------
    nodes
        Where the potential is known, in um, shape (n, 3).
    potentials
        In mV, shape (k, n).
    times
        In ms, shape (k,); None of one that does not depend on time.
    """

    nodes: FloatArray
    potentials: FloatArray
    times: FloatArray | None


def read_comsol(path: str) -> ComsolFile:
    """Read a file.

    Raises
    ------
    StimulusError
        If it cannot be read, or is of another form.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise StimulusError(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from error
    header = list(itertools.takewhile(lambda line: line.startswith("%"), lines))
    columns = _COLUMN.findall(header[-1]) if header else []
    if not columns:
        raise StimulusError(
            f"{path} is no text of COMSOL: header lines that begin with % are needed, the last one as in "
            "'% x y z V (mV)'"
        )
    try:
        numbers = np.loadtxt(lines[len(header) :], ndmin=2, comments="%")
    except ValueError as error:
        raise StimulusError(f"{path} cannot be read: {error}") from error
    if not numbers.size or numbers.shape[1] != _AXES + len(columns):
        raise StimulusError(
            f"{path} has {numbers.shape[1] if numbers.size else 0} columns of numbers; its header names x, "
            f"y, z and {len(columns)} of potentials"
        )
    known = numbers[np.isfinite(numbers).all(axis=1)]  # COMSOL writes NaN outside of its domain
    if not len(known):
        raise StimulusError(f"{path} has no row of numbers alone")
    factors = np.array([1.0 if unit == "mV" else 1000.0 for unit, _ in columns])
    times = [time for _, time in columns if time]
    if times and len(times) != len(columns):
        raise StimulusError(f"{path}: some columns of potentials have a time, and some have none")
    return ComsolFile(
        np.ascontiguousarray(known[:, :_AXES]),
        np.ascontiguousarray((known[:, _AXES:] * factors).T),
        np.array(times, dtype=np.float64) * _MILLISECONDS if times else None,
    )


def comsol_sources(spec: ComsolField) -> list[Source]:
    """Return the potentials of files, which add up.

    With a waveform the potential is interpolated between nodes, linearly in tetrahedra, and is 0 outside of
    them; without one, that of the nearest node is taken, and interpolated in time. As BioNet has it, in the
    first step of a run there is nothing, and in the second one the first value; and both begin anew after as
    many steps as there are to the last time, a waveform one step later.

    Raises
    ------
    StimulusError
        If a file cannot be read, is of another form, or does not fit its waveform.
    MissingDependencyError
        If scipy is not installed.
    """
    waves = spec.waveforms or (None,) * len(spec.files)
    amplitudes = spec.amplitudes or (1.0,) * len(spec.files)
    if len(waves) != len(spec.files) or len(amplitudes) != len(spec.files):
        raise StimulusError(
            f"{len(waves)} waveforms and {len(amplitudes)} amplitudes do not go with {len(spec.files)} files "
            "of COMSOL; give one for each"
        )
    return [
        _in_time(path, amplitude) if wave is None else _static(path, wave, amplitude)
        for path, wave, amplitude in zip(spec.files, waves, amplitudes, strict=True)
    ]


def _static(path: str, wave: str, amplitude: float) -> Source:
    found = read_comsol(path)
    interpolate = require("scipy.interpolate", extra="comsol", doing="interpolating a potential of COMSOL")
    linear = interpolate.LinearNDInterpolator(found.nodes, found.potentials[0], fill_value=0.0)
    times, values = read_course(wave)

    def patterns(places: FloatArray) -> FloatArray:
        return np.asarray(linear(places), dtype=np.float64)[None]

    return Source(patterns, _repeated(times, (values * amplitude)[:, None], begin=0.0, further=1))


def _in_time(path: str, amplitude: float) -> Source:
    found = read_comsol(path)
    if found.times is None:
        raise StimulusError(
            f"{path} has one potential, which does not depend on time; give a waveform for it, or export it "
            "with columns for times"
        )
    if len(found.times) < 2 or not (np.diff(found.times) > 0).all() or found.times[0] < 0:
        raise StimulusError(f"{path}: two times or more are needed, which ascend from 0 s on")
    spatial = require("scipy.spatial", extra="comsol", doing="finding nodes of a potential of COMSOL")
    tree, potentials = spatial.cKDTree(found.nodes), found.potentials * amplitude

    def patterns(places: FloatArray) -> FloatArray:
        _, nearest = tree.query(places)
        return np.ascontiguousarray(potentials[:, nearest])

    return Source(
        patterns, _repeated(found.times, np.eye(len(found.times)), begin=float(found.times[0]), further=0)
    )


def _repeated(times: FloatArray, rows: FloatArray, begin: float, further: int) -> Course:
    """Return rows interpolated in time, that begin anew; the second step of a run takes the first one.

    Parameters
    ----------
    times
        In ms, shape (k,).
    rows
        Factors then, shape (k, m).
    begin
        Time of the first value in ms.
    further
        How many values there are beside those of the steps from the first time to the last one.
    """
    prepared: dict[float, Sequence[Sequence[float]]] = {}

    def course(step: int, dt: float) -> Sequence[float]:
        if dt not in prepared:
            count = max(round((times[-1] - times[0]) / dt) + further, 1)
            at = begin + np.arange(count) * dt
            columns = [np.interp(at, times, column) for column in rows.T]
            prepared[dt] = np.stack(columns, axis=-1).tolist()
        period = prepared[dt]
        return period[(step - 1) % len(period)]

    return course
