"""Populations of nodes and edges in memory, checked once."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, IntArray
from bluecellab.errors import CircuitError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EdgeColumns", "NodeColumns"]


class NodeColumns:
    """A population of nodes in memory.

    Parameters
    ----------
    columns
        Attributes, each of shape (n,); those of dynamics as ``"@dynamics:threshold_current"``. Also a
        pandas table.
    kind
        SONATA's ``type``: ``"biophysical"``, ``"virtual"``, ``"point_neuron"``, ...
    size
        Number of nodes; needed when there are no attributes.

    Raises
    ------
    CircuitError
        If attributes are not of one length, or neither numbers nor texts.

    Examples
    --------
    >>> NodeColumns({"mtype": ["L5_TPC", "L6_BC"]}).size
    2
    """

    def __init__(
        self,
        columns: Mapping[str, npt.ArrayLike] | pd.DataFrame | None = None,
        kind: str = "biophysical",
        *,
        size: int | None = None,
    ) -> None:
        self.columns = _columns({} if columns is None else columns, size, "nodes")
        if size is None and not self.columns:
            raise CircuitError("nodes without attributes need their number: size=...")
        self.size = len(next(iter(self.columns.values()))) if size is None else operator.index(size)
        self.kind = kind

    def __repr__(self) -> str:
        return f"<{self.size} {self.kind} nodes: {', '.join(self.columns)}>"


class EdgeColumns:
    """A population of edges in memory.

    Parameters
    ----------
    source, target
        Names of the populations of nodes that it connects.
    sources, targets
        Ids of the nodes at both ends, shape (n,). The edges that arrive at a node are numbered in the
        order in which they stand here.
    columns
        Attributes, each of shape (n,). Also a pandas table.
    kind
        SONATA's ``type``: ``"chemical"``, ``"electrical"``, ``"Exp2Syn_synapse"``, ...

    Raises
    ------
    CircuitError
        If arrays are not of one length, ids are no whole numbers, or attributes neither numbers nor texts.

    Examples
    --------
    >>> EdgeColumns("A", "B", [0, 1, 1], [2, 0, 2], {"delay": [1.0, 2.0, 1.5]}).size
    3
    """

    def __init__(
        self,
        source: str,
        target: str,
        sources: npt.ArrayLike,
        targets: npt.ArrayLike,
        columns: Mapping[str, npt.ArrayLike] | pd.DataFrame | None = None,
        kind: str = "chemical",
    ) -> None:
        self.source, self.target, self.kind = source, target, kind
        self.sources, self.targets = _ids(sources, "sources"), _ids(targets, "targets")
        self.size = len(self.sources)
        if len(self.targets) != self.size:
            raise CircuitError(f"edges have {self.size} sources and {len(self.targets)} targets")
        self.columns = _columns({} if columns is None else columns, self.size, "edges")
        self._order = np.argsort(self.targets, kind="stable")
        self._sorted = self.targets[self._order]

    def __repr__(self) -> str:
        return f"<{self.size} {self.kind} edges from {self.source} to {self.target}>"

    def rows(self, target: int) -> IntArray:
        """Return the rows of the edges that arrive at a node, ascending, shape (m,)."""
        first, last = np.searchsorted(self._sorted, [target, target + 1])
        return self._order[first:last].astype(np.int64)


def _columns(
    columns: Mapping[str, npt.ArrayLike] | pd.DataFrame, size: int | None, what: str
) -> dict[str, Column]:
    """Return attributes as arrays of our own."""
    found: dict[str, Column] = {}
    for name, values in columns.items():
        array: Column = np.array(values)
        if array.dtype.kind in "OS":
            if not all(isinstance(value, str) for value in array.tolist()):
                raise CircuitError(
                    f"{what}: attribute {name!r} has something that is neither number nor text"
                )
            array = array.astype(np.str_)
        if array.dtype.kind not in "iufbU":
            raise CircuitError(f"{what}: attribute {name!r} has {array.dtype}, neither numbers nor texts")
        size = len(array) if size is None and array.ndim == 1 else size
        if array.shape != (size,):
            raise CircuitError(f"{what}: attribute {name!r} has the shape {array.shape}, not ({size},)")
        found[str(name)] = array
    return found


def _ids(values: npt.ArrayLike, what: str) -> IntArray:
    array = np.array(values)
    if array.ndim != 1 or (len(array) and array.dtype.kind not in "iu"):
        raise CircuitError(f"{what} of edges are a list of whole numbers, not {values!r}")
    return array.astype(np.int64)
