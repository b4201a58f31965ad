"""Replayed spikes that arrive within the step in which they are fired.

NEURON hands on the spikes of numbered sources once a step, too late where the delay is a step or less.
What these deliver is queued for each of them when NEURON is initialised, at its exact time.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bluecellab.files.distinct import distinct
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.lone import connect_alone
from bluecellab.synapse.group import KINDS, Bundle, SynapseGroup

__all__ = ["QuickEvents"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class QuickEvents:
    """Connections of a group whose events are sent to each by itself.

    Parameters
    ----------
    group
        The group.
    members
        Which synapses are connected, shape (m,).
    gids
        NEURON's number of the source of each, shape (m,).
    trains
        Times of the spikes of sources in ms, by NEURON's number; of those that have any.
    """

    def __init__(
        self, group: SynapseGroup, members: IntArray, gids: IntArray, trains: Mapping[int, FloatArray]
    ) -> None:
        group.check()
        runtime.refuse_while_running(f"connecting {group.label}")
        self._group = weakref.ref(group)
        times = [trains.get(gid, np.empty(0)) for gid in gids.tolist()]
        delays = group.delays[members]
        self._slots = np.repeat(np.arange(len(members)), [len(each) for each in times])
        self._times = np.concatenate([np.empty(0), *times]) + delays[self._slots]
        made = group.made
        kinds = np.array([each.kind_index for each in made.mechanisms], dtype=np.int64)[
            made.mechanism[members]
        ]
        order = np.argsort(kinds, kind="stable")
        place = np.empty(len(members), np.int64)
        place[order] = np.arange(len(members))
        self._slots = place[self._slots]
        connections = group.scope.own(synapses.empty_list(), synapses.release_backwards)
        for kind in distinct(kinds).tolist():
            here = order[kinds[order] == kind]
            connect_alone(
                connections,
                made.processes,
                made.slots[members[here]],
                (group.weights[members[here]], delays[here]),
                (kind, KINDS["replay"]),
            )
        group.add_bundle(Bundle("replay", connections, members[order], gids[order]))
        self._bundle = len(group.bundles) - 1

    @property
    def closed(self) -> bool:
        """Whether the synapses have gone."""
        group = self._group()
        return group is None or group.closed

    def send(self, t_stop: float, after: float = -1.0) -> None:
        """Let NEURON deliver the events after one time and until another, in ms; it must be initialised."""
        group = self._group()
        if group is None or group.closed:
            return
        now = (self._times > after) & (self._times <= t_stop)
        synapses.send(group.bundles[self._bundle].connections, self._slots[now], self._times[now])
