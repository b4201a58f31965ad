"""The seam between circuits and simulations: what every source of circuits answers, in columns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell

__all__ = [
    "CircuitAccess",
    "Column",
    "CompartmentSet",
    "EdgePopulation",
    "Edges",
    "IntArray",
    "NodePopulation",
    "population_number",
]

Column = npt.NDArray[np.generic]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NodePopulation:
    """A population of nodes.

    Parameters
    ----------
    name
        Its name.
    kind
        SONATA's ``type``: ``"biophysical"``, ``"virtual"``, ``"point_neuron"``, ...
    size
        Number of nodes; their ids are 0 to size - 1.
    columns
        Names of their attributes; those of dynamics as ``"@dynamics:threshold_current"``.
    """

    name: str
    kind: str
    size: int
    columns: tuple[str, ...] = ()

    @property
    def virtual(self) -> bool:
        """Whether its nodes only send spikes."""
        return self.kind == "virtual"


@dataclass(frozen=True)
class EdgePopulation:
    """A population of edges.

    Parameters
    ----------
    name
        Its name.
    kind
        SONATA's ``type``: ``"chemical"``, ``"electrical"``, ``"neuromodulatory"``, ``"Exp2Syn_synapse"``,
        ``"point_process"``, ...
    source, target
        Names of the populations of nodes that it connects.
    size
        Number of edges.
    columns
        Names of their attributes.
    """

    name: str
    kind: str
    source: str
    target: str
    size: int
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Edges:
    """Edges of one population that arrive at one node, in the order of their ids.

    Parameters
    ----------
    population
        Theirs.
    target
        Id of the node.
    numbers
        Number of each edge among all that arrive at the node, shape (n,): 0, 1, 2, ... It stays with an
        edge when others are left out, and is part of its random streams (the ``sid`` of simulators).
    sources
        Ids of the nodes they come from, shape (n,).
    columns
        Their attributes by SONATA's name, each of shape (n,).
    """

    population: EdgePopulation
    target: int
    numbers: IntArray
    sources: IntArray
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, chosen: npt.NDArray[np.bool_] | IntArray) -> Edges:
        """Return some of them, by a mask or by positions; they keep their numbers."""
        return Edges(
            self.population,
            self.target,
            self.numbers[chosen],
            self.sources[chosen],
            {name: values[chosen] for name, values in self.columns.items()},
        )


@dataclass(frozen=True, eq=False)
class CompartmentSet:
    """Places on the cells of one population, sorted and unique.

    Parameters
    ----------
    population
        Theirs.
    nodes
        Node ids, shape (n,).
    sections
        SONATA section ids, shape (n,); or names of sections.
    offsets
        Positions along them, 0 to 1, shape (n,).
    """

    population: str
    nodes: IntArray
    sections: tuple[int | str, ...]
    offsets: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.nodes)


@runtime_checkable
class CircuitAccess(Protocol):
    """What a simulation needs to know of a circuit. Nothing is read before it is asked for.

    A new source of circuits implements this and passes the suite of :mod:`bluecellab.testing`.
    """

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name."""

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name."""

    @property
    def node_set_names(self) -> tuple[str, ...]:
        """Names of the node sets."""

    @property
    def mechanism_folders(self) -> tuple[Path, ...]:
        """Folders with the .mod files of its cells and synapses; those that exist."""

    @property
    def helper_folders(self) -> tuple[Path, ...]:
        """Folders in which hoc helpers of synapse models may lie."""

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes.

        Parameters
        ----------
        population
            Theirs.
        ids
            Which nodes, shape (n,), in this order; all when left out.
        columns
            Which attributes; all when left out. An attribute that the population does not have is an error.

        Returns
        -------
        Mapping
            Each of shape (n,); enumerations are resolved to text.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population, node or attribute.
        """

    def node_set(self, name: str) -> Mapping[str, IntArray]:
        """Return the ids of a node set, sorted, for each population in which it has any.

        Raises
        ------
        NodeSetError
            If there is none of that name, or it is cyclic or wrong.
        """

    def edges(self, population: str, target: int, columns: Sequence[str] | None = None) -> Edges:
        """Return the edges of a population that arrive at a node, in the order of their ids.

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
        CircuitFileError
            If the file is damaged, or its index is missing or stale.
        """

    def cell(self, cell_id: CellId) -> AnyCell:
        """Return what is needed to build a cell; nothing is built.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population or node, or it lacks an attribute that is needed.
        CircuitError
            If nodes of this population are no cells, or of a kind that is not known.
        """

    def close(self) -> None:
        """Let go of all files."""


def population_number(name: str) -> int:
    """Return the number of a population, 0 to 4095, that is part of the random streams of its synapses.

    It is made of the first twelve bits of the MD5 digest of the name.

    Examples
    --------
    >>> population_number("NodeA"), population_number("NodeB")
    (4058, 1761)
    """
    digest = hashlib.md5(name.encode(), usedforsecurity=False).digest()
    return ((digest[1] & 0x0F) << 8) + digest[0]
