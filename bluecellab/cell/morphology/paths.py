"""Where a morphology is: a file, an entry of an h5 container, or a folder for a v5 template."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bluecellab.errors import MorphologyError, MorphologyNotFoundError

__all__ = ["EXTENSIONS", "Location", "find"]

EXTENSIONS = (".asc", ".swc", ".h5")


@dataclass(frozen=True)
class Location:
    """A morphology that is there.

    Parameters
    ----------
    file
        The file, absolute; for an entry of a container, the container.
    entry
        Name of the entry; empty if the file is one morphology.
    """

    file: Path
    entry: str = ""

    @property
    def path(self) -> str:
        """The path as one text: ``/d/x.asc``, ``/d/container.h5/entry.h5``."""
        return f"{self.file}/{self.entry}.h5" if self.entry else str(self.file)

    @property
    def extension(self) -> str:
        """``".asc"``, ``".swc"`` or ``".h5"``; lower case."""
        return ".h5" if self.entry else self.file.suffix.lower()


def find(path: str | Path) -> Location:
    """Find a morphology.

    Parameters
    ----------
    path
        ``x.asc``, ``x.swc`` or ``x.h5``, the extension in whatever case; or ``container.h5/name``, with
        or without a known extension after the name. Names may have dots.

    Raises
    ------
    MorphologyNotFoundError
        If there is nothing at that path.
    MorphologyError
        If what is there is a folder or has another extension.
    """
    given = Path(os.path.abspath(path))
    if given.is_dir():
        raise MorphologyError(
            f"morphology {path} is a folder; name a file in it. (Only v5 templates know a file name of "
            "their own and take a folder.)"
        )
    if given.is_file():
        return _known(given, path)
    for sibling in _siblings(given):
        return _known(sibling, path)
    container = next((parent for parent in given.parents if parent.exists()), None)
    if container is None or not container.is_file():
        raise MorphologyNotFoundError(f"Couldn't find morphology file: {path}")
    if container.suffix.lower() != ".h5":
        raise MorphologyNotFoundError(
            f"Couldn't find morphology file: {path}; {container} is a file, but no .h5 container"
        )
    return Location(container, _without_extension(str(given.relative_to(container))))


def _siblings(path: Path) -> list[Path]:
    """Return files that differ from the path in the case of the extension only."""
    if path.suffix.lower() not in EXTENSIONS or not path.parent.is_dir():
        return []
    return [
        candidate
        for candidate in sorted(path.parent.iterdir())
        if candidate.stem == path.stem
        and candidate.suffix.lower() == path.suffix.lower()
        and candidate.is_file()
    ]


def _known(file: Path, path: str | Path) -> Location:
    if file.suffix.lower() not in EXTENSIONS:
        raise MorphologyError(
            f"morphology {path} has the extension {file.suffix!r}; {', '.join(EXTENSIONS)} and entries of "
            ".h5 containers can be read"
        )
    return Location(file)


def _without_extension(name: str) -> str:
    for extension in EXTENSIONS:
        if name.lower().endswith(extension):
            return name[: -len(extension)]
    return name
