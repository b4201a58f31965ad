"""Write reports of a cell over and over: a scenario of :mod:`tests.leaks.cycles`."""

from __future__ import annotations

import os
from pathlib import Path


def reports() -> None:
    """Reports of every type, with either integrator, written to files and read back."""
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.recording.report_sites import elements_of
    from bluecellab.recording.reports import ReportRecorder
    from bluecellab.results.sonata import SonataReportWriter, read_report
    from bluecellab.spec.base import CellId
    from bluecellab.spec.simulation import Report

    path = Path(os.environ["LEAK_FOLDER"]) / "report.h5"
    kinds: list[dict[str, str]] = [
        {"sections": "all"},
        {"sections": "all", "variable_name": "hh.m"},
        {"type": "summation", "variable_name": "i_membrane, ina, IClamp"},
    ]
    with create_ball_stick(CellId("A", 0)) as cell, Simulation(cell) as simulation:
        cell.add_step(0, 1, 0.1)
        for number, kind in enumerate(kinds):
            report = Report.from_dict({"name": "r", "dt": 0.1, "end_time": 5.0, **kind})
            elements = elements_of(report, {CellId("A", 0): cell})
            writer = SonataReportWriter(path.with_name(f"{number}.h5"), elements.layouts, overwrite=True)
            simulation.attach(ReportRecorder(report, elements, writer, simulation._scope))
        for cvode in (False, True):
            simulation.run(5, cvode=cvode)
            assert len(read_report(path.with_name("0.h5")).data) == 50
