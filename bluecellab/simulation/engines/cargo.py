"""What a run leaves in NEURON's Vectors, taken out of one process and put into another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import coreneuron, objects
from bluecellab.nrn.taps import Taps
from bluecellab.recording.tapping import Tapped

__all__ = ["Cargo", "Tap"]

FloatArray = npt.NDArray[np.float64]


class Tap:
    """A report whose variables NEURON records at every step, of which the report wants some.

    Parameters
    ----------
    reader
        The report.
    """

    def __init__(self, reader: Tapped) -> None:
        self.reader = reader
        self.taps: Taps = reader.tap()

    def feed(self, rows: FloatArray) -> None:
        """Give the report its rows, as if it had read them."""
        frames = self.reader.frames
        done = 0
        while done < len(rows):
            block = rows[done : done + frames.rows - frames.count]
            frames.put(block)
            self.reader.took(len(block))
            done += len(block)

    def clear(self) -> None:
        """Drop what is recorded."""
        self.taps.rows(np.empty(0, np.int64))


class Cargo:
    """All that a run fills: Vectors of the process, whoever made them, and those of reports.

    Parameters
    ----------
    taps
        Those of reports; NEURON must be initialised.
    """

    def __init__(self, taps: Sequence[Tap]) -> None:
        self.taps = list(taps)
        own = {vector for tap in self.taps for vector in tap.taps.vectors}
        self._vectors: list[Any] = [vector for vector in coreneuron.all_vectors() if vector not in own]
        self._lengths = [len(vector) for vector in self._vectors]
        self._schedules = [tap.reader.schedule for tap in self.taps]
        #: Bytes that a step leaves; those that hold one value now are mostly recorded at every step
        self.bytes_of_a_step = 8 * (len(own) + sum(length == 1 for length in self._lengths))
        for tap in self.taps:
            tap.clear()

    def unload(self, begin: int, end: int) -> tuple[list[int], list[FloatArray]]:
        """Take out what the steps after ``begin`` until ``end`` have left.

        Returns
        -------
        tuple
            Which Vectors have been filled; and what with, followed by the rows of each report.
        """
        filled, arrays = [], []
        for index, (vector, length) in enumerate(zip(self._vectors, self._lengths, strict=True)):
            if len(vector) > length:
                filled.append(index)
                arrays.append(np.array(vector, dtype=np.float64)[length:])
                vector.resize(length)
        return filled, [*arrays, *self.rows(begin, end)]

    def rows(self, begin: int, end: int) -> list[FloatArray]:
        """Take out the rows of each report."""
        found = []
        for tap, schedule in zip(self.taps, self._schedules, strict=True):
            wanted = np.empty(0, np.int64) if schedule is None else schedule.within(begin, end)
            found.append(tap.taps.rows(wanted - begin - 1))
        return found

    def load(self, filled: Iterable[int], arrays: Sequence[FloatArray]) -> None:
        """Put in what another process has taken out."""
        chosen = list(filled)
        for index, values in zip(chosen, arrays[: len(chosen)], strict=True):
            self._vectors[index].append(objects.vector(values))
        self.feed(arrays[len(chosen) :])

    def feed(self, rows: Sequence[FloatArray]) -> None:
        """Give each report its rows, as if it had read them."""
        for tap, block in zip(self.taps, rows, strict=True):
            tap.feed(block)
