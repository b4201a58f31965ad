"""Spikes in tables of text and in NWB files."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.errors import OutputError, ReportError
from bluecellab.results.sonata import (
    SpikeOrder,
    read_spikes,
    write_spikes,
    write_spikes_csv,
    write_spikes_nwb,
)

SPIKES = {"A": ([10.5, 1.25, 7.125, 0.1], [3, 3, 0, 7]), "none": ([], []), "B": ([3.5], [1])}


@pytest.mark.parametrize(
    ("order", "lines"),
    [
        ("by_time", ["0.1 A 7", "1.25 A 3", "3.5 B 1", "7.125 A 0", "10.5 A 3"]),
        ("by_id", ["7.125 A 0", "1.25 A 3", "10.5 A 3", "0.1 A 7", "3.5 B 1"]),
        ("none", ["10.5 A 3", "1.25 A 3", "7.125 A 0", "0.1 A 7", "3.5 B 1"]),
    ],
)
def test_text(tmp_path: Path, order: SpikeOrder, lines: list[str]) -> None:
    path = write_spikes_csv(tmp_path / "new" / "out.csv", SPIKES, order)
    assert path.read_text() == "\n".join(["timestamps population node_ids", *lines, ""])
    assert [entry.name for entry in path.parent.iterdir()] == ["out.csv"]


def test_no_digit_is_lost(tmp_path: Path) -> None:
    times = np.random.default_rng(1).random(100) * 1000
    path = write_spikes_csv(tmp_path / "out.csv", {"A": (times, np.zeros(100, int))}, "none")
    found = [float(line.split()[0]) for line in path.read_text().splitlines()[1:]]
    assert found == times.tolist()


def test_nwb(tmp_path: Path) -> None:
    path = write_spikes_nwb(tmp_path / "out.nwb", SPIKES)
    with h5py.File(path) as file:
        units = file["units"]
        assert file.attrs["neurodata_type"] == "NWBFile"
        assert units.attrs["colnames"].tolist() == ["population", "node_id", "spike_times"]
        assert units["population"].asstr()[()].tolist() == ["A", "A", "A", "B"]
        assert units["node_id"][()].tolist() == [0, 3, 7, 1]
        assert units["spike_times_index"][()].tolist() == [1, 3, 4, 5]
        assert units["spike_times"][()].tolist() == [0.007125, 0.00125, 0.0105, 0.0001, 0.0035]  # seconds
        assert file[units["spike_times_index"].attrs["target"]] == units["spike_times"]


def test_nwb_is_read_by_pynwb(tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    for name, spikes in {"some": SPIKES, "none": {}}.items():
        path = write_spikes_nwb(tmp_path / f"{name}.nwb", spikes)
        with pynwb.NWBHDF5IO(path, "r") as io:
            assert len(io.read().units) == (4 if spikes else 0)


@pytest.mark.parametrize("write", [write_spikes_csv, write_spikes_nwb])
def test_mistakes(tmp_path: Path, write: type[write_spikes_csv]) -> None:  # type: ignore[valid-type]
    path = tmp_path / "out"
    path.write_text("older")
    with pytest.raises(OutputError, match="exists already, an older result"):
        write(path, SPIKES)
    assert path.read_text() == "older"
    write(path, SPIKES, overwrite=True)
    assert path.stat().st_size > 10
    with pytest.raises(ReportError, match="2 times and .* ids|times and"):
        write(tmp_path / "new", {"A": ([1, 2], [1])})
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write(tmp_path / "file" / "out", SPIKES)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "out"]


@pytest.mark.parametrize("compression", ["gzip", "lzf", None])
def test_compression(tmp_path: Path, compression: str | None) -> None:
    path = write_spikes(tmp_path / "out.h5", SPIKES, compression=compression)
    with h5py.File(path) as file:
        assert file["spikes/A/timestamps"].compression == compression
        assert file["spikes/A/node_ids"].compression == compression
        assert int(file.attrs["magic"]) == 0x0A7A
    assert read_spikes(path)["A"][0].tolist() == [0.1, 1.25, 7.125, 10.5]
    with pytest.raises(ReportError, match="compressed by gzip or lzf, or not, not 'zip'"):
        write_spikes(path, SPIKES, compression="zip", overwrite=True)
