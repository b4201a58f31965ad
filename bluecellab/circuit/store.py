"""The open files of a circuit: tables of its populations, each opened when it is first asked for.

Nothing in here refers back to who asks, so that dropping a circuit closes its files at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from bluecellab.circuit.access import Column, EdgePopulation, IntArray, NodePopulation
from bluecellab.circuit.components import Layout, PopulationFile
from bluecellab.circuit.config.problems import nearest
from bluecellab.circuit.opened import OpenedFiles
from bluecellab.circuit.tables import EdgeTable, NodeTable
from bluecellab.errors import (
    BluecellabError,
    NodeSetError,
    PopulationNotFoundError,
)

if TYPE_CHECKING:
    import libsonata

__all__ = ["Store"]

Made = TypeVar("Made")


class _Lazy(Mapping[str, Made], Generic[Made]):
    """A mapping whose names are known and whose values are made when asked for."""

    def __init__(self, names: Sequence[str], make: Callable[[str], Made]) -> None:
        self._names = tuple(names)
        self._make = make

    def __getitem__(self, name: str) -> Made:
        if name not in self._names:
            raise KeyError(name)
        return self._make(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{', '.join(self._names)}>"


class Store(OpenedFiles):
    """The files of a circuit and the tables in them.

    Parameters
    ----------
    layout
        What the configuration says.
    confine_to
        A folder that no file may be outside of.
    """

    def __init__(self, layout: Layout, confine_to: str | None) -> None:
        super().__init__(layout.path, confine_to)
        self.layout = layout
        self._node_tables: dict[str, NodeTable] = {}
        self._edge_tables: dict[str, EdgeTable] = {}
        self._sonata: dict[str, libsonata.NodePopulation] = {}

    def close(self) -> None:
        """Let go of all files. Closing twice does nothing."""
        self._sonata.clear()
        super().close()

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name, in the order of the configuration."""
        return _Lazy(tuple(self.layout.nodes), lambda name: self.node_table(name).population)

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name, in the order of the configuration."""
        return _Lazy(tuple(self.layout.edges), lambda name: self.edge_table(name).population)

    def node_table(self, name: str) -> NodeTable:
        """Return a population of nodes.

        Raises
        ------
        PopulationNotFoundError
            If there is none of that name.
        """
        self.check_open()
        if name not in self._node_tables:
            entry = _entry(name, self.layout.nodes, "populations of nodes")
            self._node_tables[name] = NodeTable(self.file(entry.file), name, entry.kind)
        return self._node_tables[name]

    def edge_table(self, name: str) -> EdgeTable:
        """Return a population of edges.

        Raises
        ------
        PopulationNotFoundError
            If there is none of that name.
        """
        self.check_open()
        if name not in self._edge_tables:
            entry = _entry(name, self.layout.edges, "populations of edges")
            self._edge_tables[name] = EdgeTable(self.file(entry.file), name, entry.kind)
        return self._edge_tables[name]

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes, each of shape (n,); enumerations as texts."""
        return self.node_table(population).read(ids, columns)

    def matching(self, name: str, rule: Mapping[str, object], population: str) -> Column:
        """Return the ids of the nodes of a population that the rule of a set is about.

        Raises
        ------
        NodeSetError
            If libsonata cannot match it.
        """
        import libsonata

        try:
            sets = libsonata.NodeSets(json.dumps({name: rule}))
            return np.asarray(sets.materialize(name, self._sonata_nodes(population)).flatten())
        except (libsonata.SonataError, RuntimeError, ValueError, TypeError, IndexError, MemoryError) as error:
            if isinstance(error, BluecellabError):
                raise
            raise NodeSetError(
                f"node set {name!r} cannot be matched with population {population}: {error}", name
            ) from error

    def _sonata_nodes(self, population: str) -> libsonata.NodePopulation:
        import libsonata

        table = self.node_table(population)
        if population not in self._sonata:
            with table.file.reading(f"node population {population}"):
                try:
                    storage = libsonata.NodeStorage(table.file.path)
                    self._sonata[population] = storage.open_population(population)
                except libsonata.SonataError as error:
                    raise table.file.failure(f"node population {population}: {error}") from error
        return self._sonata[population]


def _entry(name: object, known: Mapping[str, PopulationFile], what: str) -> PopulationFile:
    if isinstance(name, str) and name in known:
        return known[name]
    raise PopulationNotFoundError(
        f"the circuit has no population {name!r}; {nearest(str(name), known, what)}", str(name)
    )
