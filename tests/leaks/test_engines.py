"""Runs by CoreNEURON leave nothing: no memory, no descriptors, no processes."""

from __future__ import annotations

import gc
import os
import resource
import sys
from pathlib import Path

import pytest

from bluecellab.nrn.census import census
from bluecellab.recording.report_sites import elements_of
from bluecellab.recording.reports import ReportRecorder
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report
from tests.unit.recording.test_reports import Sink
from tests.unit.simulation.engines.cells import has_library, pair

pytestmark = [
    pytest.mark.leaks,
    pytest.mark.skipif(not has_library(), reason="this NEURON brings no CoreNEURON along"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

_RUNS = 50
_KB = 150  # of growth over all runs


def _resident() -> int:
    """Return the memory of this process in kB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_runs_leave_nothing() -> None:
    with pair() as two:
        report, sink = Report(name="r", dt=0.1, end_time=5.0, sections="all"), Sink()
        cells = {CellId("A", index): cell for index, cell in enumerate(two.cells)}
        elements = elements_of(report, cells)
        two.simulation.attach(ReportRecorder(report, elements, sink, two.simulation._scope))

        def run(count: int) -> None:
            for _ in range(count):
                two.run("coreneuron", 5.0)
                sink.blocks.clear()
            gc.collect()

        run(25)  # until the heap has its shape
        before = census(), _descriptors(), _resident()
        run(_RUNS)
        assert (census(), _descriptors()) == before[:2]
        assert _resident() < before[2] + _KB
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
