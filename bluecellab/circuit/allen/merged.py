"""Attributes of the rows of a population: those in the HDF5 file first, then those of the row's type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, IntArray
from bluecellab.circuit.allen.types import TypeTable
from bluecellab.circuit.columns import Rows, as_integers, no_column
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.files.distinct import distinct

if TYPE_CHECKING:
    import h5py

__all__ = ["MergedTable", "Where"]

_LARGEST = 2**40  # no population has more rows; a damaged file may say so
_NOT_COLUMNS = ("@library", "dynamics_params")
_POSITIONS = ("position", "positions")
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Dataset:
    """Where a column is in a group of the file; ``part`` of a dataset of two dimensions."""

    path: str
    part: int | None = None


@dataclass(frozen=True, eq=False)
class Where:
    """Where some rows of a table are.

    Parameters
    ----------
    size
        How many they are.
    types
        The row of each in the table of types, shape (size,).
    groups
        Of each group of the file: its name, the positions of its rows among these, and its own rows.
    """

    size: int
    types: IntArray
    groups: tuple[tuple[str, IntArray | slice, Rows], ...]


class MergedTable:
    """The attributes of one population of nodes or edges.

    A column is of numbers, truth values or texts for all rows. A row that has no value has NaN (whole
    numbers then are real ones), False, or an empty text.

    Parameters
    ----------
    file
        The HDF5 file.
    root
        Path of the population's group: ``"nodes/cells"``.
    types
        The table of types; one without types if there is none.
    """

    def __init__(self, file: Hdf5File, root: str, types: TypeTable) -> None:
        self.file = file
        self.root = root
        self.kind = root.partition("/")[0].removesuffix("s")
        self.what = f"{self.kind} population {root.partition('/')[2]}"
        self.types = types
        self._datasets: dict[str, h5py.Dataset] = {}
        self._libraries: dict[str, npt.NDArray[np.str_]] = {}
        self.size = self._size()
        self._groups = self._find_groups()
        self._type_id = f"{self.kind}_type_id"
        self._has_types = file.dataset(f"{root}/{self._type_id}") is not None
        if types.path and not self._has_types:
            raise file.failure(
                f"{self.what} has no {self._type_id}; every row is of one of the types in {types.path}"
            )
        self.names = self._find_names()
        self._forms: dict[str, tuple[np.dtype[np.generic], bool]] = {}

    def _size(self) -> int:
        counted = "node_type_id" if self.kind == "node" else "target_node_id"
        if self.file.group(self.root) is None:
            raise self.file.failure(f"has no {self.what}")
        found = self.file.dataset(f"{self.root}/{counted}")
        if found is None:
            raise self.file.failure(f"{self.what} has no {counted}, which every SONATA file has")
        size = int(found.shape[0])
        if size > _LARGEST:
            raise self.file.failure(f"{self.what} says that it has {size} rows; the file is damaged")
        return size

    def _find_groups(self) -> dict[str, dict[str, _Dataset]]:
        """Return the columns of each group of the file."""
        import h5py

        file, found = self.file, {}
        with file.reading(self.what):
            for group in sorted((name for name in file.names(self.root) if name.isdecimal()), key=int):
                columns: dict[str, _Dataset] = {}
                here = file.group(f"{self.root}/{group}")
                for name in file.names(f"{self.root}/{group}"):
                    path = f"{self.root}/{group}/{name}"
                    inner = None if here is None or name in _NOT_COLUMNS else here[name]
                    if isinstance(inner, h5py.Dataset):
                        columns |= self._columns_of(name, path, inner)
                found[group] = columns
        return found

    def _columns_of(self, name: str, path: str, dataset: h5py.Dataset) -> dict[str, _Dataset]:
        """Return the columns that a dataset is; one of two dimensions is several."""
        shape = dataset.shape
        if shape is not None and len(shape) == 1:
            return {name: _Dataset(path)}
        if shape is None or len(shape) != 2 or shape[1] > 64:
            raise self.file.failure(f"{path} has the shape {shape}; one value for each row is needed")
        parts = "xyz" if name in _POSITIONS else [f"{name}_{part}" for part in range(shape[1])]
        if len(parts) < shape[1]:
            raise self.file.failure(f"{path} has {shape[1]} coordinates; x, y and z are known")
        return {each: _Dataset(path, part) for part, each in enumerate(parts[: shape[1]])}

    def _find_names(self) -> tuple[str, ...]:
        inside = [name for columns in self._groups.values() for name in columns]
        own = [self._type_id] if self._has_types else []
        return tuple(dict.fromkeys([*inside, *self.types.columns, *own]))

    def check(self, names: Iterable[str]) -> None:
        """Raise unless all these columns are there.

        Raises
        ------
        ColumnError
            Naming the first that is not.
        """
        for name in names:
            if name not in self.names:
                raise no_column(name, self.what, self.names)

    def integers(self, name: str, rows: Rows) -> IntArray:
        """Return rows of a dataset of ids beside the groups, such as ``"source_node_id"``."""
        with self.file.reading(f"{self.what}, {name}"):
            return as_integers(rows.of(self._dataset(f"{self.root}/{name}", self.size)))

    def _dataset(self, path: str, size: int | None = None, dimensions: int = 1) -> h5py.Dataset:
        if path not in self._datasets:
            dataset = self.file.dataset(path, dimensions=dimensions)
            if dataset is None:
                raise self.file.failure(f"has no {path}")
            if size is not None and dataset.shape[0] != size:
                raise self.file.failure(
                    f"{path} has {dataset.shape[0]} entries and {self.what} {size}; the file is damaged, or "
                    "was not written to its end"
                )
            self._datasets[path] = dataset
        return self._datasets[path]

    def where(self, rows: Rows) -> Where:
        """Return where rows are: their types, groups, and places in them.

        Raises
        ------
        CircuitFileError
            If one is in a group, or of a type, that is not there.
        """
        size = len(rows.wanted)
        types = np.zeros(size, np.int64)
        if self.types.path:
            types = self.types.rows(self.integers(self._type_id, rows))
        if self.file.dataset(f"{self.root}/{self.kind}_group_id") is None:
            groups = list(self._groups)
            if len(groups) > 1:
                raise self.file.failure(f"{self.what} has {len(groups)} groups, and no {self.kind}_group_id")
            return Where(size, types, tuple((group, slice(None), rows) for group in groups))
        ids = self.integers(f"{self.kind}_group_id", rows)
        index = self.integers(f"{self.kind}_group_index", rows)
        if len(index) and index.min() < 0:
            raise self.file.failure(
                f"{self.what}, {self.kind}_group_index has {index.min()}; the file is damaged"
            )
        found: list[tuple[str, IntArray | slice, Rows]] = []
        for group in distinct(ids).tolist():
            places = np.flatnonzero(ids == group)
            whole = len(places) == size
            inside = rows if whole and bool((index == rows.wanted).all()) else Rows(index[places])
            found.append((str(group), slice(None) if whole else places, inside))
            if str(group) not in self._groups and self._groups:
                listed = ", ".join(self._groups)
                raise self.file.failure(
                    f"{self.what} has rows of group {group}, which it does not have; there are: {listed}"
                )
        return Where(size, types, tuple(found))

    def of_types(self, name: str) -> Column | None:
        """Return the values of a column for each type, shape (types,); None if the file has it too."""
        if name == self._type_id or any(name in columns for columns in self._groups.values()):
            return None
        form, _ = self._form(name)
        return _formed(self.types.columns[name].values, self.types.columns[name].there, form)

    def column(self, name: str, where: Where) -> Column:
        """Return a column for some rows, shape (n,).

        Raises
        ------
        ColumnError
            If there is none of that name.
        CircuitFileError
            If the file is damaged.
        """
        self.check([name])
        form, _ = self._form(name)
        typed = self.types.columns.get(name)
        if typed is None:
            made = _formed(np.zeros(1, form), np.zeros(1, np.bool_), form)[np.zeros(where.size, np.intp)]
        else:
            made = _formed(typed.values, typed.there, form)[where.types]
        for group, places, rows in where.groups:
            dataset = self._groups.get(group, {}).get(name)
            if dataset is None:
                continue
            values = self._values(name, group, dataset, rows).astype(form)  # texts as long as they are
            if isinstance(places, slice):
                made = values
                continue
            if made.dtype.itemsize < values.dtype.itemsize:
                made = made.astype(values.dtype)
            made[places] = values
        return made

    def missing(self, name: str, where: Where) -> Mask:
        """Return which rows have no value, shape (n,)."""
        typed = self.types.columns.get(name)
        made = np.ones(where.size, np.bool_) if typed is None else ~typed.there[where.types]
        for group, places, _ in where.groups:
            if name in self._groups.get(group, {}):
                made[places] = False
        return made

    def whole(self, name: str) -> bool:
        """Return whether a column has whole numbers, though it may be of real ones as some are missing."""
        return self._form(name)[1]

    def _form(self, name: str) -> tuple[np.dtype[np.generic], bool]:
        """Return the type of a column, and whether what is there are whole numbers; the same for any rows."""
        if name not in self._forms:
            self._forms[name] = self._find_form(name)
        return self._forms[name]

    def _find_form(self, name: str) -> tuple[np.dtype[np.generic], bool]:
        if name == self._type_id:
            return np.dtype(np.int64), True
        found, gaps = [], not self._groups
        for columns in self._groups.values():
            if name in columns:
                found.append(self._stored_form(name, columns[name]))
            else:
                gaps = True
        typed = self.types.columns.get(name)
        if gaps and typed is not None and typed.there.any():
            found.append(typed.values.dtype)
        missing = gaps and (typed is None or not typed.there.all())
        kinds = {form.kind for form in found}
        if "U" in kinds:
            return np.dtype(np.str_), False
        whole = bool(kinds) and kinds <= {"i", "u"}
        if not kinds or (missing and kinds != {"b"}):
            return np.dtype(np.float64), whole
        return np.dtype(np.int64) if kinds == {"i", "u"} else np.result_type(*found), whole

    def _stored_form(self, name: str, dataset: _Dataset) -> np.dtype[np.generic]:
        stored = self._dataset(dataset.path, dimensions=1 if dataset.part is None else 2)
        with self.file.reading(f"{self.what}, column {name}"):
            form = stored.dtype
        if form.kind not in "iufbOS":
            raise self.file.failure(
                f"{self.what}, column {name} is of the type {form}, neither numbers nor texts"
            )
        if form.kind in "OS" or self._library(dataset.path) is not None:
            return np.dtype(np.str_)
        native: np.dtype[np.generic] = form.newbyteorder("=")
        return native

    def _library(self, path: str) -> npt.NDArray[np.str_] | None:
        """Return the texts that a dataset has the numbers of; None if it stands for itself."""
        if path not in self._libraries:
            group, _, name = path.rpartition("/")
            if name not in self.file.names(f"{group}/@library"):
                return None
            self._libraries[path] = self.file.texts(f"{group}/@library/{name}")
        return self._libraries[path]

    def _values(self, name: str, group: str, dataset: _Dataset, rows: Rows) -> Column:
        stored = self._dataset(dataset.path, dimensions=1 if dataset.part is None else 2)
        if not len(rows.wanted):
            return np.empty(0, self._stored_form(name, dataset))
        if int(rows.wanted.max()) >= stored.shape[0]:
            raise self.file.failure(
                f"{dataset.path} has {stored.shape[0]} entries, and row {int(rows.wanted.max())} of group "
                f"{group} is needed; the file is damaged, or was not written to its end"
            )
        with self.file.reading(f"{self.what}, column {name}"):
            values: Column = rows.of(stored)
            if dataset.part is not None:
                values = values[:, dataset.part]
            library = self._library(dataset.path)
            if library is not None:
                numbers = as_integers(values)
                if numbers.min() < 0 or numbers.max() >= len(library):
                    raise self.file.failure(
                        f"{dataset.path} refers to entries that its @library does not have"
                    )
                return library[numbers]
            if values.dtype.kind in "OS":
                return np.array([_text(value) for value in values.tolist()], dtype=np.str_)
            return values

    def read(self, where: Where, rows: Rows, names: Sequence[str] | None) -> dict[str, Column]:
        """Return columns for some rows, each of shape (n,); all when no names are given."""
        wanted = self.names if names is None else tuple(names)
        self.check(wanted)
        return {
            name: self.integers(name, rows) if name == self._type_id else self.column(name, where)
            for name in wanted
        }


def _formed(values: Column, there: Mask, form: np.dtype[np.generic]) -> Column:
    """Return values in the form of a column, those that are missing as what stands for that."""
    if form.kind == "U":
        texts = [
            str(value) if fine else "" for value, fine in zip(values.tolist(), there.tolist(), strict=True)
        ]
        return np.array(texts, np.str_)
    made = values.astype(form)
    if form.kind == "f":
        made[~there] = np.nan
    return made


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return value
    raise TypeError(f"texts are needed, not {type(value).__name__}")
