"""Populations of nodes and edges in SONATA's HDF5 files, read in columns and only where asked."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bluecellab.circuit.access import Column, EdgePopulation, Edges, IntArray, NodePopulation
from bluecellab.circuit.columns import Columns, Rows, as_integers
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.errors import CircuitFileError, NodeNotFoundError
from bluecellab.files.distinct import without

if TYPE_CHECKING:
    import h5py

__all__ = ["EdgeTable", "NodeTable", "node_ids"]

_COUNTED = 1_000_000  # ranges of an index up to which its completeness is checked once
_INDEX = "indices/target_to_source"


def node_ids(ids: object, size: int, what: str) -> IntArray:
    """Return ids of nodes as an array, shape (n,), after checking them.

    Raises
    ------
    NodeNotFoundError
        If one is no whole number, or outside 0 to size - 1.
    """
    array = np.asarray(ids)
    if array.ndim != 1 or (len(array) and array.dtype.kind not in "iu"):
        raise NodeNotFoundError(f"node ids of {what} are a list of whole numbers, not {ids!r}")
    wrong = array[(array < 0) | (array >= size)] if len(array) else array
    if len(wrong):
        there = f"0 to {size - 1}" if size else "none: it is empty"
        raise NodeNotFoundError(f"{what} has no node {int(wrong[0])}; its ids are {there}")
    return array.astype(np.int64)


class NodeTable:
    """A population of nodes in a file.

    Parameters
    ----------
    file
        The file.
    name, kind
        As the circuit's configuration has them.
    """

    def __init__(self, file: Hdf5File, name: str, kind: str) -> None:
        self._columns = Columns(file, f"nodes/{name}", f"node population {name}", "node_type_id")
        self.file = file
        self.population = NodePopulation(name, kind, self._columns.size, self._columns.names)

    def read(self, ids: object, columns: Sequence[str] | None) -> dict[str, Column]:
        """Return attributes of nodes, each of shape (n,); of all nodes if ``ids`` is None.

        Raises
        ------
        NodeNotFoundError, ColumnError
            If there is no such node or attribute.
        CircuitFileError
            If the file is damaged.
        """
        size = self.population.size
        if ids is None:
            return self._columns.read(Rows.span(0, size), columns)
        return self._columns.read(Rows(node_ids(ids, size, self._columns.what)), columns)


class EdgeTable:
    """A population of edges in a file, with its index by target.

    Parameters
    ----------
    file
        The file.
    name, kind
        As the circuit's configuration has them.
    """

    def __init__(self, file: Hdf5File, name: str, kind: str) -> None:
        self._columns = Columns(file, f"edges/{name}", f"edge population {name}", "target_node_id")
        self.file = file
        self._what = self._columns.what
        source, target = self._node_population("source"), self._node_population("target")
        self.population = EdgePopulation(name, kind, source, target, self._columns.size, self._columns.names)
        self._index: tuple[h5py.Dataset, h5py.Dataset] | None = None

    def _node_population(self, end: str) -> str:
        path = f"{self._columns.root}/{end}_node_id"
        dataset = self.file.dataset(path)
        if dataset is None:
            raise self.file.failure(f"has no {path}")
        with self.file.reading(f"{path}, attribute node_population"):
            found = dataset.attrs.get("node_population")
            if isinstance(found, np.ndarray) and found.size == 1:
                found = found.item()
            if isinstance(found, bytes):
                found = found.decode()
        if not isinstance(found, str):
            raise self.file.failure(f"{path} does not say by 'node_population' whose ids these are")
        return found

    def arriving(self, target: int, size: int, columns: Sequence[str] | None) -> Edges:
        """Return the edges that arrive at a node, in the order of their ids.

        Parameters
        ----------
        target
            Id of the node.
        size
            Number of nodes in the population of targets.
        columns
            Which attributes; all when left out.

        Raises
        ------
        NodeNotFoundError, ColumnError
            If there is no such node or attribute.
        CircuitFileError
            If the file is damaged, or its index is missing or stale.
        """
        try:
            number = operator.index(target)
        except TypeError:
            raise NodeNotFoundError(f"a node id is a whole number, not {target!r}") from None
        node = int(node_ids([number], size, f"node population {self.population.target}")[0])
        ranges = self._ranges(node)
        rows = self._rows(ranges)
        self._check_targets(node, ranges, rows)
        return Edges(
            population=self.population,
            target=node,
            numbers=np.arange(len(rows.wanted)),
            sources=self._sources(rows),
            columns=self._columns.read(rows, columns),
        )

    def _sources(self, rows: Rows) -> IntArray:
        sources = self._columns.integers("source_node_id", rows)
        if len(sources) and sources.min() < 0:
            raise self.file.failure(
                f"{self._what} has source ids below 0 or beyond all bounds; it is damaged"
            )
        return sources

    def _tables(self) -> tuple[h5py.Dataset, h5py.Dataset]:
        """Return the tables of the index: the ranges of each node, the edges of each range."""
        if self._index is not None:
            return self._index
        file, root = self.file, f"{self._columns.root}/{_INDEX}"
        nodes = file.dataset(f"{root}/node_id_to_ranges", dimensions=2)
        edges = file.dataset(f"{root}/range_to_edge_id", dimensions=2)
        if nodes is None or edges is None:
            raise file.failure(
                f"{self._what} has no index of its edges by target ({_INDEX}); add one with "
                "libsonata.EdgePopulation.write_indices"
            )
        # libsonata gives an empty population a table of one column
        if nodes.shape[1] != 2 or (edges.shape[1] != 2 and self.population.size):
            raise self._stale("its tables are not of two columns")
        if edges.shape[0] <= _COUNTED:
            with file.reading(f"{self._what}, index"):
                listed = int(np.diff(as_integers(edges[:]), axis=1).sum())
            if listed != self.population.size:
                raise self._stale(f"it lists {listed} edges, and there are {self.population.size}")
        self._index = nodes, edges
        return self._index

    def _ranges(self, node: int) -> IntArray:
        """Return the ranges of edge ids that the index gives for a target, shape (m, 2), ascending."""
        nodes, edges = self._tables()
        if node >= nodes.shape[0] or not self.population.size:
            return np.empty((0, 2), np.int64)
        with self.file.reading(f"{self._what}, index"):
            first, last = as_integers(nodes[node]).tolist()
            if not 0 <= first <= last <= edges.shape[0]:
                raise self._stale(
                    f"for target {node} it refers to ranges {first} to {last} of {edges.shape[0]}"
                )
            ranges = as_integers(edges[first:last])
        if (ranges[:, 0] < 0).any() or (ranges[:, 1] > self.population.size).any():
            raise self._stale(f"for target {node} it refers to edges beyond the {self.population.size}")
        ranges = ranges[np.argsort(ranges[:, 0], kind="stable")]
        if (ranges[:, 0] > ranges[:, 1]).any() or (ranges[1:, 0] < ranges[:-1, 1]).any():
            raise self._stale(f"for target {node} its ranges of edges overlap")
        return ranges[ranges[:, 0] < ranges[:, 1]]

    def _rows(self, ranges: IntArray) -> Rows:
        if not len(ranges):
            return Rows.span(0, 0)
        if (ranges[1:, 0] == ranges[:-1, 1]).all():
            return Rows.span(int(ranges[0, 0]), int(ranges[-1, 1]))
        return Rows(np.concatenate([np.arange(start, stop) for start, stop in ranges.tolist()]))

    def _check_targets(self, node: int, ranges: IntArray, rows: Rows) -> None:
        """Refuse an index that leads to other nodes' edges, or that ends before the node's edges do."""
        if not len(ranges):
            return
        found = self._columns.integers("target_node_id", rows)
        if not (found == node).all():
            other = int(found[found != node][0])
            raise self._stale(f"for target {node} it has edges that arrive at node {other}")
        beside = without(
            np.concatenate([ranges[:, 0] - 1, ranges[:, 1]]), np.concatenate([ranges[:, 0], ranges[:, 1] - 1])
        )
        beside = beside[(beside >= 0) & (beside < self.population.size)]
        if (self._columns.integers("target_node_id", Rows(beside)) == node).any():
            raise self._stale(f"for target {node} it leaves edges out")

    def _stale(self, why: str) -> CircuitFileError:
        return self.file.failure(
            f"{self._what}: the index of its edges by target ({_INDEX}) is of other edges than these: {why}. "
            "Remove the group 'indices' and write it anew with libsonata.EdgePopulation.write_indices"
        )
