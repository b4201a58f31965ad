"""Attributes of a SONATA population: columns of an HDF5 group, read for some rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, IntArray
from bluecellab.circuit.config.problems import nearest
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.errors import ColumnError

if TYPE_CHECKING:
    import h5py

__all__ = ["Columns", "Rows", "as_integers", "no_column"]

_DYNAMICS = "@dynamics:"
_GROUP = "0"
_SPAN = 4  # rows that are read for one that is asked for, before single rows are picked instead
_SMALL = 4096  # so many rows are always read in one go
_LARGEST = 2**40  # no population has more rows; a damaged file may say so

Scalar = TypeVar("Scalar", bound=np.generic)


class Rows:
    """Which rows of a table to read, and how: in as few pieces as pay off.

    Parameters
    ----------
    wanted
        Numbers of the rows, shape (n,), in the order in which they are wanted.
    """

    def __init__(self, wanted: IntArray) -> None:
        self.wanted = wanted
        self._pieces: list[slice] = []
        self._picked: npt.NDArray[np.intp] | slice = slice(None)
        if not len(wanted):
            return
        first, last = int(wanted.min()), int(wanted.max()) + 1
        if last - first == len(wanted) and bool((np.diff(wanted) == 1).all()):
            self._pieces = [slice(first, last)]
        elif last - first <= max(_SMALL, _SPAN * len(wanted)):
            self._pieces = [slice(first, last)]
            self._picked = (wanted - first).astype(np.intp)
        else:
            self._arrange()

    @classmethod
    def span(cls, start: int, stop: int) -> Rows:
        """Return the rows from start to before stop."""
        rows = cls(np.empty(0, np.int64))
        rows.wanted = np.arange(start, stop)
        rows._pieces = [slice(start, stop)] if stop > start else []
        return rows

    def _arrange(self) -> None:
        """Cut into pieces wherever many unwanted rows lie between."""
        rows, self._picked = np.unique(self.wanted, return_inverse=True)
        cuts = np.flatnonzero(np.diff(rows) > _SMALL) + 1
        where = np.empty(len(rows), np.int64)
        read = 0
        for part in np.split(np.arange(len(rows)), cuts):
            first, last = int(rows[part[0]]), int(rows[part[-1]]) + 1
            where[part] = rows[part] - first + read
            self._pieces.append(slice(first, last))
            read += last - first
        self._picked = where[self._picked]

    def of(self, dataset: h5py.Dataset) -> npt.NDArray[np.generic]:
        """Return these rows of a dataset, shape (n,)."""
        if not self._pieces:
            return np.empty(0, dataset.dtype)
        parts = [dataset[piece] for piece in self._pieces]
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
        chosen: npt.NDArray[np.generic] = whole[self._picked]
        return chosen


class Columns:
    """The attributes of one population of nodes or edges.

    Parameters
    ----------
    file
        Where they are.
    root
        Path of the population's group, such as ``"nodes/S1"``.
    what
        For messages: ``"population S1"``.
    counted
        Name of the dataset that every row has an entry in.
    """

    def __init__(self, file: Hdf5File, root: str, what: str, counted: str) -> None:
        self.file = file
        self.root = root
        self.what = what
        self._datasets: dict[str, h5py.Dataset] = {}
        self._libraries: dict[str, npt.NDArray[np.str_]] = {}
        self.size = self._size(counted)
        self.names = self._names()

    def _size(self, counted: str) -> int:
        if self.file.group(self.root) is None:
            kind, _, name = self.root.partition("/")
            there = ", ".join(self.file.names(kind)) or "none"
            raise self.file.failure(f"has no {kind[:-1]} population {name}; there are: {there}")
        found = self.file.dataset(f"{self.root}/{counted}")
        if found is None:
            raise self.file.failure(f"{self.what} has no {counted}, which every SONATA file has")
        size = int(found.shape[0])
        if size > _LARGEST:
            raise self.file.failure(f"{self.what} says that it has {size} rows; the file is damaged")
        return size

    def _names(self) -> tuple[str, ...]:
        file, root = self.file, self.root
        if file.group(f"{root}/1") is not None:
            raise file.failure(
                f"{self.what} has its attributes in several groups; files of this dialect have one, '0'"
            )
        plain = [
            name for name in file.names(f"{root}/{_GROUP}") if name not in ("@library", "dynamics_params")
        ]
        dynamics = file.names(f"{root}/{_GROUP}/dynamics_params")
        return (*plain, *(f"{_DYNAMICS}{name}" for name in dynamics))

    def check(self, names: Iterable[str]) -> None:
        """Raise unless all these attributes are there.

        Raises
        ------
        ColumnError
            Naming the first that is not.
        """
        for name in names:
            if name not in self.names:
                raise no_column(name, self.what, self.names)

    def read(self, rows: Rows, names: Sequence[str] | None) -> dict[str, Column]:
        """Return attributes of some rows, each of shape (n,); enumerations as texts.

        Raises
        ------
        ColumnError
            If there is no such attribute.
        CircuitFileError
            If the file is damaged.
        """
        wanted = self.names if names is None else tuple(names)
        self.check(wanted)
        return {name: self._column(name, rows) for name in wanted}

    def integers(self, name: str, rows: Rows) -> IntArray:
        """Return rows of a dataset of ids beside the attributes, such as ``"source_node_id"``."""
        if name not in self._datasets:
            self._datasets[name] = self._checked(f"{self.root}/{name}")
        with self.file.reading(f"{self.what}, {name}"):
            return as_integers(rows.of(self._datasets[name]))

    def _checked(self, path: str) -> h5py.Dataset:
        dataset = self.file.dataset(path)
        if dataset is None:
            raise self.file.failure(f"has no {path}")
        if dataset.shape[0] != self.size:
            raise self.file.failure(
                f"{path} has {dataset.shape[0]} entries and {self.what} {self.size}; the file is damaged, or "
                "was not written to its end"
            )
        return dataset

    def _column(self, name: str, rows: Rows) -> Column:
        if name not in self._datasets:
            self._add(name)
        with self.file.reading(f"{self.what}, attribute {name}"):
            values = rows.of(self._datasets[name])
            if name in self._libraries:
                return self._resolved(name, values)
            if values.dtype.kind == "O" or values.dtype.kind == "S":
                return np.array([_decoded(value) for value in values.tolist()], dtype=np.str_)
            return values

    def _add(self, name: str) -> None:
        """Find the dataset of an attribute, and its library if it is an enumeration."""
        plain = name.removeprefix(_DYNAMICS)
        inside = f"{_GROUP}/{plain}" if plain == name else f"{_GROUP}/dynamics_params/{plain}"
        dataset = self._checked(f"{self.root}/{inside}")
        with self.file.reading(f"{self.what}, attribute {name}"):
            if dataset.dtype.kind not in "iufbOS":
                raise self.file.failure(
                    f"{self.what}, attribute {name} is of the type {dataset.dtype}, which is "
                    "neither a number nor a text"
                )
        library = f"{self.root}/{_GROUP}/@library/{plain}"
        if plain == name and plain in self.file.names(f"{self.root}/{_GROUP}/@library"):
            self._libraries[name] = self.file.texts(library)
        self._datasets[name] = dataset

    def _resolved(self, name: str, values: npt.NDArray[np.generic]) -> npt.NDArray[np.str_]:
        library, numbers = self._libraries[name], as_integers(values)
        if len(numbers) and (numbers.min() < 0 or numbers.max() >= len(library)):
            raise self.file.failure(
                f"{self.what}, attribute {name} refers to entry {numbers.max()} of its @library, which has "
                f"{len(library)}"
            )
        chosen: npt.NDArray[np.str_] = library[numbers] if len(library) else np.empty(0, np.str_)
        return chosen


def as_integers(values: npt.NDArray[np.generic]) -> IntArray:
    """Return ids as signed integers; those too large for it become negative.

    Raises
    ------
    TypeError
        If they are no integers.
    """
    if values.dtype.kind not in "iu":
        raise TypeError(f"integers are needed, not {values.dtype}")
    return values.astype(np.int64, copy=False)


def _decoded(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def no_column(name: str, what: str, names: Iterable[str]) -> ColumnError:
    """Return the error for an attribute that a population does not have."""
    known = nearest(str(name), sorted(names), "attributes")
    return ColumnError(f"{what} has no attribute {name!r}; {known}", str(name))
