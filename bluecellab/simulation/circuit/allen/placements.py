"""Where cells of the Allen dialect are in the space of their circuit."""

from __future__ import annotations

from collections.abc import Iterable

from bluecellab.circuit.allen import AllenCircuit
from bluecellab.fields.extracellular import Placement
from bluecellab.fields.segments import placement_of
from bluecellab.spec.base import CellId

__all__ = ["placements_of"]


def placements_of(circuit: AllenCircuit, cells: Iterable[CellId]) -> dict[CellId, Placement]:
    """Return where the soma of each cell is, and how the cell is turned."""
    return {cell_id: placement_of(circuit.node(*cell_id)) for cell_id in cells}
