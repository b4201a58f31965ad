"""The index of edges by the node they arrive at, checked: it must lead to all edges, and to those alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecellab.circuit.access import IntArray
from bluecellab.circuit.allen.merged import MergedTable
from bluecellab.circuit.columns import Rows, as_integers
from bluecellab.errors import CircuitFileError
from bluecellab.files.distinct import distinct, without

if TYPE_CHECKING:
    import h5py

__all__ = ["EdgeIndex", "Sorted"]

_ROOTS = ("indices", "indicies")  # the second as older files have it
_PIECE = 2**22
_TABLES = ("node_id_to_range", "node_id_to_ranges")


@dataclass(frozen=True, eq=False)
class Sorted:
    """All edges in the order of their targets.

    Parameters
    ----------
    starts
        Where the edges of each target begin, and the last ones end, shape (targets + 1,).
    order
        The row of each edge, shape (edges,); None if they lie in this order.
    """

    starts: list[int]
    order: IntArray | None


class EdgeIndex:
    """The index by target of one population of edges.

    Parameters
    ----------
    table
        The population.
    targets
        Number of nodes that edges may arrive at.

    Raises
    ------
    CircuitFileError
        If there is none, or it cannot be of these edges.
    """

    def __init__(self, table: MergedTable, targets: int) -> None:
        self._table = table
        self._file = table.file
        self._targets = targets
        self._nodes, self._ranges = self._open()

    def _open(self) -> tuple[h5py.Dataset, h5py.Dataset]:
        for root in _ROOTS:
            for name in _TABLES:
                path = f"{self._table.root}/{root}/target_to_source"
                nodes = self._file.dataset(f"{path}/{name}", dimensions=2)
                ranges = self._file.dataset(f"{path}/range_to_edge_id", dimensions=2)
                if nodes is None or ranges is None:
                    continue
                if nodes.shape[1] != 2 or (ranges.shape[1] != 2 and self._table.size):
                    raise self._stale("its tables are not of two columns")
                return nodes, ranges
        raise self._file.failure(
            f"{self._table.what} has no index of its edges by target (indices/target_to_source); add one "
            "with libsonata.EdgePopulation.write_indices"
        )

    def sorted(self) -> Sorted:
        """Return all edges in the order of their targets, those of a target in the order of the index.

        Raises
        ------
        CircuitFileError
            If the index is of other edges than these.
        """
        size = self._table.size
        if not size:
            return Sorted([0] * (self._targets + 1), None)
        with self._file.reading(f"{self._table.what}, index"):
            nodes, ranges = as_integers(self._nodes[:]), as_integers(self._ranges[:])
        self._check_nodes(nodes, len(ranges))
        self._check_ranges(ranges)
        counts = nodes[:, 1] - nodes[:, 0]
        if int(counts.sum()) > len(ranges):
            raise self._stale("ranges belong to several targets")
        listed = ranges[_spread(nodes[:, 0], counts)]  # the ranges, in the order of targets
        lengths = listed[:, 1] - listed[:, 0]
        if int(lengths.sum()) != size:
            raise self._stale(f"it lists {int(lengths.sum())} edges, and there are {size}")
        rows = _spread(listed[:, 0], lengths)
        of_range = np.repeat(np.arange(len(nodes)), counts)
        per_target = np.bincount(of_range, weights=lengths, minlength=len(nodes)).astype(np.int64)
        starts = np.zeros(self._targets + 1, np.int64)
        used = min(len(nodes), self._targets)
        if per_target[used:].any():
            raise self._stale(f"it has edges of targets beyond the {self._targets} nodes that there are")
        starts[1 : used + 1] = np.cumsum(per_target[:used])
        starts[used + 1 :] = size
        self._check_targets(rows, np.repeat(np.arange(len(nodes)), per_target))
        in_order = bool((rows == np.arange(size)).all())
        return Sorted(starts.tolist(), None if in_order else rows)

    def _check_targets(self, rows: IntArray, wanted: IntArray) -> None:
        found = self._table.integers("target_node_id", Rows.span(0, self._table.size))
        wrong = np.flatnonzero(found[rows] != wanted)
        if len(wrong):
            there = int(found[rows[wrong[0]]])
            raise self._stale(f"for target {int(wanted[wrong[0]])} it has edges that arrive at node {there}")
        # Every edge has the target it is listed for, but one may be listed twice in place of another.
        if len(rows) and not bool(np.bincount(rows, minlength=self._table.size).all()):
            raise self._stale("it lists some edges twice, and leaves others out")

    def check_total(self) -> None:
        """Raise unless as many edges are listed as there are; in pieces, whatever their number.

        Raises
        ------
        CircuitFileError
            If there are more or fewer.
        """
        ranges = listed = filled = 0
        with self._file.reading(f"{self._table.what}, index"):
            for start in range(0, self._nodes.shape[0], _PIECE):
                nodes = as_integers(self._nodes[start : start + _PIECE])
                self._check_nodes(nodes, self._ranges.shape[0])
                ranges += int((nodes[:, 1] - nodes[:, 0]).sum())
            for start in range(0, self._ranges.shape[0], _PIECE):
                piece = as_integers(self._ranges[start : start + _PIECE])
                self._check_ranges(piece)
                listed += int((piece[:, 1] - piece[:, 0]).sum())
                filled += int((piece[:, 1] > piece[:, 0]).sum())
        if listed != self._table.size:
            raise self._stale(f"it lists {listed} edges, and there are {self._table.size}")
        if not filled <= ranges <= self._ranges.shape[0]:
            raise self._stale(f"it lists edges in {filled} ranges, and targets have {ranges}")

    def rows(self, target: int) -> IntArray:
        """Return the rows of the edges that arrive at a node, in the order of the index, shape (m,).

        Parameters
        ----------
        target
            Id of the node.

        Raises
        ------
        CircuitFileError
            If the index is of other edges than these, as far as can be seen.
        """
        if target >= self._nodes.shape[0] or not self._table.size:
            return np.empty(0, np.int64)
        with self._file.reading(f"{self._table.what}, index"):
            node = as_integers(self._nodes[target : target + 1])
        self._check_nodes(node, self._ranges.shape[0])
        first, last = node[0].tolist()
        with self._file.reading(f"{self._table.what}, index"):
            ranges = as_integers(self._ranges[first:last])
        self._check_ranges(ranges)
        lengths = ranges[:, 1] - ranges[:, 0]
        if int(lengths.sum()) > self._table.size:
            raise self._stale(f"for target {target} its ranges of edges overlap")
        rows = _spread(ranges[:, 0], lengths)
        if len(distinct(rows)) != len(rows):
            raise self._stale(f"for target {target} its ranges of edges overlap")
        beside = without(np.concatenate([ranges[:, 0] - 1, ranges[:, 1]]), rows)
        beside = beside[(beside >= 0) & (beside < self._table.size)]
        targets = self._table.integers("target_node_id", Rows(rows))
        if not bool((targets == target).all()):
            other = int(targets[targets != target][0])
            raise self._stale(f"for target {target} it has edges that arrive at node {other}")
        if bool((self._table.integers("target_node_id", Rows(beside)) == target).any()):
            raise self._stale(f"for target {target} it leaves edges out")
        return rows

    def _check_nodes(self, nodes: IntArray, count: int) -> None:
        wrong = (nodes[:, 0] < 0) | (nodes[:, 0] > nodes[:, 1]) | (nodes[:, 1] > count)
        # What has no edges may be written as a range of anything that is empty, or as -1.
        wrong &= ~((nodes[:, 0] == nodes[:, 1]) | ((nodes == -1).all(axis=1)))
        if wrong.any():
            first, last = nodes[np.flatnonzero(wrong)[0]].tolist()
            raise self._stale(f"it refers to ranges {first} to {last} of {count}")

    def _check_ranges(self, ranges: IntArray) -> None:
        wrong = (ranges[:, 0] < 0) | (ranges[:, 0] > ranges[:, 1]) | (ranges[:, 1] > self._table.size)
        if wrong.any():
            first, last = ranges[np.flatnonzero(wrong)[0]].tolist()
            raise self._stale(f"it refers to edges {first} to {last} of {self._table.size}")

    def _stale(self, why: str) -> CircuitFileError:
        return self._file.failure(
            f"{self._table.what}: the index of its edges by target (indices/target_to_source) is of other "
            f"edges than these: {why}. Remove the group 'indices' and write it anew with "
            "libsonata.EdgePopulation.write_indices"
        )


def _spread(starts: IntArray, lengths: IntArray) -> IntArray:
    """Return ``start, start + 1, ...`` of each range, one after the other."""
    total = int(lengths.sum())
    before = np.cumsum(lengths) - lengths
    return np.arange(total, dtype=np.int64) - np.repeat(before - starts, lengths)
