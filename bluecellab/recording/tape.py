"""The Vector that NEURON writes into."""

from __future__ import annotations

from typing import Any

import numpy as np

from bluecellab.nrn import objects, runtime
from bluecellab.nrn.marks import Mark
from bluecellab.results.arrays import FloatArray

__all__ = ["Tape"]


class Tape:
    """A Vector and what it is recording, the only holder of these raw objects.

    It is owned by a scope, which cuts it when it closes.
    """

    __slots__ = ("_grid", "_mark", "_pointer", "_seen", "_vector")

    def __init__(self) -> None:
        self._vector: Any = None  # made when it is needed: others may read for many recorders at once
        self._pointer: Any = None
        self._mark: Mark | None = None
        self._grid: Any = None
        self._seen = 0

    def run_every_step(self, pointer: Any, section: Any = None, mark: Mark | None = None) -> None:
        """Record at every integration step.

        Parameters
        ----------
        pointer
            NEURON's reference to the variable.
        section
            The raw section that decides which integrator's steps are meant, needed for references
            that belong to no section, such as time.
        mark
            What says which thread the variable is on.
        """
        if self._grid is None and self._pointer is not None and self._pointer == pointer and mark is None:
            return  # is recording it already, and setting up costs time in proportion to all others
        self._start()
        self._mark = mark
        with runtime.guard("recording"):
            if mark is not None:
                self._vector.record(mark.raw, pointer)
            elif section is None:
                self._vector.record(pointer)
            else:
                self._vector.record(pointer, sec=section)
        self._pointer = pointer

    def _start(self) -> None:
        self.stop()
        if self._vector is None:
            self._vector = objects.vector()

    def run_at(self, pointer: Any, times: FloatArray) -> None:
        """Record at given times in ms, shape (n,), the last of which lies beyond the end of the run.

        NEURON keeps one event pending, for the next time. So there must always be a next one, or
        the times could not be extended when the run is continued.
        """
        self._start()
        self._grid = objects.vector(times)
        with runtime.guard("recording"):
            self._vector.record(pointer, self._grid)
        self._pointer = pointer

    def extend_to(self, times: FloatArray) -> None:
        """Go on with more times in ms, shape (n,), the first of which are those there were."""
        self._grid.append(objects.vector(times[len(self._grid) :]))

    def stop(self) -> None:
        """Record no more."""
        if self._vector is not None and self._pointer is not None:
            self._vector.play_remove()
        self._pointer = self._grid = self._mark = None
        self._seen = 0

    @property
    def marked(self) -> bool:
        """Whether it holds what it should not hold for longer than a run."""
        return self._mark is not None

    def restart(self) -> None:
        """Count samples anew: NEURON has been initialised."""
        self._seen = 0

    def drain(self, first: int = 0, stride: int = 1) -> tuple[int, FloatArray]:
        """Take what was recorded at every step out of NEURON.

        Parameters
        ----------
        first, stride
            Which of it to keep: from index ``first``, every ``stride``-th.

        Returns
        -------
        int
            How many samples there were.
        numpy.ndarray
            Those kept, shape (n,).
        """
        count = self.pending
        if not count:
            return 0, np.empty(0)
        block = objects.values_of(self._vector)
        if first or stride > 1:
            block = block[first::stride].copy()
        self._vector.resize(0)
        return count, block

    def drain_grid(self) -> FloatArray:
        """Copy what has been recorded at given times since the last call, shape (n,).

        NEURON fills this Vector by index, so it cannot be shortened.
        """
        block = objects.values_of(self._vector)[self._seen :].copy()
        self._seen += len(block)
        return block

    def sample_now(self) -> FloatArray:
        """Take the sample of the present moment, whose event NEURON has pending; shape (1,).

        A run under CVODE stops just before the events at its end. When the run is continued, the
        event comes through and finds its sample taken.
        """
        self._seen += 1
        return np.array([self._pointer[0]])

    @property
    def pending(self) -> int:
        """How many samples are in NEURON."""
        return 0 if self._vector is None else len(self._vector)

    def cut(self) -> None:
        """Stop, and let go of everything in NEURON."""
        self.stop()
        self._vector = None
