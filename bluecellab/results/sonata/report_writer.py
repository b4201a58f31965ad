"""Reports, written frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.results.sonata.files import PathLike
from bluecellab.results.sonata.frame_writer import FrameWriter
from bluecellab.results.sonata.layout import ReportLayout
from bluecellab.results.sonata.parts import MergedColumns, ReportFile

if TYPE_CHECKING:
    import h5py

__all__ = ["SonataReportWriter", "said_of"]


class SonataReportWriter(FrameWriter):
    """Writes one report, of several populations if there are, block by block.

    The file grows as ``name.h5.partial``. After each block it can be read: its mapping says until when there
    are frames, and its attribute ``complete`` is 0. :meth:`close` gives it its name.

    Parameters
    ----------
    path
        Where it will lie; or a file that several processes write, each its part.
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
    >>> from pathlib import Path
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
        path: PathLike | ReportFile,
        layouts: Mapping[str, ReportLayout],
        *,
        unit: str = "mV",
        overwrite: bool = False,
    ) -> None:
        super().__init__(path, overwrite=overwrite)
        self.layouts = dict(layouts)
        self.unit = unit

    def _parts(self) -> Iterator[tuple[str, int]]:
        for name, layout in self.layouts.items():
            yield f"report/{name}/data", len(layout)

    def _times(self) -> Iterator[str]:
        for name in self.layouts:
            yield f"report/{name}/mapping/time"

    def _write_beside(self, file: h5py.File) -> None:
        file.require_group("report")
        for name, layout in self.layouts.items():
            group = file["report"][name]
            group["data"].attrs["units"] = self.unit
            mapping = group.create_group("mapping")
            mapping["node_ids"] = layout.node_ids.astype(np.uint64)
            mapping["node_ids"].attrs["sorted"] = np.uint8(1)
            mapping["index_pointers"] = layout.index_pointers.astype(np.uint64)
            mapping["element_ids"] = layout.element_ids.astype(np.uint32)
            mapping["time"] = np.array([self.start, self.start, self.dt])
            mapping["time"].attrs["units"] = "ms"

    def _bytes_beside(self) -> int:
        return sum(32 * (len(layout) + len(layout.node_ids)) for layout in self.layouts.values())

    def _whole_of(self, parts: Sequence[h5py.File]) -> SonataReportWriter:
        merged = MergedColumns.of(parts)
        return SonataReportWriter(
            self.path, merged.layouts, unit=said_of(parts, "units", self.unit), overwrite=self.overwrite
        )

    def _frames_of(self, parts: Sequence[h5py.File]) -> Callable[[slice], npt.NDArray[np.floating]]:
        merged = MergedColumns.of(parts)
        return lambda rows: merged.frames(parts, rows, self.kind)


def said_of(parts: Sequence[h5py.File], name: str, default: str) -> str:
    """Return what the frames of parts say of themselves; a process without columns may not know."""
    found = (str(group["data"].attrs[name]) for part in parts for group in part["report"].values())
    return next((text for text in found if text), default)
