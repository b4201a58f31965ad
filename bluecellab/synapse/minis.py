r"""Spontaneous minis: the times at which synapses receive an event out of nothing.

A Poisson process of constant rate :math:`r` (Hz) for each synapse: its events are at

.. math:: t_k = t_{k-1} + \frac{1000}{r} e_k, \qquad t_0 = 0\ \mathrm{ms}

with :math:`e_k` the exponential numbers of the synapse's own stream, the first of which is thrown away.
These are, bit for bit, the times at which the ``InhPoissonStim`` mechanism fires; here they are computed
for all synapses of a cell at once, and no mechanism is needed.
"""

from __future__ import annotations

import dataclasses
import math
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import SynapseError
from bluecellab.nrn import random_streams, synapses
from bluecellab.synapse import gids
from bluecellab.synapse.families import minis_streams

if TYPE_CHECKING:
    from bluecellab.synapse.group import Bundle, SynapseGroup

__all__ = ["DELAY", "Minis", "event_times"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Delay of the NetCons of minis in ms.
DELAY = 0.1
_AT_ONCE = 2_000_000
_SHARED = 64


def event_times(
    streams: npt.NDArray[np.uint64], rates: FloatArray, t_stop: float, *, global_index: int = 0
) -> tuple[IntArray, FloatArray]:
    """Return the events of many Poisson processes from 0 to ``t_stop``.

    Parameters
    ----------
    streams
        Identities of their random streams, shape (n, 3).
    rates
        Theirs in Hz, shape (n,); all above 0.
    t_stop
        In ms.
    global_index
        NEURON's ``Random123_globalindex``.

    Returns
    -------
    tuple
        The process of each event, shape (m,), and its time in ms, shape (m,); those of one process in order.
    """
    members: list[IntArray] = [np.empty(0, np.int64)]
    times: list[FloatArray] = [np.empty(0)]
    by_rate = np.argsort(rates, kind="stable")[::-1]  # those of like rates need like numbers of draws
    start = 0
    while start < len(by_rate):
        draws = _draws(float(rates[by_rate[start]]), t_stop)
        chosen = by_rate[start : start + max(1, _AT_ONCE // draws)]
        start += len(chosen)
        position = 1
        reached = np.zeros(len(chosen))
        while len(chosen):
            unit = random_streams.uniforms(streams[chosen], position, draws, global_index=global_index)
            logs = np.fromiter(map(math.log, unit.ravel().tolist()), np.float64, unit.size)
            steps = (1000.0 / rates[chosen])[:, None] * -logs.reshape(unit.shape)
            found = np.cumsum(np.concatenate((reached[:, None], steps), axis=1), axis=1)[:, 1:]
            rows, columns = np.nonzero(found <= t_stop)
            members.append(chosen[rows])
            times.append(found[rows, columns])
            unfinished = found[:, -1] <= t_stop
            chosen, reached = chosen[unfinished], found[unfinished, -1]
            position += draws
    return np.concatenate(members), np.concatenate(times)


def _draws(rate: float, t_stop: float) -> int:
    """Return how many intervals will do for nearly all processes of a rate, and not too many at once."""
    expected = rate * t_stop / 1000.0
    return min(_AT_ONCE, math.ceil(expected + 3.0 * math.sqrt(expected)) + 2)


class Minis:
    """The minis of a group of synapses.

    Parameters
    ----------
    group
        The group.
    rates
        Of each synapse in Hz, shape (n,); those of rate 0 receive none.

    Raises
    ------
    SynapseError
        If a rate is negative or not a number.
    BusyError
        If a run is in progress.
    """

    def __init__(self, group: SynapseGroup, rates: FloatArray) -> None:
        if not (np.isfinite(rates).all() and (rates >= 0).all()):
            raise SynapseError(f"minis of {group.label}: rates must be numbers, 0 Hz or more")
        self._group = weakref.ref(group)
        self.members: IntArray = np.flatnonzero(group.placed & (rates > 0))
        self.rates = rates[self.members]
        self._bundles: Sequence[Bundle] = ()
        if not len(self.members):
            return
        bare = dataclasses.replace(group.edges, columns={})
        edges = bare.take(self.members)
        self._streams = minis_streams(edges, group.gid, group.populations, group.conditions)
        self._global_index = group.conditions.seeds.base
        # Events are sent to each NetCon by itself, so that their sources need not be told apart. NEURON takes
        # as long to release one as it has sources, and as a source has NetCons: neither may be many.
        first = gids.allocate(group.scope, -(-len(self.members) // _SHARED))
        sources = first + np.arange(len(self.members)) // _SHARED
        delay = max(DELAY, group.conditions.dt)  # NEURON refuses less, though it is not used here
        before = len(group.bundles)
        group.wire("mini", self.members, sources, np.full(len(self.members), delay))
        self._bundles = group.bundles[before:]

    def __len__(self) -> int:
        return len(self.members)

    @property
    def closed(self) -> bool:
        """Whether the synapses have gone."""
        group = self._group()
        return group is None or group.closed

    def events(self, t_stop: float) -> tuple[IntArray, FloatArray]:
        """Return the synapse of each event until ``t_stop`` ms, and its time in ms, shapes (m,)."""
        if not len(self):
            return np.empty(0, np.int64), np.empty(0)
        chosen, times = event_times(self._streams, self.rates, t_stop, global_index=self._global_index)
        return self.members[chosen], times

    def send(self, t_stop: float, after: float = -1.0) -> None:
        """Let NEURON deliver the events after one time and until another, in ms; it must be initialised."""
        if self.closed:
            return
        members, times = self.events(t_stop)
        later = times > after
        members, times = members[later], times[later] + DELAY
        for bundle in self._bundles:
            slots = np.minimum(np.searchsorted(bundle.members, members), len(bundle.members) - 1)
            here = bundle.members[slots] == members
            synapses.send(bundle.connections, slots[here], times[here])
