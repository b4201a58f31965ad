"""``AllenSynapses``: all synapses of a simulation of a circuit of the Allen dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import EdgePopulation, Edges
from bluecellab.errors import CircuitWarning, SynapseError, warn
from bluecellab.nrn.parallel import ranks
from bluecellab.nrn.scope import Scope
from bluecellab.spec.base import CellId
from bluecellab.synapse import gids
from bluecellab.synapse.allen.connections import AllenConnection
from bluecellab.synapse.allen.gaps import GapEnds, gaps_of_all, is_gap, may_have_gaps, refuse_artificial
from bluecellab.synapse.allen.making import Maker
from bluecellab.synapse.allen.models import DynamicsFiles
from bluecellab.synapse.allen.placing import Target
from bluecellab.synapse.allen.quick import QuickEvents
from bluecellab.synapse.allen.seams import Activity, AllenEdges
from bluecellab.synapse.allen.segments import SegmentTables
from bluecellab.synapse.allen.weights import Nodes, Weights
from bluecellab.synapse.conditions import Receiver, SynapseConditions
from bluecellab.synapse.gap import GapJunctions
from bluecellab.synapse.group import SynapseGroup
from bluecellab.synapse.replay import SpikeSource

__all__ = ["AllenSynapses"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Trains = Mapping[CellId, FloatArray]

#: NEURON refuses delays of numbered sources up to one step, with some tolerance.
_QUICK = 1 + 1e-6
Wanted = Callable[[EdgePopulation, IntArray], "BoolArray | None"]
"""Says of which edges of a population, from these nodes, synapses are made; None: of all."""


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
    wanted
        Of which edges synapses are made; of all when left out. The others take their part of the random
        sequences.

    Attributes
    ----------
    groups
        Groups of synapses of each cell, in the order of their making.
    gaps
        Gap junctions, to be attached to the simulation if there are any.
    connections
        Number of connections; those of gap junctions are not counted.
    dropped
        Number of edges that have no place on their cells.
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
        wanted: Wanted | None = None,
    ) -> None:
        self._scope = scope
        self._circuit = circuit
        self._conditions = conditions
        self.source = source
        self.merge = merge
        self._wanted = wanted
        self.groups: dict[CellId, list[SynapseGroup]] = scope.own({}, dict.clear)
        self.gaps = GapJunctions(scope)
        tables = SegmentTables()
        self._targets: dict[str, dict[int, Target]] = scope.own({}, dict.clear)
        for cell_id, receiver in receivers.items():
            of_population = self._targets.setdefault(cell_id.population_name, {})
            of_population[cell_id.id] = Target(receiver, tables)
            self.groups[cell_id] = []
        self._nodes = Nodes(circuit)
        self._weights = Weights(self._nodes)
        self._maker = Maker(DynamicsFiles(circuit), self._weights, conditions, merge=merge)
        self._virtual: dict[str, BoolArray] = {}
        self._driven: list[tuple[Activity, int]] = []
        self.connections = 0
        self.dropped = 0

    def recurrent(
        self, real: Mapping[CellId, int], trains: Trains | None = None, activities: Sequence[Activity] = ()
    ) -> None:
        """Make all synapses and gap junctions between cells; call it once, and first.

        Parameters
        ----------
        real
            NEURON's number of each cell that is simulated and is to be connected.
        trains
            Times of spikes in ms of cells that are not simulated. Synapses from cells that neither is said
            of are made, and not connected.
        activities
            Which synapses are driven at given times in place of their sources. If there are any, all other
            synapses between cells have the weight 0.

        Raises
        ------
        SynapseError, ColumnError, CircuitError
            If attributes or files are missing or make no sense.
        MissingMechanismError
            If the mechanism of a synapse is not loaded.
        """
        self._driven = [(activity, self._train(activity.times)) for activity in activities]
        for population in self._circuit.edge_populations.values():
            virtual = self._is_virtual(population.source)
            here = self._targets.get(population.target) or (may_have_gaps(population) and not ranks().alone)
            if here and not (virtual.all() and len(virtual)):
                self._between_cells(population, real, trains or {})
        self.gaps.connect()
        self._warn()

    def _between_cells(self, population: EdgePopulation, real: Mapping[CellId, int], trains: Trains) -> None:
        """Make and connect the synapses of a population of edges between cells."""
        targets = self._targets.get(population.target, {})
        numbers = self._numbers(population.source, real)
        replayed = self._replayed(population.source, trains if targets else {})
        ends: GapEnds | None = None
        for node, target in targets.items():
            edges = self._from_cells(population, node)
            if not len(edges):
                continue
            gap = is_gap(edges)
            if gap is not None:
                refuse_artificial(target)
            group, placed = self._maker.make(edges, target, self._kept(edges, None if gap is None else ~gap))
            self.groups[target.receiver.cell_id].append(group)
            if gap is not None:
                ends = ends or self._gap_ends(population)
                ends.add_targets(edges.take(gap), placed.of(gap), target)
            self._drive(group)
            self._connect(group, numbers, replayed)
        if may_have_gaps(population):
            count = self._circuit.node_populations[population.target].size
            by_target = gaps_of_all(population, count, lambda node: self._from_cells(population, node))
            if by_target and targets:
                ends = ends or self._gap_ends(population)
                ends.add_sources(by_target, targets)
                ends.give(self.gaps, targets)

    def _gap_ends(self, population: EdgePopulation) -> GapEnds:
        numbers = self._circuit.gap_junctions(population.target)
        return GapEnds(population, numbers, self._weights)

    def _from_cells(self, population: EdgePopulation, target: int) -> Edges:
        """Return the edges that arrive at a node and come from nodes that are not virtual."""
        edges = self._circuit.edges(population.name, target)
        virtual = self._is_virtual(population.source)
        return edges.take(~virtual[edges.sources]) if virtual.any() else edges

    def _kept(self, edges: Edges, keep: BoolArray | None) -> BoolArray | None:
        """Return which edges synapses are made of; None: of all."""
        chosen = None if self._wanted is None else self._wanted(edges.population, edges.sources)
        if chosen is None or keep is None:
            return keep if chosen is None else chosen
        return keep & chosen

    def virtual(self, nodes: Mapping[str, IntArray], trains: Trains) -> None:
        """Make the synapses from virtual cells, for one input.

        Parameters
        ----------
        nodes
            Ids of the virtual cells that the input is of, by population. The other virtual cells of these
            populations take their part of the random sequences.
        trains
            Times of their spikes in ms; one that is left out has none.

        Raises
        ------
        SynapseError, ColumnError, CircuitError, MissingMechanismError
            As for :meth:`recurrent`.
        """
        for source in self._circuit.node_populations:
            if source not in nodes or not self._is_virtual(source).any():
                continue
            virtual = self._is_virtual(source)
            replayed = np.where(virtual, self._replayed(source, trains, nodes[source]), -1)
            for population in self._circuit.edge_populations.values():
                if population.source != source:
                    continue
                for node, target in self._targets.get(population.target, {}).items():
                    edges = self._circuit.edges(population.name, node)
                    if not virtual.all():
                        edges = edges.take(virtual[edges.sources])
                    self._replay(edges, target, replayed)
        self._warn()

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
            Ids of the cells on either side by population; all when left out. Other edges take no part in
            the random sequences.

        Raises
        ------
        SynapseError, ColumnError, CircuitError, MissingMechanismError
            As for :meth:`recurrent`.
        """
        for name, population in edges.edge_populations.items():
            source = population.source
            everything = np.arange(self._circuit.node_populations[source].size)
            replayed = self._replayed(
                source, trains, everything if sources is None else sources.get(source, everything[:0])
            )
            wanted = None if targets is None else targets.get(population.target, everything[:0])
            for node, target in self._targets.get(population.target, {}).items():
                if wanted is None or node in wanted:
                    found = edges.edges(name, node)
                    self._replay(found.take(replayed[found.sources] >= 0), target, replayed)
        self._warn()

    def _replay(self, edges: Edges, target: Target, replayed: IntArray) -> None:
        """Make the synapses of edges, and connect them to spikes that are replayed."""
        if not len(edges):
            return
        keep = self._kept(edges, replayed[edges.sources] >= 0)
        group, _ = self._maker.make(edges, target, keep)
        self.groups[target.receiver.cell_id].append(group)
        self._connect(group, None, replayed)

    def _drive(self, group: SynapseGroup) -> None:
        """Drive some synapses at given times in place of their sources, and silence the others."""
        if not self._driven:
            return
        anywhere = np.zeros(len(group), dtype=bool)
        for activity, gid in self._driven:
            here = activity.of(group.edges.population, group.edges.target, group.sources)
            anywhere |= here
            members = np.flatnonzero(here)
            self._wire_replayed(group, members, np.full(len(members), gid))
        group.made.factors[~anywhere] = 0.0

    def _connect(self, group: SynapseGroup, real: IntArray | None, replayed: IntArray) -> None:
        """Connect synapses to cells, and to spikes that are replayed."""
        free = group.connected("replay") if self._driven and real is not None else None
        for numbers in (real, replayed):
            if numbers is None:
                continue
            found = numbers[group.sources]
            members = np.flatnonzero(found >= 0 if free is None else (found >= 0) & ~free)
            if numbers is replayed:
                self._wire_replayed(group, members, found[members])
            elif len(members):
                self.connections += group.wire("real", members, found[members], group.delays[members])

    def _wire_replayed(self, group: SynapseGroup, members: IntArray, numbers: IntArray) -> None:
        """Connect synapses to sources whose spikes are replayed."""
        quick = group.delays[members] < self._conditions.dt * _QUICK
        slow, fast = members[~quick], members[quick]
        if len(slow):
            group.wire("replay", slow, numbers[~quick], group.delays[slow])
        if len(fast):
            self.source.add_minis(QuickEvents(group, fast, numbers[quick], self.source.trains))
        self.connections += len(members)

    def _numbers(self, population: str, real: Mapping[CellId, int]) -> IntArray:
        """Return NEURON's number of each node that is a cell here, -1 of the others."""
        found = np.full(self._circuit.node_populations[population].size, -1, np.int64)
        for cell_id, gid in real.items():
            if cell_id.population_name == population:
                found[cell_id.id] = gid
        return found

    def _train(self, times: FloatArray) -> int:
        """Return NEURON's number of a new source of spikes."""
        gid = gids.allocate(self._scope, 1)
        self.source.add_trains({gid: times})
        return gid

    def _replayed(self, population: str, trains: Trains, nodes: IntArray | None = None) -> IntArray:
        """Return a number for each node whose spikes are replayed, -1 of the others."""
        found = np.full(self._circuit.node_populations[population].size, -1, np.int64)
        own = {
            cell_id.id: times for cell_id, times in trains.items() if cell_id.population_name == population
        }
        wanted = list(own) if nodes is None else nodes.tolist()
        if wanted:
            first = gids.allocate(self._scope, len(wanted))
            found[wanted] = np.arange(first, first + len(wanted))
            spikes = {int(found[node]): own[node] for node in wanted if node in own and len(own[node])}
            self.source.add_trains(spikes)
        return found

    def _is_virtual(self, population: str) -> BoolArray:
        """Return which nodes of a population are virtual, shape (n,)."""
        if population not in self._virtual:
            mask = np.zeros(self._circuit.node_populations[population].size, dtype=bool)
            mask[self._circuit.virtual_nodes(population)] = True
            self._virtual[population] = mask
        return self._virtual[population]

    def _warn(self) -> None:
        """Warn of what is left out or looks wrong, once for each population of edges."""
        self.dropped += sum(self._maker.dropped.values())
        for name, count in self._maker.dropped.items():
            warn(
                f"{count} edges of {name!r} are left out: their cells have no segment of their "
                "target_sections within their distance_range",
                CircuitWarning,
            )
        for name, count in self._maker.negative.items():
            if count:
                warn(
                    f"{count} synapses of {name!r} have a weight, which is their conductance, below 0; "
                    "inhibition is a matter of erev",
                    CircuitWarning,
                )
        self._maker.dropped.clear()
        self._maker.negative.clear()

    def connections_of(self, cell_id: CellId) -> list[AllenConnection]:
        """Return all connections that end on a cell, population by population."""
        return [
            AllenConnection(group, bundle, position, self._nodes)
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
                f"{what} records synapses, and with merge_synapses several of them are one point process; "
                "run without merge_synapses"
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
