"""HDF5 files, opened when first used; whatever is wrong with them is said with the file's name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import BluecellabError, CircuitFileError, ClosedError, ConfinementError
from bluecellab.files.heaps import has_damaged_texts

if TYPE_CHECKING:
    import h5py

__all__ = ["Hdf5File"]

# What h5py raises when a file, or something in it, is not what it should be.
_FAILURES = (
    OSError,
    KeyError,
    RuntimeError,
    ValueError,
    TypeError,
    MemoryError,
    OverflowError,
    AttributeError,
)


class Hdf5File:
    """A file that is opened when something in it is first asked for.

    Parameters
    ----------
    path
        The file.
    confine_to
        When given, nothing in the file may lead to another file; HDF5 knows links and storage outside.
    """

    def __init__(self, path: str | os.PathLike[str], *, confine_to: str | None = None) -> None:
        self.path = str(path)
        self.confine_to = confine_to
        self._file: h5py.File | None = None
        self._closed = False

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True
        if self._file is not None:
            self._file.close()
            self._file = None

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Turn every failure in the block into an error that names the file.

        Parameters
        ----------
        what
            What is being read, for the message.

        Raises
        ------
        CircuitFileError
            If the block fails.
        """
        try:
            yield
        except BluecellabError:
            raise
        except _FAILURES as error:
            reason = (str(error) or type(error).__name__).strip("'\"")
            raise self.failure(f"{what} cannot be read: {reason}") from error

    def failure(self, message: str) -> CircuitFileError:
        """Return an error that names the file."""
        return CircuitFileError(f"{self.path}: {message}", self.path)

    def root(self) -> h5py.File:
        """Return the open file.

        Raises
        ------
        CircuitFileError
            If there is no such file, or it is no HDF5 file, or cut off.
        """
        if self._closed:
            raise ClosedError(f"{self.path} is closed, as its circuit is; open the circuit again")
        if self._file is None:
            self._file = self._open()
        return self._file

    def _open(self) -> h5py.File:
        import h5py

        if not Path(self.path).is_file():
            raise self.failure("there is no such file; correct the path in the circuit's configuration")
        try:
            if has_damaged_texts(self.path):
                raise self.failure(
                    "is damaged: blocks of its texts were never written. Get a whole copy of it"
                )
            return h5py.File(self.path, "r", locking="best-effort")
        except BluecellabError:
            raise
        except _FAILURES as error:
            raise self.failure(
                f"is no HDF5 file, or is damaged or cut off: {error}. Get a whole copy of it"
            ) from error

    def group(self, path: str) -> h5py.Group | None:
        """Return a group; None if there is nothing of that name.

        Raises
        ------
        CircuitFileError
            If it is something else, or cannot be read.
        """
        import h5py

        found = self._find(path)
        if found is not None and not isinstance(found, h5py.Group):
            raise self.failure(f"{path} must be a group")
        return found

    def dataset(self, path: str, *, dimensions: int = 1) -> h5py.Dataset | None:
        """Return a dataset; None if there is nothing of that name.

        Raises
        ------
        CircuitFileError
            If it is something else, has other dimensions, or cannot be read.
        """
        import h5py

        found = self._find(path)
        if found is None:
            return None
        if not isinstance(found, h5py.Dataset):
            raise self.failure(f"{path} must be a dataset")
        with self.reading(path):
            if found.shape is None or len(found.shape) != dimensions:
                raise self.failure(f"{path} has the shape {found.shape}; {dimensions} dimensions are needed")
            if self.confine_to is not None and (found.external or found.is_virtual):
                raise ConfinementError(
                    f"{self.path}: {path} is stored in other files, and this circuit is confined to "
                    f"{self.confine_to}"
                )
        return found

    def _find(self, path: str) -> object | None:
        """Return what is at a path; a link that is there but leads nowhere is an error."""
        import h5py

        with self.reading(path):
            here: object = self.root()
            for step in path.strip("/").split("/"):
                if not isinstance(here, h5py.Group) or step not in here:
                    return None
                if self.confine_to is not None:
                    self._refuse_leaving(here, step, path)
                here = here[step]
            return here

    def _refuse_leaving(self, group: h5py.Group, step: str, path: str) -> None:
        import h5py

        if isinstance(group.get(step, getlink=True), h5py.ExternalLink):
            raise ConfinementError(
                f"{self.path}: {path} leads to another file, and this circuit is confined to "
                f"{self.confine_to}"
            )

    def names(self, path: str) -> tuple[str, ...]:
        """Return the names of what is in a group, sorted; none if there is no such group."""
        with self.reading(path):
            group = self.group(path)
            return () if group is None else tuple(sorted(str(name) for name in group))

    def texts(self, path: str) -> npt.NDArray[np.str_]:
        """Return a dataset of texts, shape (n,).

        Raises
        ------
        CircuitFileError
            If there is none, or it holds something else.
        """
        dataset = self.dataset(path)
        if dataset is None:
            raise self.failure(f"has no {path}")
        with self.reading(path):
            return np.array([_text(value) for value in dataset[()]], dtype=np.str_)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return value
    raise TypeError(f"texts are needed, not {type(value).__name__}")
