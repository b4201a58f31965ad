"""Where the segments of cells are in the space of a circuit, from the 3-D points of their sections.

The points of a cell count from the centre of its soma, the mean of its points. The cell is turned about it by
the matrix *Rx Ry Rz* of its three angles, and then moved to its position.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.errors import CellError
from bluecellab.nrn import space

__all__ = [
    "SegmentPlaces",
    "local_places",
    "ordered_sections",
    "placement_of",
    "rotation_matrix",
    "segment_centres",
    "segment_ends",
    "segment_places",
    "segment_radii",
]

FloatArray = npt.NDArray[np.float64]


class SegmentPlaces(NamedTuple):
    """Where segments are, in um, each of shape (n, 3): section by section in the order of ``all``.

    Parameters
    ----------
    starts, ends
        Both ends on the centre line.
    centres
        Half way between along the centre line.
    """

    starts: FloatArray
    ends: FloatArray
    centres: FloatArray


_LEAST = 2  # points that make a line
_CAPACITY = 256  # morphologies
_remembered: OrderedDict[object, SegmentPlaces] = OrderedDict()


def rotation_matrix(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> FloatArray:
    """Return the matrix that turns about z, then about y, then about x, by angles in rad.

    Examples
    --------
    >>> rotation_matrix(z=np.pi / 2).round(12) @ [1.0, 0.0, 0.0]
    array([0., 1., 0.])
    """
    (sx, sy, sz), (cx, cy, cz) = np.sin([x, y, z]), np.cos([x, y, z])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    turned: FloatArray = about_x @ about_y @ about_z
    return turned


def placement_of(attributes: Mapping[str, object]) -> tuple[FloatArray, FloatArray]:
    """Return where a node is, and how it is turned, from its attributes.

    Parameters
    ----------
    attributes
        ``x``, ``y`` and ``z``, or ``position`` or ``positions``, in um; ``rotation_angle_xaxis`` and its like
        in rad. Whatever is not there is 0.

    Returns
    -------
    position, angles
        Each of shape (3,).

    Examples
    --------
    >>> placement_of({"x": 10.0, "z": -3.0, "rotation_angle_yaxis": 0.5})
    (array([10.,  0., -3.]), array([0. , 0.5, 0. ]))
    """
    position = np.zeros(3)
    given = attributes.get("positions", attributes.get("position"))
    numbers = [attributes.get(axis) for axis in "xyz"] if given is None else np.ravel(np.asarray(given))
    for axis, number in enumerate(list(numbers)[:3]):
        position[axis] = _number(number)
    angles = [_number(attributes.get(f"rotation_angle_{axis}axis")) for axis in "xyz"]
    return position, np.array(angles)


def _number(value: object) -> float:
    return 0.0 if value is None else float(value)  # type: ignore[arg-type]


def segment_ends(
    cell: Cell, position: npt.ArrayLike = (0.0, 0.0, 0.0), rotation: npt.ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return where the segments of a cell begin and end; see :func:`segment_places`."""
    places = segment_places(cell, position, rotation)
    return places.starts, places.ends


def segment_centres(
    cell: Cell, position: npt.ArrayLike = (0.0, 0.0, 0.0), rotation: npt.ArrayLike | None = None
) -> FloatArray:
    """Return where the centres of the segments of a cell are; see :func:`segment_places`."""
    return segment_places(cell, position, rotation).centres


def segment_places(
    cell: Cell, position: npt.ArrayLike = (0.0, 0.0, 0.0), rotation: npt.ArrayLike | None = None
) -> SegmentPlaces:
    """Return where the segments of a cell are.

    The centre line of a section goes straight from point to point; segments divide its length equally.

    Parameters
    ----------
    cell
        The cell.
    position
        Of the centre of its soma in um, shape (3,).
    rotation
        Angles about x, y and z in rad, shape (3,), or a matrix, shape (3, 3); not turned when left out.

    Returns
    -------
    SegmentPlaces
        In um, section by section in the order of their ids (``all``), those without an id last.

    Raises
    ------
    CellError
        If a section has no 3-D points, or position or rotation are of another shape.
    """
    moved = np.asarray(position, dtype=np.float64)
    turned = np.eye(3) if rotation is None else np.asarray(rotation, dtype=np.float64)
    if turned.shape == (3,):
        turned = rotation_matrix(*turned.tolist())
    if moved.shape != (3,) or turned.shape != (3, 3) or not np.isfinite([*moved, *turned.ravel()]).all():
        raise CellError(
            f"{cell.label}: a position has three numbers, and a rotation three angles or a matrix of (3, 3), "
            f"not {moved.tolist()} and {turned.tolist()}"
        )
    return SegmentPlaces(*(points @ turned.T + moved for points in local_places(cell)))


def segment_radii(cell: Cell) -> FloatArray:
    """Return half the diameter of each segment of a cell in um, shape (n,), in the order of ``all``."""
    return np.array([segment.diam / 2 for section in ordered_sections(cell) for segment in section])


def local_places(cell: Cell) -> SegmentPlaces:
    """Return where segments are relative to the soma, as the morphology is; see :func:`segment_places`."""
    sections = ordered_sections(cell)
    somatic = {section.raw for section in cell.somatic}
    soma = tuple(index for index, section in enumerate(sections) if section in somatic)
    key = soma, space.fingerprint(sections)
    known = _remembered.get(key)
    if known is None:
        known = _remembered[key] = _measured(cell, sections, soma)
        while len(_remembered) > _CAPACITY:
            _remembered.popitem(last=False)
    return known


def ordered_sections(cell: Cell) -> list[Any]:
    """Return the raw sections of a cell by their ids, as in ``all``; those without an id last."""
    numbered = {section.name: section.raw for _, section in sorted(cell.section_ids.items())}
    others = {name: section.raw for name, section in cell.sections.items() if name not in numbered}
    return [*numbered.values(), *others.values()]


def _measured(cell: Cell, sections: Sequence[Any], soma: Sequence[int]) -> SegmentPlaces:
    points, counts = space.points_of(sections)
    bare = [section.hname() for section, count in zip(sections, counts, strict=True) if count < _LEAST]
    if bare:
        raise CellError(
            f"{', '.join(bare[:3])} of {cell.label} {'has' if len(bare) == 1 else 'have'} no 3-D points, and "
            "so no place in space; have the template call define_shape(), or give them points"
        )
    if not soma:
        raise CellError(f"{cell.label} has no soma, from which its segments count")
    borders = np.concatenate([[0], np.cumsum(counts)]).tolist()
    lines = [points[:, first:last] for first, last in itertools.pairwise(borders)]
    centre = np.concatenate([lines[index][:3] for index in soma], axis=1).mean(axis=1)
    halves = []
    for section, (x, y, z, arc) in zip(sections, lines, strict=True):
        at = np.linspace(0.0, 1.0, 2 * int(section.nseg) + 1) * arc[-1]
        halves.append(np.stack([np.interp(at, arc, axis) for axis in (x, y, z)], axis=-1) - centre)
    made = (
        np.concatenate([half[first:last:2] for half in halves])
        for first, last in ((0, -1), (2, None), (1, None))
    )
    places = SegmentPlaces(*made)
    for array in places:
        array.setflags(write=False)  # it is shared
    return places
