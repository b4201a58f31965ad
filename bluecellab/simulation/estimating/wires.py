"""How many synapses and connections cells get: counts of each cell, whatever the dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["PLASTIC", "Wires"]

IntArray = npt.NDArray[np.int64]

#: Kinds of synapses whose mechanisms draw random numbers and have many states.
PLASTIC = frozenset({"chemical"})


@dataclass(eq=False)
class Wires:
    """Synapses and connections, counted.

    Parameters
    ----------
    size
        Number of cells.
    synapses
        How many of each population of edges.
    skipped
        Synapses on sections that their cells do not have.
    per_cell
        Synapses of each cell, shape (cells,).
    plastic_per_cell
        Those of them that draw random numbers, shape (cells,).
    connections_per_cell
        NetCons that end on each cell, shape (cells,); minis are among them.
    minis
        Synapses that release spontaneously.
    sources
        Cells that are not built and whose spikes are replayed.
    events
        Spikes that are replayed, and arrive somewhere.
    arriving
        Times that any of them arrives at a synapse.
    assumed
        What was not counted but assumed.
    """

    size: int
    synapses: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    per_cell: IntArray = field(init=False)
    plastic_per_cell: IntArray = field(init=False)
    connections_per_cell: IntArray = field(init=False)
    minis: int = 0
    sources: int = 0
    events: int = 0
    arriving: int = 0
    assumed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.per_cell = np.zeros(self.size, np.int64)
        self.plastic_per_cell = np.zeros(self.size, np.int64)
        self.connections_per_cell = np.zeros(self.size, np.int64)

    @property
    def connections(self) -> int:
        """How many NetCons there are."""
        return int(self.connections_per_cell.sum())

    def scaled(self, rows: IntArray) -> Wires:
        """Return what there is of cells that are each like one of these, shape (n,): which one."""
        factor = len(rows) / self.size

        def times(count: int) -> int:
            return round(count * factor)

        made = Wires(len(rows), {name: times(count) for name, count in self.synapses.items()})
        made.per_cell, made.plastic_per_cell = self.per_cell[rows], self.plastic_per_cell[rows]
        made.connections_per_cell = self.connections_per_cell[rows]
        made.skipped, made.minis, made.arriving = map(times, (self.skipped, self.minis, self.arriving))
        made.sources, made.events, made.assumed = self.sources, self.events, self.assumed
        return made

    def add(self, population: str, cell: int, count: int, *, plastic: bool) -> None:
        """Count the synapses of a population of edges on a cell."""
        self.synapses[population] = self.synapses.get(population, 0) + count
        self.per_cell[cell] += count
        if plastic:
            self.plastic_per_cell[cell] += count

    def replayed(self, trains: Mapping[int, int], sources: IntArray) -> None:
        """Count what arrives of spikes, by the node that sends them, at synapses from these nodes."""
        if trains and len(sources):
            nodes, counts = np.unique(sources, return_counts=True)
            self.arriving += sum(
                trains.get(node, 0) * count
                for node, count in zip(nodes.tolist(), counts.tolist(), strict=True)
            )
