"""Writes what cells have recorded for a report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.compat.reports._words import report_of
from bluecellab.compat.reports.writers.base_writer import BaseReportWriter
from bluecellab.errors import CircuitWarning, NotRecordedError, ReportError, warn
from bluecellab.results.sonata import SonataReportWriter
from bluecellab.results.sonata.layout import ReportLayout
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report

__all__ = ["CompartmentReportWriter"]

FloatArray = npt.NDArray[np.float64]
_CLOSE = 1e-6


class CompartmentReportWriter(BaseReportWriter):
    """Writes what cells have recorded for a report; parameters as :class:`BaseReportWriter`."""

    def write(self, cells: Mapping[Any, Any], tstart: float = 0.0, tstop: float | None = None) -> None:
        """Write a report. An older file of that name is replaced.

        Parameters
        ----------
        cells
            Cells, or what was recorded of them, by their ids; those without places are left out.
        tstart
            Time of the first sample in ms, where recordings have no times.
        tstop
            In ms; frames from then on are left out.

        Raises
        ------
        ReportError
            If the interval of the report is no multiple of that of the recordings.
        NotRecordedError
            If there was no run.
        """
        name = self.output_path.stem if isinstance(self.cfg, Mapping) else "report"
        report = report_of(self.cfg, name)
        layouts, recordings = _columns(report, cells)
        if not recordings:
            warn(f"report {report.name!r} is not written: no cell has recorded for it", CircuitWarning)
            return
        times = _times(recordings[0][0], len(_values(*recordings[0])), tstart, self.sim_dt)
        start, dt, chosen = self._frames(report, times, tstop)
        writer = SonataReportWriter(self.output_path, layouts, unit=report.unit, overwrite=True)
        writer.open(start, dt)
        done = False
        try:
            frames = np.empty((len(chosen), len(recordings)), dtype=np.float32)
            for column, (cell, rec_name) in enumerate(recordings):
                frames[:, column] = _values(cell, rec_name)[chosen]
            writer.append(frames)
            done = True
        finally:
            writer.close(complete=done)

    def _frames(
        self, report: Report, times: FloatArray, tstop: float | None
    ) -> tuple[float, float, npt.NDArray[np.int64]]:
        """Return start and interval in ms, and the sample of each frame: that at its time."""
        dt = max(report.dt, self.sim_dt)
        ratio = dt / self.sim_dt
        if abs(ratio - round(ratio)) > _CLOSE * ratio:
            raise ReportError(
                f"report {report.name!r}: {dt:g} ms is no multiple of the {self.sim_dt:g} ms of recordings"
            )
        first, last = float(times[0]), float(times[-1])
        end = min(report.end_time, last + (self.sim_dt if report.end_time > last else 0.0))
        if tstop is not None:
            end = min(end, tstop)
        start = report.start_time
        start += dt * max(0, math.ceil((first - start) / dt - _CLOSE))
        count = max(0, math.floor((end - start) / dt + 0.5))
        due = start + np.arange(count) * dt
        due = due[due <= last + 0.5 * self.sim_dt]
        chosen = np.searchsorted(times, due - 0.5 * self.sim_dt)
        return start, dt, np.minimum(chosen, len(times) - 1).astype(np.int64)


def _columns(
    report: Report, cells: Mapping[Any, Any]
) -> tuple[dict[str, ReportLayout], list[tuple[Any, str]]]:
    """Return the layout of each population, and cell and recording of each column."""
    rows: list[tuple[str, int, int, int, Any, str]] = []
    for key, cell in cells.items():
        cell_id = CellId(*key)
        for order, site in enumerate(cell.report_sites.get(report.name, ())):
            number = site["section_id"]
            rows.append((*cell_id, 0 if number is None else int(number), order, cell, site["rec_name"]))
    rows.sort(key=lambda row: row[:4])
    layouts = {}
    for population in dict.fromkeys(row[0] for row in rows):
        own = [row for row in rows if row[0] == population]
        layouts[population] = ReportLayout.of_columns([row[1] for row in own], [row[2] for row in own])
    return layouts, [(row[4], row[5]) for row in rows]


def _values(cell: Any, name: str) -> npt.NDArray[Any]:
    return np.asarray(cell.get_recording(name))


def _times(cell: Any, count: int, tstart: float, sim_dt: float) -> FloatArray:
    """Return the times of samples in ms, ascending: a forward skip jumps back, which is never looked for."""
    times = np.asarray(tstart + np.arange(count) * sim_dt, dtype=np.float64)
    if hasattr(cell, "get_time"):
        times = np.asarray(cell.get_time(), dtype=np.float64)
    elif "neuron.h._ref_t" in cell.recordings:
        times = np.asarray(cell.recordings["neuron.h._ref_t"], dtype=np.float64)
    if len(times) != count or not count:
        raise NotRecordedError(
            f"{count} samples were recorded at {len(times)} times; run the simulation first"
        )
    return np.maximum.accumulate(times)
