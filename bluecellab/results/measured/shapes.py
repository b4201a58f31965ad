"""The shape of a cell: what is needed to draw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bluecellab.results.arrays import FloatArray

__all__ = ["CellShape", "SectionShape"]


@dataclass(frozen=True, eq=False)
class SectionShape:
    """One section.

    Parameters
    ----------
    name
        Within its cell, such as ``"dend[3]"``.
    kind
        ``"soma"``, ``"axon"``, ``"basal"``, ``"apical"``, ``"myelin"`` or ``"other"``.
    parent
        Name of the parent section; "" for a root.
    points
        x, y, z and diameter in um, shape (n, 4).
    arc
        Path length along the section at each point in um, shape (n,).
    length
        In um.
    positions
        Normalised positions of the middles of its segments, shape (k,).
    distances
        Path distances of these from the middle of the soma in um, shape (k,).
    values
        Range variables by name at each segment, each of shape (k,).
    """

    name: str
    kind: str
    parent: str
    points: npt.NDArray[np.float64]
    arc: FloatArray
    length: float
    positions: FloatArray
    distances: FloatArray
    values: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class CellShape:
    """A cell to be drawn: its sections, parents before children.

    Parameters
    ----------
    name
        Of the cell.
    sections
        All of them.
    units
        Units of the variables by name.
    """

    name: str
    sections: tuple[SectionShape, ...]
    units: Mapping[str, str] = field(default_factory=dict)
