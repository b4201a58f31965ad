"""Potentials at electrodes, made of the membrane currents of cells as they run."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.errors import CircuitFileError, CircuitWarning, ReportError, warn
from bluecellab.fields.line_source import line_source
from bluecellab.fields.segments import ordered_sections, segment_ends, segment_radii
from bluecellab.files.columns import read_numbers
from bluecellab.nrn.scope import Scope
from bluecellab.recording.allen import window_of
from bluecellab.recording.report_elements import Places, ReportElements
from bluecellab.recording.reports import FrameRecorder
from bluecellab.recording.variables import FAST_IMEM
from bluecellab.results.sonata.files import PathLike
from bluecellab.results.sonata.nwb import PotentialNwbWriter
from bluecellab.results.sonata.parts import ReportFile
from bluecellab.results.sonata.potential_files import PotentialFiles
from bluecellab.spec.allen import ExtracellularReport
from bluecellab.spec.base import CellId

__all__ = ["Placement", "extracellular_recorder", "read_electrodes"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

Placement = tuple[npt.ArrayLike, npt.ArrayLike | None]
"""Position of the soma of a cell in um, shape (3,), and its angles in rad, shape (3,), or matrix, (3, 3)."""

_MULTIPLICATIONS = 2**17  # at once; OpenBLAS starts threads beyond 2**18
_ROWS = 16  # at once, always: sums must not depend on how many frames happen to come together
_AXES = ("x_pos", "y_pos", "z_pos")
_CHANNEL = "channel"


def read_electrodes(path: PathLike) -> tuple[FloatArray, IntArray]:
    """Read a table of electrodes.

    Parameters
    ----------
    path
        Text with columns ``x_pos``, ``y_pos`` and ``z_pos`` in um, and perhaps ``channel``, between blanks.

    Returns
    -------
    positions, channels
        In um, shape (n, 3), and the number of each, shape (n,): 0, 1, 2, ... if the table has none.

    Raises
    ------
    ReportError
        If it cannot be read, lacks a column, has no rows, or something else than numbers.
    """
    try:
        columns = read_numbers(path, (*_AXES, _CHANNEL), optional={_CHANNEL: -1.0})
    except CircuitFileError as error:
        raise ReportError(f"the table of electrodes cannot be used: {error}") from error
    positions = np.stack([columns[name] for name in _AXES], axis=1)
    if not len(positions):
        raise ReportError(f"the table of electrodes {path} has no rows")
    channels = columns[_CHANNEL].astype(np.int64)
    if (channels != columns[_CHANNEL]).any():
        raise ReportError(f"the table of electrodes {path} has channels that are not whole numbers")
    return positions, np.arange(len(channels)) if (channels == -1).all() else channels


def extracellular_recorder(
    report: ExtracellularReport,
    cells: Mapping[CellId, Cell],
    placements: Mapping[CellId, Placement],
    path: PathLike | ReportFile,
    *,
    contributions: Mapping[CellId, PathLike] | None = None,
    nwb: PathLike | None = None,
    overwrite: bool = False,
    owner: Scope | None = None,
) -> FrameRecorder:
    """Return what writes potentials at electrodes, in every run of a simulation that it is attached to.

    Total membrane currents are computed by NEURON only while the simulation runs, and nothing is inserted
    into membranes, so that cells run bit for bit as without this report.

    Parameters
    ----------
    report
        Electrodes, and when.
    cells
        Those whose currents count; cells without sections have none.
    placements
        Where each cell is, and how it is turned; at the origin and not turned when left out.
    path
        The file; perhaps one that several processes write, each of its cells, who then all call this.
    contributions
        Files of what single cells contribute; none when left out.
    nwb
        An NWB file of the same potentials; none when left out.
    overwrite
        Whether older files of these names may be replaced.
    owner
        The scope that owns the recorder; without one it belongs to whoever holds it.

    Raises
    ------
    ReportError
        If electrodes cannot be read, or one lies on a segment.
    CellError
        If a cell is nowhere in space.

    Warns
    -----
    CircuitWarning
        If no cell has a membrane.
    """
    electrodes, channels = read_electrodes(report.electrode_positions)
    chosen = {cell_id: cell for cell_id, cell in cells.items() if cell.artificial is None}
    share = ReportFile.of(path).share
    there = share.gathered(len(chosen), f"looking for cells of report {report.name}")
    if not any(there) and share.first:
        warn(f"report {report.name!r} is all 0: none of its cells has a membrane", CircuitWarning)
    places: list[Places] = []
    matrices = []
    count = 0
    for cell_id, cell in chosen.items():
        position, rotation = placements.get(cell_id, ((0.0, 0.0, 0.0), None))
        starts, ends = segment_ends(cell, position, rotation)
        least = segment_radii(cell) if report.minimum_distance == "auto" else report.minimum_distance
        matrices.append(line_source(electrodes, starts, ends, minimum_distance=least).T)
        for raw in ordered_sections(cell):
            at = tuple(segment.x for segment in raw)
            columns = np.arange(count, count + len(at), dtype=np.int64)
            places.append(Places(raw, len(at), at, FAST_IMEM, columns, np.ones(len(at)), whole=True))
            count += len(at)
    borders = np.cumsum([0, *map(len, matrices)]).tolist()
    whole = np.concatenate([np.empty((0, len(channels))), *matrices])
    apart = [index for index, cell_id in enumerate(chosen) if contributions and cell_id in contributions]
    files = PotentialFiles(
        path,
        channels,
        [contributions[list(chosen)[index]] for index in apart] if contributions else (),
        overwrite=overwrite,
        other=None if nwb is None else PotentialNwbWriter(nwb, channels, electrodes, overwrite=overwrite),
    )
    return FrameRecorder(
        report.name,
        ReportElements({}, tuple(places)),
        files,
        partial(window_of, report),
        owner,
        combine=partial(_potentials, whole, [slice(*pair) for pair in itertools.pairwise(borders)], apart),
    )


def _potentials(
    matrix: FloatArray, cells: Sequence[slice], apart: Sequence[int], currents: FloatArray
) -> FloatArray:
    """Return the potentials of all cells together, and then of some of them, side by side."""
    parts = [_product(currents[:, cells[index]], matrix[cells[index]]) for index in apart]
    total = _product(currents, matrix)
    return np.concatenate([total, *parts], axis=1) if parts else total


def _product(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return a product of matrices, made of products so small that BLAS starts no threads for them.

    Threads that it has started go on asking for work for a while, and would take a second processor for
    nothing as long as the simulation runs.
    """
    count = len(left)
    made = np.zeros((-(-count // _ROWS) * _ROWS, right.shape[1]))
    if count < len(made):
        left = np.pad(left, [(0, len(made) - count), (0, 0)])
    width = max(1, _MULTIPLICATIONS // max(1, _ROWS * right.shape[1]))
    for top in range(0, len(made), _ROWS):
        rows = slice(top, top + _ROWS)
        for first in range(0, len(right), width):
            made[rows] += left[rows, first : first + width] @ right[first : first + width]
    return made[:count]
