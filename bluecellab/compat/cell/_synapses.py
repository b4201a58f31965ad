"""The synapses of a circuit, as the dictionaries that published cells have."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecellab.compat.connection import Connection
from bluecellab.compat.synapse.synapse_types import Synapse, SynapseID, face_of
from bluecellab.nrn.scope import Scope
from bluecellab.spec.base import CellId
from bluecellab.synapse import Connection as RoomConnection
from bluecellab.synapse import SynapseGroup

if TYPE_CHECKING:
    from bluecellab.cell import Cell

__all__ = ["CircuitSynapses"]


class CircuitSynapses:
    """Synapses and connections of a cell by their ids; made when somebody asks for them.

    Parameters
    ----------
    owner
        The scope of the cell.
    """

    def __init__(self, owner: Scope) -> None:
        self.synapses: dict[Any, Synapse] = owner.own({}, dict.clear)
        self.connections: dict[Any, Connection] = owner.own({}, dict.clear)
        self.minis: dict[Any, Any] = owner.own({}, dict.clear)
        self._coming: list[SynapseGroup] = owner.own([], list.clear)
        # no strong references: two cells may send to each other
        self._mates: weakref.WeakValueDictionary[CellId, Cell] = weakref.WeakValueDictionary()

    def add(self, groups: Sequence[SynapseGroup], mates: weakref.WeakValueDictionary[CellId, Cell]) -> None:
        """Have some synapses, and the cells that may send to them."""
        self._coming += groups
        self._mates = mates

    def filled(self) -> CircuitSynapses:
        """Return this, with all synapses there."""
        while self._coming:
            self._fill(self._coming.pop(0))
        return self

    def _fill(self, group: SynapseGroup) -> None:
        name = group.edges.population.name
        last: dict[int, RoomConnection] = {}
        for bundle in group.bundles:
            for position, index in enumerate(bundle.members.tolist()):
                if bundle.kind in ("real", "replay"):
                    last[index] = RoomConnection(group, bundle, position)
                elif bundle.kind == "mini":
                    self.minis[SynapseID(name, int(group.numbers[index]))] = bundle.connections.o(position)
        for index in np.flatnonzero(group.placed).tolist():
            synapse = face_of(group, index)
            inner = last.get(index)
            real = inner is not None and inner.kind == "real"
            self.synapses[synapse.syn_id] = synapse
            self.connections[synapse.syn_id] = Connection.of(
                synapse, inner, self._mates.get(synapse.pre_cell_id) if real else None
            )
