"""``AllenSynapses``: all synapses of a simulation of a circuit of the Allen dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, EdgePopulation, Edges, NodePopulation
from bluecellab.errors import CircuitWarning, SynapseError, warn
from bluecellab.nrn.scope import Scope
from bluecellab.spec.base import CellId
from bluecellab.synapse import gids
from bluecellab.synapse.allen.making import Maker
from bluecellab.synapse.allen.models import DynamicsFiles
from bluecellab.synapse.allen.placing import Target
from bluecellab.synapse.allen.quick import QuickEvents
from bluecellab.synapse.allen.segments import SegmentTables
from bluecellab.synapse.allen.weights import Nodes, Weights
from bluecellab.synapse.conditions import Receiver, SynapseConditions
from bluecellab.synapse.group import SynapseGroup
from bluecellab.synapse.handle import Connection
from bluecellab.synapse.replay import SpikeSource

__all__ = ["AllenEdges", "AllenSynapses"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Trains = Mapping[CellId, FloatArray]

_GAP = "is_gap_junction"


class AllenEdges(Protocol):
    """What synapses need of a circuit; an :class:`~bluecellab.circuit.allen.AllenCircuit` has it."""

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name."""

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name, in the order in which they are built."""

    @property
    def offsets(self) -> Mapping[str, int]:
        """The global id of node 0 of each population."""

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: tuple[str, ...] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes, each of shape (n,)."""

    def node(self, population: str, node: int) -> Mapping[str, object]:
        """Return all attributes of one node as plain values."""

    def virtual_nodes(self, population: str) -> IntArray:
        """Return the ids of the nodes of a population that are virtual."""

    def edges(self, population: str, target: int) -> Edges:
        """Return the edges of a population that arrive at a node."""

    def component_file(self, component: str, name: str, what: str) -> str:
        """Return the absolute path of a file in the folders of a component."""


class AllenSynapses:
    """All synapses of a simulation, and what sends spikes to them.

    They are made in this order, which decides where those without a given place are put: first
    :meth:`recurrent`, then :meth:`virtual` and :meth:`replay` for each input in the order of the
    configuration. The places of a cell's synapses do not depend on which other cells there are.

    Parameters
    ----------
    scope
        Owns what no cell owns; it must have been there after the cells.
    circuit
        Where edges come from.
    receivers
        The cells that are simulated, in the order of building.
    conditions
        ``dt`` counts.
    source
        Replays spikes; it is attached to the simulation by whoever made it.
    merge
        Whether equal linear synapses on a segment share a point process. It is refused where a synapse is
        plastic or a user's, and none of them can be recorded.
    """

    def __init__(
        self,
        scope: Scope,
        circuit: AllenEdges,
        receivers: Mapping[CellId, Receiver],
        conditions: SynapseConditions,
        source: SpikeSource,
        *,
        merge: bool = False,
    ) -> None:
        self._scope = scope
        self._circuit = circuit
        self._conditions = conditions
        self.source = source
        self.merge = merge
        self.groups: dict[CellId, list[SynapseGroup]] = scope.own({}, dict.clear)
        tables = SegmentTables()
        self._targets: dict[str, dict[int, Target]] = scope.own({}, dict.clear)
        for cell_id, receiver in receivers.items():
            of_population = self._targets.setdefault(cell_id.population_name, {})
            of_population[cell_id.id] = Target(receiver, tables)
            self.groups[cell_id] = []
        self._maker = Maker(DynamicsFiles(circuit), Weights(Nodes(circuit)), conditions, merge=merge)
        self._virtual: dict[str, BoolArray] = {}
        self.connections = 0

    def recurrent(self, real: Mapping[CellId, int], trains: Trains | None = None) -> None:
        """Make all synapses between cells; call it once, and first.

        Parameters
        ----------
        real
            NEURON's number of each cell that is simulated and is to be connected.
        trains
            Times of spikes in ms of cells that are not simulated. Synapses from cells that neither is said
            of are made, and not connected.

        Raises
        ------
        SynapseError, ColumnError, CircuitError
            If attributes or files are missing or make no sense.
        MissingMechanismError
            If the mechanism of a synapse is not loaded.
        """
        for name, population in self._circuit.edge_populations.items():
            targets = self._targets.get(population.target, {})
            virtual = self._is_virtual(population.source)
            if not targets or (virtual.all() and len(virtual)):
                continue
            numbers = self._numbers(population.source, real)
            replayed = self._replayed(population.source, trains or {})
            for node, target in targets.items():
                edges = self._circuit.edges(name, node)
                if virtual.any():
                    edges = edges.take(~virtual[edges.sources])
                if _GAP in edges.columns:
                    edges = edges.take(~_truth(edges.columns[_GAP]))
                if len(edges):
                    group = self._made(edges, target)
                    self._connect(group, numbers, replayed)
        self._warn_of_dropped()

    def virtual(self, nodes: Mapping[str, IntArray], trains: Trains) -> None:
        """Make the synapses from virtual cells, for one input.

        Parameters
        ----------
        nodes
            Ids of the virtual cells that the input is of, by population.
        trains
            Times of their spikes in ms; one that is left out has none.

        Raises
        ------
        SynapseError, ColumnError, CircuitError, MissingMechanismError
            As for :meth:`recurrent`.
        """
        replayed = {name: self._replayed(name, trains, ids) for name, ids in nodes.items()}
        for name, population in self._circuit.edge_populations.items():
            if population.source in replayed and len(nodes[population.source]):
                self._replay(self._circuit, name, population, replayed[population.source], None)
        self._warn_of_dropped()

    def replay(
        self,
        edges: AllenEdges,
        trains: Trains,
        sources: Mapping[str, IntArray] | None = None,
        targets: Mapping[str, IntArray] | None = None,
    ) -> None:
        """Make synapses of edges of their own through which recorded spikes of cells arrive.

        Parameters
        ----------
        edges
            A circuit of these edges, and of the nodes of this one.
        trains
            Times of the spikes in ms.
        sources, targets
            Ids of the cells on either side by population; all when left out.

        Raises
        ------
        SynapseError, ColumnError, CircuitError, MissingMechanismError
            As for :meth:`recurrent`.
        """
        for name, population in edges.edge_populations.items():
            if sources is not None and population.source not in sources:
                continue
            if targets is not None and population.target not in targets:
                continue
            chosen = None if sources is None else sources[population.source]
            wanted = None if targets is None else set(targets[population.target].tolist())
            replayed = self._replayed(population.source, trains, chosen)
            self._replay(edges, name, population, replayed, wanted)
        self._warn_of_dropped()

    def _replay(
        self,
        circuit: AllenEdges,
        name: str,
        population: EdgePopulation,
        replayed: IntArray,
        wanted: set[int] | None,
    ) -> None:
        """Make and connect the synapses from some sources of a population of edges."""
        for node, target in self._targets.get(population.target, {}).items():
            if wanted is not None and node not in wanted:
                continue
            edges = circuit.edges(name, node)
            keep = replayed[edges.sources] >= 0
            if not keep.all():
                edges = edges.take(keep)
            if len(edges):
                group = self._made(edges, target)
                self._connect(group, None, replayed)

    def _made(self, edges: Edges, target: Target) -> SynapseGroup:
        group = self._maker.make(edges, target)
        self.groups[target.receiver.cell_id].append(group)
        return group

    def _connect(self, group: SynapseGroup, real: IntArray | None, replayed: IntArray) -> None:
        """Connect synapses to cells, and to spikes that are replayed."""
        sources = group.sources
        if real is not None:
            numbers = real[sources]
            here = np.flatnonzero(numbers >= 0)
            if len(here):
                self.connections += group.wire("real", here, numbers[here], group.delays[here])
        numbers = replayed[sources]
        here = np.flatnonzero(numbers >= 0)
        if not len(here):
            return
        quick = group.delays[here] < self._conditions.dt
        slow, fast = here[~quick], here[quick]
        if len(slow):
            group.wire("replay", slow, numbers[slow], group.delays[slow])
        if len(fast):
            self.source.add_minis(QuickEvents(group, fast, numbers[fast], self.source.trains))
        self.connections += len(here)

    def _numbers(self, population: str, real: Mapping[CellId, int]) -> IntArray:
        """Return NEURON's number of each node that is a cell here, -1 of the others."""
        found = np.full(self._circuit.node_populations[population].size, -1, np.int64)
        for cell_id, gid in real.items():
            if cell_id.population_name == population:
                found[cell_id.id] = gid
        return found

    def _replayed(self, population: str, trains: Trains, nodes: IntArray | None = None) -> IntArray:
        """Return a number for each node whose spikes are replayed, -1 of the others."""
        found = np.full(self._circuit.node_populations[population].size, -1, np.int64)
        own = {
            cell_id.id: times for cell_id, times in trains.items() if cell_id.population_name == population
        }
        wanted = list(own) if nodes is None else nodes.tolist()
        if not wanted:
            return found
        first = gids.allocate(self._scope, len(wanted))
        found[wanted] = np.arange(first, first + len(wanted))
        self.source.add_trains(
            {int(found[node]): own[node] for node in wanted if node in own and len(own[node])}
        )
        return found

    def _is_virtual(self, population: str) -> BoolArray:
        """Return which nodes of a population are virtual, shape (n,)."""
        if population not in self._virtual:
            mask = np.zeros(self._circuit.node_populations[population].size, dtype=bool)
            mask[self._circuit.virtual_nodes(population)] = True
            self._virtual[population] = mask
        return self._virtual[population]

    def _warn_of_dropped(self) -> None:
        for name, count in self._maker.dropped.items():
            warn(
                f"{count} edges of {name!r} are left out: their cells have no segment of their target_sections "
                "within their distance_range",
                CircuitWarning,
            )
        self._maker.dropped.clear()

    def connections_of(self, cell_id: CellId) -> list[Connection]:
        """Return all connections that end on a cell, population by population."""
        return [
            Connection(group, bundle, position)
            for group in self.groups.get(cell_id, ())
            for bundle in group.bundles
            for position in range(len(bundle.members))
        ]

    def refuse_recording(self, what: str) -> None:
        """Raise if synapses share point processes, so that none can be recorded by itself.

        Raises
        ------
        SynapseError
            Naming what is to be recorded.
        """
        if self.merge:
            raise SynapseError(
                f"{what} records synapses, and with merge_synapses several of them are one point process; run "
                "without merge_synapses"
            )

    def counts(self) -> dict[str, int]:
        """Return how many synapses there are of each population of edges."""
        found: dict[str, int] = {}
        for group in self.all_groups():
            name = group.edges.population.name
            found[name] = found.get(name, 0) + int(np.count_nonzero(group.placed))
        return found

    def all_groups(self) -> Iterator[SynapseGroup]:
        """Yield all groups of synapses, cell by cell."""
        for groups in self.groups.values():
            yield from groups


def _truth(column: Column) -> BoolArray:
    """Return where a column says that something is so; what is missing is not."""
    if column.dtype.kind == "U":
        return np.isin(column, ("True", "true", "TRUE", "1"))
    return np.asarray(np.nan_to_num(column.astype(np.float64), nan=0.0) != 0)
