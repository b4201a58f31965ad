"""``MemoryCircuit``: a circuit held in memory, from arrays or tables."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar, get_args

import numpy as np

from bluecellab.circuit.access import Column, EdgePopulation, Edges, IntArray, NodePopulation
from bluecellab.circuit.arrays import EdgeColumns, NodeColumns
from bluecellab.circuit.columns import no_column
from bluecellab.circuit.config.problems import nearest
from bluecellab.circuit.matching import mask_of
from bluecellab.circuit.nodesets import NodeSets
from bluecellab.circuit.tables import node_ids
from bluecellab.errors import (
    CircuitError,
    ClosedError,
    NodeNotFoundError,
    NodeSetError,
    PopulationNotFoundError,
)
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell

__all__ = ["Cells", "EdgeColumns", "MemoryCircuit", "NodeColumns"]

_Made = TypeVar("_Made")
_FAMILIES: tuple[type, ...] = get_args(get_args(AnyCell)[0])
Cells = Mapping[CellId | str, AnyCell] | Callable[[CellId], AnyCell]
"""What builds each cell: by its id, by its population, or a function of its id."""


class _Nodes:
    """The nodes of a circuit, as its node sets ask for them."""

    def __init__(self, nodes: Mapping[str, NodeColumns]) -> None:
        self.tables = _tables(nodes, NodeColumns)
        self.node_populations: Mapping[str, NodePopulation] = {
            name: NodePopulation(name, table.kind, table.size, tuple(table.columns))
            for name, table in self.tables.items()
        }

    def table(self, population: str) -> NodeColumns:
        return _named(population, self.tables, "populations of nodes")

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        table = self.table(population)
        rows = None if ids is None else node_ids(ids, table.size, f"node population {population}")
        return _taken(table.columns, columns, rows, f"node population {population}")

    def matching(self, name: str, rule: Mapping[str, object], population: str) -> Column:
        table = self.tables[population]
        try:
            return np.flatnonzero(mask_of(rule, table.size, table.columns))
        except ValueError as error:
            raise NodeSetError(
                f"node set {name!r} cannot be matched with population {population}: {error}", name
            ) from error


class MemoryCircuit:
    """A circuit held in memory; it answers as one of files does.

    Parameters
    ----------
    nodes
        Populations of nodes by name.
    edges
        Populations of edges by name.
    node_sets
        Rules by name, as in a SONATA file of node sets.
    cells
        What builds each cell: specifications by id, or by population (all cells of it are then built
        alike), or a function of the id. They are handed out with the id asked for.
    mechanism_folders
        Folders with .mod files.
    helper_folders
        Folders in which hoc helpers of synapse models lie.

    Raises
    ------
    CircuitError
        If populations, node sets or cells are not given as they must be, cells are of nodes that do not
        exist, or a folder does not exist.
    PopulationNotFoundError, NodeNotFoundError
        If edges lead to nodes that do not exist.

    Examples
    --------
    >>> from bluecellab.spec.cells import BallStickCell
    >>> circuit = MemoryCircuit(
    ...     {"A": NodeColumns({"layer": [5, 6, 6]})},
    ...     {"A__A": EdgeColumns("A", "A", [0, 1, 0], [2, 2, 1], {"delay": [1.0, 2.0, 1.5]})},
    ...     node_sets={"deep": {"layer": 6}},
    ...     cells={"A": BallStickCell()},
    ... )
    >>> circuit.node_set("deep")
    {'A': array([1, 2])}
    >>> circuit.edges("A__A", 2).columns["delay"]
    array([1., 2.])
    """

    def __init__(
        self,
        nodes: Mapping[str, NodeColumns],
        edges: Mapping[str, EdgeColumns] | None = None,
        *,
        node_sets: Mapping[str, object] | None = None,
        cells: Cells | None = None,
        mechanism_folders: Iterable[Path | str] = (),
        helper_folders: Iterable[Path | str] = (),
    ) -> None:
        self._nodes = _Nodes(nodes)
        self._edges = _tables({} if edges is None else edges, EdgeColumns)
        self._edge_populations = {
            name: EdgePopulation(name, each.kind, each.source, each.target, each.size, tuple(each.columns))
            for name, each in self._edges.items()
        }
        self.node_set_rules = _rules({} if node_sets is None else node_sets)
        self._sets = NodeSets(self.node_set_rules, self._nodes)
        self._cells = _checked_cells({} if cells is None else cells, self._nodes.node_populations)
        self._mechanism_folders = _folders(mechanism_folders)
        self._helper_folders = _folders(helper_folders)
        self._closed = False
        for name, each in self._edges.items():
            for end, population, ids in (
                ("source", each.source, each.sources),
                ("target", each.target, each.targets),
            ):
                node_ids(
                    ids, self._nodes.table(population).size, f"edge population {name}: {end} {population}"
                )

    def __repr__(self) -> str:
        return f"<MemoryCircuit: {len(self._nodes.tables)} populations of nodes, {len(self._edges)} of edges>"

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name."""
        return MappingProxyType(self._nodes.node_populations)  # made anew: it cannot be pickled

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name."""
        return MappingProxyType(self._edge_populations)

    @property
    def node_set_names(self) -> tuple[str, ...]:
        """Names of the node sets."""
        return self._sets.names

    @property
    def mechanism_folders(self) -> tuple[Path, ...]:
        """Folders with the .mod files of its cells and synapses."""
        return self._mechanism_folders

    @property
    def helper_folders(self) -> tuple[Path, ...]:
        """Folders in which hoc helpers of synapse models may lie."""
        return self._helper_folders

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes, each of shape (n,), as copies.

        Parameters
        ----------
        population
            Theirs.
        ids
            Which nodes, in this order; all when left out.
        columns
            Which attributes; all when left out.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population, node or attribute.
        """
        self._check_open()
        return self._nodes.nodes(population, ids, columns)

    def node_set(self, name: str) -> Mapping[str, IntArray]:
        """Return the ids of a node set, sorted, for each population in which it has any.

        Raises
        ------
        NodeSetError
            If there is none of that name, or it is cyclic or wrong.
        """
        self._check_open()
        return self._sets.resolve(name)

    def edges(self, population: str, target: int, columns: Sequence[str] | None = None) -> Edges:
        """Return the edges of a population that arrive at a node, in their order.

        Parameters
        ----------
        population
            Theirs.
        target
            Id of the node.
        columns
            Which attributes; all when left out.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population, node or attribute.
        """
        self._check_open()
        table = _named(population, self._edges, "populations of edges")
        node = self._node(table.target, target)
        rows = table.rows(node)
        return Edges(
            population=self._edge_populations[population],
            target=node,
            numbers=np.arange(len(rows)),
            sources=table.sources[rows],
            columns=_taken(table.columns, columns, rows, f"edge population {population}"),
        )

    def cell(self, cell_id: CellId) -> AnyCell:
        """Return what is needed to build a cell; nothing is built.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError
            If there is no such population or node.
        CircuitError
            If it is virtual, or the circuit was not told how it is built.
        """
        self._check_open()
        population, number = _split(cell_id)
        if self._nodes.table(population).kind == "virtual":
            raise CircuitError(
                f"node population {population} is virtual: its nodes only send spikes, so that they cannot "
                "be built as cells"
            )
        identity = CellId(population, self._node(population, number))
        if callable(self._cells):
            found: AnyCell | None = self._cells(identity)
        else:
            found = self._cells.get(identity, self._cells.get(population))
        if found is None:
            raise CircuitError(
                f"this circuit does not know how cell {identity} is built; give MemoryCircuit(..., "
                f"cells=...) a specification for it, or for {population!r}"
            )
        _check_cell(found, identity)
        return found if found.id == identity else found.model_copy(update={"id": identity})

    def close(self) -> None:
        """Answer no more. Closing twice does nothing."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the circuit in memory is closed; make another")

    def _node(self, population: str, number: int) -> int:
        try:
            node = operator.index(number)
        except TypeError:
            raise NodeNotFoundError(f"a node id is a whole number, not {number!r}") from None
        size = self._nodes.table(population).size
        return int(node_ids([node], size, f"node population {population}")[0])


def _split(cell_id: object) -> tuple[str, int]:
    """Return population and id of a cell's id, however it came; the id is checked elsewhere."""
    if not isinstance(cell_id, tuple) or len(cell_id) != 2 or not isinstance(cell_id[0], str):
        raise NodeNotFoundError(f"a cell is asked for by CellId(population_name, id), not {cell_id!r}")
    return cell_id


def _tables(tables: Mapping[str, _Made], kind: type[_Made]) -> dict[str, _Made]:
    """Return populations that are what they must be."""
    wanted = f"{{name: {kind.__name__}(...)}}"
    if not isinstance(tables, Mapping):
        raise CircuitError(f"populations are given as {wanted}, not as a {type(tables).__name__}")
    for name, table in tables.items():
        if not isinstance(name, str) or not name:
            raise CircuitError(f"the name of a population is a text that is not empty, not {name!r}")
        if not isinstance(table, kind):
            raise CircuitError(f"population {name!r} is a {type(table).__name__}; it is given as {wanted}")
    return dict(tables)


def _rules(rules: Mapping[str, object]) -> dict[str, object]:
    """Return rules of node sets that nobody else can change."""
    if not isinstance(rules, Mapping) or not all(isinstance(name, str) for name in rules):
        raise CircuitError("node sets are given as {name: rule}, as in a SONATA file of node sets")
    return copy.deepcopy(dict(rules))


def _checked_cells(cells: Cells, populations: Mapping[str, NodePopulation]) -> Cells:
    """Return what builds cells, if it is of cells that there are."""
    if callable(cells):
        return cells
    if not isinstance(cells, Mapping):
        kind = type(cells).__name__
        raise CircuitError(
            f"cells are given as {{id or population: specification}} or a function, not {kind}"
        )
    for key, cell in cells.items():
        population, number = (key, 0) if isinstance(key, str) else _split(key)
        known = _named(population, populations, "populations of nodes")
        if known.virtual:
            raise CircuitError(
                f"node population {population} is virtual: it cannot have a cell as {key!r} is"
            )
        if not isinstance(key, str):
            node_ids([number], known.size, f"cells: node population {population}")
        _check_cell(cell, key)
    return dict(cells)


def _check_cell(cell: object, what: object) -> None:
    if not isinstance(cell, _FAMILIES):
        families = ", ".join(family.__name__ for family in _FAMILIES)
        raise CircuitError(f"cell {what} is given as {type(cell).__name__}; there are {families}")


def _named(name: str, known: Mapping[str, _Made], what: str) -> _Made:
    if name not in known:
        raise PopulationNotFoundError(
            f"the circuit has no population {name!r}; {nearest(str(name), known, what)}", name
        )
    return known[name]


def _taken(
    table: Mapping[str, Column], names: Sequence[str] | None, rows: IntArray | None, what: str
) -> dict[str, Column]:
    for name in names or ():
        if name not in table:
            raise no_column(name, what, table)
    wanted = table if names is None else names
    return {name: table[name].copy() if rows is None else table[name][rows] for name in wanted}


def _folders(paths: Iterable[Path | str]) -> tuple[Path, ...]:
    folders = tuple(Path(path).absolute() for path in paths)
    for folder in folders:
        if not folder.is_dir():
            raise CircuitError(f"there is no folder {folder}")
    return folders
