"""Where the segments of a cell are in space, as fields take them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.errors import CellError

__all__ = ["displacements", "local_positions"]

FloatArray = npt.NDArray[np.float64]

_STUB = re.compile(r"(axon|myelin)\[(\d+)\]")
_STUB_LENGTH = 30.0  # um, of each of the two sections that replace an axon
_MYELIN_LENGTH = 1000.0
_MOST_AXONS = 2


def local_positions(cell: Cell) -> tuple[FloatArray, FloatArray]:
    """Return where the segments and the soma of a cell are, in the coordinates of its morphology.

    The centre line of a section is interpolated between its 3-D points at the ends of its segments, and a
    segment counts as where it begins; all segments of the soma as the mean of theirs. The axon that replaces
    a cell's own has no 3-D points: it goes straight down (-y) from the soma.

    Parameters
    ----------
    cell
        The cell.

    Returns
    -------
    positions, soma
        In um, shapes (n, 3), for all segments in the order of ``cell.sections``, and (3,).

    Raises
    ------
    CellError
        If another section has no 3-D points.
    """
    somatic = {section.name for section in cell.somatic}
    main = cell.soma
    edges = _edges(main.raw)
    if edges is None:
        raise CellError(f"{main.name} of {cell.label} has no 3-D points, so the cell is nowhere in space")
    soma = edges.mean(axis=0)
    parts = []
    for name, section in cell.sections.items():
        raw = section.raw
        nseg = int(raw.nseg)
        found = edges if name == main.name else _edges(raw)
        if found is None:
            parts.append(soma + _stub(name, nseg, cell))
        elif name in somatic:
            parts.append(np.tile(found.mean(axis=0), (nseg, 1)))
        else:
            parts.append(found[:-1])
    return np.concatenate(parts), soma


def _edges(raw: Any) -> FloatArray | None:
    """Return the ends of the segments of a section, shape (nseg + 1, 3); None if it has no 3-D points."""
    count = int(raw.n3d())
    if not count:
        return None
    points = np.array([(raw.x3d(i), raw.y3d(i), raw.z3d(i)) for i in range(count)], dtype=np.float64)
    arc = np.array([raw.arc3d(i) for i in range(count)], dtype=np.float64)
    at = np.linspace(0.0, 1.0, int(raw.nseg) + 1) * arc[-1]
    return np.stack([np.interp(at, arc, points[:, axis]) for axis in range(3)], axis=-1)


def _stub(name: str, nseg: int, cell: Cell) -> FloatArray:
    """Return where a section without 3-D points is, relative to the soma, shape (nseg, 3)."""
    found = _STUB.fullmatch(name)
    if found is None:
        raise CellError(
            f"{name} of {cell.label} has no 3-D points, so it is nowhere in space; only the sections that "
            "replace an axon, axon[0], axon[1] and myelin[0], may have none"
        )
    kind, index = found[1], int(found[2])
    if (kind == "axon" and index >= _MOST_AXONS) or (kind == "myelin" and index):
        raise CellError(
            f"{name} of {cell.label} has no 3-D points; an axon without them has two sections and one of "
            "myelin, and no more"
        )
    centres = (np.arange(nseg) + 0.5) / nseg
    down = np.zeros((nseg, 3))
    if kind == "axon":
        down[:, 1] = -_STUB_LENGTH * (index + centres)
    else:
        down[:, 1] = -_MOST_AXONS * _STUB_LENGTH - _MYELIN_LENGTH * centres
    return down


def displacements(cell: Cell, rotation: FloatArray) -> FloatArray:
    """Return the vectors from the soma to each segment, in the coordinates of the circuit.

    Where the cell is in the circuit makes no difference to them; how it is turned does.

    Parameters
    ----------
    cell
        The cell.
    rotation
        From its coordinates to those of the circuit, shape (3, 3).

    Returns
    -------
    ndarray
        In um, shape (n, 3), in the order of ``cell.sections``.

    Raises
    ------
    CellError
        If a section is nowhere in space.
    """
    positions, soma = local_positions(cell)
    turned: FloatArray = (positions - soma) @ np.asarray(rotation, dtype=np.float64).T
    return turned
