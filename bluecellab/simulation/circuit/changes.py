"""What a configuration changes: settings while the simulation runs, and its cells for good."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.cell import Cell
from bluecellab.cell.modifications import apply_modification
from bluecellab.circuit.access import CircuitAccess
from bluecellab.simulation.circuit.globals import mechanism_globals
from bluecellab.simulation.circuit.inputs import compartment_set_of
from bluecellab.simulation.circuit.members import Members
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import CompartmentSetModification, SimulationConfig

__all__ = ["modify", "settings_of"]


def settings_of(config: SimulationConfig) -> dict[str, float]:
    """Return NEURON's settings that a configuration asks for while it runs."""
    return {"secondorder": config.run.second_order, **mechanism_globals(config.conditions)}


def modify(config: SimulationConfig, circuit: CircuitAccess, cells: Mapping[CellId, Cell]) -> None:
    """Change cells as the modifications of a configuration say, in their order."""
    members = Members(circuit)
    for modification in config.modifications:
        if isinstance(modification, CompartmentSetModification):
            places = compartment_set_of(modification.compartment_set, config)
            apply_modification(modification, cells.values(), places)
            continue
        chosen = [
            cell
            for cell_id, cell in cells.items()
            if members.has(modification.node_set, cell_id.population_name, cell_id.id)
        ]
        apply_modification(modification, chosen)
