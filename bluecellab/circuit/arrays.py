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
        If attributes are not of one length, or neither numbers nor texts, or the size makes no sense.

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
        given = None if size is None else _size(size)
        self.columns = _columns({} if columns is None else columns, given, "nodes")
        if given is None and not self.columns:
            raise CircuitError("nodes without attributes need their number: size=...")
        self.size = len(next(iter(self.columns.values()))) if given is None else given
        self.kind = _text(kind, "the kind of nodes")

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
        If arrays are not of one length, ids are no whole numbers or missing, or attributes neither numbers
        nor texts.

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
        self.source, self.target = _text(source, "the source of edges"), _text(target, "the target of edges")
        self.kind = _text(kind, "the kind of edges")
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


def _size(size: int) -> int:
    try:
        number = operator.index(size)
    except TypeError:
        raise CircuitError(f"the number of nodes is a whole number, not {size!r}") from None
    if number < 0:
        raise CircuitError(f"the number of nodes cannot be {number}")
    return number


def _text(value: str, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise CircuitError(f"{what} is a text that is not empty, not {value!r}")
    return value


def _array(values: npt.ArrayLike, what: str) -> Column:
    """Return a copy."""
    try:
        return np.array(values)
    except (TypeError, ValueError) as error:
        raise CircuitError(f"{what}: no array can be made of it: {error}") from error


def _columns(
    columns: Mapping[str, npt.ArrayLike] | pd.DataFrame, size: int | None, what: str
) -> dict[str, Column]:
    """Return attributes as arrays of our own, which nobody can write to."""
    if not hasattr(columns, "items"):
        kind = type(columns).__name__
        raise CircuitError(f"{what}: attributes are a mapping or a table, {{name: values}}, not a {kind}")
    found: dict[str, Column] = {}
    for name, values in columns.items():
        if not isinstance(name, str) or not name:
            raise CircuitError(f"{what}: the name of an attribute is a text that is not empty, not {name!r}")
        if name in found:  # tables may have such
            raise CircuitError(f"{what}: there are two attributes {name!r}")
        attribute = f"{what}: attribute {name!r}"
        array = _array(values, attribute)
        if array.dtype.kind in "OS":
            if not all(isinstance(value, str) for value in array.ravel().tolist()):
                raise CircuitError(f"{attribute} has something that is neither number nor text")
            array = array.astype(np.str_)
        if array.dtype.kind not in "iufbU":
            raise CircuitError(f"{attribute} has {array.dtype}, neither numbers nor texts")
        if array.ndim != 1 or (size is not None and len(array) != size):
            wanted = "(n,)" if size is None else f"({size},)"
            raise CircuitError(f"{attribute} has the shape {array.shape}, not {wanted}")
        size = len(array)
        array.flags.writeable = False
        found[name] = array
    return found


def _ids(values: npt.ArrayLike, what: str) -> IntArray:
    array = _array(values, f"{what} of edges")
    if array.dtype.kind == "f" and np.isnan(array).any():
        missing = int(np.isnan(array).sum())
        raise CircuitError(f"{what} of edges are ids of nodes; {missing} of {array.size} are NaN")
    if array.ndim != 1 or (len(array) and array.dtype.kind not in "iu"):
        found = f"{array.dtype} of shape {array.shape}"
        raise CircuitError(f"{what} of edges are ids of nodes: whole numbers of shape (n,), not {found}")
    if len(array) and int(array.max()) >= 2**63:
        raise CircuitError(f"{what} of edges: there is no node {int(array.max())}")
    ids = array.astype(np.int64)
    ids.flags.writeable = False
    return ids
