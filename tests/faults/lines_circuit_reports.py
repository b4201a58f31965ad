"""Part B, lines 6 to 8, 14 and 15, as far as reports and spikes go."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.harness import line, refused


@contextmanager
def simulated(folder: str, *, overwrite: bool = False, **words: Any) -> Iterator[tuple[Any, Any, Path]]:
    """Give a simulation of a cell that writes a report, the cell, and the file."""
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.recording.report_sites import elements_of
    from bluecellab.recording.reports import ReportRecorder
    from bluecellab.results.sonata import SonataReportWriter
    from bluecellab.spec.base import CellId
    from bluecellab.spec.simulation import Report

    report = Report(**{"name": "all", "sections": "all", "dt": 0.1, "end_time": 20.0, **words})
    with create_ball_stick(CellId("A", 3)) as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        cell.add_step(5, 15, 0.5)
        elements = elements_of(report, {CellId("A", 3): cell})
        path = Path(folder) / report.output_name
        writer = SonataReportWriter(path, elements.layouts, unit=report.unit, overwrite=overwrite)
        with ReportRecorder(report, elements, writer) as recorder:
            simulation.attach(recorder)
            yield simulation, cell, path


@line
def line_b6_files_of_spikes() -> None:
    import h5py

    from bluecellab.errors import CircuitWarning, ReportError, ReportNotFoundError
    from bluecellab.results.sonata import read_spikes

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spikes.h5"
        with refused("no file", "spikes.h5", error=ReportNotFoundError):
            read_spikes(path)
        path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
        with refused("cannot be read", error=ReportError):
            read_spikes(path)

        def write(times: list[float], nodes: list[int]) -> None:
            with h5py.File(path, "w") as file:
                file["spikes/A/timestamps"], file["spikes/A/node_ids"] = times, nodes

        write([3.0, 1.0, 2.0], [1, 2, 3])
        times, nodes = read_spikes(path)["A"]
        assert times.tolist() == [1.0, 2.0, 3.0]
        assert nodes.tolist() == [2, 3, 1]
        with refused("'B'", "'A'", error=ReportError):
            read_spikes(path, "B")
        write([1.0, -3.0], [1, 2])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert read_spikes(path)["A"][0].tolist() == [1.0]
        assert [item.category for item in caught] == [CircuitWarning]
        assert "1 of 2 spikes" in str(caught[0].message)
        write([float("nan")], [1])
        with refused("NaN", error=ReportError):
            read_spikes(path)
        write([1.0, 2.0], [1])
        with refused("times", "ids", error=ReportError):
            read_spikes(path)


@line
def line_b7_folders() -> None:
    from bluecellab.errors import OutputError
    from bluecellab.results.sonata import OutputFolder, write_spikes

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "older.h5").write_text("older")
        with refused("is not empty", "older.h5", error=OutputError):
            OutputFolder(folder).reserve(["all.h5"])
        OutputFolder(folder, overwrite=True).reserve(["all.h5"])
        with refused("does not lie in the output folder", error=OutputError):
            OutputFolder(folder, overwrite=True).reserve(["../../all.h5"])
        with refused("cannot be written to", error=OutputError):
            OutputFolder(Path(folder) / "older.h5").reserve(["all.h5"])
        with refused("exists already", error=OutputError):
            write_spikes(Path(folder) / "older.h5", {})
        assert (Path(folder) / "older.h5").read_text() == "older"
        assert len(list(Path(folder).iterdir())) == 1


@line
def line_b7_an_older_report_stays() -> None:
    from bluecellab.errors import OutputError
    from bluecellab.results.sonata import read_report

    with tempfile.TemporaryDirectory() as folder:
        with simulated(folder) as (simulation, _, path):
            simulation.run(20, cvode=False)
            before = path.read_bytes()
        with simulated(folder) as (simulation, _, path), refused("an older result", error=OutputError):
            simulation.run(20, cvode=False)
        with simulated(folder, overwrite=True) as (simulation, _, path):

            def fail(now: float) -> None:
                if now > 5:
                    raise KeyError("mine")

            simulation.add_hook(fail, every=1)
            with refused("KeyError"):
                simulation.run(20, cvode=False)
            assert path.read_bytes() == before
            left = read_report(f"{path}.partial")
            assert not left.complete
            assert 5 < left.end < 20
            simulation.hooks.clear()
            simulation.run(10, cvode=False)
            assert len(read_report(path).data) == 100


@line
def line_b7_disk_full_during_the_run() -> None:
    from bluecellab.errors import OutputError
    from bluecellab.recording import reports
    from bluecellab.results.sonata import read_report

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    reports._BLOCK_BYTES = 10_000
    for cvode in (False, True):
        with tempfile.TemporaryDirectory() as folder, simulated(folder, dt=0.025, end_time=1e4) as made:
            simulation, cell, path = made
            try:
                resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
                with refused("cannot write", "space left", error=OutputError):
                    simulation.run(10_000, cvode=cvode)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            assert not path.exists()
            left = read_report(f"{path}.partial")
            assert not left.complete
            assert len(left.data) > 500
            if not cvode:
                soma = cell.get_soma_voltage()[: len(left.data)]
                assert np.array_equal(left.data[:, 0], soma.astype(np.float32))
            simulation.run(5, cvode=cvode)
            assert len(read_report(path).data) == 200


KILLED = """
import sys
from tests.faults.lines_circuit_reports import simulated
from bluecellab.recording import reports
reports._HAND_ON_EVERY = 0.05
with simulated(sys.argv[1], end_time=1e9) as (simulation, _, path):
    simulation.add_hook(lambda now: print("going", flush=True), every=500)
    simulation.run(1e9, cvode=sys.argv[2] == "cvode")
"""


@line
def line_b8_killed() -> None:
    import libsonata

    from bluecellab.results.sonata import read_report

    for kind in ("fixed", "cvode"):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", KILLED, folder, kind]
            child = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert child.stdout is not None
            child.stdout.readline()
            child.stdout.readline()
            time.sleep(0.3)
            child.kill()
            child.wait()
            child.stdout.close()
            assert [entry.name for entry in Path(folder).iterdir()] == ["all.h5.partial"]
            left = read_report(Path(folder) / "all.h5.partial")
            assert not left.complete
            assert left.end > 500
            assert np.isfinite(left.data).all()
            assert left.data[:, 0].max() > -20
            reader = libsonata.ElementReportReader(str(Path(folder) / "all.h5.partial"))["A"]
            assert abs(reader.times[1] - left.end) < 1e-6


@line
def line_b14_cvode() -> None:
    from bluecellab.results.sonata import read_report

    with tempfile.TemporaryDirectory() as folder, simulated(folder, dt=0.37, start_time=1.5) as made:
        simulation, cell, path = made
        cell.add_voltage_recording(cell.soma, 0.5, dt=0.01)
        simulation.run(20, cvode=True)
        report = read_report(path)
        assert np.allclose(report.times, 1.5 + 0.37 * np.arange(50), rtol=0, atol=1e-12)
        assert report.times[-1] < 20
        fine = cell.get_voltage_recording(cell.soma, 0.5)
        places = np.round(report.times / 0.01).astype(int)
        assert np.array_equal(report.data[:, 0], fine[places].astype(np.float32))


@line
def line_b14_a_shorter_run() -> None:
    import h5py

    from bluecellab.results.sonata import read_report

    with tempfile.TemporaryDirectory() as folder, simulated(folder, overwrite=True, end_time=50.0) as made:
        simulation, _, path = made
        for cvode in (False, True):
            simulation.run(8, cvode=cvode)
            with h5py.File(path) as file:
                assert file["report/A/mapping/time"][()].tolist() == [0.0, 8.0, 0.1]
                assert len(file["report/A/data"]) == 80
            assert read_report(path).complete


@line
def line_b15_sections_that_a_cell_lacks() -> None:
    from bluecellab import create_ball_stick
    from bluecellab.errors import CircuitWarning
    from bluecellab.recording.report_sites import elements_of
    from bluecellab.spec.base import CellId
    from bluecellab.spec.simulation import Report

    with create_ball_stick(CellId("A", 0)) as cell:
        cells = {CellId("A", 0): cell}
        assert (
            len(elements_of(Report(name="r", dt=0.1, end_time=1, sections="all"), cells)) == cell.n_segments
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert len(elements_of(Report(name="r", dt=0.1, end_time=1, sections="apic"), cells)) == 0
        assert [item.category for item in caught] == [CircuitWarning]
        with refused("cai", "soma[0]", "there is v"):
            elements_of(Report(name="r", dt=0.1, end_time=1, variable_name="cai"), cells)
        with refused("cai", "there is v"):
            elements_of(Report(name="r", dt=0.1, end_time=1, sections="all", variable_name="cai"), cells)
