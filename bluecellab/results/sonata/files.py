"""Files that have their name only once they are complete, and errors of HDF5 in our words."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.errors import OutputError, ReportError, ReportNotFoundError
from bluecellab.files.heaps import has_damaged_texts

if TYPE_CHECKING:
    import h5py

__all__ = [
    "PARTIAL",
    "PathLike",
    "first_line",
    "give_back_space",
    "give_name",
    "opened",
    "partial_path",
    "refuse_existing",
    "refuse_left",
    "reserve_space",
    "writing",
]

PathLike = str | os.PathLike[str]

PARTIAL = ".partial"
"""What the name of a file ends in as long as it is not complete."""


def partial_path(path: Path) -> Path:
    """Return where a file grows, in the folder where it will lie."""
    return path.with_name(path.name + PARTIAL)


def first_line(error: BaseException) -> str:
    """Return what an error says, without its details."""
    return (str(error).strip() or repr(error)).splitlines()[0]


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file that is written into an OutputError that names it.

    Raises
    ------
    OutputError
        With the reason.
    """
    try:
        yield
    except OutputError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # h5py raises any of them when a disk is full
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else first_line(error)
        raise OutputError(
            f"cannot write {path}: {reason}. Check that the folder exists and is writable, and the space "
            "left on its disk."
        ) from error


def reserve_space(path: Path, size: int) -> None:
    """Have the disk set so many bytes aside for a file, where the system can.

    HDF5 that is refused in the middle of writing leaves a file that cannot be opened; refused before, it is
    none the worse.

    Raises
    ------
    OSError
        If there is no such space.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        if os.fstat(descriptor).st_size < size:
            os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


def give_back_space(path: Path, size: int) -> None:
    """Cut off what :func:`reserve_space` has set aside of a closed file beyond so many bytes."""
    if path.stat().st_size > size:
        os.truncate(path, size)


def refuse_existing(path: Path, *, overwrite: bool, ours: Collection[Path] = ()) -> None:
    """Raise when a result would be replaced that nobody said may be; ``ours`` may.

    Raises
    ------
    OutputError
        If there is a file, and ``overwrite`` is false; or something that is no file.
    """
    _refuse(path, path, "an older result", overwrite=overwrite, ours=ours)
    refuse_left(partial_path(path), path, overwrite=overwrite, ours=ours)


def refuse_left(
    taken: Path, path: Path | None = None, *, overwrite: bool, ours: Collection[Path] = ()
) -> None:
    """Raise when a file would be replaced that an unfinished run has left behind, as :func:`refuse_existing`.

    Parameters
    ----------
    taken
        The file.
    path
        What it was to become; itself when left out.
    overwrite
        Whether it may be replaced.
    ours
        Those that may.

    Raises
    ------
    OutputError
        If it may not, or is a folder.
    """
    _refuse(taken, path or taken, "what an unfinished run has left behind", overwrite=overwrite, ours=ours)


def _refuse(taken: Path, path: Path, what: str, *, overwrite: bool, ours: Collection[Path]) -> None:
    if taken.is_dir():
        raise OutputError(f"cannot write {path}: {taken} is a folder. Choose another name.")
    if taken.exists() and not overwrite and taken not in ours:
        raise OutputError(
            f"{taken} exists already, {what}. Choose another folder or name, move it away, or pass "
            "overwrite=True."
        )


def give_name(path: Path, *, overwrite: bool) -> None:
    """Give a complete file its name.

    Raises
    ------
    OutputError
        If a file of that name has come into being meanwhile, or the disk refuses.
    """
    with writing(path):
        if path.exists() and not overwrite:
            raise OutputError(
                f"{path} has come into being while it was written as {partial_path(path).name}. Move one of "
                "them, or pass overwrite=True."
            )
        partial_path(path).replace(path)


@contextmanager
def opened(path: PathLike, group: str) -> Iterator[h5py.Group]:
    """Open a SONATA file to read one of its groups.

    Parameters
    ----------
    path
        The file.
    group
        ``"report"`` or ``"spikes"``.

    Raises
    ------
    ReportNotFoundError
        If there is no such file.
    ReportError
        If it is damaged, or has no such group.
    """
    import h5py

    path = Path(path)
    if not path.is_file():
        left = sorted(path.parent.glob(f"{glob.escape(path.name)}{PARTIAL}*"))
        names = ", ".join(map(str, left[:3]))
        hint = f" There is {names}, of a run that did not finish; it can be read as well." if left else ""
        raise ReportNotFoundError(f"no file {path}.{hint}")
    try:
        if has_damaged_texts(str(path)):
            raise ReportError(f"{path} is damaged: texts in it were never written. Get a whole copy of it.")
        with h5py.File(path, "r") as file:
            found = file.get(group)
            if not isinstance(found, h5py.Group):
                there = ", ".join(f"/{name}" for name in file) or "nothing"
                raise ReportError(
                    f"{path} has no group /{group}; it has {there}. Is it another kind of file?"
                )
            yield found
    except ReportError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        raise ReportError(f"{path} cannot be read: {first_line(error)}. It may be damaged.") from error
