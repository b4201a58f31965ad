"""The inputs of a circuit simulation, played to its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bluecellab.cell import Cell
from bluecellab.circuit.access import CircuitAccess, CompartmentSet
from bluecellab.circuit.compartments import read_compartment_sets
from bluecellab.errors import NodeSetError
from bluecellab.simulation.circuit.fields import impose_fields
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.simulation.circuit.members import Members
from bluecellab.spec.base import CellId
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
    names = {block.name for block in chosen}
    members = Members(circuit)
    count = impose_fields(chosen, circuit, cells, members)
    for planned in plan_inputs(config.inputs, config.seeds, dt=config.run.dt):
        if planned.name not in names or not planned.clamps:
            continue
        block = planned.block
        listed = compartment_set_of(block.compartment_set, config) if block.compartment_set else None
        for cell_id, cell in cells.items():
            places = _places(planned, cell_id, listed, members) if cell.artificial is None else ()
            if places:
                count += len(cell.add_input(planned, ids.of(cell_id), places))
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
    planned: PlannedInput, cell_id: CellId, listed: CompartmentSet | None, members: Members
) -> Sequence[Place]:
    """Return where on a cell a block plays, if anywhere."""
    if listed is not None:
        return places_on(listed, cell_id)
    node_set = str(planned.block.node_set)
    return SOMA if members.has(node_set, cell_id.population_name, cell_id.id) else ()
