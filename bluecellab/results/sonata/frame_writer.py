"""Files that grow frame by frame, under a name of their own until they are complete."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ClosedError, OutputError, ReportError
from bluecellab.results.sonata.files import (
    PathLike,
    give_back_space,
    give_name,
    partial_path,
    refuse_existing,
    refuse_left,
    reserve_space,
    writing,
)
from bluecellab.results.sonata.parts import ReportFile, opened_parts, part_path

if TYPE_CHECKING:
    import h5py
    from typing_extensions import Self

__all__ = ["MAGIC", "FrameWriter"]

_CHUNK_BYTES = 2**18  # of HDF5; a chunk is the least that can be read
_CHUNK_COLUMNS = 1024
_BAND_BYTES = 2**23  # of all chunks side by side: what must be held in memory to write whole chunks
_LEAST_ROWS = 8
_BLOCK_BYTES = 2**24  # of frames of several processes that are put together
# The oldest format, as files of newer ones cannot be opened after their writer was killed; and no cache of
# chunks, which would keep what a full disk has refused and fail once more when nobody listens.
_OPTIONS: dict[str, Any] = {"libver": "earliest", "rdcc_nbytes": 0}

MAGIC: dict[str, Any] = {"magic": np.uint32(0x0A7A), "version": np.array([0, 1], np.uint32)}
"""Attributes that SONATA files carry."""


class FrameWriter(ABC):
    """Writes frames block by block; what is written beside them, its children say.

    The file grows as ``name.h5.partial``. After each block it can be read: its times say until when there
    are frames, and its attribute ``complete`` is 0. :meth:`close` gives it its name.

    Of several processes that write one file each writes its part; :meth:`publish` makes the whole of them.

    Parameters
    ----------
    path
        Where it will lie; or a :class:`~bluecellab.results.sonata.parts.ReportFile`, which says all of it.
    overwrite
        Whether an older file of that name may be replaced, when this one is complete. One that the same
        writer has written may.
    """

    kind: ClassVar[type[np.floating[Any]]] = np.float32
    """Of the numbers in the file."""

    def __init__(self, path: PathLike | ReportFile, *, overwrite: bool = False) -> None:
        file = ReportFile.of(path, overwrite=overwrite)
        self.path = Path(file.path)
        self.overwrite = file.overwrite
        self.share = file.share
        self._grows = partial_path(self.path) if self.share.alone else part_path(self.path, self.share.rank)
        self._whole: FrameWriter | None = None  # of which this one has written a part
        self.beside: list[FrameWriter] = []
        """Writers of the whole in other formats, if this is a part."""
        self.frames = 0
        self.start = self.dt = 0.0
        self._file: h5py.File | None = None
        self.lacking = False
        """Whether there are frames that could not be written."""
        self._ours: set[Path] = set()

    @abstractmethod
    def _parts(self) -> Iterator[tuple[str, int]]:
        """Yield each data set of frames, and how many columns it takes of a block."""

    @abstractmethod
    def _times(self) -> Iterator[str]:
        """Yield each data set whose second number is the end in ms."""

    @abstractmethod
    def _write_beside(self, file: h5py.File) -> None:
        """Write everything but frames."""

    @property
    def elements(self) -> int:
        """Number of columns of all data sets."""
        return sum(width for _, width in self._parts())

    def open(self, start: float, dt: float) -> None:
        """Begin to write.

        Parameters
        ----------
        start
            Time of the first frame in ms.
        dt
            Time between frames in ms.

        Raises
        ------
        OutputError
            If there is an older file that may not be replaced, or none can be made.
        """
        if self._file is not None:
            raise OutputError(f"{self.path} is being written already")
        if self.share.first:
            self.refuse_older()
        refuse_left(self._grows, overwrite=self.overwrite, ours=self._ours)
        self._whole = None
        self._begin_file(start, dt)

    def refuse_older(self) -> None:
        """Raise if there is an older file that may not be replaced.

        Raises
        ------
        OutputError
            If there is.
        """
        refuse_existing(self.path, overwrite=self.overwrite, ours=self._ours)

    def _begin_file(self, start: float, dt: float) -> None:
        import h5py

        self.frames, self.start, self.dt, self.lacking = 0, start, dt, False
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = h5py.File(self._grows, "w", **_OPTIONS)
        self._ours.add(self._grows)
        try:
            with writing(self.path):
                self._begin(self._file)
                self._file.flush()
        except OutputError:
            self.close(complete=False)
            raise

    def _begin(self, file: h5py.File) -> None:
        file.attrs.update(MAGIC)
        file.attrs["complete"] = np.uint8(0)
        for name, width in self._parts():
            shape, most, chunks = (0, width), (None, width), self._chunk(width)
            file.create_dataset(name, shape, self.kind, maxshape=most, chunks=chunks)
        self._write_beside(file)

    def append(self, frames: npt.NDArray[np.floating]) -> None:
        """Write the next frames, and hand them to the operating system.

        Parameters
        ----------
        frames
            Shape (n, n_elements), with the columns of all data sets side by side.

        Raises
        ------
        OutputError
            If they cannot be written, such as to a full disk. What was written before stays readable.
        ReportError
            If they are not of that shape.
        """
        file = self._opened()
        if frames.ndim != 2 or frames.shape[1] != self.elements:
            raise ReportError(f"{self.path}: frames of {self.elements} values are needed, not {frames.shape}")
        if not len(frames):
            return
        count = self.frames + len(frames)
        self.lacking = True
        with writing(self.path):
            reserve_space(self._grows, self._bytes_of(count))
            first = 0
            for name, width in self._parts():
                data = file[name]
                data.resize(count, axis=0)
                if width:
                    _write_rows(data, self.frames, frames[:, first : first + width])
                first += width
            file.flush()  # first the frames, then the times that tell of them
            self._tell_end(file, count)
            file.flush()
        self.frames, self.lacking = count, False

    def _bytes_of(self, frames: int) -> int:
        """Return how large the file is at most with so many frames."""
        size = 2**20 + self._bytes_beside()  # for what else HDF5 writes
        for _, width in self._parts():
            rows, columns = self._chunk(width)
            chunks = -(-frames // rows) * -(-width // columns)
            size += chunks * (rows * columns * np.dtype(self.kind).itemsize + 256)
        return size

    def _bytes_beside(self) -> int:
        """Return how large that which is written beside the frames is at most."""
        return 0

    def _chunk(self, columns: int) -> tuple[int, int]:
        """Return how many frames and elements are stored together.

        Readers take all times of some cells, or all cells at some time; a square block serves both. So many
        frames are a power of 2, as those of blocks are, lest chunks be written again and again; of many
        elements they are few, so that whole chunks can be written of what fits into memory.
        """
        size = np.dtype(self.kind).itemsize
        most = max(1, min(columns, _CHUNK_COLUMNS))
        rows = min(_CHUNK_BYTES // (size * most), max(_LEAST_ROWS, _BAND_BYTES // (size * max(1, columns))))
        rows = 1 << (rows.bit_length() - 1)
        side_by_side = -(-max(1, columns) // (_CHUNK_BYTES // (size * rows)))
        return rows, -(-max(1, columns) // side_by_side)  # of one width, which wastes no room

    def _tell_end(self, file: h5py.File, frames: int) -> None:
        # counted from 0 where that is the same, so that 1000 frames of 0.1 ms end at 100 ms
        end = float(round(self.start + frames * self.dt, 9))
        for name in self._times():
            file[name][1] = end

    def _opened(self) -> h5py.File:
        if self._file is None:
            raise ClosedError(f"{self.path} is not being written; open() it first")
        return self._file

    def close(self, *, complete: bool) -> None:
        """End.

        Parameters
        ----------
        complete
            Whether the file has all that it was meant to have, and so gets its name; that of several
            processes when it is published. Otherwise it stays as ``name.h5.partial``, which can be read.

        Raises
        ------
        OutputError
            If what is left cannot be written.
        """
        file, self._file = self._file, None
        if file is None:
            return
        try:
            with writing(self.path):
                if complete and self.lacking:
                    raise OutputError(f"{self.path} cannot be completed: some frames could not be written")
                if complete and self.share.alone:
                    file.attrs["complete"] = np.uint8(1)
                    file.flush()
        finally:
            with writing(self.path):
                size = file.id.get_filesize()
                file.close()
                give_back_space(self._grows, size)
        if complete and self.share.alone:
            give_name(self.path, overwrite=self.overwrite or self.path in self._ours)
            self._ours.add(self.path)
            self.overwrite = True  # it is ours now: the next run may replace it

    def publish(self) -> None:
        """Give the file of several processes its name, once all have closed their parts; each calls it.

        Raises
        ------
        OutputError
            If it cannot be written; the parts then stay.
        """
        if self.share.alone:
            return
        counts = self.share.gathered(self.frames, f"completing {self.path.name}")
        if self.share.first:
            if len(set(counts)) > 1:
                raise OutputError(f"{self.path} cannot be completed: ranks have {counts} frames")
            with opened_parts(self.path, self.share.count) as parts:
                self._put_together(parts)
        self.share.gathered(None, f"having completed {self.path.name}")
        with writing(self.path):
            self._grows.unlink()

    def _put_together(self, parts: Sequence[h5py.File]) -> None:
        """Write the whole, block by block, so that memory is bounded."""
        fresh = self._whole is None
        whole = self._whole = self._whole_of(parts) if self._whole is None else self._whole
        frames_of, several = self._frames_of(parts), [*self.beside, whole]
        rows = max(whole._chunk(whole.elements)[0], _BLOCK_BYTES // (8 * max(1, whole.elements)))
        whole._ours |= self._ours
        try:
            for each in several:
                if fresh:
                    each.open(self.start, self.dt)
                else:
                    each.resume()
            for begin in range(0, self.frames, rows):
                frames = frames_of(slice(begin, min(begin + rows, self.frames)))
                for each in several:
                    each.append(frames)
            for each in several:
                each.close(complete=True)
        except BaseException:
            for each in several:
                each.close(complete=False)
                if fresh:  # parts have all of it, and may need the space
                    partial_path(each.path).unlink(missing_ok=True)
            raise
        self._ours |= whole._ours

    def _whole_of(self, parts: Sequence[h5py.File]) -> FrameWriter:
        """Return what writes the whole of parts."""
        raise OutputError(f"{self.path} is written by one process, not in {len(parts)} parts")

    def _frames_of(self, parts: Sequence[h5py.File]) -> Callable[[slice], npt.NDArray[np.floating]]:
        """Return what makes frames of the whole of those of parts."""
        raise OutputError(f"{self.path} is written by one process, not in {len(parts)} parts")

    def reopen(self) -> None:
        """Go on with the file that was completed last, as its simulation is continued.

        Raises
        ------
        OutputError
            If it is not there any more.
        """
        if not self.share.alone:
            for whole in () if self._whole is None else (*self.beside, self._whole):
                whole.reopen()
                whole.suspend()
            self._begin_file(self.start + self.frames * self.dt, self.dt)
            return
        with writing(self.path):
            self.path.replace(partial_path(self.path))
        self.resume()
        with writing(self.path):
            file = self._opened()
            file.attrs["complete"] = np.uint8(0)
            file.flush()

    def suspend(self) -> None:
        """Have the system hold the file open no longer, until :meth:`resume`; there may be many."""
        file, self._file = self._file, None
        if file is not None:
            with writing(self.path):
                file.close()

    def resume(self) -> None:
        """Hold the unfinished file open again.

        Raises
        ------
        OutputError
            If it is not there any more.
        """
        import h5py

        with writing(self.path):
            self._file = h5py.File(self._grows, "r+", **_OPTIONS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(complete=kind is None)


def _write_rows(data: h5py.Dataset, row: int, frames: npt.NDArray[np.floating]) -> None:
    """Write frames from a row on: whole chunks in one piece each, as HDF5 writes them row by row."""
    rows, columns = data.chunks
    first = min(-row % rows, len(frames))
    last = first + (len(frames) - first) // rows * rows
    for begin, end in ((0, first), (last, len(frames))):
        if begin < end:
            data[row + begin : row + end] = frames[begin:end]
    for begin in range(first, last, rows):
        for left in range(0, frames.shape[1], columns):
            chunk = np.ascontiguousarray(frames[begin : begin + rows, left : left + columns], data.dtype)
            if chunk.shape[1] < columns:
                chunk = np.pad(chunk, [(0, 0), (0, columns - chunk.shape[1])])
            data.id.write_direct_chunk((row + begin, left), chunk)
