"""The folder that a simulation writes to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bluecellab.errors import OutputError
from bluecellab.results.sonata.files import PathLike, first_line, partial_path, refuse_existing
from bluecellab.results.sonata.parts import ALONE, Share

__all__ = ["OutputFolder"]

_SHOWN = 5


class OutputFolder:
    """Decides before a simulation starts whether its results can be written.

    Nothing in it is ever deleted. With ``overwrite``, files of the names that are written anew are replaced,
    each only when its successor is complete; whatever else lies there stays.

    Parameters
    ----------
    path
        The folder; it is made when it does not exist.
    overwrite
        Whether files of an older result may be replaced.
    log
        Name of a file that is no result: one that lies there alone may be replaced.
    elsewhere
        Whether a name may be an absolute path outside of the folder.
    share
        Of several processes only the first looks at the folder, and makes it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     folder = OutputFolder(Path(parent) / "output")
    ...     [path.name for path in folder.reserve(["soma.h5", "out.h5"])]
    ['soma.h5', 'out.h5']
    """

    def __init__(
        self,
        path: PathLike,
        *,
        overwrite: bool = False,
        log: str | None = None,
        elsewhere: bool = False,
        share: Share = ALONE,
    ) -> None:
        self.path = Path(os.path.abspath(path))  # without "..", as names in it are
        self.overwrite = overwrite
        self._log = log
        self._elsewhere = elsewhere
        self._first = share.first

    def reserve(self, names: Iterable[str]) -> list[Path]:
        """Make sure that files can be written, and return where.

        Parameters
        ----------
        names
            Within the folder.

        Returns
        -------
        list of Path
            One for each name.

        Raises
        ------
        OutputError
            If the folder has anything in it and may not be overwritten; it, or a folder above it, is a file;
            it cannot be written to; a name leads out of it, or two are the same.
        """
        paths = self._paths(names)
        if not self._first:
            return paths
        self._refuse_older()
        for path in paths:
            if self.path not in path.parents and path != self.path / (self._log or ""):
                refuse_existing(path, overwrite=self.overwrite)
        try:
            for folder in {self.path, *(path.parent for path in paths)}:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass  # permissions do not tell: the file system may be read-only
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else first_line(error)
            raise OutputError(
                f"the output folder {self.path} cannot be written to: {reason}. Choose another one."
            ) from error
        for path in paths:
            for taken in (path, partial_path(path)):
                if taken.is_dir():
                    raise OutputError(f"{taken} is a folder, so that no file of that name can be written")
        return paths

    def check(self, names: Iterable[str]) -> list[Path]:
        """Say whether files could be written as far as can be seen without writing, and return where.

        Parameters
        ----------
        names
            Within the folder.

        Raises
        ------
        OutputError
            As :meth:`reserve`, which finds out for sure: permissions do not tell of a file system that is
            read-only.
        """
        paths = self._paths(names)
        self._refuse_older()
        for path in paths:
            if self.path not in path.parents and path != self.path / (self._log or ""):
                refuse_existing(path, overwrite=self.overwrite)
            if path.is_dir() or partial_path(path).is_dir():
                raise OutputError(f"{path} is a folder, so that no file of that name can be written")
        for folder in {self.path, *(path.parent for path in paths)}:
            there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
            if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
                reason = "may not be written to" if there.is_dir() else "is a file"
                raise OutputError(
                    f"the output folder {self.path} cannot be written to: {there} {reason}. "
                    "Choose another one."
                )
        return paths

    def _paths(self, names: Iterable[str]) -> list[Path]:
        """Return the paths of names, all within the folder and different."""
        paths: list[Path] = []
        for name in names:
            path = Path(os.path.normpath(self.path / name))
            if self.path not in path.parents and not (self._elsewhere and os.path.isabs(name)):  # noqa: PTH117
                raise OutputError(f"the file {name!r} does not lie in the output folder {self.path}")
            if path in paths:
                raise OutputError(
                    f"two results would be written to {path}; give them different names, such as by file_name"
                )
            paths.append(path)
        return paths

    def _refuse_older(self) -> None:
        if self.overwrite or not self.path.is_dir():
            return
        try:
            there = sorted(entry.name for entry in self.path.iterdir() if entry.name != self._log)
        except OSError as error:
            raise OutputError(f"the output folder {self.path} cannot be read: {first_line(error)}") from error
        if there:
            shown = ", ".join(there[:_SHOWN]) + (
                f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
            )
            raise OutputError(
                f"the output folder {self.path} is not empty; it has {shown}. Choose another folder, or say "
                "that files of an older result may be overwritten: overwrite=True, or --overwrite."
            )

    def __repr__(self) -> str:
        return f"OutputFolder({str(self.path)!r}, overwrite={self.overwrite})"
