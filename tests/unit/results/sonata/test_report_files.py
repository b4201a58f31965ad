"""Reports: written block by block, read back by us, libsonata and bluepysnap."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import libsonata
import numpy as np
import pytest

from bluecellab.errors import ClosedError, OutputError, ReportError, ReportNotFoundError
from bluecellab.results.sonata import ReportLayout, SonataReportWriter, read_report, report_populations
from tests.unit.circuit.sonata_files import write_small_circuit

LAYOUT = ReportLayout.of_columns([1, 1, 1, 4], [0, 2, 2, 0])
OTHER = ReportLayout.of_columns([0], [0])


def write(path: Path, frames: np.ndarray, *, dt: float = 0.1, start: float = 0.0, **options: object) -> None:
    writer = SonataReportWriter(path, {"A": LAYOUT, "B": OTHER}, **options)  # type: ignore[arg-type]
    with writer:
        writer.open(start, dt)
        for block in np.array_split(frames, 3):
            writer.append(block)


@pytest.fixture
def frames() -> np.ndarray:
    return np.random.default_rng(1).normal(-65, 10, (1000, 5)).astype(np.float32)


def test_round_trip(tmp_path: Path, frames: np.ndarray) -> None:
    path = tmp_path / "new" / "all.h5"
    write(path, frames, unit="mV")
    assert [entry.name for entry in path.parent.iterdir()] == ["all.h5"]
    assert report_populations(path) == ("A", "B")
    report = read_report(path, "A")
    assert np.array_equal(report.data, frames[:, :4])
    assert np.array_equal(read_report(path, "B").data, frames[:, 4:])
    assert (report.start, report.dt, report.unit, report.complete) == (0.0, 0.1, "mV", True)
    assert report.end == pytest.approx(100)
    assert report.times[:3].tolist() == [0.0, 0.1, 0.2]
    assert np.array_equal(report.of_node(4)[:, 0], frames[:, 3])
    assert report.layout.element_ids.tolist() == [0, 2, 2, 0]
    assert report.layout.nodes.tolist() == [1, 1, 1, 4]
    assert repr(report) == "<SonataReport A: 2 nodes, 4 elements, 0..100 ms>"
    table = report.to_pandas()
    assert table.shape == (1000, 4)
    assert table.columns.tolist() == [(1, 0), (1, 2), (1, 2), (4, 0)]
    assert np.array_equal(table[4][0], frames[:, 3])
    part = read_report(path, "A", nodes=[4])
    assert np.array_equal(part.data, frames[:, 3:4])
    assert part.layout.node_ids.tolist() == [4]
    assert read_report(path, "A", nodes=[]).data.shape == (1000, 0)


def test_layout_of_the_specification(tmp_path: Path, frames: np.ndarray) -> None:
    write(tmp_path / "all.h5", frames[:20], start=5.0, unit="nA")
    with h5py.File(tmp_path / "all.h5") as file:
        mapping = file["report/A/mapping"]
        kinds = {name: str(mapping[name].dtype) for name in mapping}
        assert kinds == {
            "node_ids": "uint64",
            "index_pointers": "uint64",
            "element_ids": "uint32",
            "time": "float64",
        }
        assert mapping["node_ids"][()].tolist() == [1, 4]
        assert mapping["index_pointers"][()].tolist() == [0, 3, 4]
        assert mapping["time"][()].tolist() == [5.0, 7.0, 0.1]
        assert mapping["time"].attrs["units"] == "ms"
        assert file["report/A/data"].dtype == np.float32
        assert file["report/A/data"].attrs["units"] == "nA"


def test_libsonata(tmp_path: Path, frames: np.ndarray) -> None:
    write(tmp_path / "all.h5", frames, start=2.5)
    reader = libsonata.ElementReportReader(str(tmp_path / "all.h5"))
    assert reader.get_population_names() == ["A", "B"]
    population = reader["A"]
    assert population.times == pytest.approx((2.5, 102.5, 0.1))
    assert (population.time_units, population.data_units, population.sorted) == ("ms", "mV", True)
    assert population.get_node_ids() == [1, 4]
    found = population.get()
    assert np.array_equal(found.data, frames[:, :4])
    assert np.asarray(found.ids).tolist() == [[1, 0], [1, 2], [1, 2], [4, 0]]
    assert np.allclose(found.times, 2.5 + 0.1 * np.arange(1000))
    assert np.array_equal(population.get(node_ids=[4], tstart=10, tstop=20).data, frames[75:176, 3:4])


def test_bluepysnap(tmp_path: Path, frames: np.ndarray) -> None:
    from bluepysnap import Simulation

    write_small_circuit(tmp_path / "circuit")
    population = "S1"
    layout = ReportLayout.of_columns([0, 0, 2], [0, 3, 0])
    writer = SonataReportWriter(tmp_path / "output" / "all.h5", {population: layout})
    soma = SonataReportWriter(
        tmp_path / "output" / "soma.h5", {population: ReportLayout.of_columns([0, 2], [0, 0])}
    )
    for made, columns in ((writer, 3), (soma, 2)):
        with made:
            made.open(0.0, 0.1)
            made.append(frames[:, :columns])
    report = {
        "type": "compartment",
        "variable_name": "v",
        "dt": 0.1,
        "start_time": 0,
        "end_time": 100,
        "cells": "All",
    }
    (tmp_path / "simulation_config.json").write_text(
        json.dumps(
            {
                "version": 2.4,
                "network": str(tmp_path / "circuit" / "circuit_config.json"),
                "run": {"tstop": 100, "dt": 0.1, "random_seed": 1},
                "output": {"output_dir": str(tmp_path / "output"), "spikes_file": "out.h5"},
                "reports": {"all": {**report, "sections": "all"}, "soma": {**report, "sections": "soma"}},
            }
        )
    )
    simulation = Simulation(str(tmp_path / "simulation_config.json"))
    found = simulation.reports["all"][population].get()
    assert np.array_equal(found.to_numpy(), frames[:, :3])
    assert found.columns.tolist() == [(0, 0), (0, 3), (2, 0)]
    assert np.array_equal(simulation.reports["soma"][population].get().to_numpy(), frames[:, :2])


def test_older_results_stay(tmp_path: Path, frames: np.ndarray) -> None:
    path = tmp_path / "all.h5"
    write(path, frames)
    before = path.read_bytes()
    with pytest.raises(OutputError, match=r"all\.h5 exists already, an older result.*overwrite=True"):
        write(path, frames + 1)
    writer = SonataReportWriter(path, {"A": LAYOUT, "B": OTHER}, overwrite=True)
    writer.open(0, 0.1)
    writer.append(frames[:5])
    assert path.read_bytes() == before  # until the new one is complete
    writer.close(complete=False)
    assert path.read_bytes() == before
    (tmp_path / "all.h5.partial").rename(tmp_path / "other.h5.partial")
    with pytest.raises(OutputError, match=r"other\.h5\.partial exists already, what an unfinished run"):
        write(tmp_path / "other.h5", frames)
    write(path, frames + 1, overwrite=True)
    assert np.array_equal(read_report(path, "B").data, frames[:, 4:] + 1)
    (tmp_path / "folder.h5").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write(tmp_path / "folder.h5", frames, overwrite=True)


def test_a_writer_replaces_its_own(tmp_path: Path, frames: np.ndarray) -> None:
    path = tmp_path / "all.h5"
    writer = SonataReportWriter(path, {"A": LAYOUT, "B": OTHER})
    for shift in (0, 1):
        writer.open(0, 0.1)
        writer.append(frames + shift)
        writer.close(complete=shift == 1)
        writer.close(complete=True)  # twice is once
    assert np.array_equal(read_report(path, "A").data, frames[:, :4] + 1)
    writer.open(0, 0.1)
    path.unlink()
    path.write_text("somebody else's")
    writer.close(complete=True)
    assert read_report(path, "A").data.shape == (0, 4)


def test_a_file_that_came_into_being_meanwhile(tmp_path: Path, frames: np.ndarray) -> None:
    path = tmp_path / "all.h5"
    writer = SonataReportWriter(path, {"A": LAYOUT, "B": OTHER})
    writer.open(0, 0.1)
    writer.append(frames)
    path.write_text("somebody else's")
    with pytest.raises(OutputError, match="has come into being while it was written"):
        writer.close(complete=True)
    assert path.read_text() == "somebody else's"
    assert np.array_equal(read_report(tmp_path / "all.h5.partial", "A").data, frames[:, :4])


def test_an_incomplete_report(tmp_path: Path, frames: np.ndarray) -> None:
    path = tmp_path / "all.h5"
    writer = SonataReportWriter(path, {"A": LAYOUT, "B": OTHER})
    with pytest.raises(RuntimeError, match="mine"), writer:
        writer.open(1.0, 0.5)
        writer.append(frames[:7])
        raise RuntimeError("mine")
    assert not path.exists()
    report = read_report(tmp_path / "all.h5.partial", "A")
    assert (len(report.data), report.end, report.complete) == (7, 4.5, False)
    assert repr(report).endswith("1..4.5 ms, incomplete>")
    assert libsonata.ElementReportReader(str(tmp_path / "all.h5.partial"))["A"].times == (1.0, 4.5, 0.5)
    with pytest.raises(
        ReportNotFoundError, match=r"There is .*all\.h5\.partial, of a run that did not finish"
    ):
        read_report(path)


def test_readable_while_it_is_written(tmp_path: Path, frames: np.ndarray) -> None:
    writer = SonataReportWriter(tmp_path / "all.h5", {"A": LAYOUT, "B": OTHER})
    writer.open(0, 0.1)
    for count in range(1, 4):
        writer.append(frames[:10])
        assert len(read_report(tmp_path / "all.h5.partial", "A").data) == 10 * count
    writer.close(complete=True)


def test_going_on(tmp_path: Path, frames: np.ndarray) -> None:
    writer = SonataReportWriter(tmp_path / "all.h5", {"A": LAYOUT, "B": OTHER})
    writer.open(0, 0.1)
    writer.append(frames[:400])
    writer.close(complete=True)
    writer.reopen()
    assert not (tmp_path / "all.h5").exists()
    writer.append(frames[400:])
    writer.close(complete=True)
    assert np.array_equal(read_report(tmp_path / "all.h5", "A").data, frames[:, :4])
    (tmp_path / "all.h5").unlink()
    with pytest.raises(OutputError, match="No such file"):
        writer.reopen()


def test_misuse(tmp_path: Path, frames: np.ndarray) -> None:
    writer = SonataReportWriter(tmp_path / "all.h5", {"A": LAYOUT, "B": OTHER})
    with pytest.raises(ClosedError, match="open"):
        writer.append(frames)
    writer.open(0, 0.1)
    with pytest.raises(OutputError, match="already"):
        writer.open(0, 0.1)
    with pytest.raises(ReportError, match="5 values are needed"):
        writer.append(frames[:, :4])
    writer.append(frames[:0])
    writer.close(complete=True)
    assert len(read_report(tmp_path / "all.h5", "A").data) == 0
    with pytest.raises(OutputError, match="cannot write"):
        write(tmp_path / "all.h5" / "inside.h5", frames)


def test_nothing_to_report(tmp_path: Path) -> None:
    writer = SonataReportWriter(tmp_path / "all.h5", {})
    writer.open(0, 0.1)
    writer.append(np.empty((10, 0)))
    writer.close(complete=True)
    assert report_populations(tmp_path / "all.h5") == ()
    with pytest.raises(ReportError, match="it has none"):
        read_report(tmp_path / "all.h5")


@pytest.mark.parametrize(
    ("nodes", "pointers", "elements"),
    [
        ([1, 1], [0, 1, 2], [0, 0]),
        ([2, 1], [0, 1, 2], [0, 0]),
        ([1], [0, 1, 2], [0, 0]),
        ([1], [0, 1], [0, 0]),
    ],
)
def test_layouts_that_are_none(nodes: list[int], pointers: list[int], elements: list[int]) -> None:
    with pytest.raises(ReportError, match="make no report"):
        ReportLayout(np.array(nodes), np.array(pointers), np.array(elements))
    with pytest.raises(ReportError, match="order of their nodes"):
        ReportLayout.of_columns([2, 1], [0, 0])


def test_reading_what_is_none(tmp_path: Path, frames: np.ndarray) -> None:
    write(tmp_path / "all.h5", frames)
    with pytest.raises(ReportError, match="say which population.*'A', 'B'"):
        read_report(tmp_path / "all.h5")
    with pytest.raises(ReportError, match="no population 'C' in .*it has 'A', 'B'"):
        read_report(tmp_path / "all.h5", "C")
    with pytest.raises(ReportError, match="no node 3; it has 1, 4"):
        read_report(tmp_path / "all.h5", "A", nodes=[3])
    with pytest.raises(ReportNotFoundError, match="no file"):
        read_report(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(ReportError, match="cannot be read"):
        read_report(tmp_path / "text.h5")
    (tmp_path / "cut.h5").write_bytes((tmp_path / "all.h5").read_bytes()[:3000])
    with pytest.raises(ReportError, match="cannot be read"):
        read_report(tmp_path / "cut.h5", "A")
    with h5py.File(tmp_path / "spikes.h5", "w") as file:
        file["spikes"] = 1
    with pytest.raises(ReportError, match="no group /report; it has /spikes"):
        read_report(tmp_path / "spikes.h5")
    mistakes = {
        "mapping/time": [0.0, 1.0, 0.0],
        "mapping/index_pointers": [0, 3, 5],
        "mapping/node_ids": [4, 4],
        "data": [[1.0]],
    }
    for name, value in mistakes.items():
        write(tmp_path / "wrong.h5", frames, overwrite=True)
        with h5py.File(tmp_path / "wrong.h5", "r+") as file:
            del file["report/A"][name]
            file["report/A"][name] = value
        with pytest.raises(ReportError):
            read_report(tmp_path / "wrong.h5", "A")
        with h5py.File(tmp_path / "wrong.h5", "r+") as file:
            del file["report/A"][name]
        with pytest.raises(ReportError):
            read_report(tmp_path / "wrong.h5", "A")


def test_nodes_in_any_order(tmp_path: Path, frames: np.ndarray) -> None:
    write(tmp_path / "all.h5", frames)
    with h5py.File(tmp_path / "all.h5", "r+") as file:
        file["report/A/mapping/node_ids"][:] = [9, 4]
    report = read_report(tmp_path / "all.h5", "A")
    assert report.layout.node_ids.tolist() == [4, 9]
    assert report.layout.element_ids.tolist() == [0, 0, 2, 2]
    assert np.array_equal(report.data, frames[:, [3, 0, 1, 2]])
    assert np.array_equal(read_report(tmp_path / "all.h5", "A", nodes=[9]).data, frames[:, :3])


def test_a_full_disk(tmp_path: Path) -> None:
    """A limit on the size of files refuses writes in the middle, as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writer = SonataReportWriter(tmp_path / "all.h5", {"A": LAYOUT, "B": OTHER})
    block = np.random.default_rng(1).normal(size=(20_000, 5))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
        writer.open(0, 0.1)
        with pytest.raises(OutputError, match=r"cannot write .*all\.h5.*space left"):
            for _ in range(10):
                writer.append(block)
        written = writer.frames
        with pytest.raises(OutputError):
            writer.close(complete=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert written >= 20_000
    assert not (tmp_path / "all.h5").exists()
    report = read_report(tmp_path / "all.h5.partial", "A")
    assert not report.complete
    assert len(report.data) == written
    assert np.array_equal(report.data[:20_000], block[:, :4].astype(np.float32))


KILLED = """
import sys
import numpy as np
from bluecellab.results.sonata import ReportLayout, SonataReportWriter
writer = SonataReportWriter(sys.argv[1], {"A": ReportLayout.of_columns(np.zeros(300), np.arange(300))})
writer.open(0, 0.1)
frame = 0
while True:
    count = 1 + frame % 50
    writer.append(np.arange(frame, frame + count)[:, None] + np.zeros(300))
    frame += count
    if frame > 500:
        print("going", flush=True)
"""


@pytest.mark.parametrize("wait", [0.0, 0.013, 0.05, 0.11, 0.27])
def test_killed(tmp_path: Path, wait: float) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "all.h5")], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(wait)
    child.kill()
    child.wait()
    child.stdout.close()
    assert not (tmp_path / "all.h5").exists()
    report = read_report(tmp_path / "all.h5.partial")
    assert not report.complete
    assert len(report.data) > 500
    assert np.array_equal(report.data, np.arange(len(report.data))[:, None] + np.zeros(300))
    reader = libsonata.ElementReportReader(str(tmp_path / "all.h5.partial"))["A"]
    assert np.array_equal(reader.get().data, report.data)
