"""Reports, read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError
from bluecellab.results.sonata.files import PathLike, opened
from bluecellab.results.sonata.layout import IntArray, ReportLayout

if TYPE_CHECKING:
    import h5py
    import pandas as pd

__all__ = ["SonataReport", "read_report", "report_populations"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SonataReport:
    """One population of a report.

    Parameters
    ----------
    population
        Its name.
    layout
        What each column is.
    data
        Frame by frame, shape (n_frames, n_elements).
    start, dt
        Time of the first frame, and between frames, in ms.
    unit
        Of the data.
    complete
        Whether the run went on to its end.
    """

    population: str
    layout: ReportLayout
    data: npt.NDArray[np.floating]
    start: float
    dt: float
    unit: str
    complete: bool

    @property
    def times(self) -> FloatArray:
        """Times of the frames in ms, shape (n_frames,)."""
        times: FloatArray = self.start + self.dt * np.arange(len(self.data), dtype=np.float64)
        return times

    @property
    def end(self) -> float:
        """End in ms, excluded."""
        return self.start + self.dt * len(self.data)

    def of_node(self, node: int) -> npt.NDArray[np.floating]:
        """Return the frames of a node, shape (n_frames, elements of the node).

        Raises
        ------
        ReportError
            If the report has nothing of it.
        """
        return self.data[:, self.layout.columns_of(node)]

    def to_pandas(self) -> pd.DataFrame:
        """Return a table with the time in ms as index, and a column for each pair of node and element."""
        import pandas as pd

        columns = pd.MultiIndex.from_arrays(
            [self.layout.nodes, self.layout.element_ids], names=["node_id", "element_id"]
        )
        frame = pd.DataFrame(self.data, index=pd.Index(self.times, name="time"), columns=columns)
        frame.attrs["units"] = self.unit
        return frame

    def __repr__(self) -> str:
        count = f"{len(self.layout.node_ids)} nodes, {len(self.layout)} elements"
        note = "" if self.complete else ", incomplete"
        return f"<SonataReport {self.population}: {count}, {self.start:g}..{self.end:g} ms{note}>"


def report_populations(path: PathLike) -> tuple[str, ...]:
    """Return the names of the populations in a report.

    Raises
    ------
    ReportError
        If the file cannot be read.
    """
    with opened(path, "report") as group:
        return tuple(group)


def read_report(
    path: PathLike, population: str | None = None, *, nodes: Iterable[int] | None = None
) -> SonataReport:
    """Read one population of a report; one that was cut short, or is being written, too.

    Parameters
    ----------
    path
        The file.
    population
        Which; may be left out when there is one.
    nodes
        Only these are read; all when left out.

    Raises
    ------
    ReportNotFoundError
        If there is no such file.
    ReportError
        If it is damaged, no report, or has no such population or node.
    """
    with opened(path, "report") as group:
        name = _chosen(group, population, path)
        flag = group.file.attrs.get("complete", 1)
        return _read(group[name], name, nodes, complete=bool(flag), path=path)


def _chosen(group: h5py.Group, population: str | None, path: PathLike) -> str:
    names = list(group)
    if population is None and len(names) == 1:
        return str(names[0])
    if population is None or population not in names:
        wanted = "say which population of" if population is None else f"no population {population!r} in"
        raise ReportError(f"{wanted} {path}: it has {', '.join(map(repr, names)) or 'none'}")
    return population


def _read(
    group: h5py.Group, name: str, nodes: Iterable[int] | None, *, complete: bool, path: PathLike
) -> SonataReport:
    data = _dataset(group, "data")
    layout, columns = _layout(group)
    start, end, dt = map(float, _dataset(group, "mapping/time")[:3])
    if not (dt > 0 and np.isfinite([start, end, dt]).all()):
        raise ReportError(f"{path}: the times of population {name!r} are {start}, {end}, {dt}")
    if data.ndim != 2 or data.shape[1] != len(layout):
        raise ReportError(f"{path}: data of shape {data.shape} do not fit {len(layout)} elements")
    # rows beyond the mapping's time were being written when the writer was killed
    frames = min(data.shape[0], max(round((end - start) / dt), 0))
    unit = data.attrs.get("units", "")
    values: npt.NDArray[np.floating]
    if columns is not None:
        data = data[:frames][:, columns]
    if nodes is None:
        values = data[:frames]
    else:
        wanted = sorted(set(nodes))
        parts = [data[:frames, layout.columns_of(node)] for node in wanted]
        values = np.concatenate([np.empty((frames, 0), data.dtype), *parts], axis=1)
        layout = _part(layout, wanted)
    text = unit.decode() if isinstance(unit, bytes) else str(unit)
    return SonataReport(name, layout, values, start, dt, text, complete)


def _dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """Return numbers of a group."""
    import h5py

    found = group.get(name) if isinstance(group, h5py.Group) else None
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu" or not found.ndim:
        raise ReportError(f"{group.file.filename} has no numbers {name!r} in {group.name}; it may be damaged")
    return found


def _layout(group: h5py.Group) -> tuple[ReportLayout, IntArray | None]:
    """Return the layout of a population, and which columns it is made of where nodes are not in order."""
    older = "mapping/index_pointers" not in group and "mapping/index_pointer" in group  # as BMTK writes it
    ids, pointers, elements = (
        np.asarray(_dataset(group, f"mapping/{name}")[()], dtype=np.int64)
        for name in ("node_ids", "index_pointer" if older else "index_pointers", "element_ids")
    )
    if not (np.diff(ids) < 0).any():
        return ReportLayout(ids, pointers, elements), None
    order = np.argsort(ids, kind="stable")
    ReportLayout(np.arange(len(ids)), pointers, elements)  # raises unless pointers and elements fit
    columns = np.concatenate([np.arange(pointers[node], pointers[node + 1]) for node in order])
    ends = np.cumsum(np.diff(pointers)[order])
    return ReportLayout(ids[order], np.concatenate([[0], ends]), elements[columns]), columns


def _part(layout: ReportLayout, nodes: list[int]) -> ReportLayout:
    slices = [layout.columns_of(node) for node in nodes]
    counts = [part.stop - part.start for part in slices]
    elements = [layout.element_ids[part] for part in slices]
    pointers: IntArray = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return ReportLayout(
        np.array(nodes, dtype=np.int64), pointers, np.concatenate([np.empty(0, np.int64), *elements])
    )
