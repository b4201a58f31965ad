"""Synapses and connections of circuits of the Allen dialect."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.simulation.circuit.allen.trains import TrainReader
from bluecellab.simulation.circuit.members import Members
from bluecellab.simulation.estimating.wires import IntArray, Wires
from bluecellab.simulation.sizing.cells import CellSize
from bluecellab.spec.allen import (
    AllenConfig,
    AllenInput,
    EdgeReplay,
    FunctionTrains,
    ProbeTrains,
    SpikeTrains,
)
from bluecellab.spec.base import CellId

__all__ = ["count_allen"]

BoolArray = npt.NDArray[np.bool_]

_SECTIONS = ("sec_id", "afferent_section_id")
_COUNT = "nsyns"


def count_allen(config: AllenConfig, circuit: AllenCircuit, cells: Mapping[CellId, CellSize]) -> Wires:
    """Count synapses, connections and given spikes of the cells of a simulation.

    Parameters
    ----------
    config
        Its configuration.
    circuit
        Its circuit.
    cells
        How large each of its cells is.
    """
    counter = _Counter(config, circuit, cells)
    counter.recurrent()
    for block in config.inputs:
        counter.input(block)
    counter.wires.sources = len(counter.sources)
    return counter.wires


class _Counter:
    def __init__(self, config: AllenConfig, circuit: AllenCircuit, cells: Mapping[CellId, CellSize]) -> None:
        self._circuit = circuit
        self._members = Members(circuit)
        self._reader = TrainReader(circuit, config, 0)
        self._by_population: dict[str, list[tuple[int, int, CellSize]]] = {}
        for number, (cell_id, size) in enumerate(cells.items()):
            self._by_population.setdefault(cell_id.population_name, []).append((number, cell_id.id, size))
        self._virtual: dict[str, BoolArray] = {}
        self.sources: set[CellId] = set()
        self.wires = Wires(len(cells))

    def recurrent(self) -> None:
        """Count the synapses between cells."""
        for population in self._circuit.edge_populations.values():
            virtual = self._is_virtual(population.source)
            if len(virtual) and virtual.all():
                continue
            self._count(self._circuit, population.name, ~virtual)

    def input(self, block: AllenInput) -> None:
        """Count the synapses through which a block of inputs arrives, if it is one of spikes."""
        stimulus = block.stimulus
        if isinstance(stimulus, SpikeTrains | FunctionTrains | ProbeTrains):
            nodes = self._reader.nodes(block, self._members)
            known = isinstance(stimulus, SpikeTrains)
            trains = self._reader.read(block, nodes) if known else {}
            if not known:
                self.wires.assumed.append(
                    f"input {block.name}: its spikes are made at run time, and not counted"
                )
            self.wires.events += sum(map(len, trains.values()))
            for source, ids in nodes.items():
                self.sources.update(CellId(source, node) for node in ids.tolist())
                counts = {
                    key.id: len(times) for key, times in trains.items() if key.population_name == source
                }
                given = np.zeros(len(self._is_virtual(source)), bool)
                given[ids] = True
                for population in self._circuit.edge_populations.values():
                    if population.source == source:
                        self._count(self._circuit, population.name, given, counts)
        elif isinstance(stimulus, EdgeReplay):
            self.wires.assumed.append(f"input {block.name}: every edge of its file has a source that spikes")
            with self._circuit.with_edges(stimulus.edges) as edges:
                for name, population in edges.edge_populations.items():
                    everyone = np.ones(self._circuit.node_populations[population.source].size, bool)
                    self._count(edges, name, everyone)

    def _count(
        self,
        circuit: AllenCircuit,
        name: str,
        wanted: BoolArray,
        trains: Mapping[int, int] | None = None,
    ) -> None:
        """Count the synapses of a population of edges that come from some of its nodes."""
        population = circuit.edge_populations[name]
        columns = [each for each in (_COUNT, *_SECTIONS) if each in population.columns]
        for number, node, size in self._by_population.get(population.target, ()):
            edges = circuit.edges(name, node, columns)
            edges = edges.take(wanted[edges.sources])
            if not len(edges):
                continue
            per_edge = _numbers(edges, artificial=size.artificial)
            count = int(per_edge.sum())
            self.wires.add(name, number, count, plastic=False)
            self.wires.connections_per_cell[number] += count
            if trains:
                self.wires.replayed(trains, np.repeat(edges.sources, per_edge))

    def _is_virtual(self, population: str) -> BoolArray:
        if population not in self._virtual:
            found = np.zeros(self._circuit.node_populations[population].size, bool)
            found[self._circuit.virtual_nodes(population)] = True
            self._virtual[population] = found
        return self._virtual[population]


def _numbers(edges: Edges, *, artificial: bool) -> IntArray:
    """Return how many synapses each edge stands for, shape (n,); on an artificial cell it is one."""
    counts = np.ones(len(edges), np.int64)
    if artificial or _COUNT not in edges.columns:
        return counts
    numbers = np.asarray(edges.columns[_COUNT], np.float64)
    placed = np.zeros(len(edges), bool)
    for name in _SECTIONS:
        if name in edges.columns:
            placed |= np.isfinite(np.asarray(edges.columns[name], np.float64))
    return np.where(placed | np.isnan(numbers), 1, np.nan_to_num(numbers)).astype(np.int64)
