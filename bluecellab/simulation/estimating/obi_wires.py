"""Synapses and connections of circuits of the Blue Brain / Open Brain Institute dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bluecellab.circuit.access import CircuitAccess, Edges
from bluecellab.circuit.minis import mini_frequencies
from bluecellab.simulation.circuit.members import Members
from bluecellab.simulation.circuit.replays import Replayed, replayed_by
from bluecellab.simulation.circuit.selection import edge_populations_of
from bluecellab.simulation.estimating.wires import PLASTIC, IntArray, Wires
from bluecellab.simulation.sizing.cells import CellSize
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import SimulationConfig

__all__ = ["count_obi"]

_SECTION = "afferent_section_id"
_SYNAPTIC = PLASTIC | {"Exp2Syn_synapse", "point_process"}


def count_obi(config: SimulationConfig, circuit: CircuitAccess, cells: Mapping[CellId, CellSize]) -> Wires:
    """Count synapses, connections and replayed spikes of the cells of a simulation.

    Parameters
    ----------
    config
        Its configuration.
    circuit
        Its circuit.
    cells
        How large each of its cells is.
    """
    return _Counter(config, circuit, cells).counted()


class _Counter:
    def __init__(
        self, config: SimulationConfig, circuit: CircuitAccess, cells: Mapping[CellId, CellSize]
    ) -> None:
        self._circuit = circuit
        self._cells = cells
        self._members = Members(circuit)
        self._blocks = replayed_by(config.inputs)
        self._spontaneous = [each for each in config.connection_overrides if each.spont_minis is not None]
        self._built: dict[str, IntArray] = {}
        for name in {cell_id.population_name for cell_id in cells}:
            own = [cell_id.id for cell_id in cells if cell_id.population_name == name]
            self._built[name] = np.array(sorted(own), np.int64)
        self.wires = Wires(len(cells))

    def counted(self) -> Wires:
        wires, populations = self.wires, edge_populations_of("all", self._circuit)
        for number, (cell_id, size) in enumerate(self._cells.items()):
            rates = mini_frequencies(self._circuit, cell_id)
            blocks = [block for block in self._blocks if block.concerns(cell_id, self._members)]
            for population in populations:
                if population.target != cell_id.population_name:
                    continue
                wanted = (_SECTION,) if size.absent[1] and _SECTION in population.columns else ()
                edges = self._circuit.edges(population.name, cell_id.id, wanted)
                if population.kind in _SYNAPTIC:
                    self._synapses(number, edges, size, blocks, rates)
                elif population.kind == "electrical":
                    own = self._built.get(population.source, np.empty(0, np.int64))
                    wires.connections_per_cell[number] += int(np.isin(edges.sources, own).sum())
                elif population.kind == "neuromodulatory":
                    wires.connections_per_cell[number] += self._replayed(
                        edges.sources, population.source, blocks
                    )
        trains = [(source, len(times)) for block in self._blocks for source, times in block.trains.items()]
        wires.sources = len({source for source, _ in trains})
        wires.events = sum(count for _, count in trains)
        return wires

    def _synapses(
        self,
        number: int,
        edges: Edges,
        size: CellSize,
        blocks: Sequence[Replayed],
        rates: tuple[float, float] | None,
    ) -> None:
        wires, population = self.wires, edges.population
        if len(edges) and _SECTION in edges.columns:
            sections = np.asarray(edges.columns[_SECTION], np.int64)
            there = (sections < size.absent[0]) | (sections >= size.absent[1])
            wires.skipped += int(np.count_nonzero(~there))
            edges = edges.take(there)
        if not len(edges):
            return
        wires.add(population.name, number, len(edges), plastic=population.kind in PLASTIC)
        own = self._built.get(population.source)
        real = 0 if own is None else int(np.isin(edges.sources, own).sum())
        minis = 0
        if rates is not None and any(rates):
            minis = len(edges)
        elif self._spontaneous:
            minis = len(edges)
            text = "overrides with spont_minis concern all synapses of cells without rates of their own"
            if text not in wires.assumed:
                wires.assumed.append(text)
        wires.minis += minis
        wires.connections_per_cell[number] += (
            real + minis + self._replayed(edges.sources, population.source, blocks)
        )

    def _replayed(self, sources: IntArray, population: str, blocks: Sequence[Replayed]) -> int:
        """Count connections to nodes whose spikes blocks replay, and the arrivals of these spikes."""
        if not blocks:
            return 0
        trains: dict[int, int] = {}
        for block in blocks:
            for source, times in block.trains.items():
                if source.population_name == population:
                    trains[source.id] = trains.get(source.id, 0) + len(times)
        self.wires.replayed(trains, sources)
        return int(np.isin(sources, np.array(list(trains), np.int64)).sum())
