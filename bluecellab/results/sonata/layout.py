"""Which column of a report belongs to which node and element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError

__all__ = ["IntArray", "ReportLayout"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ReportLayout:
    """The columns of one population of a report.

    Parameters
    ----------
    node_ids
        Ascending, shape (n_nodes,).
    index_pointers
        Columns of node *i* are ``index_pointers[i]`` to ``index_pointers[i + 1]``, the last excluded; shape
        (n_nodes + 1,).
    element_ids
        Section id, or number of the synapse, of each column, ascending within a node; shape (n_elements,).

    Raises
    ------
    ReportError
        If they do not fit each other.
    """

    node_ids: IntArray
    index_pointers: IntArray
    element_ids: IntArray

    def __post_init__(self) -> None:
        nodes, pointers = np.asarray(self.node_ids), np.asarray(self.index_pointers)
        if (
            len(pointers) != len(nodes) + 1
            or pointers[0] != 0
            or pointers[-1] != len(self.element_ids)
            or (np.diff(pointers) < 0).any()
            or (np.diff(nodes) <= 0).any()
        ):
            raise ReportError(
                f"{len(nodes)} nodes, {len(pointers)} index pointers and {len(self.element_ids)} elements "
                "make no report: nodes are ascending and unique; pointers go from 0 to the number of elements"
            )

    @classmethod
    def of_columns(cls, nodes: npt.ArrayLike, elements: npt.ArrayLike) -> ReportLayout:
        """Return the layout of columns, from the node and the element of each; nodes are ascending.

        Examples
        --------
        >>> ReportLayout.of_columns([3, 3, 8], [0, 1, 0]).index_pointers
        array([0, 2, 3])
        """
        columns = np.asarray(nodes, dtype=np.int64)
        node_ids, counts = np.unique(columns, return_counts=True)
        pointers = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        if (np.diff(columns) < 0).any():
            raise ReportError("columns of a report are in the order of their nodes")
        return cls(node_ids, pointers, np.asarray(elements, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.element_ids)

    @property
    def nodes(self) -> IntArray:
        """The node of each column, shape (n_elements,)."""
        return np.repeat(self.node_ids, np.diff(self.index_pointers))

    def columns_of(self, node: int) -> slice:
        """Return the columns of a node.

        Raises
        ------
        ReportError
            If it has none.
        """
        place = int(np.searchsorted(self.node_ids, node))
        if place == len(self.node_ids) or self.node_ids[place] != node:
            there = ", ".join(map(str, self.node_ids[:5].tolist())) or "no node"
            more = f" and {len(self.node_ids) - 5} more" if len(self.node_ids) > 5 else ""
            raise ReportError(f"the report has no node {node}; it has {there}{more}")
        return slice(int(self.index_pointers[place]), int(self.index_pointers[place + 1]))
