"""A morphology in the words of hoc templates: a folder and a file name that they can read."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from bluecellab.cell.morphology.checking import check
from bluecellab.cell.morphology.paths import find
from bluecellab.errors import MorphologyError
from bluecellab.nrn import geometry

__all__ = ["locate"]


def locate(path: str | Path, template_format: str) -> tuple[str, str]:
    """Return folder and file name of a morphology, in the words of hoc templates.

    Templates tell the kind of a file by the last characters of its path up to the first blank, in lower
    case, and hoc takes ASCII only. A path that they would not understand is replaced by a link to the
    file.

    Parameters
    ----------
    path
        See :func:`bluecellab.cell.morphology.find`; a folder too if the template is v5.
    template_format
        ``"v5"``, ``"v6"`` or ``"bluepyopt"``.

    Returns
    -------
    tuple of str
        Folder and file name, which joined by ``/`` are the path; the container and ``entry.h5`` for an
        entry; the folder and an empty name for a folder.

    Raises
    ------
    MorphologyNotFoundError, MorphologyError
        As :func:`bluecellab.cell.morphology.find`, and if the file cannot be used.
    """
    if template_format == "v5" and Path(path).is_dir():
        return os.path.abspath(path), ""
    location = find(path)
    check(location.path)
    if location.entry:
        folder, name = _plain(str(location.file), ".h5"), f"{location.entry}.h5"
        if not _readable(name):
            raise MorphologyError(
                f"the entry {location.entry!r} of {location.file} has blanks or non-ASCII letters in its "
                "name, which hoc templates cannot read; rename the entry"
            )
        return folder, name
    folder, _, name = _plain(str(location.file), location.extension).rpartition("/")
    return folder, name


_links: dict[str, str] = {}


def _readable(path: str) -> bool:
    return path.isascii() and path.split() == [path]


def _plain(path: str, extension: str) -> str:
    """Return the path, or a link to it if hoc templates would stumble over it."""
    if _readable(path) and path.endswith(extension):
        return path
    if path not in _links:
        folder = tempfile.mkdtemp(prefix="bluecellab-")
        if not _readable(folder):
            shutil.rmtree(folder)
            raise MorphologyError(
                f"hoc templates cannot read {path}: move it to a path in ASCII without blanks, with the "
                f"extension {extension}"
            )
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        name = hashlib.sha1(path.encode(errors="surrogateescape"), usedforsecurity=False).hexdigest()
        link = f"{folder}/{name[:16]}{extension}"
        os.symlink(path, link)
        _links[path] = link
        geometry.name_link(link, path)
    return _links[path]
