"""Spikes: written, and read back by us, libsonata and bluepysnap."""

from __future__ import annotations

import json
import resource
import signal
import warnings
from pathlib import Path

import h5py
import libsonata
import numpy as np
import pytest

from bluecellab.errors import CircuitWarning, OutputError, ReportError, ReportNotFoundError
from bluecellab.results.sonata import SpikeOrder, read_spikes, write_spikes
from tests.unit.circuit.sonata_files import write_small_circuit

TIMES, NODES = [3.0, 1.0, 2.0, 1.0], [5, 4, 3, 1]


@pytest.mark.parametrize(
    ("order", "times", "nodes"),
    [
        ("by_time", [1.0, 1.0, 2.0, 3.0], [1, 4, 3, 5]),
        ("by_id", [1.0, 2.0, 1.0, 3.0], [1, 3, 4, 5]),
        ("none", TIMES, NODES),
    ],
)
def test_orders(tmp_path: Path, order: SpikeOrder, times: list[float], nodes: list[int]) -> None:
    path = write_spikes(tmp_path / "new" / "out.h5", {"A": (TIMES, NODES), "B": ([], [])}, order)
    assert [entry.name for entry in path.parent.iterdir()] == ["out.h5"]
    with h5py.File(path) as file:
        group = file["spikes/A"]
        assert group["timestamps"][()].tolist() == times
        assert group["node_ids"][()].tolist() == nodes
        assert (group["timestamps"].dtype, group["node_ids"].dtype) == (np.float64, np.uint64)
        assert group["timestamps"].attrs["units"] == "ms"
        kind = group.attrs.get_id("sorting").dtype
        assert h5py.check_enum_dtype(kind) == {"none": 0, "by_id": 1, "by_time": 2}
        assert kind.base == np.uint8
    reader = libsonata.SpikeReader(str(path))
    assert reader["A"].sorting == order
    assert sorted(reader["A"].get()) == sorted(zip(NODES, TIMES, strict=True))
    assert reader["B"].get() == []
    found = read_spikes(path)
    assert found["A"][0].tolist() == [1.0, 1.0, 2.0, 3.0]
    assert set(zip(*found["A"], strict=True)) == set(zip(TIMES, NODES, strict=True))
    assert [len(column) for column in found["B"]] == [0, 0]
    assert found["B"][1].dtype == np.int64
    assert list(read_spikes(path, "B")) == ["B"]


def test_bluepysnap(tmp_path: Path) -> None:
    from bluepysnap import Simulation

    write_small_circuit(tmp_path / "circuit")
    write_spikes(tmp_path / "output" / "out.h5", {"S1": ([3.0, 1.0], [0, 2])})
    (tmp_path / "simulation_config.json").write_text(
        json.dumps(
            {
                "version": 2.4,
                "network": str(tmp_path / "circuit" / "circuit_config.json"),
                "run": {"tstop": 100, "dt": 0.1, "random_seed": 1},
                "output": {"output_dir": str(tmp_path / "output"), "spikes_file": "out.h5"},
            }
        )
    )
    found = Simulation(str(tmp_path / "simulation_config.json")).spikes["S1"].get()
    assert found.to_dict() == {1.0: 2, 3.0: 0}


def test_older_results_stay(tmp_path: Path) -> None:
    path = write_spikes(tmp_path / "out.h5", {"A": ([1.0], [0])})
    with pytest.raises(OutputError, match="older result"):
        write_spikes(path, {"A": ([2.0], [0])})
    assert read_spikes(path)["A"][0].tolist() == [1.0]
    write_spikes(path, {"A": ([2.0], [0])}, overwrite=True)
    assert read_spikes(path)["A"][0].tolist() == [2.0]


def test_a_full_disk(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    write_spikes(tmp_path / "out.h5", {"A": ([2.0], [0])})
    many = np.arange(1e6)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
        with pytest.raises(OutputError, match=r"cannot write .*out\.h5"):
            write_spikes(tmp_path / "out.h5", {"A": (many, many)}, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.h5"]
    assert read_spikes(tmp_path / "out.h5")["A"][0].tolist() == [2.0]


@pytest.mark.parametrize(
    ("times", "nodes", "words"),
    [
        ([1.0], [1, 2], r"\(1,\) times and \(2,\) ids"),
        ([[1.0]], [[1]], "times and"),
        ([np.nan], [1], "NaN or infinite"),
        ([1.0], [-1], "whole numbers"),
        ([1.0], [1.5], "whole numbers"),
        (["a"], [1], "not numbers"),
    ],
)
def test_what_is_no_spikes(tmp_path: Path, times: object, nodes: object, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        write_spikes(tmp_path / "out.h5", {"A": (times, nodes)})  # type: ignore[dict-item]
    assert not list(tmp_path.iterdir())
    with pytest.raises(ReportError, match="by_time, by_id, or none, not 'time'"):
        write_spikes(tmp_path / "out.h5", {}, "time")  # type: ignore[arg-type]


def written(path: Path, times: object, nodes: object, **attributes: object) -> Path:
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes/A")
        group["timestamps"], group["node_ids"] = times, nodes
        group.attrs.update(attributes)
    return path


def test_unsorted(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_spikes(written(tmp_path / "a.h5", TIMES, NODES))["A"]
    assert found[0].tolist() == [1.0, 1.0, 2.0, 3.0]
    assert found[1].tolist() == [4, 1, 3, 5]  # in the order of the file where times are equal
    for said in (2, np.uint8(2), "by_time", b"time"):
        with pytest.warns(CircuitWarning, match="said to be sorted by time and are not"):
            found = read_spikes(written(tmp_path / "a.h5", TIMES, NODES, sorting=said))["A"]
        assert found[0].tolist() == [1.0, 1.0, 2.0, 3.0]


def test_negative_times(tmp_path: Path) -> None:
    with pytest.warns(
        CircuitWarning, match="2 of 4 spikes of population 'A' are before 0 ms and are left out"
    ):
        found = read_spikes(written(tmp_path / "a.h5", [-1.0, 0.0, 1.0, -2.0], [1, 2, 3, 4]))["A"]
    assert found[0].tolist() == [0.0, 1.0]
    assert found[1].tolist() == [2, 3]


def test_whole_and_single_precision(tmp_path: Path) -> None:
    found = read_spikes(written(tmp_path / "a.h5", np.array([1, 2], np.int32), np.array([1, 2], np.float32)))[
        "A"
    ]
    assert [column.dtype for column in found] == [np.float64, np.int64]


def test_reading_what_is_none(tmp_path: Path) -> None:
    with pytest.raises(ReportNotFoundError, match="no file"):
        read_spikes(tmp_path / "none.h5")
    (tmp_path / "empty.h5").write_bytes(b"")
    with pytest.raises(ReportError, match="cannot be read"):
        read_spikes(tmp_path / "empty.h5")
    path = write_spikes(tmp_path / "out.h5", {"A": (TIMES, NODES)})
    with pytest.raises(ReportError, match="no spikes of population 'B' in .*it has those of 'A'"):
        read_spikes(path, "B")
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file["spikes/timestamps"], file["spikes/gids"] = TIMES, NODES
    with pytest.raises(ReportError, match="an old form of SONATA without populations"):
        read_spikes(tmp_path / "old.h5")
    with h5py.File(tmp_path / "report.h5", "w") as file:
        file.create_group("report")
    with pytest.raises(ReportError, match="no group /spikes; it has /report"):
        read_spikes(tmp_path / "report.h5")
    with h5py.File(tmp_path / "none.h5", "w") as file:
        file.create_group("spikes")
    assert read_spikes(tmp_path / "none.h5") == {}


@pytest.mark.parametrize(
    ("times", "nodes", "words"),
    [
        ([1.0, 2.0], [1], "times and"),
        ([np.nan], [1], "NaN"),
        ([1.0], [-1], "whole numbers"),
        (["a"], [1], "no column of numbers 'timestamps'"),
        ([[1.0]], [1], "no column of numbers 'timestamps'"),
        ([1.0], [b"x"], "no column of numbers 'node_ids'"),
        ([1.0], np.array([2**64 - 1], np.uint64), "whole numbers"),
    ],
)
def test_damaged_columns(tmp_path: Path, times: object, nodes: object, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        read_spikes(written(tmp_path / "a.h5", times, nodes))


def test_missing_columns(tmp_path: Path) -> None:
    for missing in ("timestamps", "node_ids"):
        with h5py.File(written(tmp_path / "a.h5", TIMES, NODES), "r+") as file:
            del file["spikes/A"][missing]
        with pytest.raises(ReportError, match=f"population 'A' has no column of numbers '{missing}'"):
            read_spikes(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["spikes/A"] = 1.0
    with pytest.raises(ReportError, match="no column"):
        read_spikes(tmp_path / "a.h5")
