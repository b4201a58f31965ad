"""Electric fields of a circuit simulation, imposed on its cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from bluecellab.cell import Cell
from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.placement import rotation_of
from bluecellab.errors import BluecellabError, StimulusError
from bluecellab.fields import play_field
from bluecellab.simulation.circuit.members import Members
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import SpatiallyUniformField
from bluecellab.spec.simulation.config import CircuitInput

__all__ = ["impose_fields"]


def impose_fields(
    inputs: Iterable[CircuitInput], circuit: CircuitAccess, cells: Mapping[CellId, Cell], members: Members
) -> int:
    """Let those blocks of inputs act that are electric fields; at each cell all of them add up.

    Parameters
    ----------
    inputs
        Blocks.
    circuit
        Knows how cells are turned.
    cells
        The cells that are there. Point cells have no place in space, and feel nothing.
    members
        Knows the node sets.

    Returns
    -------
    int
        On how many cells any field acts.

    Raises
    ------
    StimulusError
        If a field is for a compartment set, or a cell is nowhere in space.
    """
    blocks = [block for block in inputs if isinstance(block.stimulus, SpatiallyUniformField)]
    for block in blocks:
        if block.node_set is None:
            raise StimulusError(
                f"input {block.name!r} is an electric field, which acts on whole cells: give it a node_set"
            )
    count = 0
    for cell_id, cell in cells.items():
        acting = [
            block
            for block in blocks
            if cell.artificial is None
            and members.has(str(block.node_set), cell_id.population_name, cell_id.id)
        ]
        if acting:
            _impose(acting, circuit, cell_id, cell)
            count += 1
    return count


def _impose(blocks: list[CircuitInput], circuit: CircuitAccess, cell_id: CellId, cell: Cell) -> None:
    fields = [block.stimulus for block in blocks if isinstance(block.stimulus, SpatiallyUniformField)]
    ids = np.array([cell_id.id], dtype=np.int64)
    try:
        play_field(fields, cell, rotation_of(circuit, cell_id.population_name, ids)[0])
    except BluecellabError as error:
        if not isinstance(error, ValueError):
            raise
        names = " and ".join(repr(block.name) for block in blocks)
        raise StimulusError(f"input {names} to {cell.label}: {error}") from error
