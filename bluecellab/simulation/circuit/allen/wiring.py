"""Synapses of the cells of a simulation of the Allen dialect, and what sends spikes to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import EdgePopulation, IntArray
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.errors import NodeSetError
from bluecellab.nrn.scope import Scope
from bluecellab.recording import Recordable
from bluecellab.simulation.circuit.allen.trains import TrainReader
from bluecellab.simulation.circuit.members import Members
from bluecellab.simulation.circuit.replays import trains_of_file
from bluecellab.simulation.circuit.request import Request
from bluecellab.spec.allen import (
    AllenConfig,
    AllenInput,
    EdgeReplay,
    FunctionTrains,
    ProbeTrains,
    SpikeTrains,
    SynapticActivity,
)
from bluecellab.spec.base import CellId
from bluecellab.synapse import Receiver, SpikeSource, SynapseConditions, SynapseGroup
from bluecellab.synapse.allen import Activity, AllenConnection, AllenSynapses

__all__ = ["AllenWiring"]

BoolArray = npt.NDArray[np.bool_]


class _Choice:
    """Says of which edges synapses are made: the others take their part of the random sequences alone."""

    def __init__(self, circuit: AllenCircuit, request: Request) -> None:
        self._left_out = set(circuit.edge_populations) - {population.name for population in request.edges}
        self._sources = request.sources
        self.nothing = False

    def __call__(self, population: EdgePopulation, sources: IntArray) -> BoolArray | None:
        if self.nothing or population.name in self._left_out:
            return np.zeros(len(sources), dtype=bool)
        if self._sources is None:
            return None
        own = [cell_id.id for cell_id in self._sources if cell_id.population_name == population.source]
        return np.isin(sources, np.array(own, dtype=np.int64))


class AllenWiring:
    """The synapses of a circuit simulation.

    Parameters
    ----------
    scope
        Owns what no cell owns.
    circuit
        Where edges come from.
    config
        Its step.
    request
        What is to be wired.
    receivers
        The cells, in the order of building.
    """

    def __init__(
        self,
        scope: Scope,
        circuit: AllenCircuit,
        config: AllenConfig,
        request: Request,
        receivers: Mapping[CellId, Receiver],
    ) -> None:
        self._circuit = circuit
        self._request = request
        self._choice = _Choice(circuit, request)
        self.source = SpikeSource(scope)
        self._synapses = AllenSynapses(
            scope,
            circuit,
            receivers,
            SynapseConditions(dt=config.run.dt),
            self.source,
            merge=request.merge_synapses,
            wanted=self._choice,
        )

    def recurrent(
        self, real: Mapping[CellId, int], blocks: Iterable[AllenInput] = (), members: Members | None = None
    ) -> None:
        """Make the synapses between cells; first of all.

        Parameters
        ----------
        real
            NEURON's number of each cell that is connected.
        blocks
            Inputs; those that drive synapses at given times do so.
        members
            Knows the node sets.
        """
        activities = [
            Activity(
                np.sort(np.array(block.stimulus.timestamps)),
                self._nodes(block.stimulus.precell_filter, members),
                self._nodes(block.stimulus.postcell_filter, members),
            )
            for block in blocks
            if isinstance(block.stimulus, SynapticActivity)
        ]
        self._synapses.recurrent(real, self._request.trains, activities)

    def play(self, block: AllenInput, reader: TrainReader, members: Members, *, wanted: bool) -> None:
        """Make the synapses through which a block of inputs arrives, if it is one of spikes.

        Parameters
        ----------
        block
            The block; they come in the order of the configuration.
        reader
            Gives spikes.
        members
            Knows the node sets.
        wanted
            Whether its spikes arrive. The places of its synapses are drawn all the same.
        """
        stimulus = block.stimulus
        self._choice.nothing = not wanted
        if isinstance(stimulus, SpikeTrains | FunctionTrains | ProbeTrains):
            nodes = reader.nodes(block, members)
            if not nodes:
                raise NodeSetError(
                    f"input {block.name!r} gives spikes to virtual cells; there are none in "
                    f"{f'node set {block.node_set!r}' if block.node_set else 'the circuit'}",
                    block.node_set or "",
                )
            self._synapses.virtual(nodes, reader.read(block, nodes) if wanted else {})
        elif isinstance(stimulus, EdgeReplay):
            self._replay(stimulus, members, wanted=wanted)
        self._choice.nothing = False

    def _replay(self, stimulus: EdgeReplay, members: Members, *, wanted: bool) -> None:
        """Let recorded spikes arrive through edges of their own."""
        trains = trains_of_file(stimulus.spikes_file) if wanted else {}
        with self._circuit.with_edges(stimulus.edges) as edges:
            self._synapses.replay(
                edges,
                trains,
                self._nodes(stimulus.source_node_set, members),
                self._nodes(stimulus.target_node_set, members),
            )

    def _nodes(self, node_set: str | None, members: Members | None) -> dict[str, IntArray] | None:
        if node_set is None or members is None:
            return None
        found = {name: members(node_set, name) for name in self._circuit.node_populations}
        return {name: ids for name, ids in found.items() if len(ids)}

    def members(self) -> list[Recordable]:
        """Return what takes part in every run."""
        return [self.source, *([self._synapses.gaps] if self._synapses.gaps.everywhere else [])]

    def connections_of(self, cell_id: CellId) -> list[AllenConnection]:
        """Return all connections that end on a cell."""
        return self._synapses.connections_of(cell_id)

    def refuse_recording(self, what: str) -> None:
        """Raise if synapses share point processes, so that none can be recorded by itself."""
        self._synapses.refuse_recording(what)

    @property
    def groups(self) -> Mapping[CellId, Sequence[SynapseGroup]]:
        """Those of each cell, in the order of making."""
        return self._synapses.groups

    @property
    def connections(self) -> int:
        """How many NetCons there are."""
        return self._synapses.connections

    @property
    def skipped(self) -> int:
        """How many edges have no place on their cells."""
        return self._synapses.dropped

    def counts(self) -> dict[str, int]:
        """Return how many synapses there are of each population of edges."""
        return self._synapses.counts()
