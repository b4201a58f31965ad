"""The inputs of a circuit simulation, played to its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bluecellab.cell import Cell
from bluecellab.circuit.access import CircuitAccess, CompartmentSet
from bluecellab.circuit.compartments import read_compartment_sets
from bluecellab.circuit.placement import placement_of
from bluecellab.errors import NodeSetError, SimulationError
from bluecellab.fields import play_field
from bluecellab.simulation.circuit.fields import impose_fields
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.simulation.circuit.members import Members
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import SpatiallyUniformField
from bluecellab.spec.simulation import SimulationConfig
from bluecellab.spec.simulation.config import CircuitInput
from bluecellab.stimulus.inputs import SOMA, Place, PlannedInput, places_on, plan_inputs

__all__ = ["compartment_set_of", "play_inputs"]


def play_inputs(
    config: SimulationConfig,
    chosen: Sequence[CircuitInput],
    circuit: CircuitAccess,
    cells: Mapping[CellId, Cell],
    ids: GlobalIds,
) -> int:
    """Play some blocks of inputs to those of their cells that are there.

    Parameters
    ----------
    config
        Has all blocks; which of them come before one decides its random stream.
    chosen
        Blocks to play. Those that replay spikes are left to the wiring.
    circuit
        Knows the node sets.
    cells
        The cells that are there.
    ids
        Global ids of nodes.

    Returns
    -------
    int
        How many stimuli play.
    """
    blocks = tuple(chosen)
    names = {block.name for block in blocks}
    members = Members(circuit)
    count = impose_fields(blocks, circuit, cells, members)
    for planned in plan_inputs(config.inputs, config.seeds, dt=config.run.dt):
        if planned.name not in names or not planned.clamps:
            continue
        for cell_id, cell in cells.items():
            places = _places(planned, cell_id, config, members) if cell.artificial is None else ()
            if places:
                count += len(cell.add_input(planned, ids.of(cell_id), places))
    fields = [block for block in chosen if isinstance(block.stimulus, SpatiallyUniformField)]
    return count + (_play_fields(fields, circuit, cells, members) if fields else 0)


def _play_fields(
    blocks: Sequence[CircuitInput], circuit: CircuitAccess, cells: Mapping[CellId, Cell], members: Members
) -> int:
    """Let electric fields act on cells; those that act on one cell are given to it together."""
    count = 0
    for cell_id, cell in cells.items():
        population, node = cell_id
        mine = []
        for block in blocks:
            if block.node_set is None:
                raise SimulationError(
                    f"input {block.name!r} is a field and acts on whole cells: give a node_set"
                )
            if cell.artificial is None and members.has(block.node_set, population, node):
                mine.append(block.stimulus)
        fields = [stimulus for stimulus in mine if isinstance(stimulus, SpatiallyUniformField)]
        if fields:
            rotation = placement_of(circuit, population, np.array([node])).rotations[0]
            play_field(fields, cell, rotation)
            count += len(fields)
    return count


def compartment_set_of(name: str, config: SimulationConfig) -> CompartmentSet:
    """Return a compartment set of a configuration.

    Raises
    ------
    NodeSetError
        If it has none of that name.
    """
    sets = read_compartment_sets(config.compartment_sets_file) if config.compartment_sets_file else {}
    if name not in sets:
        raise NodeSetError(
            f"no compartment set {name!r}; compartment_sets_file has {', '.join(sets) or 'none'}", name
        )
    return sets[name]


def _places(
    planned: PlannedInput, cell_id: CellId, config: SimulationConfig, members: Members
) -> Sequence[Place]:
    """Return where on a cell a block plays, if anywhere."""
    block = planned.block
    if block.node_set is not None:
        return SOMA if members.has(block.node_set, cell_id.population_name, cell_id.id) else ()
    return places_on(compartment_set_of(str(block.compartment_set), config), cell_id)
