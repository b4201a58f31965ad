"""The open files of a circuit of the Allen dialect, and the populations in them, in the order of loading."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from bluecellab.circuit.access import EdgePopulation, NodePopulation
from bluecellab.circuit.allen.edges import EdgesTable
from bluecellab.circuit.allen.merged import MergedTable
from bluecellab.circuit.allen.nodes import NodesTable
from bluecellab.circuit.allen.types import TypeTable, read_types
from bluecellab.circuit.config.problems import nearest
from bluecellab.circuit.opened import OpenedFiles
from bluecellab.errors import CircuitFileError, PopulationNotFoundError
from bluecellab.spec.allen import AllenLayout, EdgesFile

__all__ = ["AllenFiles"]

Made = TypeVar("Made")


class AllenFiles(OpenedFiles):
    """The files of a circuit and the tables in them.

    Nothing in here refers back to who asks, so that dropping a circuit closes its files at once.

    Parameters
    ----------
    layout
        What the configuration says.
    confine_to
        A folder that no file may be outside of.
    """

    def __init__(self, layout: AllenLayout, confine_to: str | None) -> None:
        super().__init__(layout.path, confine_to)
        self.layout = layout
        self._types: dict[tuple[str, str], TypeTable] = {}
        self._nodes: dict[str, NodesTable] | None = None
        self._edges: dict[str, tuple[EdgesFile, str]] | None = None
        self._edge_tables: dict[str, EdgesTable] = {}
        self._edge_populations: Mapping[str, EdgePopulation] | None = None
        self._node_populations: Mapping[str, NodePopulation] | None = None
        self._offsets: Mapping[str, int] | None = None

    def close(self) -> None:
        """Let go of all files. Closing twice does nothing."""
        self._nodes = None
        self._edge_tables.clear()
        super().close()

    def _types_of(self, path: str | None, id_column: str) -> TypeTable:
        if path is None:
            return TypeTable("", np.empty(0, np.int64), {})
        if (path, id_column) not in self._types:
            self.refuse_leaving(path)
            self._types[path, id_column] = read_types(path, id_column)
        return self._types[path, id_column]

    def _names(self, path: str, kind: str) -> tuple[str, ...]:
        """Return the populations of a file, in the order of the alphabet."""
        names = self.file(path).names(kind)
        if not names:
            raise self.file(path).failure(f"has no populations of {kind}; it is no SONATA file of {kind}")
        return names

    def node_tables(self) -> Mapping[str, NodesTable]:
        """Return all populations of nodes by name, in the order of loading.

        Raises
        ------
        CircuitFileError
            If a file is missing or damaged, or two populations have one name.
        """
        self.check_open()
        if self._nodes is None:
            found: dict[str, NodesTable] = {}
            for entry in self.layout.nodes:
                for name in self._names(entry.nodes_file, "nodes"):
                    _refuse_twice(name, found, entry.nodes_file)
                    types = self._types_of(entry.node_types_file, "node_type_id")
                    found[name] = NodesTable(self.file(entry.nodes_file), name, types)
            self._nodes = found
        return self._nodes

    def node_table(self, name: str) -> NodesTable:
        """Return a population of nodes.

        Raises
        ------
        PopulationNotFoundError
            If there is none of that name.
        """
        return _named(name, self.node_tables(), "populations of nodes")

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name, in the order of loading."""
        if self._node_populations is None:
            made = {name: table.population for name, table in self.node_tables().items()}
            self._node_populations = made
        return MappingProxyType(self._node_populations)

    @property
    def offsets(self) -> Mapping[str, int]:
        """The global id of the first node of each population."""
        if self._offsets is None:
            offset, found = 0, {}
            for name, population in self.node_populations.items():
                found[name] = offset
                offset += population.size
            self._offsets = found
        return MappingProxyType(self._offsets)

    def _edge_files(self) -> Mapping[str, tuple[EdgesFile, str]]:
        """Return where each population of edges is, and its name there, in the order of loading.

        A name that several files use gets a number from the second one on.
        """
        self.check_open()
        if self._edges is None:
            found: dict[str, tuple[EdgesFile, str]] = {}
            for number, entry in enumerate(self.layout.edges):
                if entry in self.layout.edges[:number]:
                    raise CircuitFileError(
                        f"{entry.edges_file} is named twice in networks.edges, which would double its "
                        "synapses; remove one",
                        entry.edges_file,
                    )
                for name in self._names(entry.edges_file, "edges"):
                    same = sum(inside == name for _, inside in found.values())
                    found[f"{name}#{same + 1}" if same else name] = (entry, name)
            self._edges = found
        return self._edges

    def edge_table(self, name: str) -> EdgesTable:
        """Return a population of edges.

        Raises
        ------
        PopulationNotFoundError
            If there is none of that name.
        CircuitFileError
            If its file is damaged, or its ends are not there.
        """
        table = self._edge_tables.get(name)
        if table is None:
            entry, inside = _named(name, self._edge_files(), "populations of edges")
            types = self._types_of(entry.edge_types_file, "edge_type_id")
            merged = MergedTable(self.file(entry.edges_file), f"edges/{inside}", types)
            table = EdgesTable(merged, name, self.node_tables())
            self._edge_tables[name] = table
        return table

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name, in the order of loading."""
        if self._edge_populations is None:
            made = {name: self.edge_table(name).population for name in self._edge_files()}
            self._edge_populations = made
        return MappingProxyType(self._edge_populations)


def _refuse_twice(name: str, found: Mapping[str, object], path: str) -> None:
    if name in found:
        raise CircuitFileError(
            f"{path}: there is a population {name!r} already, in this file or in another one; names of "
            "populations must differ",
            path,
        )


def _named(name: object, known: Mapping[str, Made], what: str) -> Made:
    if isinstance(name, str) and name in known:
        return known[name]
    raise PopulationNotFoundError(
        f"the circuit has no population {name!r}; {nearest(str(name), known, what)}", str(name)
    )
