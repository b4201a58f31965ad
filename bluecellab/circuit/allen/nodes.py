"""Populations of nodes of the Allen dialect, their columns kept once they were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bluecellab.circuit.access import Column, IntArray, NodePopulation
from bluecellab.circuit.allen.merged import MergedTable
from bluecellab.circuit.allen.types import TypeTable
from bluecellab.circuit.columns import Rows
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.circuit.tables import node_ids

__all__ = ["POINT_TYPES", "NodesTable"]

POINT_TYPES = ("point_neuron", "point_process")
_TYPE = "model_type"


class NodesTable:
    """A population of nodes.

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
        If the file is damaged, ids are not 0 to n - 1, or nodes have no ``model_type``.
    """

    def __init__(self, file: Hdf5File, name: str, types: TypeTable) -> None:
        self.file = file
        self.table = MergedTable(file, f"nodes/{name}", types)
        size = self.table.size
        self._rows = self._order(name)
        self._where = self.table.where(Rows.span(0, size))
        self._columns: dict[str, Column] = {}
        self.model_types = self._model_types()
        self.population = NodePopulation(name, self._kind(), size, self.table.names)

    def _order(self, name: str) -> IntArray | None:
        """Return the row of each node; None if they are in the order of their ids."""
        if self.file.dataset(f"nodes/{name}/node_id") is None:
            return None
        ids = self.table.integers("node_id", Rows.span(0, self.table.size))
        if bool((ids == np.arange(len(ids))).all()):
            return None
        rows = np.argsort(ids, kind="stable")
        wrong = np.flatnonzero(ids[rows] != np.arange(len(ids)))
        if len(wrong):
            raise self.file.failure(
                f"{self.table.what} has {len(ids)} nodes, so that their node_id must be 0 to {len(ids) - 1}, "
                f"each once; there is {int(ids[rows][wrong[0]])} where {int(wrong[0])} should be"
            )
        return rows.astype(np.int64)

    def _model_types(self) -> tuple[str, ...]:
        """Return the ``model_type`` that there are."""
        if _TYPE not in self.table.names:
            raise self.file.failure(
                f"{self.table.what} has no {_TYPE}, neither in this file nor in {self.table.types.path}; it "
                "is 'biophysical', 'point_neuron' or 'virtual'"
            )
        of_types = self.table.of_types(_TYPE)
        if of_types is None:
            found = np.unique(self.column(_TYPE))
        else:
            found = np.unique(of_types[np.unique(self._where.types)])
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
        chosen = node_ids(ids, self.table.size, self.table.what)
        return {name: self.column(name)[chosen] for name in names}

    def attributes(self, node: int) -> Mapping[str, object]:
        """Return all attributes of a node as plain values, None where it has none.

        Parameters
        ----------
        node
            Its id; not checked.
        """
        found: dict[str, object] = {}
        for name in self.table.names:
            value = self.column(name)[node].item()
            found[name] = plain(
                value, whole=self.table.whole(name) if name in self.table.types.columns else False
            )
        return found

    def nodes_of(self, types: Sequence[str]) -> IntArray:
        """Return the ids of the nodes whose ``model_type`` is one of these, ascending, shape (m,)."""
        if all(each in types for each in self.model_types):
            return np.arange(self.table.size, dtype=np.int64)
        if not any(each in types for each in self.model_types):
            return np.empty(0, np.int64)
        return np.flatnonzero(np.isin(self.column(_TYPE), list(types))).astype(np.int64)


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
