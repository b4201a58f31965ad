"""Plain SWC files as NEURON's Import3d understands them, without its interpreter.

Import3d interprets some hundred hoc statements for every point. What it does with a well-formed file is
done here, statement for statement; for any other file the answer is None, and NEURON reads it itself.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bluecellab.nrn.arrangement import Arrangement, SectionShape

__all__ = ["arranged", "is_ordered"]

_NAMES = {1: "soma", 2: "axon", 3: "dend", 4: "apic"}
_LISTS = {1: "somatic", 2: "axonal", 3: "basal", 4: "apical"}

FloatArray = npt.NDArray[np.float64]
Point = tuple[float, float, float, float]


@dataclass
class _Points:
    """The points of a file, in its order; parents are places in it, -1 for the root."""

    types: list[int]
    rows: list[Point]
    parents: list[int]
    soma_children: list[int] = field(default_factory=list)
    sphere: bool = False


@dataclass
class _Branch:
    """A section: its points from ``first`` on, that of its parent before them unless it is the root."""

    first: int
    kind: int
    rows: list[Point]
    parent: int = -1
    parent_x: float = 1.0
    wire: bool = False


class _Last:
    """The points of the file that was looked at last, until they are asked for: it is read but once."""

    read: tuple[bytes, _Points] | None = None


def arranged(content: bytes) -> Arrangement | None:
    """Return what Import3d would make of a file, or None if that is not known for sure.

    Parameters
    ----------
    content
        Of the SWC file.
    """
    points = _read(content)
    if points is None:
        return None
    ends = _ends(points)
    if ends is None:
        return None
    branches: list[_Branch] = []
    section_of = np.searchsorted(ends, np.arange(len(points.types))).tolist()
    first = 0
    for end in ends:
        branch = _branch(points, first, end + 1, branches, section_of)
        if branch is None:
            return None
        branches.append(branch)
        first = end + 1
    return _arrangement(points, branches)


def is_ordered(content: bytes) -> bool:
    """Whether a file is certainly well-formed, with parents before children; what was read is kept for once.

    Parameters
    ----------
    content
        Of the SWC file.
    """
    points = _read(content)
    _Last.read = None if points is None else (content, points)
    return points is not None


def _read(content: bytes) -> _Points | None:
    kept, _Last.read = _Last.read, None
    if kept is not None and kept[0] == content:
        return kept[1]
    if not content.endswith(b"\n") or b"\r" in content or not content.isascii():
        return None
    lines = [line for line in content.decode().split("\n") if line and not line.isspace()]
    lines = [line for line in lines if line[0] != "#" and not line.lstrip().startswith("#")]
    text = "".join([f"{line} ;\n" for line in lines])
    words = text.split()
    count = len(lines)
    # Python takes 1_0 for a number
    if count < 2 or len(words) != 8 * count or words[7::8] != [";"] * count or "_" in text:
        return None
    try:
        numbers, types, above = (list(map(int, words[column::8])) for column in (0, 1, 6))
        columns = [list(map(float, words[column::8])) for column in range(2, 6)]
    except (ValueError, OverflowError):
        return None
    with np.errstate(over="ignore"):
        single = np.array(columns, dtype=np.float64).astype(np.float32)  # the precision hoc's sscanf reads in
    if not np.isfinite(single).all() or not set(types) <= set(_NAMES) or types[0] != 1:
        return None
    x, y, z, radius = single.astype(np.float64)
    places = dict(zip(numbers, range(count), strict=True))
    parents = [-1, *(places.get(number, count) for number in above[1:])]
    ascending = all(map(operator.lt, numbers, numbers[1:])) and numbers[0] > -1
    before = all(map(operator.lt, parents, range(count)))
    if not ascending or not before or above[0] >= 0 or min(above[1:]) < 0:
        return None
    return _Points(types, list(zip(*map(np.ndarray.tolist, (x, y, z, radius * 2)), strict=True)), parents)


def _ends(points: _Points) -> list[int] | None:
    """Return the last point of each section."""
    types, parents = points.types, points.parents
    children = [0.0] * len(types)
    points.soma_children = [0] * len(types)
    for i in range(1, len(types)):
        parent = parents[i]
        children[parent] += 1
        if parent != i - 1:
            children[parent] += 0.01
            if parent > 1 and types[parent] != 1 and types[parents[parent]] == 1:
                return None  # a branch at the beginning of one that is joined to the soma by a wire
        if types[parent] != types[i]:
            children[parent] += 0.01
        if types[i] == 1 and types[parent] == 1:
            points.soma_children[parent] += 1
    if types.count(1) == 3:
        _take_for_sphere(points, children)
    for i in range(len(types) - 1):
        within = types[i] == 1 and types[i + 1] == 1 and parents[i + 1] == i
        if within and (i == 0 or points.soma_children[i] <= 1):
            children[i] = 1
    return [i for i, count in enumerate(children) if count != 1]


def _take_for_sphere(points: _Points, children: list[float]) -> None:
    """Note a soma of three points that stands for a sphere, by the convention of NeuroMorpho.org."""
    parents, rows = points.parents, points.rows
    if len(rows) < 3 or parents[1] != 0 or parents[2] != 0 or children[1] or children[2]:
        return
    diameter = rows[0][3]
    if abs(rows[1][3] - diameter) > 1e-11 or abs(rows[2][3] - diameter) > 1e-11 or diameter == 0:
        return
    length = sum(math.dist(rows[i][:3], rows[0][:3]) for i in (1, 2))
    if abs(length / diameter - 1) < 0.01:
        points.sphere = True
        parents[2] = 1


def _branch(
    points: _Points, first: int, stop: int, branches: list[_Branch], section_of: list[int]
) -> _Branch | None:
    """Return a section, or None if Import3d would leave it out."""
    kind = points.types[first]
    if not branches:
        return _Branch(0, kind, points.rows[: 1 if points.sphere else stop])
    parent = points.parents[first]
    branch = _Branch(first, kind, [points.rows[parent], *points.rows[first:stop]], section_of[parent])
    above = branches[branch.parent]
    _place(points, branch, above, parent)
    if above.kind == 1 and kind != 1:
        branch.rows[0] = (*branch.rows[0][:3], branch.rows[1][3])
    shown = branch.rows[branch.wire :]
    if len(shown) <= 1 or (len(shown) == 2 and math.dist(shown[0][:3], shown[1][:3]) < 1e-6):
        return None
    return branch


def _place(points: _Points, branch: _Branch, above: _Branch, parent: int) -> None:
    """Say where on its parent a section is connected, and whether by a wire."""
    to_soma = above.kind == 1
    from_soma = to_soma and branch.kind != 1
    several = len(branch.rows) > 2
    divides = points.soma_children[parent] > 1
    if branch.parent == 0:
        if from_soma and len(above.rows) == 1:
            branch.parent_x, branch.wire = 0.5, several
            return
        if parent == above.first:
            branch.parent_x, branch.wire = 0.0, branch.kind != 1 and divides
            return
    if not to_soma:
        return
    if parent < above.first + len(above.rows) + (-1 if above.first == 0 else -2):
        branch.parent_x, branch.wire = 0.5, from_soma and several
    elif several and divides and branch.kind != 1:
        branch.wire = True


def _arrangement(points: _Points, branches: list[_Branch]) -> Arrangement:
    counts: dict[int, int] = {}
    names: list[str] = []
    for branch in branches:
        index = counts.get(branch.kind, 0)
        counts[branch.kind] = index + 1
        names.append(f"{_NAMES[branch.kind]}[{index}]")
    structure: list[str] = []
    for kind in range(min(points.types), max(points.types) + 1):
        if kind in counts:
            structure.append(f"~create {_NAMES[kind]}[{counts[kind]}]\n")
        structure.append(f'forsec "{_NAMES[kind]}" {_LISTS[kind]}.append\n')
    structure.append("forall all.append\n")
    shown = [_shown(branch) for branch in branches]
    ends = np.cumsum([len(rows) for rows in shown])
    points_of = np.split(_printed([row for rows in shown for row in rows]), ends[:-1])
    return Arrangement(
        tuple(structure),
        tuple(
            SectionShape(
                name,
                names[branch.parent] if branch.parent >= 0 else "",
                branch.parent_x if branch.parent >= 0 else 0.0,
                _wire(branch),
                points_of[number],
                number,
            )
            for number, (name, branch) in enumerate(zip(names, branches, strict=True))
        ),
    )


def _wire(branch: _Branch) -> tuple[float, float, float] | None:
    """Return the place on the soma that a section is joined to by a wire."""
    if not branch.wire:
        return None
    x, y, z, _ = _printed(branch.rows[:1])[0].tolist()
    return x, y, z


def _shown(branch: _Branch) -> list[Point]:
    """Return the 3-D points; those of a sphere are the axis of a cylinder."""
    rows = branch.rows[branch.wire :]
    if len(rows) > 1:
        return rows
    ((x, y, z, diameter),) = rows
    return [(x + shift, y, z, diameter) for shift in (-diameter / 2, 0.0, diameter / 2)]


def _printed(rows: list[Point]) -> FloatArray:
    """Return numbers as they come out of ``"%.8g"``, by which Import3d hands them on; shape (n, 4)."""
    values = np.array(rows, dtype=np.float64).ravel()
    size = np.abs(values)
    with np.errstate(divide="ignore"):
        scale = 7 - np.floor(np.log10(size))
    known = (scale >= 0) & (scale <= 22)  # powers of ten that are exact
    scale = 10.0 ** np.where(known, scale, 0)
    scaled = size * scale
    digits = np.rint(scaled)
    # the product is off by less than 1e-7: only near a half could that matter
    known &= (digits >= 1e7) & (digits < 1e8) & (np.abs(scaled - np.floor(scaled) - 0.5) > 1e-6)
    found = np.copysign(digits / scale, values)  # rounded once, as a text is read
    for index in np.flatnonzero(~known & (size > 0)).tolist():
        found[index] = float(f"{values[index]:.8g}")
    return np.where(size > 0, found, values).reshape(-1, 4)
