"""``SpikeSource``: spikes at given times, of sources that are not simulated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from bluecellab.errors import SynapseError
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.scope import Live, Scope

if TYPE_CHECKING:
    from bluecellab.recording import RunPlan
    from bluecellab.recording.samples import TimeAxis

__all__ = ["Sender", "SpikeSource"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Sender(Protocol):
    """Sends events to connections by itself: minis do."""

    @property
    def closed(self) -> bool:
        """Whether what it sends to has gone."""

    def send(self, t_stop: float, after: float = -1.0) -> None:
        """Let NEURON deliver the events after one time and until another, in ms; it must be initialised."""


class SpikeSource(Live):
    """Lets sources that are not simulated fire: replayed cells and minis, all of a simulation.

    A source is one of NEURON's gids; whatever is connected to it receives its spikes. One PatternStim plays
    the spikes of all. It takes part in runs when it is attached to the simulation
    (``simulation.attach(source)``).

    Parameters
    ----------
    owner
        The scope that owns it.
    label
        Name for messages.

    Examples
    --------
    >>> with SpikeSource() as source:
    ...     source.add_trains({7: [3.0, 1.0]})
    ...     source.add_trains({7: [2.0]})
    ...     source.trains[7]
    array([1., 2., 3.])
    """

    def __init__(self, owner: Scope | None = None, label: str = "spike source") -> None:
        super().__init__(label, owner)
        self._trains: dict[int, FloatArray] = self._scope.own({}, dict.clear)
        self._minis: list[Sender] = self._scope.own([], list.clear)
        self._made = self._scope.own([synapses.pattern_stim()], list.clear)
        self._t_stop = 0.0
        self._sent = -1.0  # until when minis have been sent, in ms

    @property
    def scope(self) -> Scope:
        """What owns its parts, and whatever is to be released with it."""
        return self._scope

    @property
    def trains(self) -> Mapping[int, FloatArray]:
        """Times of the spikes of every source in ms, sorted, by NEURON's number of it."""
        return self._trains

    def add_trains(self, trains: Mapping[int, npt.ArrayLike]) -> None:
        """Add spikes; they are merged with those that a source has already.

        Parameters
        ----------
        trains
            Times in ms, shape (n,), in any order, by NEURON's number of the source.

        Raises
        ------
        SynapseError
            If a time is negative or not a number.
        BusyError
            If a run is in progress.
        """
        self._scope.check()
        runtime.refuse_while_running("adding spikes")
        merged = {}
        for gid, times in trains.items():
            values = np.asarray(times, dtype=np.float64).ravel()
            if not (np.isfinite(values).all() and (values >= 0).all()):
                raise SynapseError(
                    f"spikes of source {gid}: every time must be a number, 0 ms or later, not "
                    f"{values[~(np.isfinite(values) & (values >= 0))][0]:g}"
                )
            known = self._trains.get(gid)
            merged[gid] = np.sort(values if known is None else np.concatenate((known, values)))
        self._trains.update(merged)

    def add_minis(self, minis: Sender) -> None:
        """Add the minis of a group of synapses, or others that send events; they end with the group.

        Raises
        ------
        BusyError
            If a run is in progress.
        """
        self._scope.check()
        runtime.refuse_while_running("adding minis")
        self._minis[:] = [item for item in self._minis if not item.closed]
        self._minis.append(minis)

    def spikes(self) -> tuple[FloatArray, IntArray]:
        """Return all replayed spikes in the order of time.

        Returns
        -------
        tuple
            Times in ms and NEURON's numbers of the sources, both of shape (n,).
        """
        times = np.concatenate([np.empty(0), *self._trains.values()])
        counts = np.fromiter(map(len, self._trains.values()), np.int64, len(self._trains))
        sources = np.repeat(np.fromiter(self._trains, np.int64, len(self._trains)), counts)
        order = np.argsort(times, kind="stable")
        return times[order], sources[order]

    def play(self) -> None:
        """Give NEURON the replayed spikes, which it plays in every run from now on."""
        self._scope.check()
        synapses.play(self._made[0], *self.spikes())

    @property
    def needs_fast_imem(self) -> bool:
        """Whether it needs total membrane currents: it does not."""
        return False

    def check(self, plan: RunPlan) -> None:
        """Take part in any run."""

    def prepare(self, plan: RunPlan) -> None:
        """Give NEURON the spikes of a run, before it is initialised."""
        self.play()
        self._t_stop, self._sent = plan.t_stop, -1.0

    def reset(self, axis: TimeAxis) -> None:  # noqa: ARG002 - it records nothing
        """Send the minis of a run, after NEURON has been initialised; when it has settled they are there."""
        self.extend(self._t_stop)

    def extend(self, t_stop: float) -> None:
        """Send the minis of a run that goes on until ``t_stop`` ms; replayed spikes are all there."""
        for minis in self._minis:
            minis.send(t_stop, self._sent)
        self._sent = max(self._sent, t_stop)

    def harvest(self) -> None:
        """Take out nothing: there is nothing to take."""

    def finish(self, *, partial: bool) -> None:
        """Take out nothing: there is nothing to take."""
