"""Potentials at electrodes, of all cells together and of single ones."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.results.sonata.allen_writer import PotentialWriter
from bluecellab.results.sonata.files import PathLike
from bluecellab.results.sonata.frame_writer import FrameWriter
from bluecellab.results.sonata.parts import ReportFile

__all__ = ["PotentialFiles"]

_WAITING_BYTES = 2**25  # of frames of single cells; opening their files again and again takes time
_BLOCK_BYTES = 2**18  # of frames of all cells together
_WRITE_EVERY = 2.0  # s of wall time, lest a kill loses more


class _Waiting:
    """Frames that wait to be written."""

    def __init__(self) -> None:
        self._frames: list[npt.NDArray[np.floating]] = []
        self.bytes = 0

    def add(self, frames: npt.NDArray[np.floating]) -> None:
        """Add some."""
        self._frames.append(frames)
        self.bytes += frames.nbytes

    def take(self) -> npt.NDArray[np.floating] | None:
        """Return all, None if there are none."""
        frames, self._frames, self.bytes = self._frames, [], 0
        return np.concatenate(frames) if frames else None


class PotentialFiles:
    """Writes a file of all cells, and one for each of some cells; those are open one at a time.

    Parameters
    ----------
    path
        File of all cells; perhaps one that several processes write, each the potential of its own cells.
    channels
        Number of each electrode, shape (n,).
    apart
        File of each cell that has one of its own.
    overwrite
        Whether older files of these names may be replaced, when these are complete.
    other
        Writes the frames of all cells in another format, too.
    """

    def __init__(
        self,
        path: PathLike | ReportFile,
        channels: npt.ArrayLike,
        apart: Sequence[PathLike] = (),
        *,
        overwrite: bool = False,
        other: FrameWriter | None = None,
    ) -> None:
        self.total = PotentialWriter(path, channels, overwrite=overwrite)
        self.together: list[FrameWriter] = [self.total]
        if other is not None:
            (self.together if self.total.share.alone else self.total.beside).insert(0, other)
        self.apart = [PotentialWriter(part, channels, overwrite=overwrite) for part in apart]
        self._together, self._single = _Waiting(), _Waiting()
        self._written = 0.0

    def open(self, start: float, dt: float) -> None:
        """Begin: frame *k* is the state at ``start + k dt``, in ms; see :meth:`FrameWriter.open`."""
        self._together, self._single = _Waiting(), _Waiting()
        self._written = time.monotonic()
        if self.total.share.first:
            for other in self.total.beside:
                other.refuse_older()
        for whole in self.together:
            whole.open(start, dt)
        for part in self.apart:
            part.open(start, dt)
            part.suspend()

    def append(self, frames: npt.NDArray[np.floating]) -> None:
        """Write the next frames, at once or with later ones.

        Parameters
        ----------
        frames
            Shape (n, (1 + files) * channels): those of all cells, then of each that has a file of its own.

        Raises
        ------
        OutputError
            If frames cannot be written.
        """
        width = len(self.total.channels)
        self._together.add(frames[:, :width])
        if self._together.bytes > _BLOCK_BYTES or time.monotonic() - self._written > _WRITE_EVERY:
            self._write_together()
        if self.apart:
            self._single.add(frames[:, width:])
            if self._single.bytes > _WAITING_BYTES:
                self._write_single()

    def _write_together(self) -> None:
        frames = self._together.take()
        if frames is not None:
            for whole in self.together:
                whole.append(frames)
        self._written = time.monotonic()

    def _write_single(self) -> None:
        frames, width = self._single.take(), len(self.total.channels)
        if frames is None:
            return
        for index, part in enumerate(self.apart):
            part.resume()
            try:
                part.append(frames[:, index * width : (index + 1) * width])
            finally:
                part.suspend()

    def close(self, *, complete: bool) -> None:
        """End; see :meth:`FrameWriter.close`. The file of all cells is complete only if all others are."""
        try:
            self._write_together()
            self._write_single()
            whole = not any(writer.lacking for writer in self.together)
            if complete and whole and self.total.share.alone:
                self._complete_apart()
            for writer in self.together:
                writer.close(complete=complete)
        except BaseException:
            for writer in self.together:
                writer.close(complete=False)
            raise

    def _complete_apart(self) -> None:
        for part in self.apart:
            part.resume()
            part.close(complete=True)

    def publish(self) -> None:
        """Give the files of several processes their names; see :meth:`FrameWriter.publish`.

        The potential is the sum of those of all. A cell's own file is written by its own process.
        """
        if self.total.share.alone:
            return
        self.total.publish()
        self._complete_apart()

    def reopen(self) -> None:
        """Go on after :meth:`close`, as the run is continued."""
        for whole in self.together:
            whole.reopen()
        for part in self.apart:
            part.reopen()
            part.suspend()
