"""A connection to a point cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.circuit.access import EdgePopulation, Edges
from bluecellab.compat.point.connection_params import PointProcessConnParameters
from bluecellab.errors import SynapseError
from bluecellab.synapse import Receiver, SynapseConditions, build_synapses, drive
from bluecellab.synapse.group import SynapseGroup

__all__ = ["PointProcessConnection"]


class PointProcessConnection:
    """Sends spikes to a point cell.

    Parameters
    ----------
    conn_params
        Source, delay and weight.
    post_cell
        The point cell, which owns the connection.
    pre_spiketrain
        Times in ms, shape (n,); left out, it is NEURON's gid ``sgid`` that sends.

    Raises
    ------
    SynapseError
        If the cell is none, or a time is negative.
    """

    def __init__(
        self,
        conn_params: PointProcessConnParameters,
        post_cell: Cell,
        pre_spiketrain: npt.ArrayLike | None = None,
    ) -> None:
        params = PointProcessConnParameters(*conn_params)
        if post_cell.artificial is None:
            raise SynapseError(f"{post_cell.label} is no point cell: make a synapse, and a Connection")
        self.conn_params = params
        self.weight, self.delay = params.weight, params.delay
        self._group = self._made(post_cell, params)
        if pre_spiketrain is not None:
            self._inner = drive(self._group.synapse(0), pre_spiketrain)
        else:
            at = np.array([0])
            self._group.wire("real", at, np.array([params.sgid]), self._group.delays)
            self._inner = self._group.connections_of(0)[-1]

    @staticmethod
    def _made(cell: Cell, params: PointProcessConnParameters) -> SynapseGroup:
        """Return the one edge that ends at the cell."""
        columns = {"conductance": np.array([params.weight]), "delay": np.array([params.delay])}
        kind = EdgePopulation("placed", "point_process", "", cell.cell_id.population_name, 1, tuple(columns))
        edges = Edges(kind, cell.cell_id.id, np.array([0]), np.array([params.sgid]), columns)
        receiver = Receiver(cell.scope, cell.label, cell.cell_id, cell.cell_id.id, process=cell.artificial)
        return build_synapses(edges, receiver, SynapseConditions())

    @property
    def post_netcon(self) -> Any:
        """NEURON's NetCon."""
        return self._inner.post_netcon

    def delete(self) -> None:
        """Take it away."""
        self._group.close()
