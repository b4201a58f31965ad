"""Take steps, and read variables after some of them, with no Python in between.

A sample that Python takes costs some 50 us, as processors have forgotten Python while NEURON integrated. One
of a loop in hoc costs some 2 us, and 12 ns for each variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import objects, runtime
from bluecellab.nrn.parallel import ranks
from bluecellab.nrn.pointers import Frames, Pointers, procedure
from bluecellab.nrn.watching import keeping_alarm

__all__ = ["Reader", "Sampler", "Sampling", "Schedule", "Stepper"]

IntArray = npt.NDArray[np.int64]

_NEAR = 3  # steps; NEURON takes more of them in another way, which is faster on several threads

_NEW_LIST = """
obfunc bluecellab_new_list() { localobj made
    made = new List()
    return made
}
"""
# arguments: ParallelContext, steps to each stop (negative: one by one), dt, who reads at which stop,
# PtrVectors, rows, blocks, where in these the next row goes, and how far it has come: stops that are done,
# and the reader that reads (or -1)
_TAKE = """
proc bluecellab_take_steps() { local i, j, k, m, n
    n = $o5.count()
    k = 0
    for i = 0, $o2.size() - 1 {
        if ($o2.x[i] < 0) {
            for m = 1, -$o2.x[i] fadvance()
        } else {
            $o1.psolve(t + ($o2.x[i] + 0.25)*$3)
        }
        for j = 0, n - 1 {
            if ($o4.x[k]) {
                $o9.x[1] = j
                $o5.o(j).gather($o6.o(j))
                $o7.o(j).copy($o6.o(j), $o8.x[j])
                $o8.x[j] += $o6.o(j).size()
            }
            k += 1
        }
        $o9.x[0] = i + 1
        $o9.x[1] = -1
    }
}
"""


@dataclass(frozen=True)
class Schedule:
    """Steps after which something is read.

    Parameters
    ----------
    first
        The first of them.
    stride
        Steps in between.
    count
        How many there are.
    """

    first: int
    stride: int
    count: int

    def within(self, begin: int, end: int) -> IntArray:
        """Return those beyond ``begin``, up to ``end``.

        Examples
        --------
        >>> Schedule(0, 4, 100).within(4, 13)
        array([ 8, 12])
        """
        lowest = max(0, (begin - self.first) // self.stride + 1)
        highest = min(self.count, (end - self.first) // self.stride + 1)
        return self.first + self.stride * np.arange(lowest, max(lowest, highest), dtype=np.int64)


class Sampler(Protocol):
    """Does something after some steps."""

    @property
    def schedule(self) -> Schedule | None:
        """When it still does, counted since the run began; None if never."""


@runtime_checkable
class Reader(Sampler, Protocol):
    """A sampler that reads variables, and does no more in most steps."""

    @property
    def pointers(self) -> Pointers:
        """What it reads."""

    @property
    def frames(self) -> Frames:
        """Where to."""

    def took(self, count: int) -> None:
        """Note that so many more frames have been read, and make room for another one. It raises nothing."""

    def failed(self, error: RuntimeError) -> Exception:
        """Note that something that it reads has been deleted; return the error that says so."""

    def complain(self) -> None:
        """Raise what has gone wrong since the clock last looked in."""


class Sampling(Protocol):
    """Takes samples of the state at times of its own. It must be quick, and change nothing."""

    @property
    def due(self) -> float:
        """When to sample next: after so many steps of the present advance; with CVODE, the time in ms."""

    def sample(self) -> float:
        """Take the sample that is due; return when the next one is."""

    @property
    def samplers(self) -> Sequence[Sampler]:
        """What samples consist of."""

    @property
    def steps_before(self) -> int:
        """Steps that the run had taken before the present advance."""


class Stepper:
    """Takes the steps of one advance. All ranks make theirs together, and stop after the same steps.

    At the end of ``psolve`` ranks wait for each other. So several of them go step by step to all stops but
    the last; they then wait no more often than without samples. A process that is alone does so to stops that
    are near, as NEURON itself would, because calls of ``psolve`` cost some 10 us.

    Parameters
    ----------
    dt
        The step in ms.
    sampling
        What is sampled on the way.
    sample
        Takes a sample that Python has a part in.
    """

    def __init__(
        self, dt: float, sampling: Sampling | None, sample: Callable[[], object] = lambda: None
    ) -> None:
        samplers = [] if sampling is None else list(sampling.samplers)
        self._before = 0 if sampling is None else sampling.steps_before
        self._dt = dt
        self._sample = sample
        self._broken = False  # something that is read has been deleted; frames would miss some
        self._readers = [sampler for sampler in samplers if isinstance(sampler, Reader)]
        self._others = [sampler for sampler in samplers if not isinstance(sampler, Reader)]
        everybody = ranks()
        self._alone = everybody.alone
        own = {found for sampler in samplers if (found := self._schedule(sampler)) is not None}
        self._stops: set[Schedule] = set().union(*everybody.gathered(own, "taking steps"))
        self._solve = procedure("bluecellab_take_steps", _TAKE)
        self._new_list = procedure("bluecellab_new_list", _NEW_LIST)

    def _schedule(self, sampler: Sampler) -> Schedule | None:
        """Return the schedule of a sampler in steps of this advance."""
        found = sampler.schedule
        return None if found is None else replace(found, first=found.first - self._before)

    def _union(self, schedules: Iterable[Schedule | None], begin: int, end: int) -> IntArray:
        found = [schedule.within(begin, end) for schedule in schedules if schedule is not None]
        steps = np.sort(np.concatenate([np.empty(0, dtype=np.int64), *found]))
        return steps[np.diff(steps, prepend=-1) > 0]  # numpy.unique loads numpy.ma, which takes 15 ms

    def take(self, taken: int, count: int) -> None:
        """Take ``count`` steps after the first ``taken`` ones.

        Raises
        ------
        EngineError
            If NEURON fails.
        BrokenError
            If something that is read has been deleted. With several ranks the reader keeps this error until
            all have taken their steps.
        """
        end, h = taken + count, runtime.raw_h()
        with runtime.guard(f"integrating from {h.t:g} ms"), keeping_alarm():
            if not self._stops:  # on any rank
                objects.parallel_context().psolve(h.t + (count + 0.25) * self._dt)
                return
            for stop in self._union(map(self._schedule, self._others), taken, end).tolist():
                self._stretch(taken, stop, with_last=False, ends=stop == end)
                self._sample()  # in the order of samplers, as some may change what others read
                taken = stop
            if taken < end:
                self._stretch(taken, end, with_last=True, ends=True)

    def _stretch(self, begin: int, end: int, *, with_last: bool, ends: bool) -> None:
        """Take steps, and read on the way; after the last one only ``with_last``; ``ends`` at the end."""
        stops = self._union(self._stops, begin, end)
        if not len(stops) or stops[-1] != end:
            stops = np.append(stops, end)
        steps = np.diff(stops, prepend=begin)
        reads = np.zeros((len(stops), len(self._readers)), dtype=bool)
        for index, reader in enumerate(self._readers):
            schedule = self._schedule(reader)
            if schedule is not None:
                reads[:, index] = np.isin(stops, schedule.within(begin, end), assume_unique=True)
        reads[-1] &= with_last
        first = 0
        while first < len(stops):
            following = first + self._fitting(reads[first:])
            ending = ends and following == len(stops)
            self._block(steps[first:following], reads[first:following], ends=ending)
            first = following

    def _fitting(self, reads: npt.NDArray[np.bool_]) -> int:
        """Return after how many stops the first reader has no more room."""
        least = len(reads)
        for index, reader in enumerate(self._readers):
            room = reader.frames.rows - reader.frames.count
            least = min(least, int(np.searchsorted(np.cumsum(reads[:, index]), room)) + 1)
        return least

    def _block(self, steps: IntArray, reads: npt.NDArray[np.bool_], *, ends: bool) -> None:
        """Take steps to stops, and read at these what each reader wants."""
        reads = reads & (not self._broken)
        wanted = [index for index in range(len(self._readers)) if reads[:, index].any()]
        active = [index for index in wanted if self._readers[index].pointers.raw is not None]
        members = [self._readers[index] for index in active]
        progress = objects.vector([0.0, -1.0])
        try:
            self._solve(
                objects.parallel_context(),
                objects.vector(self._signed(steps, ends=ends)),
                self._dt,
                objects.vector(reads[:, active].ravel()),
                self._listed([reader.pointers.raw for reader in members]),
                self._listed([reader.frames.row for reader in members]),
                self._listed([reader.frames.block for reader in members]),
                objects.vector([reader.frames.count * reader.frames.size for reader in members]),
                progress,
            )
        except RuntimeError as error:
            done, reading = (int(value) for value in objects.values_of(progress))
            for index, reader in enumerate(self._readers):
                reader.frames.count += int(reads[:done, index].sum())
            if reading < 0:
                raise
            failure = members[reading].failed(error)
            if self._alone:
                raise failure from error
            self._broken = True
            self._block(steps[done + 1 :], reads[done + 1 :], ends=ends)
            return
        for index in wanted:
            read = int(reads[:, index].sum())
            self._readers[index].frames.count += read
            self._readers[index].took(read)

    def _signed(self, steps: IntArray, *, ends: bool) -> IntArray:
        """Return steps to stops, negative where they are taken one by one."""
        single = steps <= _NEAR if self._alone else np.ones(len(steps), dtype=bool)
        if ends:
            single[-1:] = False
        return np.where(single, -steps, steps)

    def _listed(self, items: Sequence[Any]) -> Any:
        """Return a List of NEURON's."""
        made = self._new_list()
        for item in items:
            made.append(item)
        return made
