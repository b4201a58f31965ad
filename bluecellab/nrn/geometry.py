"""Morphologies into sections: read by NEURON's Import3d once per content, remembered, replayed.

Import3d interprets hoc for every point of a file, which costs more than all the rest of a cell. It
works by executing hoc statements, of which it can hand out the list: ``create``, ``connect``,
``pt3dadd``. Those are kept as arrays, and every later cell of the same morphology is made from them:
the same sections in the same order, connected in the same order, with the same 3-D points, bit for
bit.
"""

from __future__ import annotations

import hashlib
import re
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import BluecellabError, MorphologyError, MorphologyNotFoundError
from bluecellab.nrn import runtime

__all__ = [
    "Arrangement",
    "SectionShape",
    "arrangement",
    "collected_failure",
    "connect_callbacks",
    "forget",
    "replay",
    "use_checker",
]

_CAPACITY = 256  # morphologies; a detailed one takes about 100 kB
_READERS = {"asc": "Import3d_Neurolucida3", "swc": "Import3d_SWC_read"}

_CONNECT = re.compile(r"(\S+) connect (\S+)\(0\), (\S+)\s*")
_POINT = re.compile(r"(\S+) \{ pt3dadd\((\S+), (\S+), (\S+), (\S+)\) \}\s*")
_STYLE = re.compile(r"(\S+) \{ pt3dstyle\(1, (\S+), (\S+), (\S+)\) \}\s*")
_STRUCTURE = re.compile(r"~?create \S+\s*|forsec \"\S+\" \w+\.append\s*|forall all\.append\s*")


@dataclass(frozen=True)
class SectionShape:
    """One section of a morphology.

    Parameters
    ----------
    name
        Within the cell: ``"dend[3]"``.
    parent
        Name of the section that its 0 end is connected to; empty for a root.
    parent_x
        Where on the parent.
    style
        The point (x, y, z, um) that NEURON is told to connect logically to, if any.
    points
        x, y, z and diameter in um; shape (n, 4).
    """

    name: str
    parent: str
    parent_x: float
    style: tuple[float, float, float] | None
    points: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Arrangement:
    """A morphology as instructions for NEURON.

    Parameters
    ----------
    structure
        hoc statements, for the context of the cell, that create the arrays of sections and fill the
        lists.
    sections
        In the order in which they are connected, which is that of the file.
    """

    structure: tuple[str, ...]
    sections: tuple[SectionShape, ...] = field(repr=False)

    def numbering(self) -> tuple[str, ...]:
        """Return the names in the order of the file."""
        return tuple(section.name for section in self.sections)


class Failure:
    """What went wrong in Python while hoc was calling it."""

    error: BluecellabError | None = None


class _State:
    checker: Callable[[str], None] | None = None
    failure: Failure | None = None


_remembered: OrderedDict[tuple[str, str], Arrangement] = OrderedDict()
_lock = threading.RLock()


def use_checker(checker: Callable[[str], None] | None) -> None:
    """Have every file checked before NEURON reads it for the first time.

    NEURON's own readers abort the process on some broken files.

    Parameters
    ----------
    checker
        Called with the path; raises :class:`MorphologyError` if the file must not be read.
    """
    _State.checker = checker


def forget() -> None:
    """Forget all remembered morphologies."""
    with _lock:
        _remembered.clear()


@contextmanager
def collected_failure() -> Iterator[Failure]:
    """Collect the error of a callback from hoc, which hoc itself would turn into text."""
    outer, _State.failure = _State.failure, Failure()
    try:
        yield _State.failure
    finally:
        _State.failure = outer


class _Callbacks:
    """What the hoc files of this package call."""

    def build(self, kind: str, path: str, cell: Any) -> float:
        """Make the sections of a file in a cell; 0 if it failed."""
        try:
            _build(str(kind), str(path), cell)
        except Exception as error:
            if _State.failure is None:
                raise
            _State.failure.error = _as_ours(error, path)
            return 0.0
        return 1.0

    def file_order(self, kind: str, path: str, index: float) -> str:
        """Return the name of the section that is number ``index`` in the file; empty after the last."""
        names = _remembered[_key(str(kind), str(path))].numbering()
        return names[int(index)] if index < len(names) else ""


def _as_ours(error: Exception, path: str) -> BluecellabError:
    if isinstance(error, BluecellabError):
        return error
    ours = MorphologyError(f"NEURON cannot make sections of morphology {path}: {error}")
    ours.__cause__ = error
    return ours


def connect_callbacks() -> None:
    """Tell the hoc files of this package whom to call; called once NEURON has loaded them."""
    h = runtime.raw_h()
    if h.bluecellab_geometry_ is None:
        h.bluecellab_geometry_ = _Callbacks()


def _key(kind: str, path: str) -> tuple[str, str]:
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise MorphologyNotFoundError(f"Couldn't find morphology file: {path}") from error
    except OSError as error:
        raise MorphologyError(f"morphology file {path} cannot be read: {error.strerror}") from error
    return kind, hashlib.sha256(content).hexdigest()


def arrangement(kind: str, path: str) -> Arrangement | None:
    """Return what is remembered of a file, or None if NEURON has not read it yet."""
    return _remembered.get(_key(kind, path))


def _build(kind: str, path: str, cell: Any) -> None:
    key = _key(kind, path)
    with _lock:
        known = _remembered.get(key)
        if known is not None:
            _remembered.move_to_end(key)
            replay(known, cell)
            return
        if _State.checker is not None:
            _State.checker(path)
        _remembered[key] = _import(kind, path, cell)
        while len(_remembered) > _CAPACITY:
            _remembered.popitem(last=False)


def _import(kind: str, path: str, cell: Any) -> Arrangement:
    """Let NEURON's Import3d make the sections, and return what it did."""
    h = runtime.raw_h()
    contours = getattr(sys.modules["neuron"], "_sec_db", {})
    before = set(contours)
    reader = getattr(h, _READERS[kind])()
    reader.quiet = 1
    reader.input(path)
    importer = h.Import3d_GUI(reader, 0)
    importer.instantiate(cell, 1)
    for name in set(contours) - before:
        del contours[name]  # hoc Vectors that NEURON would keep for ever
    return _parsed(str(command.s) for command in importer.commands)


def _parsed(commands: Iterable[str]) -> Arrangement:
    """Take apart the statements that Import3d has executed."""
    structure: list[str] = []
    parents: dict[str, tuple[str, float]] = {}
    styles: dict[str, tuple[float, float, float]] = {}
    points: dict[str, list[tuple[float, ...]]] = {}  # in the order of the file
    for command in commands:
        if match := _POINT.fullmatch(command):
            row = tuple(map(float, match.groups()[1:]))
            points.setdefault(_indexed(match[1]), []).append(row)
        elif match := _STYLE.fullmatch(command):
            x, y, z = map(float, match.groups()[1:])
            points.setdefault(_indexed(match[1]), [])
            styles[_indexed(match[1])] = (x, y, z)
        elif match := _CONNECT.fullmatch(command):
            points.setdefault(_indexed(match[2]), [])
            parents[_indexed(match[2])] = (_indexed(match[1]), float(match[3]))
        elif _STRUCTURE.fullmatch(command):
            structure.append(command)
        else:
            raise MorphologyError(f"NEURON's Import3d executes something unknown: {command!r}")
    shapes = [
        SectionShape(
            name,
            *parents.get(name, ("", 0.0)),
            styles.get(name),
            np.array(rows, dtype=float).reshape(-1, 4),
        )
        for name, rows in points.items()
    ]
    return Arrangement(tuple(structure), tuple(shapes))


def _indexed(name: str) -> str:
    return name if name.endswith("]") else f"{name}[0]"


def replay(shape: Arrangement, cell: Any) -> None:
    """Make the sections of a morphology in the context of a hoc cell.

    Parameters
    ----------
    shape
        The morphology.
    cell
        Instance of a template that declares the arrays and the lists.
    """
    h = runtime.raw_h()
    for statement in shape.structure:
        h.execute(statement, cell)
    sections = {section.hname().rpartition(".")[2]: section for section in cell.all}
    set_style = h.pt3dstyle
    for part in shape.sections:
        section = sections[part.name]
        if part.parent:
            section.connect(sections[part.parent](part.parent_x), 0)
        if part.style is not None:
            set_style(1, *part.style, sec=section)
        add = section.pt3dadd
        for point in part.points.tolist():
            add(*point)
