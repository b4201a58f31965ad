"""The files that a cell is made from, and whether they are as they were."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Collection, Iterable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from bluecellab.nrn.mechanisms.library import MechanismLibrary, find_library
from bluecellab.nrn.mechanisms.toolchain import ARCHITECTURES
from bluecellab.spec.cells import AllenCell, AnyCell, HocCell, PointCell, PythonCell

__all__ = ["Stamp", "depends_on_imports", "files_of", "library_of", "sources_of", "stamps_of"]

_INSTALLED = tuple(
    os.path.join(sysconfig.get_path(kind), "")  # noqa: PTH118 - compared with the start of a text
    for kind in ("stdlib", "platstdlib", "purelib", "platlib")
)
_FOLDERS_OF_LIBRARIES = frozenset({*ARCHITECTURES, ".libs"})


class Stamp(NamedTuple):
    """The state of a file.

    Parameters
    ----------
    path
        Where it is.
    changed
        When it was changed, in ns; -1 if it is not there.
    size
        Its bytes.
    """

    path: str
    changed: int
    size: int


def stamps_of(paths: Iterable[str]) -> tuple[Stamp, ...]:
    """Return the states of files."""
    return tuple(_stamp(path) for path in paths)


def _stamp(path: str) -> Stamp:
    try:
        state = os.stat(path)  # noqa: PTH116 - before every job, and Path takes longer than the rest
    except OSError:
        return Stamp(path, -1, 0)
    return Stamp(path, state.st_mtime_ns, state.st_size)


def files_of(cell: AnyCell) -> list[str]:
    """Return the absolute paths of the files that a specification names."""
    named: list[str | None] = []
    if isinstance(cell, HocCell):
        named = [cell.template_path, cell.morphology_path]
    elif isinstance(cell, PointCell):
        named = [cell.template_path]
    elif isinstance(cell, AllenCell):
        named = [*cell.template_files, cell.morphology_path, cell.dynamics_file]
    return [_file(Path(name)) for name in named if name is not None]


def _file(path: Path) -> str:
    """Return the file itself; that of a morphology in a container is the container."""
    absolute = Path(os.path.abspath(path))  # links stay: they may be pointed elsewhere
    return str(next((part for part in (absolute, absolute.parent) if part.is_file()), absolute))


def depends_on_imports(cell: AnyCell) -> bool:
    """Whether Python modules are imported to build a cell."""
    return isinstance(cell, (PythonCell, AllenCell))


_libraries: dict[str, tuple[tuple[Stamp, ...], MechanismLibrary]] = {}


def library_of(path: str | os.PathLike[str]) -> MechanismLibrary:
    """Return the mechanism library meant by a path, compiled if needed.

    The content decides, but nothing is read again while all its files have the same times and sizes.

    Parameters
    ----------
    path
        A compiled library, or a folder of .mod files.

    Raises
    ------
    MechanismError
        If there is none, or it does not compile.
    """
    place = os.path.abspath(os.path.expanduser(path))  # noqa: PTH111 - as in _stamp
    before = _looks(place)
    stamps, library = _libraries.get(place, ((), None))
    if library is None or stamps != (*before, *_looks(str(library.path))):
        library = find_library(place)
        _libraries[place] = (*before, *_looks(str(library.path))), library
    return library


def _looks(place: str) -> tuple[Stamp, ...]:
    """Return the states of a file, or of the files in a folder and in those of compiled libraries."""
    try:
        with os.scandir(place) as entries:
            inside = sorted(entry.path for entry in entries)
    except OSError:
        return stamps_of([place])
    looked = stamps_of(inside)
    for path in inside:
        if path.rpartition(os.sep)[2] in _FOLDERS_OF_LIBRARIES:
            looked += _looks(path)
    return looked


def sources_of(modules: Iterable[ModuleType], but: Collection[str] = ()) -> list[str]:
    """Return the files of modules that are nobody's installed packages.

    Parameters
    ----------
    modules
        The modules.
    but
        Names of those that do not count.
    """
    files = (getattr(module, "__file__", None) for module in modules if module.__name__ not in but)
    return sorted({file for file in files if isinstance(file, str) and not file.startswith(_INSTALLED)})
