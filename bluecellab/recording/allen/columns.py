"""Columns of reports while they are collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bluecellab.nrn.scope import Scope
from bluecellab.recording.allen.windows import AllenWords, window_of
from bluecellab.recording.report_elements import Places, Processes, ReportElements
from bluecellab.recording.reports import FrameRecorder
from bluecellab.results.sonata.allen_writer import AllenReportWriter, SegmentLayout
from bluecellab.results.sonata.files import PathLike
from bluecellab.results.sonata.layout import ReportLayout
from bluecellab.results.sonata.parts import ReportFile
from bluecellab.spec.base import CellId

__all__ = ["SegmentColumns", "frame_recorder", "in_order"]

IntArray = npt.NDArray[np.int64]
T = TypeVar("T")


def in_order(cells: Mapping[CellId, T]) -> Iterable[tuple[CellId, T]]:
    """Return cells by population and node."""
    return sorted(cells.items(), key=lambda item: (item[0].population_name, item[0].id))


class SegmentColumns:
    """Columns: the node, element id and position of each, and what else is known.

    Parameters
    ----------
    more
        Names of further columns of whole numbers.
    """

    def __init__(self, *more: str) -> None:
        self._names = ("positions", *more)
        self._nodes: dict[str, list[int]] = {}
        self._ids: dict[str, list[int]] = {}
        self._more: dict[str, list[list[float]]] = {}
        self.places: list[Places] = []
        self.processes: list[Processes] = []
        self.count = 0

    def add(self, cell_id: CellId, ids: Sequence[int], *more: Sequence[float]) -> IntArray:
        """Add columns of a cell; return which they are.

        Parameters
        ----------
        cell_id
            The cell; those of one population come together, by node.
        ids
            Element ids, shape (n,).
        more
            Positions, and what else is known, each of shape (n,).
        """
        population = cell_id.population_name
        self._nodes.setdefault(population, []).extend([cell_id.id] * len(ids))
        self._ids.setdefault(population, []).extend(ids)
        kept = self._more.setdefault(population, [[] for _ in self._names])
        for column, values in zip(kept, more, strict=True):
            column.extend(values)
        first, self.count = self.count, self.count + len(ids)
        return np.arange(first, self.count, dtype=np.int64)

    def layouts(self) -> dict[str, SegmentLayout]:
        """Return them by population."""
        made = {}
        for name, nodes in self._nodes.items():
            if not nodes:
                continue
            plain = ReportLayout.of_columns(nodes, self._ids[name])
            positions, *others = self._more[name]
            made[name] = SegmentLayout(
                plain.node_ids,
                plain.index_pointers,
                plain.element_ids,
                np.array(positions, dtype=np.float64),
                {
                    title: np.array(values, dtype=np.int64)
                    for title, values in zip(self._names[1:], others, strict=True)
                },
            )
        return made


def frame_recorder(
    report: AllenWords,
    columns: SegmentColumns,
    path: PathLike | ReportFile,
    said: tuple[str, str],
    *,
    overwrite: bool,
    owner: Scope | None,
) -> FrameRecorder:
    """Return what writes columns to a file, in double precision.

    Parameters
    ----------
    report
        When.
    columns
        What.
    path
        The file.
    said
        Name of the variable and its unit, as they are written.
    overwrite
        Whether an older file of that name may be replaced.
    owner
        The scope that owns the recorder.
    """
    layouts = columns.layouts()
    elements = ReportElements(layouts, tuple(columns.places), tuple(columns.processes))
    variable, unit = said
    writer = AllenReportWriter(path, layouts, variable=variable, unit=unit, overwrite=overwrite)
    windows, combine = partial(window_of, report), elements.combination(np.float64)
    return FrameRecorder(report.name, elements, writer, windows, owner, combine=combine)
