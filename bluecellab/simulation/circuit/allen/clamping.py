"""The clamps of a simulation of the Allen dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bluecellab.cell import Cell
from bluecellab.simulation.circuit.members import Members
from bluecellab.spec.allen import AllenInput, CurrentClamp, CurrentFile, VoltageClamp
from bluecellab.spec.base import CellId
from bluecellab.stimulus.allen import Clamp, stream_of_clamp

__all__ = ["Clamps"]

_KINDS: Mapping[type, str] = {VoltageClamp: "se", CurrentClamp: "ic", CurrentFile: "f_ic"}
"""What reports call each kind of clamp."""


class Clamps:
    """Plays clamps on cells, and knows which there are.

    Parameters
    ----------
    members
        Knows the node sets.
    base_seed
        Of what is drawn.
    """

    def __init__(self, members: Members, base_seed: int) -> None:
        self._members = members
        self._base_seed = base_seed
        self._made: dict[str, dict[CellId, list[Any]]] = {}
        self.count = 0

    def play(self, block: AllenInput, cells: Mapping[CellId, Cell]) -> None:
        """Play a block of inputs, if it is one of clamps, on those of its cells that are there.

        Raises
        ------
        StimulusError
            If it cannot be played.
        """
        stimulus = block.stimulus
        if not isinstance(stimulus, CurrentClamp | CurrentFile | VoltageClamp):
            return
        clamp = Clamp(stimulus, block.name)
        by_cell = self._made.setdefault(_KINDS[type(stimulus)], {})
        for cell_id, cell in cells.items():
            if cell.artificial is not None or not self._concerns(block, cell_id):
                continue
            live = clamp.play(cell, stream_of_clamp(block.name, cell_id, self._base_seed))
            by_cell.setdefault(cell_id, []).extend(live)
            self.count += len(live)

    def _concerns(self, block: AllenInput, cell_id: CellId) -> bool:
        return block.node_set is None or self._members.has(
            block.node_set, cell_id.population_name, cell_id.id
        )

    def of_kind(self, kind: str) -> dict[CellId, Sequence[Any]]:
        """Return the point processes of a kind on each cell: ``"se"``, ``"ic"`` or ``"f_ic"``."""
        return {cell_id: [live.hoc for live in made] for cell_id, made in self._made.get(kind, {}).items()}

    def clear(self) -> None:
        """Forget them; their cells own them."""
        self._made.clear()
