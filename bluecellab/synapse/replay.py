"""``SpikeSource``: spikes at given times, of sources that are not simulated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import SynapseError
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.scope import Live, Scope
from bluecellab.synapse.minis import Minis

if TYPE_CHECKING:
    from bluecellab.recording import RunPlan
    from bluecellab.recording.samples import TimeAxis

__all__ = ["SpikeSource"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


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
        self._minis: list[Minis] = self._scope.own([], list.clear)
        self._made = self._scope.own([synapses.pattern_stim()], list.clear)
        self._horizon = 0.0

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

    def add_minis(self, minis: Minis) -> None:
        """Add the minis of a group of synapses; they end with the group.

        Raises
        ------
        BusyError
            If a run is in progress.
        """
        self._scope.check()
        runtime.refuse_while_running("adding minis")
        self._minis[:] = [item for item in self._minis if not item.closed]
        self._minis.append(minis)

    def spikes(self, t_stop: float) -> tuple[FloatArray, IntArray]:
        """Return all replayed spikes, and the minis until ``t_stop`` ms, in the order of time.

        Returns
        -------
        tuple
            Times in ms and NEURON's numbers of the sources, both of shape (n,).
        """
        times = [np.empty(0), *self._trains.values()]
        sources = [np.empty(0, np.int64)]
        sources += [np.full(len(train), gid, np.int64) for gid, train in self._trains.items()]
        for minis in self._minis:
            found, gids = minis.events(t_stop)
            times.append(found)
            sources.append(gids)
        all_times = np.concatenate(times)
        order = np.argsort(all_times, kind="stable")
        return all_times[order], np.concatenate(sources)[order]

    def play(self, t_stop: float) -> None:
        """Give NEURON the spikes of the next run; call it before NEURON is initialised."""
        self._scope.check()
        synapses.play(self._made[0], *self.spikes(t_stop))
        self._horizon = t_stop

    @property
    def needs_fast_imem(self) -> bool:
        """Whether it needs total membrane currents: it does not."""
        return False

    def check(self, plan: RunPlan) -> None:
        """Take part in any run."""

    def prepare(self, plan: RunPlan) -> None:
        """Give NEURON the spikes of a run."""
        self.play(plan.t_stop)

    def reset(self, axis: TimeAxis) -> None:
        """Do nothing: NEURON has begun to play when it was initialised."""

    def extend(self, t_stop: float) -> None:
        """Add the minis of a run that goes on until ``t_stop`` ms; replayed spikes are all there."""
        for minis in self._minis:
            minis.send(self._horizon, t_stop)
        self._horizon = max(self._horizon, t_stop)

    def harvest(self) -> None:
        """Do nothing: there is nothing to take out."""

    def finish(self, *, partial: bool) -> None:
        """Do nothing: there is nothing to take out."""
