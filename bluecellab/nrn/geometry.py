"""Morphologies into sections: read as NEURON's Import3d does once per content, remembered, replayed.

Import3d interprets hoc for every point of a file, which costs more than all the rest of a cell. It
works by executing hoc statements, of which it can hand out the list: ``create``, ``connect``,
``pt3dadd``. Those are kept as arrays, and every later cell of the same morphology is made from them:
the same sections in the same order, connected in the same order, with the same 3-D points, bit for
bit.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from bluecellab.errors import BluecellabError, MorphologyError, MorphologyNotFoundError
from bluecellab.nrn import runtime, swc
from bluecellab.nrn.arrangement import Arrangement, SectionShape, parsed

__all__ = [
    "Arrangement",
    "Failure",
    "SectionShape",
    "collected_failure",
    "connect_callbacks",
    "content_key",
    "forget",
    "name_link",
    "remembered",
    "replay",
    "use_checker",
    "use_reader",
]

_CAPACITY = 256  # morphologies, of about 100 kB each
_READERS = ("asc", "swc")  # that NEURON has
_FILES = 65_536
_SETTLED = 10**9  # ns


class Failure:
    """What went wrong while hoc was making the sections of a morphology.

    Parameters
    ----------
    error
        The error of a callback, if that failed.
    reading
        The file that NEURON was making sections of, if that failed.
    """

    error: BluecellabError | None = None
    reading: str = ""


class _State:
    checker: Callable[[str], None] | None = None
    readers: ClassVar[dict[str, Callable[[str], Arrangement]]] = {}
    links: ClassVar[dict[str, str]] = {}
    failure: Failure | None = None
    shape: Arrangement | None = None  # being made
    key: tuple[str, ...] = ()  # of the file that NEURON is reading


_remembered: OrderedDict[tuple[str, ...], Arrangement] = OrderedDict()
_hashes: dict[str, tuple[tuple[int, ...], str]] = {}  # by path, with the state of the file
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


def use_reader(kind: str, reader: Callable[[str], Arrangement]) -> None:
    """Have a kind of files that NEURON does not know read by a function.

    Parameters
    ----------
    kind
        Extension without its dot.
    reader
        Called with the path; returns what to make.
    """
    _State.readers[kind] = reader


def name_link(link: str, target: str) -> None:
    """Say that a path is a link which stands for another, so that messages name the other."""
    _State.links[link] = target


def _target(path: str) -> str:
    for link, target in _State.links.items():
        if path == link or path.startswith(f"{link}/"):
            return target + path[len(link) :]
    return path


def remembered(kind: str, path: str) -> Arrangement:
    """Return what NEURON was told to make of a file that has just been read."""
    with _lock:
        return _remembered[content_key(kind, path)]


def replay(shape: Arrangement, cell: Any) -> None:
    """Make the sections of a known morphology.

    Parameters
    ----------
    shape
        The morphology.
    cell
        An instance of a template that has the arrays of sections, and the lists, but no section yet.
    """
    execute = runtime.raw_h().execute
    for statement in shape.structure:
        execute(statement, cell)
    _shape_sections(shape, cell)


def forget() -> None:
    """Forget all remembered morphologies."""
    with _lock:
        _remembered.clear()
        _hashes.clear()


@contextmanager
def collected_failure() -> Iterator[Failure]:
    """Collect the error of a callback from hoc, which hoc itself would turn into text.

    At the end of the block NEURON also forgets outlines of somata that Import3d had it keep.
    """
    outer, _State.failure = _State.failure, Failure()
    outlines = set(_outlines())
    try:
        yield _State.failure
    finally:
        for name in set(_outlines()) - outlines:
            del _outlines()[name]
        if _State.failure is not None and _State.failure.reading:
            _let_go_of_readers()
        _State.failure = outer


def _let_go_of_readers() -> None:
    """Free what NEURON was reading with when it failed, and end its ``stop``, if that is how."""
    h = runtime.raw_h()
    h.execute1("{1}")
    h.bluecellab_importer_ = h.bluecellab_reader_ = h.hoc_sf_


class _Callbacks:
    """What the hoc files of this package call. None of it calls anything in hoc that may fail."""

    def begin(self, kind: str, path: str) -> float:
        """Return 1 if the file's sections are known, 2 if NEURON is to make them, 0 for an error."""
        return _attempt(path, lambda: _begin(str(kind), str(path)))

    def count(self) -> float:
        """Return the number of statements to be executed in the context of the cell."""
        return float(len(_current().structure))

    def statement(self, index: float) -> str:
        """Return one of them."""
        return _current().structure[int(index)]

    def finish(self, cell: Any) -> float:
        """Connect and shape the sections that the statements have made; 0 if it failed."""
        return _attempt(_reading(), lambda: _finish(cell))

    def usable(self, sections: Any) -> float:
        """Return 0 if NEURON read something that no cell can have."""
        return _attempt(_reading(), lambda: _usable(sections))

    def remember(self, commands: Any, sections: Any) -> float:
        """Remember what NEURON has done; 0 if it failed."""
        return _attempt(_reading(), lambda: _remember(commands, sections))

    def number(self, kind: str, path: str, cell: Any) -> float:
        """Leave the number that each section has in its file as its potential at x = 0.0001."""
        return _attempt(path, lambda: _number(_remembered[content_key(str(kind), str(path))], cell))


def _attempt(path: str, action: Callable[[], float]) -> float:
    try:
        return action()
    except Exception as error:
        ours = _as_ours(error, _target(str(path)))
        if _State.failure is None:
            raise ours from error
        cause: BaseException | None = ours
        while cause is not None:
            cause.__traceback__ = None  # its frames would keep the half-made cell alive
            cause = cause.__cause__
        _State.failure.error = ours
        return 0.0


def _as_ours(error: Exception, path: str) -> BluecellabError:
    if isinstance(error, BluecellabError):
        return error
    ours = MorphologyError(f"the sections of morphology {path} cannot be made: {error}")
    ours.__cause__ = error
    return ours


def _current() -> Arrangement:
    if _State.shape is None:
        raise MorphologyError("no morphology is being made")
    return _State.shape


def connect_callbacks() -> None:
    """Tell the hoc files of this package whom to call; called once NEURON has loaded them."""
    h = runtime.raw_h()
    if h.bluecellab_geometry_ is None:
        h.bluecellab_geometry_ = _Callbacks()


def content_key(kind: str, path: str) -> tuple[str, ...]:
    """Return what tells a content from another: its hash, for an entry of a container its file's state."""
    try:
        if kind in _State.readers and not Path(path).is_file():
            container = next(parent for parent in Path(path).parents if parent.exists())
            status = container.stat()
            return kind, path, str(status.st_mtime_ns), str(status.st_size), str(status.st_ino)
        return kind, _hash_of(path)
    except FileNotFoundError as error:
        raise MorphologyNotFoundError(f"Couldn't find morphology file: {_target(path)}") from error
    except OSError as error:
        raise MorphologyError(f"morphology file {_target(path)} cannot be read: {error.strerror}") from error


def _hash_of(path: str) -> str:
    """Return the hash of a file's content; the file is not read again before its state changes.

    The clock of a file system ticks in some milliseconds: a file that was written just before it was read
    may change once more without its state telling, and is read again.
    """
    status = Path(path).stat()
    state = status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev
    known = _hashes.get(path)
    if known is not None and known[0] == state:
        return known[1]
    read_at = time.time_ns()
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    if read_at - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED:
        with _lock:
            if len(_hashes) >= _FILES:
                _hashes.clear()
            _hashes[path] = state, found
    return found


def _begin(kind: str, path: str) -> float:
    key = content_key(kind, path)
    with _lock:
        known = _remembered.get(key)
    if known is None:
        if _State.checker is not None:
            _State.checker(_target(path))
        if kind in _State.readers:
            known = _keep(key, _State.readers[kind](_target(path)))
        elif kind == "swc":
            known = swc.arranged(Path(path).read_bytes())  # None: NEURON reads it itself
            if known is not None:
                _keep(key, known)
        elif kind not in _READERS:
            raise MorphologyError(
                f"there is no reader for .{kind} morphologies ({_target(path)}); import bluecellab.cell first"
            )
    if _State.failure is not None:
        _State.failure.reading = _target(path)
    _State.shape, _State.key = known, key
    return 2.0 if known is None else 1.0


def _outlines() -> dict[str, object]:
    """Return the outlines of somata that NEURON keeps for ever, as Vectors, for each section."""
    kept: dict[str, object] = getattr(sys.modules["neuron"], "_sec_db", {})
    return kept


def _keep(key: tuple[str, ...], shape: Arrangement) -> Arrangement:
    with _lock:
        _remembered[key] = shape
        _remembered.move_to_end(key)
        while len(_remembered) > _CAPACITY:
            _remembered.popitem(last=False)
    return shape


def _finish(cell: Any) -> float:
    _shape_sections(_current(), cell)
    _keep(_State.key, _current())
    _done()
    return 1.0


def _usable(sections: Any) -> float:
    kinds = {int(section.type) for section in sections}
    if 1 not in kinds:
        raise MorphologyError(f"NEURON finds no soma in morphology {_reading()}")
    unknown = sorted(kinds - {1, 2, 3, 4})
    if unknown:
        raise MorphologyError(
            f"morphology {_reading()} has branches of no or unknown type ({', '.join(map(str, unknown))}); "
            "NEURON and cell templates know soma (1), axon (2), basal (3) and apical dendrite (4)"
        )
    return 1.0


def _reading() -> str:
    return _State.failure.reading if _State.failure is not None else ""


def _remember(commands: Any, sections: Any) -> float:
    subsidiary = [section.is_subsidiary for section in sections]
    numbers = [number for number, outline in enumerate(subsidiary) if not outline]
    _keep(_State.key, parsed((str(command.s) for command in commands), numbers))
    _done()
    return 1.0


def _done() -> None:
    _State.shape = None
    if _State.failure is not None:
        _State.failure.reading = ""


def _number(shape: Arrangement, cell: Any) -> float:
    numbers = {part.name: part.number for part in shape.sections}
    for section in cell.all:
        section(0.0001).v = numbers[section.hname().rpartition(".")[2]]
    return 1.0


def _shape_sections(shape: Arrangement, cell: Any) -> None:
    """Connect the sections of a cell and give them their points."""
    sections = {section.hname().rpartition(".")[2]: section for section in cell.all}
    set_style = runtime.raw_h().pt3dstyle
    for part in shape.sections:
        section = sections[part.name]
        if part.parent:
            section.connect(sections[part.parent](part.parent_x), 0)
        if part.style is not None:
            set_style(1, *part.style, sec=section)
        add = section.pt3dadd
        for point in part.points.tolist():
            add(*point)
