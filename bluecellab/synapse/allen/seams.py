"""What synapses of the Allen dialect need of a circuit, and of a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, EdgePopulation, Edges, NodePopulation
from bluecellab.synapse.allen.gaps import GapNumbers

__all__ = ["Activity", "AllenEdges"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class AllenEdges(Protocol):
    """What synapses need of a circuit; an :class:`~bluecellab.circuit.allen.AllenCircuit` has it."""

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name, in the order of loading."""

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name, in the order in which they are built."""

    @property
    def offsets(self) -> Mapping[str, int]:
        """The global id of node 0 of each population."""

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes, each of shape (n,)."""

    def node(self, population: str, node: int) -> Mapping[str, object]:
        """Return all attributes of one node as plain values."""

    def virtual_nodes(self, population: str) -> IntArray:
        """Return the ids of the nodes of a population that are virtual."""

    def edges(self, population: str, target: int) -> Edges:
        """Return the edges of a population that arrive at a node."""

    def gap_junctions(self, population: str) -> GapNumbers | None:
        """Return numbers of the ends of the gap junctions within a population."""

    def component_file(self, component: str, name: str, what: str) -> str:
        """Return the absolute path of a file in the folders of a component."""


@dataclass(frozen=True, eq=False)
class Activity:
    """``syn_activity``: some synapses between cells are driven, and the others are silenced.

    Parameters
    ----------
    times
        When, in ms, shape (n,).
    sources, targets
        Ids of the cells on either side, by population; all when None.
    """

    times: FloatArray
    sources: Mapping[str, IntArray] | None = None
    targets: Mapping[str, IntArray] | None = None

    def of(self, population: EdgePopulation, target: int, sources: IntArray) -> BoolArray:
        """Return which synapses of a cell are driven, by the nodes that they come from, shape (n,)."""
        if self.targets is not None and target not in self.targets.get(population.target, ()):
            return np.zeros(len(sources), dtype=bool)
        if self.sources is None:
            return np.ones(len(sources), dtype=bool)
        return np.isin(sources, self.sources.get(population.source, ()))
