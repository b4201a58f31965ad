"""Populations of nodes of the Allen dialect, their columns kept once they were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, IntArray, NodePopulation
from bluecellab.circuit.allen.merged import MergedTable
from bluecellab.circuit.allen.types import TypeTable
from bluecellab.circuit.columns import Rows
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.circuit.tables import node_ids
from bluecellab.files.distinct import distinct

__all__ = ["POINT_TYPES", "NodesTable"]

POINT_TYPES = ("point_neuron", "point_process")
_TYPE = "model_type"
_SPARSEST, _SPARE = 100, 1_000_000  # ids go up to so many times the number of nodes, and so many more


class NodesTable:
    """A population of nodes.

    Ids may leave some out below the largest one: these have no values, and are in no node set.

    Parameters
    ----------
    file
        Its HDF5 file.
    name
        Its name.
    types
        The types of its nodes.

    Raises
    ------
    CircuitFileError
        If the file is damaged, ids are negative or there twice, or nodes have no ``model_type``.
    """

    def __init__(self, file: Hdf5File, name: str, types: TypeTable) -> None:
        self.file = file
        self.table = MergedTable(file, f"nodes/{name}", types)
        self._rows = self._order(name)
        self._size = self.table.size if self._rows is None else len(self._rows)
        self._absent = self._size > self.table.size
        self._where = self.table.where(Rows.span(0, self.table.size))
        self._columns: dict[str, Column] = {}
        self.model_types = self._model_types()
        self.population = NodePopulation(name, self._kind(), self._size, self.table.names)

    def _order(self, name: str) -> IntArray | None:
        """Return the row of each id, -1 for those between that are of no node; None if all are in order."""
        if self.file.dataset(f"nodes/{name}/node_id") is None:
            return None
        ids = self.table.integers("node_id", Rows.span(0, self.table.size))
        if bool((ids == np.arange(len(ids))).all()):
            return None
        found, counts = np.unique(ids, return_counts=True)
        if found[0] < 0 or counts.max() > 1:
            wrong = found[0] if found[0] < 0 else found[np.argmax(counts > 1)]
            raise self.file.failure(
                f"{self.table.what} has the node_id {int(wrong)}{'' if wrong < 0 else ' twice'}; ids are 0 "
                "or more, each once"
            )
        if found[-1] >= _SPARSEST * len(ids) + _SPARE:
            raise self.file.failure(
                f"{self.table.what} has the node_id {int(found[-1])}, and {len(ids)} nodes; the file is "
                "damaged, or its nodes should be numbered from 0"
            )
        rows = np.full(int(found[-1]) + 1, -1, np.int64)
        rows[ids] = np.arange(len(ids))
        return rows

    def _model_types(self) -> tuple[str, ...]:
        """Return the ``model_type`` that there are."""
        if _TYPE not in self.table.names:
            raise self.file.failure(
                f"{self.table.what} has no {_TYPE}, neither in this file nor in {self.table.types.path}; it "
                "is 'biophysical', 'point_neuron' or 'virtual'"
            )
        of_types = self.table.of_types(_TYPE)
        if of_types is None:
            found = distinct(self.table.column(_TYPE, self._where))
        else:
            found = distinct(of_types[distinct(self._where.types)])
        if found.dtype.kind != "U" or (len(found) and found[0] == ""):
            raise self.file.failure(
                f"{self.table.what} has nodes without a {_TYPE}; it is 'biophysical', 'point_neuron' or "
                "'virtual'"
            )
        return tuple(found.tolist())

    def _kind(self) -> str:
        """Return what kind of population it is: that of its cells if it has cells and virtual nodes."""
        real = [each for each in self.model_types if each != "virtual"]
        if not real:
            return "virtual"
        if "biophysical" in real:
            return "biophysical"
        return "point_neuron" if any(each in POINT_TYPES for each in real) else real[0]

    def column(self, name: str) -> Column:
        """Return a column of all nodes, shape (n,), which nobody can write to.

        Raises
        ------
        ColumnError
            If there is none of that name.
        CircuitFileError
            If the file is damaged.
        """
        if name not in self._columns:
            rows = Rows.span(0, self.table.size)
            made = self.table.read(self._where, rows, [name])[name]
            if self._rows is not None:
                made = made[self._rows]
            if self._absent:
                assert self._rows is not None
                made = without(made, self._rows < 0)
            made.flags.writeable = False
            self._columns[name] = made
        return self._columns[name]

    def read(self, ids: object, columns: Sequence[str] | None) -> dict[str, Column]:
        """Return columns of nodes, each of shape (n,); of all nodes if ``ids`` is None.

        Raises
        ------
        NodeNotFoundError, ColumnError
            If there is no such node or column.
        CircuitFileError
            If the file is damaged.
        """
        names = self.table.names if columns is None else tuple(columns)
        self.table.check(names)
        if ids is None:
            return {name: self.column(name).copy() for name in names}
        chosen = node_ids(ids, self._size, self.table.what)
        return {name: self.column(name)[chosen] for name in names}

    def attributes(self, node: int) -> Mapping[str, object]:
        """Return all attributes of a node as plain values, None where it has none.

        Parameters
        ----------
        node
            Its id; not checked.
        """
        names = self.table.names
        return {name: plain(self.column(name)[node].item(), whole=self.table.whole(name)) for name in names}

    def is_absent(self, node: int) -> bool:
        """Return whether an id is of no node, as ids above it are."""
        return self._absent and self.missing(np.array([node])) is not None

    def missing(self, ids: IntArray) -> int | None:
        """Return the first of some ids, 0 or more, that is of no node; None if all of them are."""
        wrong = ids >= self._size
        if not wrong.any() and self._absent:
            assert self._rows is not None
            wrong = self._rows[ids] < 0
        return int(ids[wrong][0]) if wrong.any() else None

    def nodes_of(self, types: Sequence[str]) -> IntArray:
        """Return the ids of the nodes whose ``model_type`` is one of these, ascending, shape (m,)."""
        if all(each in types for each in self.model_types):
            if self._absent:
                assert self._rows is not None
                return np.flatnonzero(self._rows >= 0).astype(np.int64)
            return np.arange(self._size, dtype=np.int64)
        if not any(each in types for each in self.model_types):
            return np.empty(0, np.int64)
        return np.flatnonzero(np.isin(self.column(_TYPE), list(types))).astype(np.int64)


def without(values: Column, absent: npt.NDArray[np.bool_]) -> Column:
    """Return a column in which some have no value; whole numbers become real ones."""
    made = values.astype(np.float64) if values.dtype.kind in "iu" else values.copy()
    made[absent] = {"f": np.nan, "b": False}.get(made.dtype.kind, "")
    return made


def plain(value: object, *, whole: bool) -> object:
    """Return a value of a column as a plain one: None for one that is missing.

    Parameters
    ----------
    value
        As the column has it.
    whole
        Whether real numbers stand for whole ones.
    """
    if isinstance(value, float):
        if value != value:
            return None
        return int(value) if whole else value
    return None if value == "" else value
