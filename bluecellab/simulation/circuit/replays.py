"""Blocks of inputs that replay spikes of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.errors import SimulationError
from bluecellab.results.sonata import read_spikes
from bluecellab.simulation.circuit.members import Members
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import SynapseReplay
from bluecellab.spec.simulation.config import CircuitInput

__all__ = ["GivenAndFinished", "Replayed", "replayed_by", "trains_of_file"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Replayed:
    """What a block replays.

    Parameters
    ----------
    name
        Of the block.
    node_set
        Cells whose synapses receive the spikes.
    trains
        Times in ms, sorted, by source.
    """

    name: str
    node_set: str
    trains: Mapping[CellId, FloatArray]

    def concerns(self, cell_id: CellId, members: Members) -> bool:
        """Whether synapses of a cell receive these spikes."""
        return members.has(self.node_set, cell_id.population_name, cell_id.id)


@dataclass(frozen=True, eq=False)
class GivenAndFinished:
    """Spikes of two kinds that are replayed together.

    Parameters
    ----------
    given
        Times in ms by cell, whether it is made or not.
    finished
        Those of a finished simulation, which has the spikes of all; those of cells that are made and
        connected are left out.
    """

    given: Mapping[CellId, FloatArray]
    finished: Mapping[CellId, FloatArray]


def trains_of_file(path: str) -> dict[CellId, FloatArray]:
    """Return the spike times in ms, sorted, by source, of a SONATA spikes file.

    Raises
    ------
    ReportError
        If it cannot be read.
    """
    trains = {}
    for population, (times, nodes) in read_spikes(path).items():
        order = np.lexsort((times, nodes))
        found, starts = np.unique(nodes[order], return_index=True)
        parts = np.split(times[order], starts[1:]) if len(found) else []
        for node, part in zip(found.tolist(), parts, strict=True):
            trains[CellId(population, int(node))] = part
    return trains


def replayed_by(inputs: Iterable[CircuitInput]) -> list[Replayed]:
    """Return what those blocks replay that do: spikes from ``delay`` to ``delay + duration``, both included.

    Raises
    ------
    SimulationError
        If a block aims at a compartment set.
    ReportError
        If a file cannot be read.
    """
    found = []
    for block in inputs:
        stimulus = block.stimulus
        if not isinstance(stimulus, SynapseReplay):
            continue
        if block.node_set is None:
            raise SimulationError(f"input {block.name!r} replays spikes to synapses, so it needs a node_set")
        trains = {
            source: times[(times >= stimulus.delay) & (times <= stimulus.end)]
            for source, times in trains_of_file(stimulus.spike_file).items()
        }
        found.append(Replayed(block.name, block.node_set, trains))
    return found
