"""Where samples go when they leave NEURON: blocks of numpy, joined when they are read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bluecellab.results.arrays import FloatArray

__all__ = ["Samples", "TimeAxis"]


class Samples:
    """A growing series of numbers."""

    __slots__ = ("_blocks", "_count")

    def __init__(self) -> None:
        self._blocks: list[FloatArray] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, block: FloatArray) -> None:
        """Append a block that nobody writes to any more, shape (n,)."""
        if len(block):
            self._blocks.append(block)
            self._count += len(block)

    def array(self) -> FloatArray:
        """Return everything so far as one read-only array, shape (n,)."""
        if len(self._blocks) != 1 or self._blocks[0].base is not None:  # a part would keep alive the whole
            self._blocks = [np.concatenate([np.empty(0), *self._blocks])]
        whole = self._blocks[0]
        whole.setflags(write=False)
        return whole


class TimeAxis:
    """The times of the samples of one run, shared by all its recorders.

    Parameters
    ----------
    drain
        Brings the axis up to date in the middle of a run.
    """

    __slots__ = ("_drain", "_samples", "_strided")

    def __init__(self, drain: Callable[[], None]) -> None:
        self._drain: Callable[[], None] | None = drain
        self._samples = Samples()
        self._strided: dict[int, FloatArray] = {}

    def __len__(self) -> int:
        return len(self._samples)

    def add(self, block: FloatArray) -> None:
        """Append times in ms, shape (n,)."""
        if len(block):
            self._samples.add(block)
            self._strided.clear()

    @property
    def growing(self) -> bool:
        """Whether the run is in progress."""
        return self._drain is not None

    def end(self) -> None:
        """Note that the run has ended."""
        self._drain = None

    def go_on(self, drain: Callable[[], None]) -> None:
        """Note that the run is continued."""
        self._drain = drain

    def times(self, stride: int = 1) -> FloatArray:
        """Return every ``stride``-th time in ms, read-only; recorders alike get the same array."""
        if self._drain is not None:
            self._drain()
        if stride == 1:
            return self._samples.array()
        if stride not in self._strided:
            times = self._samples.array()[::stride].copy()
            times.setflags(write=False)
            self._strided[stride] = times
        return self._strided[stride]
