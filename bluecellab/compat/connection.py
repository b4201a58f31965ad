"""``Connection`` as published: what sends spikes to one synapse."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bluecellab import synapse as room
from bluecellab.compat.synapse.synapse_types import Synapse
from bluecellab.errors import SynapseError
from bluecellab.nrn import synapses as engine
from bluecellab.synapse import gids

if TYPE_CHECKING:
    from bluecellab.cell import Cell

__all__ = ["Connection"]


class Connection:
    """A connection to a synapse, from a cell, or from spikes that are given.

    Parameters
    ----------
    post_synapse
        The synapse.
    pre_spiketrain
        Times in ms, shape (n,).
    pre_gid
        NEURON's number of the source, of one that is registered with a parallel context.
    pre_cell
        The cell that sends.
    stim_dt
        Without effect: spikes arrive when they do.
    parallel_context
        Given, it is ``pre_gid`` that sends.
    spike_threshold
        In mV.
    spike_location
        Where on ``pre_cell`` spikes are detected.

    Raises
    ------
    SynapseError
        If a time is negative.
    """

    _inner: room.Connection | None
    pre_gid: int | None
    pre_spiketrain: npt.NDArray[np.float64] | None

    def __init__(
        self,
        post_synapse: Synapse,
        pre_spiketrain: npt.ArrayLike | None = None,
        pre_gid: int | None = None,
        pre_cell: Cell | None = None,
        stim_dt: float | None = None,  # noqa: ARG002 - published
        parallel_context: object | None = None,
        spike_threshold: float = -30.0,
        spike_location: str = "soma",
    ) -> None:
        self._begin(post_synapse, None, pre_cell)
        if pre_spiketrain is not None:
            times = np.asarray(pre_spiketrain, dtype=np.float64).ravel()
            if (times < 0).any():
                raise SynapseError(f"spikes of a connection must be at 0 ms or later, not {times.min():g}")
            self.pre_spiketrain = times
            self._inner = room.drive(post_synapse, times)
        elif parallel_context is not None and pre_gid is not None:
            self.pre_gid = pre_gid
            self._inner = self._wired(pre_gid)
        elif pre_cell is not None:
            gid = gids.allocate(pre_cell.scope, 1)
            detector = pre_cell.create_netcon_spikedetector(None, spike_location, spike_threshold)
            engine.register(gid, pre_cell.scope.own(detector))
            self._inner = self._wired(gid)

    def _wired(self, gid: int) -> room.Connection:
        """Connect the synapse to one of NEURON's gids."""
        synapse = self.post_synapse
        here = np.array([synapse.index])
        synapse.group.wire("real", here, np.array([gid]), np.array([synapse.delay]))
        return synapse.group.connections_of(synapse.index)[-1]

    def _begin(self, synapse: Synapse, inner: room.Connection | None, pre_cell: Cell | None) -> None:
        self.post_synapse = synapse
        self._inner = inner
        self._pre_cell = None if pre_cell is None else weakref.ref(pre_cell)
        self.pre_spiketrain = None
        self.pre_gid = synapse.pre_gid
        self.weight_scalar = 1.0 if synapse.weight is None else synapse.weight
        self.persistent: list[object] = []

    @classmethod
    def of(cls, synapse: Synapse, inner: room.Connection | None, pre_cell: Cell | None) -> Connection:
        """Return the published face of a connection of a circuit, or of none at all."""
        made = cls.__new__(cls)
        made._begin(synapse, inner, pre_cell)
        return made

    @property
    def pre_cell(self) -> Cell | None:
        """The cell that sends, if it is one that is simulated."""
        return None if self._pre_cell is None else self._pre_cell()

    @property
    def post_netcon(self) -> Any:
        """NEURON's NetCon; None if nothing sends."""
        return None if self._inner is None else self._inner.post_netcon

    @property
    def weight(self) -> float:
        """Weight at the start: conductance times :attr:`weight_scalar`."""
        return self.post_synapse.conductance * self.weight_scalar

    @property
    def delay(self) -> float:
        """Delay in ms."""
        return self.post_synapse.delay if self._inner is None else self._inner.delay

    @property
    def post_netcon_weight(self) -> float:
        """Weight that the NetCon has now."""
        return self.weight if self._inner is None else self._inner.weight

    @property
    def post_netcon_delay(self) -> float:
        """Delay that the NetCon has now, in ms."""
        return self.delay

    def set_netcon_weight(self, w: float) -> None:
        """Set the weight of the NetCon."""
        if self._inner is not None:
            self._inner.set_netcon_weight(w)

    def set_weight_scalar(self, scalar: float) -> None:
        """Set the weight to the conductance times a factor."""
        self.weight_scalar = scalar
        self.set_netcon_weight(self.weight)

    def set_netcon_delay(self, d: float) -> None:
        """Set the delay in ms."""
        if self._inner is not None:
            self._inner.set_netcon_delay(d)

    @property
    def info_dict(self) -> dict[str, object]:
        """What it is, as published."""
        synapse = self.post_synapse
        pre_cell = self.pre_cell
        return {
            "pre_cell_id": self.pre_gid if pre_cell is None else pre_cell.cell_id.id,
            "post_cell_id": synapse.post_cell_id.id,
            "post_synapse_id": synapse.syn_id.sid,
            "post_netcon": {"weight": self.post_netcon_weight, "delay": self.post_netcon_delay},
        }

    def delete(self) -> None:
        """Take nothing away: it goes with its synapse."""
