"""Cells of the Allen dialect: the sections of a morphology, and the axons that take the place of its own.

The first cell of a morphology is made by NEURON's Import3d, and its axon replaced in NEURON. What came
out, connections and 3-D points, is remembered; later cells are made from that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bluecellab.errors import CellError, EngineError, MorphologyError
from bluecellab.nrn import geometry, objects, runtime
from bluecellab.nrn.arrangement import Arrangement

__all__ = [
    "AXONS",
    "LENGTH",
    "Axon",
    "forget",
    "make",
    "release",
    "replace_axon",
    "shape_now",
    "shaped_together",
]

Axon = Literal["aibs_perisomatic", "aibs_allactive", "aibs_perisomatic_directed", "aibs_allactive_directed"]
"""What takes the place of an axon, by the processor that puts it there."""

AXONS: tuple[Axon, ...] = (
    "aibs_perisomatic",
    "aibs_allactive",
    "aibs_perisomatic_directed",
    "aibs_allactive_directed",
)
LENGTH = 30.0
"""Of each of the two sections that take the place of an axon, in um."""
_CAPACITY = 256

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Stub:
    """What takes the place of an axon: where on the soma, two diameters, and points if it is directed."""

    place: float
    diameters: tuple[float, float]
    points: Array | None


class _Shaping:
    depth = 0
    pending = False


_finished: OrderedDict[tuple[str, ...], tuple[Arrangement, _Stub]] = OrderedDict()


@contextmanager
def shaped_together() -> Iterator[None]:
    """Have the new axons of all cells that are made in the block shaped at its end, by one call of NEURON's.

    ``define_shape`` visits all points of all sections there are, so that calling it for every cell takes
    a time that grows with the square of their number.
    """
    _Shaping.depth += 1
    try:
        yield
    finally:
        _Shaping.depth -= 1
        if _Shaping.depth == 0:
            shape_now()


def forget() -> None:
    """Forget all remembered cells."""
    _finished.clear()


def shape_now() -> None:
    """Have the new axons of cells shaped that are still waiting for it."""
    if _Shaping.pending:
        _Shaping.pending = False
        runtime.raw_h().define_shape()


def make(path: str, axon: Axon | None = None) -> Any:
    """Make the sections of a morphology.

    Parameters
    ----------
    path
        A file ``.swc`` or ``.asc``.
    axon
        What takes the place of its axon; it stays if None.

    Returns
    -------
    hoc.HocObject
        With ``soma``, ``dend``, ``apic``, ``axon``, ``all``, ``somatic``, ``basal``, ``apical`` and
        ``axonal``; to be given to :func:`release` in the end.

    Raises
    ------
    MorphologyNotFoundError, MorphologyError
        If the file is missing or cannot be used.
    CellError
        If it has no axon, and what takes its place is made after that. Nothing is left in NEURON.
    """
    kind = Path(path).suffix[1:].lower()
    key = (*geometry.content_key(kind, path), axon or "")
    cell = runtime.raw_h().bluecellab_biophysical()
    try:
        known = _finished.get(key)
        if known is not None:
            _finished.move_to_end(key)
            geometry.replay(known[0], cell)
            _append(cell, known[1])
            return cell
        read = _load(cell, kind, path)
        if axon is not None:
            stub = replace_axon(cell, axon, path)
            _finished[key] = _without_axon(read), stub
            while len(_finished) > _CAPACITY:
                _finished.popitem(last=False)
    except BaseException:
        release(cell)
        raise
    return cell


def release(cell: Any) -> None:
    """Free a cell's sections."""
    objects.delete_sections(cell.all)


def _load(cell: Any, kind: str, path: str) -> Arrangement:
    """Read a file into a cell; return what NEURON was told."""
    doing = f"NEURON cannot make sections of morphology {path}"
    with geometry.collected_failure() as failure:
        try:
            with runtime.guard(doing):
                cell.load(kind, path)
        except EngineError as error:
            if failure.error is not None:
                raise failure.error from error
            reason = error.output.strip().partition("\n")[0] or str(error)
            raise MorphologyError(f"{doing}: {reason}") from error
    return geometry.remembered(kind, path)


def replace_axon(cell: Any, axon: Axon, path: str) -> _Stub:
    """Delete all axon sections and put two in their place.

    Parameters
    ----------
    cell
        What :func:`make` returned, or another object with ``soma``, ``all``, ``axonal`` and ``axon``.
    axon
        How: see :data:`AXONS`. The perisomatic ones are 1 um thick and begin in the middle of the soma;
        the all-active ones are as thick as the first and the last section that they replace, and begin
        at the end of the soma. Those that are directed run along the last section.
    path
        Of the morphology, for messages.

    Returns
    -------
    _Stub
        What another cell of the morphology is given.

    Raises
    ------
    CellError
        If there is no axon, and it is needed to know thickness or direction.
    """
    old = list(cell.axonal)
    if not old and axon != "aibs_perisomatic":
        raise CellError(f"{axon} makes an axon after that of the morphology, and {path} has none")
    active = "allactive" in axon
    stub = _Stub(
        1.0 if active else 0.5,
        (float(old[0](0.5).diam), float(old[-1](0.5).diam)) if active else (1.0, 1.0),
        _direction(cell, old[-1]) if axon.endswith("_directed") else None,
    )
    if hasattr(cell, "append_axon"):
        del old
        cell.remove_axon()
        _append(cell, stub)
    else:
        _exchange(cell, old, stub)
    return stub


def _append(cell: Any, stub: _Stub) -> None:
    cell.append_axon(stub.place, stub.points is None, *stub.diameters)
    _direct(cell.axonal, stub)


def _direct(sections: Iterable[Any], stub: _Stub) -> None:
    """Give a new axon its points, if it has a direction, and have it shaped."""
    if stub.points is not None:
        ends = zip(sections, (stub.points[:2], stub.points[1:]), stub.diameters, strict=True)
        for section, points, diameter in ends:
            for point in points.tolist():
                section.pt3dadd(*point, diameter)
            section.L = LENGTH  # the points are rounded to single precision
    _Shaping.pending = True
    if _Shaping.depth == 0:
        shape_now()


def _exchange(cell: Any, old: list[Any], stub: _Stub) -> None:
    """Do as ``remove_axon`` and ``append_axon`` of our template, for a cell that something else has made."""
    h = runtime.raw_h()
    lists = [members for members in (cell.all, cell.axonal) if isinstance(members, list)]
    for members in lists:
        members[:] = [section for section in members if section not in old]
    for section in old:
        objects.delete_section(section)
    if isinstance(cell, type(h)):
        h.execute("~create axon[2]", cell)
        new = list(cell.axon)
    else:
        new = cell.axon = [h.Section(name=f"axon[{index}]", cell=cell) for index in range(2)]
    soma = cell.soma if hasattr(cell.soma, "nseg") else cell.soma[0]
    new[0].connect(soma(stub.place), 0)
    new[1].connect(new[0](1), 0)
    for section, diameter in zip(new, stub.diameters, strict=True):
        cell.all.append(section)
        cell.axonal.append(section)
        if stub.points is None:
            section.L, section.diam = LENGTH, diameter
    _direct(new, stub)


def _direction(cell: Any, section: Any) -> Array:
    """Return beginning, middle and end of an axon along the first principal component of a section's points.

    Shape (3, 3), um. The component is that of the section's points and the middle one of the soma.
    """
    soma, branch = _points(next(iter(cell.somatic)))[:, :3], _points(section)[:, :3]
    cloud = np.vstack([soma[len(soma) // 2], branch])
    direction = np.linalg.svd(cloud - cloud.mean(axis=0), full_matrices=False)[2][0]
    begin = soma[-1]
    if np.dot(branch[-1] - begin, direction) < 0:
        direction = -direction
    ends: Array = begin + np.arange(3)[:, None] * LENGTH * direction
    return ends


def _points(section: Any) -> Array:
    """Return a section's points: x, y, z and diameter, shape (n, 4)."""
    readers = section.x3d, section.y3d, section.z3d, section.diam3d
    rows = [[read(index) for read in readers] for index in range(section.n3d())]
    return np.array(rows, dtype=float).reshape(-1, 4)


def _without_axon(read: Arrangement) -> Arrangement:
    """Return what makes the sections of a morphology but for its axon."""
    return Arrangement(
        tuple(statement for statement in read.structure if "axon" not in statement),
        tuple(part for part in read.sections if not part.name.startswith("axon")),
    )
