"""Reports as BMTK's BioNet writes them: in double precision, with the position of each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError
from bluecellab.results.sonata.files import PathLike
from bluecellab.results.sonata.frame_writer import FrameWriter
from bluecellab.results.sonata.layout import IntArray, ReportLayout
from bluecellab.results.sonata.parts import MergedColumns, ReportFile
from bluecellab.results.sonata.report_writer import SonataReportWriter, said_of

if TYPE_CHECKING:
    import h5py

__all__ = ["AllenReportWriter", "PotentialWriter", "SegmentLayout"]

FloatArray = npt.NDArray[np.float64]

_MAPPING = ("node_ids", "index_pointers", "index_pointer", "element_ids", "element_pos", "time")


@dataclass(frozen=True, eq=False)
class SegmentLayout(ReportLayout):
    """The columns of one population of a report, with more that is known of each.

    Parameters
    ----------
    positions
        Position of each on its section, shape (n_elements,).
    columns
        More columns of whole numbers by name, such as ``"seg_types"``, each of shape (n_elements,).

    Raises
    ------
    ReportError
        If they do not fit each other.
    """

    positions: FloatArray = field(default_factory=lambda: np.empty(0))
    columns: Mapping[str, IntArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, column in {"positions": self.positions, **self.columns}.items():
            if np.shape(column) != (len(self),):
                raise ReportError(f"{len(self)} elements need as many {name}, not {np.shape(column)}")


class AllenReportWriter(SonataReportWriter):
    """Writes one report as BioNet lays it out, block by block; see :class:`SonataReportWriter`.

    ``/report/<population>/data`` is of float64. Its mapping has ``element_pos`` besides, and the pointers go
    by both names that there are, ``index_pointers`` and ``index_pointer``.

    Parameters
    ----------
    path
        Where it will lie.
    layouts
        Of each population by name.
    variable
        What was recorded.
    unit
        Its unit.
    overwrite
        Whether an older file of that name may be replaced, when this one is complete.
    """

    kind = np.float64

    def __init__(
        self,
        path: PathLike | ReportFile,
        layouts: Mapping[str, SegmentLayout],
        *,
        variable: str,
        unit: str = "",
        overwrite: bool = False,
    ) -> None:
        super().__init__(path, layouts, unit=unit, overwrite=overwrite)
        self.variable = variable
        self._segments = dict(layouts)

    def _write_beside(self, file: h5py.File) -> None:
        super()._write_beside(file)
        for name, layout in self._segments.items():
            group = file["report"][name]
            group["data"].attrs["variable"] = self.variable
            mapping = group["mapping"]
            mapping["index_pointer"] = mapping["index_pointers"]  # one data set, two names
            mapping["element_pos"] = layout.positions
            for title, column in layout.columns.items():
                mapping[title] = column

    def _bytes_beside(self) -> int:
        columns = sum(8 * len(layout) * (1 + len(layout.columns)) for layout in self._segments.values())
        return super()._bytes_beside() + columns

    def _whole_of(self, parts: Sequence[h5py.File]) -> AllenReportWriter:
        merged = MergedColumns.of(parts)
        layouts = {}
        for name, plain in merged.layouts.items():
            first = parts[merged.orders[name][1][0]]["report"][name]["mapping"]
            layouts[name] = SegmentLayout(
                plain.node_ids,
                plain.index_pointers,
                plain.element_ids,
                merged.column(parts, name, "element_pos"),
                {title: merged.column(parts, name, title) for title in first if title not in _MAPPING},
            )
        unit, variable = said_of(parts, "units", self.unit), said_of(parts, "variable", self.variable)
        return AllenReportWriter(self.path, layouts, variable=variable, unit=unit, overwrite=self.overwrite)


class PotentialWriter(FrameWriter):
    """Writes potentials at electrodes, block by block: ``/ecp/data``, ``/ecp/time`` and ``/ecp/channel_id``.

    Parameters
    ----------
    path
        Where it will lie.
    channels
        Number of each electrode, shape (n,).
    overwrite
        Whether an older file of that name may be replaced, when this one is complete.
    """

    kind = np.float64

    def __init__(
        self, path: PathLike | ReportFile, channels: npt.ArrayLike, *, overwrite: bool = False
    ) -> None:
        super().__init__(path, overwrite=overwrite)
        self.channels = np.asarray(channels, dtype=np.int64)

    def _parts(self) -> Iterator[tuple[str, int]]:
        yield "ecp/data", len(self.channels)

    def _times(self) -> Iterator[str]:
        yield "ecp/time"

    def _write_beside(self, file: h5py.File) -> None:
        group = file["ecp"]
        group["data"].attrs["units"] = "mV"
        group["channel_id"] = self.channels
        group["time"] = np.array([self.start, self.start, self.dt])
        group["time"].attrs["units"] = "ms"

    def _bytes_beside(self) -> int:
        return 8 * len(self.channels)

    def _whole_of(self, parts: Sequence[h5py.File]) -> PotentialWriter:  # noqa: ARG002 - they are alike
        return PotentialWriter(self.path, self.channels, overwrite=self.overwrite)

    def _frames_of(self, parts: Sequence[h5py.File]) -> Callable[[slice], FloatArray]:
        """Add up: the potential is that of the cells of all processes."""

        def added(rows: slice) -> FloatArray:
            made = np.zeros((rows.stop - rows.start, len(self.channels)))
            for part in parts:
                made += part["ecp/data"][rows]
            return made

        return added
