"""The spikes of virtual cells that inputs of the Allen dialect give."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import IntArray
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.files.distinct import common
from bluecellab.nrn.parallel import ranks
from bluecellab.results.spike_trains import generate_trains, read_probe_trains, read_trains
from bluecellab.simulation.circuit.members import Members
from bluecellab.spec.allen import AllenConfig, AllenInput, FunctionTrains, ProbeTrains, SpikeTrains
from bluecellab.spec.base import CellId
from bluecellab.stimulus.allen import stream_of_clamp
from bluecellab.synapse.allen import NodeView

__all__ = ["TrainReader"]

FloatArray = npt.NDArray[np.float64]


class TrainReader:
    """Reads, or has made, the spikes of virtual cells.

    Parameters
    ----------
    circuit
        Knows the nodes.
    config
        Handed to generators of the user's.
    base_seed
        Of what is drawn.
    """

    def __init__(self, circuit: AllenCircuit, config: AllenConfig, base_seed: int) -> None:
        self._circuit = circuit
        self._config = config
        self._base_seed = base_seed

    def nodes(self, block: AllenInput, members: Members) -> dict[str, IntArray]:
        """Return the virtual nodes of a block by population; those of all populations without a node set."""
        found = {}
        for name, population in self._circuit.node_populations.items():
            virtual = self._circuit.virtual_nodes(name) if population.size else np.empty(0, np.int64)
            if block.node_set is not None:
                virtual = common(virtual, members(block.node_set, name))
            if len(virtual):
                found[name] = virtual
        return found

    def read(self, block: AllenInput, nodes: dict[str, IntArray]) -> dict[CellId, FloatArray]:
        """Return the times of spikes in ms, sorted, that a block gives to virtual cells.

        Raises
        ------
        ReportError
            If a file cannot be read.
        HookError
            If a function of the user's fails.
        """
        trains = {}
        for name, ids in nodes.items():
            for node, times in self._of_population(block, name, ids).items():
                trains[CellId(name, node)] = times
        return trains

    def _of_population(self, block: AllenInput, name: str, ids: IntArray) -> dict[int, FloatArray]:
        stimulus = block.stimulus
        if isinstance(stimulus, SpikeTrains):
            return read_trains(stimulus, ids, name)
        if isinstance(stimulus, FunctionTrains):
            return self._generated(stimulus, name, ids)
        if isinstance(stimulus, ProbeTrains):
            random = stream_of_clamp(block.name, CellId(name, 0), self._base_seed)
            return read_probe_trains(stimulus, ids, name, random)
        return {}

    def _generated(self, stimulus: FunctionTrains, name: str, ids: IntArray) -> dict[int, FloatArray]:
        """Return spikes that a function of the user's makes, of all ranks on the first: it may draw them."""
        first = ranks().id == 0
        made = (
            generate_trains(stimulus, ids.tolist(), lambda node: self._view(name, node), self._config)
            if first
            else {}
        )
        return ranks().told(dict(made), f"generating spikes of {name}")

    def _view(self, population: str, node: int) -> NodeView:
        """Return what stands for a node in a function of the user's."""
        gid = self._circuit.offsets[population] + node
        return NodeView(population, node, gid, self._circuit.node(population, node))
