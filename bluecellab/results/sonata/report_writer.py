"""Reports, written frame by frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ClosedError, OutputError, ReportError
from bluecellab.results.sonata.files import (
    PathLike,
    give_name,
    partial_path,
    refuse_existing,
    reserve_space,
    writing,
)
from bluecellab.results.sonata.layout import ReportLayout

if TYPE_CHECKING:
    import h5py

__all__ = ["SonataReportWriter"]

_CHUNK_BYTES = 2**18  # of HDF5; a chunk is the least that can be read
# The oldest format, as files of newer ones cannot be opened after their writer was killed; and no cache of
# chunks, which would keep what a full disk has refused and fail once more when nobody listens.
_OPTIONS: dict[str, Any] = {"libver": "earliest", "rdcc_nbytes": 0}
_MAGIC = 0x0A7A  # what SONATA files carry


class SonataReportWriter:
    """Writes one report, of several populations if there are, block by block.

    The file grows as ``name.h5.partial``. After each block it can be read: its mapping says until when there
    are frames, and its attribute ``complete`` is 0. :meth:`close` gives it its name.

    Parameters
    ----------
    path
        Where it will lie.
    layouts
        Of each population by name; columns of a block are those of the first, then of the second ...
    unit
        Text that is written beside the data.
    overwrite
        Whether an older file of that name may be replaced, when this one is complete. One that the same
        writer has written may.

    Examples
    --------
    >>> import tempfile
    >>> layout = ReportLayout.of_columns([0, 7], [0, 0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "soma.h5"
    ...     writer = SonataReportWriter(path, {"S1": layout}, unit="mV")
    ...     writer.open(start=0.0, dt=0.1)
    ...     writer.append(np.full((5, 2), -65.0))
    ...     writer.close(complete=True)
    ...     path.exists()
    True
    """

    def __init__(
        self,
        path: PathLike,
        layouts: Mapping[str, ReportLayout],
        *,
        unit: str = "mV",
        overwrite: bool = False,
    ) -> None:
        self.path = Path(path)
        self.layouts = dict(layouts)
        self.unit = unit
        self.overwrite = overwrite
        self.frames = 0
        self.start = self.dt = 0.0
        self._file: h5py.File | None = None
        self._lacking = False  # frames that could not be written
        self._ours: set[Path] = set()

    @property
    def elements(self) -> int:
        """Number of columns of all populations."""
        return sum(map(len, self.layouts.values()))

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
        import h5py

        if self._file is not None:
            raise OutputError(f"{self.path} is being written already")
        refuse_existing(self.path, overwrite=self.overwrite, ours=self._ours)
        self.frames, self.start, self.dt, self._lacking = 0, start, dt, False
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = h5py.File(partial_path(self.path), "w", **_OPTIONS)
        self._ours.add(partial_path(self.path))
        try:
            with writing(self.path):
                self._write_mapping(self._file)
                self._file.flush()
        except OutputError:
            self.close(complete=False)
            raise

    def _write_mapping(self, file: h5py.File) -> None:
        file.attrs.update({"magic": np.uint32(_MAGIC), "version": np.array([0, 1], np.uint32)})
        file.attrs["complete"] = np.uint8(0)
        root = file.create_group("report")
        for name, layout in self.layouts.items():
            group = root.create_group(name)
            columns = len(layout)
            data = group.create_dataset(
                "data", (0, columns), np.float32, maxshape=(None, columns), chunks=_chunk(columns)
            )
            data.attrs["units"] = self.unit
            mapping = group.create_group("mapping")
            mapping["node_ids"] = layout.node_ids.astype(np.uint64)
            mapping["node_ids"].attrs["sorted"] = np.uint8(1)
            mapping["index_pointers"] = layout.index_pointers.astype(np.uint64)
            mapping["element_ids"] = layout.element_ids.astype(np.uint32)
            mapping["time"] = np.array([self.start, self.start, self.dt])
            mapping["time"].attrs["units"] = "ms"

    def append(self, frames: npt.NDArray[np.floating]) -> None:
        """Write the next frames, and hand them to the operating system.

        Parameters
        ----------
        frames
            Shape (n, n_elements), with the columns of all populations side by side.

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
        self._lacking = True
        with writing(self.path):
            reserve_space(partial_path(self.path), self._bytes_of(count))
            first = 0
            for name, layout in self.layouts.items():
                group = file["report"][name]
                data = group["data"]
                data.resize(count, axis=0)
                if len(layout):
                    data[self.frames :] = frames[:, first : first + len(layout)]
                first += len(layout)
            file.flush()  # first the frames, then the mapping that tells of them
            self._tell_end(file, count)
            file.flush()
        self.frames, self._lacking = count, False

    def _bytes_of(self, frames: int) -> int:
        """Return how large the file is at most with so many frames."""
        size = 2**20  # for mappings that are small, and what else HDF5 writes
        for layout in self.layouts.values():
            rows, width = _chunk(len(layout))
            chunks = -(-frames // rows) * -(-len(layout) // width)
            size += chunks * (rows * width * 4 + 256) + 32 * (len(layout) + len(layout.node_ids))
        return size

    def _tell_end(self, file: h5py.File, frames: int) -> None:
        # counted from 0 where that is the same, so that 1000 frames of 0.1 ms end at 100 ms
        end = float(round(self.start + frames * self.dt, 9))
        for name in self.layouts:
            file["report"][name]["mapping/time"][1] = end

    def _opened(self) -> h5py.File:
        if self._file is None:
            raise ClosedError(f"{self.path} is not being written; open() it first")
        return self._file

    def close(self, *, complete: bool) -> None:
        """End.

        Parameters
        ----------
        complete
            Whether the file has all that it was meant to have, and so gets its name. Otherwise it stays as
            ``name.h5.partial``, which can be read.

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
                if complete and self._lacking:
                    raise OutputError(f"{self.path} cannot be completed: some frames could not be written")
                if complete:
                    file.attrs["complete"] = np.uint8(1)
                    file.flush()
        finally:
            with writing(self.path):
                file.close()
        if complete:
            give_name(self.path, overwrite=self.overwrite or self.path in self._ours)
            self._ours.add(self.path)
            self.overwrite = True  # it is ours now: the next run may replace it

    def reopen(self) -> None:
        """Go on with the file that was completed last, as its simulation is continued.

        Raises
        ------
        OutputError
            If it is not there any more.
        """
        import h5py

        with writing(self.path):
            self.path.replace(partial_path(self.path))
            self._file = h5py.File(partial_path(self.path), "r+", **_OPTIONS)
            self._file.attrs["complete"] = np.uint8(0)
            self._file.flush()

    def __enter__(self) -> SonataReportWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(complete=kind is None)


def _chunk(columns: int) -> tuple[int, int]:
    """Return how many frames and elements are stored together.

    Readers take all times of some cells, or all cells at some time; a square block serves both.
    """
    width = max(1, min(columns, 1024))
    return max(1, _CHUNK_BYTES // (4 * width)), width
