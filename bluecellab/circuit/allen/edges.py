"""Populations of edges of the Allen dialect: kept whole in the order of their targets, where they fit."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, EdgePopulation, Edges, IntArray
from bluecellab.circuit.allen.index import EdgeIndex, Sorted
from bluecellab.circuit.allen.merged import MergedTable, Where
from bluecellab.circuit.allen.nodes import NodesTable
from bluecellab.circuit.columns import Rows
from bluecellab.circuit.tables import node_ids
from bluecellab.errors import NodeNotFoundError

__all__ = ["EdgesTable"]

Scalar = TypeVar("Scalar", bound=np.generic)

_KEPT = 2**23
"""Edges of a population up to which its columns are kept in memory, if all targets are asked for."""
_AT_ONCE = 2**18
"""Edges up to which they are kept from the first one that is asked for."""
_FEW = 64
"""Targets that are asked for before those of a population between the two are kept."""


class _Kept:
    """All edges of a population in the order of their targets.

    Parameters
    ----------
    table
        The population.
    index
        Its index.
    nodes
        The populations that edges come from, and arrive at.
    """

    def __init__(self, table: MergedTable, index: EdgeIndex, nodes: tuple[NodesTable, NodesTable]) -> None:
        self._table = table
        self._rows = Rows.span(0, table.size)
        self.sorted: Sorted = index.sorted()
        self._where: Where | None = None
        self.sources = self._arranged(table.integers("source_node_id", self._rows))
        _check_ends(table, nodes, self.sources, np.flatnonzero(np.diff(self.sorted.starts)))
        self.numbers = np.arange(max(np.diff(self.sorted.starts), default=0), dtype=np.int64)
        self.numbers.flags.writeable = False
        self._types: IntArray | None = None
        self._columns: dict[str, Column] = {}
        self._of_types: dict[str, Column] = {}

    def _arranged(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        order = self.sorted.order
        made = values if order is None else values[order]
        made.flags.writeable = False
        return made

    def add(self, name: str) -> None:
        """Read a column; one that is of types alone is kept as that."""
        if self._where is None:
            self._where = self._table.where(self._rows)
            self._types = self._arranged(self._where.types)
        of_types = self._table.of_types(name)
        if of_types is not None:
            self._of_types[name] = of_types
        else:
            self._columns[name] = self._arranged(self._table.read(self._where, self._rows, [name])[name])

    def read(self, first: int, last: int, names: Sequence[str]) -> dict[str, Column]:
        """Return columns of the edges from first to before last in this order."""
        columns, of_types = self._columns, self._of_types
        types = None
        found: dict[str, Column] = {}
        for name in names:
            if name in columns:
                found[name] = columns[name][first:last]
                continue
            if name not in of_types:
                self.add(name)
                if name in columns:
                    found[name] = columns[name][first:last]
                    continue
            if types is None:
                assert self._types is not None
                types = self._types[first:last]
            found[name] = of_types[name][types]
        return found


class EdgesTable:
    """A population of edges.

    Parameters
    ----------
    table
        Its columns.
    name
        Its name.
    nodes
        Populations of nodes by name.

    Raises
    ------
    CircuitFileError
        If the file is damaged, or edges connect populations that are not there.
    """

    def __init__(self, table: MergedTable, name: str, nodes: Mapping[str, NodesTable]) -> None:
        self.file = table.file
        self.table = table
        source, target = (self._end(end, nodes) for end in ("source", "target"))
        self.population = EdgePopulation(name, "chemical", source, target, self.table.size, self.table.names)
        self._sources, self._receivers = nodes[source], nodes[target]
        self._targets = self._receivers.population.size
        self._columns = self.table.names
        self._known = frozenset(self._columns)
        self._kept: _Kept | None = None
        self._asked = 0
        self._between: tuple[int, int] | None = None  # targets that have been asked for
        self._index: EdgeIndex | None = None

    def _end(self, end: str, nodes: Mapping[str, NodesTable]) -> str:
        path = f"{self.table.root}/{end}_node_id"
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
        if found not in nodes:
            raise self.file.failure(
                f"{self.table.what} has {found!r} as {end}, which the circuit does not have; its populations "
                f"of nodes are: {', '.join(nodes) or 'none'}. Add its file to networks.nodes, or leave these "
                "edges out"
            )
        return found

    def arriving(self, target: int, columns: Sequence[str] | None) -> Edges:
        """Return the edges that arrive at a node, in the order of the index.

        Parameters
        ----------
        target
            Id of the node.
        columns
            Which columns; all when left out.

        Raises
        ------
        NodeNotFoundError, ColumnError
            If there is no such node or column.
        CircuitFileError
            If the file is damaged, or its index is missing or stale.
        """
        try:
            node = operator.index(target)
        except TypeError:
            raise NodeNotFoundError(f"a node id is a whole number, not {target!r}") from None
        if not 0 <= node < self._targets:
            node_ids([node], self._targets, f"node population {self.population.target}")
        names = self._columns if columns is None else columns
        if not self._known.issuperset(names):
            self.table.check(names)
        kept = self._kept
        if kept is None:
            if self.table.size > self._most(node):
                return self._read(node, names)
            kept = self._kept = _Kept(self.table, self.index(), (self._sources, self._receivers))
        starts = kept.sorted.starts
        first, last = starts[node], starts[node + 1]
        return Edges(
            self.population,
            node,
            kept.numbers[: last - first],
            kept.sources[first:last],
            kept.read(first, last, names),
        )

    def _most(self, node: int) -> int:
        """Return how many edges may be kept, now that those of another node are asked for.

        Who asks for one target of four, as each of four ranks does, keeps a fourth of what one may who asks
        for all: so the memory of all of them together does not grow with their number.
        """
        self._asked += 1
        low, high = self._between or (node, node)
        self._between = low, high = min(low, node), max(high, node)
        if self._asked <= _FEW:
            return _AT_ONCE
        return max(_AT_ONCE, int(_KEPT * min(1.0, self._asked / (high - low + 1))))

    def index(self) -> EdgeIndex:
        """Return its index.

        Raises
        ------
        CircuitFileError
            If there is none.
        """
        if self._index is None:
            index = EdgeIndex(self.table, self._targets)
            if self.table.size > _AT_ONCE:  # otherwise all of it is checked when it is read
                index.check_total()
            self._index = index
        return self._index

    def _read(self, node: int, names: Sequence[str]) -> Edges:
        """Return edges of a population that is too large to be kept."""
        rows = Rows(self.index().rows(node))
        sources = self.table.integers("source_node_id", rows)
        targets = np.full(min(len(sources), 1), node)
        _check_ends(self.table, (self._sources, self._receivers), sources, targets)
        return Edges(
            population=self.population,
            target=node,
            numbers=np.arange(len(rows.wanted), dtype=np.int64),
            sources=sources,
            columns=self.table.read(self.table.where(rows), rows, names),
        )


def _check_ends(
    table: MergedTable, nodes: tuple[NodesTable, NodesTable], sources: IntArray, targets: IntArray
) -> None:
    """Refuse edges from or to nodes that there are not."""
    if len(sources) and sources.min() < 0:
        raise table.file.failure(f"{table.what} comes from node {int(sources.min())}; the file is damaged")
    for whose, ids, way in zip(nodes, (sources, targets), ("comes from", "arrives at"), strict=True):
        wrong = whose.missing(ids)
        if wrong is not None:
            raise table.file.failure(
                f"{table.what} {way} node {wrong}, which population {whose.population.name} does not have; "
                "the file is damaged, or the nodes are of another circuit"
            )
