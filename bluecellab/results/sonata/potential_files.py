"""Potentials at electrodes, of all cells together and of single ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.results.sonata.allen_writer import PotentialWriter
from bluecellab.results.sonata.files import PathLike

__all__ = ["PotentialFiles"]

_WAITING_BYTES = 2**25  # of frames of single cells; opening their files again and again takes time


class PotentialFiles:
    """Writes a file of all cells, and one for each of some cells; one of these is open at a time.

    Parameters
    ----------
    path
        File of all cells.
    channels
        Number of each electrode, shape (n,).
    apart
        File of each cell that has one of its own.
    overwrite
        Whether older files of these names may be replaced, when these are complete.
    """

    def __init__(
        self,
        path: PathLike,
        channels: npt.ArrayLike,
        apart: Sequence[PathLike] = (),
        *,
        overwrite: bool = False,
    ) -> None:
        self.total = PotentialWriter(path, channels, overwrite=overwrite)
        self.apart = [PotentialWriter(part, channels, overwrite=overwrite) for part in apart]
        self._waiting: list[npt.NDArray[np.floating]] = []
        self._bytes = 0

    def open(self, start: float, dt: float) -> None:
        """Begin: frame *k* is the state at ``start + k dt``, in ms; see :meth:`FrameWriter.open`."""
        self._waiting, self._bytes = [], 0
        self.total.open(start, dt)
        for part in self.apart:
            part.open(start, dt)
            part.suspend()

    def append(self, frames: npt.NDArray[np.floating]) -> None:
        """Write the next frames.

        Parameters
        ----------
        frames
            Shape (n, (1 + files) * channels): those of all cells, then of each that has a file of its own.
        """
        width = len(self.total.channels)
        self.total.append(frames[:, :width])
        if self.apart:
            self._waiting.append(frames[:, width:])
            self._bytes += frames.nbytes
            if self._bytes > _WAITING_BYTES:
                self._write_apart()

    def _write_apart(self) -> None:
        if not self._waiting:
            return
        frames, width = np.concatenate(self._waiting), len(self.total.channels)
        self._waiting, self._bytes = [], 0
        for index, part in enumerate(self.apart):
            part.resume()
            try:
                part.append(frames[:, index * width : (index + 1) * width])
            finally:
                part.suspend()

    def close(self, *, complete: bool) -> None:
        """End; see :meth:`FrameWriter.close`. None is complete unless all are."""
        try:
            self._write_apart()
            for part in self.apart if complete else ():
                part.resume()
                part.close(complete=True)
        except BaseException:
            self.total.close(complete=False)
            raise
        self.total.close(complete=complete)

    def reopen(self) -> None:
        """Go on after :meth:`close`, as the run is continued."""
        self.total.reopen()
        for part in self.apart:
            part.reopen()
            part.suspend()
