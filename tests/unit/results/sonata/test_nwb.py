"""Potentials at electrodes in an NWB file, alone and beside spikes."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.errors import OutputError
from bluecellab.results.sonata import PotentialNwbWriter, write_spikes_nwb
from bluecellab.results.sonata.potential_files import PotentialFiles

CHANNELS = [3, 5]
PLACES = np.array([[1.0, 2.0, 3.0], [-4.0, 5.5, 6.0]])
FRAMES = np.random.default_rng(1).random((7, 2))
SPIKES = {"A": ([10.5, 1.25], [3, 0])}


def written(path: Path, *, complete: bool = True) -> None:
    writer = PotentialNwbWriter(path, CHANNELS, PLACES)
    writer.open(start=50.0, dt=0.25)
    writer.append(FRAMES[:4])
    writer.append(FRAMES[4:])
    writer.close(complete=complete)


def test_series_and_electrodes(tmp_path: Path) -> None:
    written(tmp_path / "s.nwb")
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.nwb"]
    with h5py.File(tmp_path / "s.nwb") as file:
        series = file["acquisition/ElectricalSeries"]
        assert np.array_equal(series["data"], FRAMES)
        assert series["data"].attrs["unit"] == "volts"
        assert series["data"].attrs["conversion"] == 1e-3  # numbers are in mV
        assert series["starting_time"][()] == 0.05
        assert dict(series["starting_time"].attrs) == {"rate": 4000.0, "unit": "seconds"}
        assert series["electrodes"][()].tolist() == [0, 1]
        table = file[series["electrodes"].attrs["table"]]
        assert np.array_equal(np.stack([table[axis] for axis in "xyz"], axis=1), PLACES)
        assert table["channel_id"][()].tolist() == CHANNELS
        assert set(table.attrs["colnames"]) | {"id"} == set(table)
        assert file[table["group"][0]]["device"].attrs["neurodata_type"] == "Device"


def test_incomplete_has_no_name(tmp_path: Path) -> None:
    written(tmp_path / "s.nwb", complete=False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.nwb.partial"]
    with h5py.File(tmp_path / "s.nwb.partial") as file:
        assert np.array_equal(file["acquisition/ElectricalSeries/data"], FRAMES)


def test_both_formats(tmp_path: Path) -> None:
    other = PotentialNwbWriter(tmp_path / "s.nwb", CHANNELS, PLACES)
    files = PotentialFiles(tmp_path / "e.h5", CHANNELS, other=other)
    files.open(0.0, 0.25)
    files.append(FRAMES[:4])
    files.close(complete=True)
    files.reopen()
    assert {entry.name for entry in tmp_path.iterdir()} == {"e.h5.partial", "s.nwb.partial"}
    files.append(FRAMES[4:])
    files.close(complete=True)
    with h5py.File(tmp_path / "s.nwb") as one, h5py.File(tmp_path / "e.h5") as two:
        assert np.array_equal(one["acquisition/ElectricalSeries/data"], FRAMES)
        assert np.array_equal(two["ecp/data"], FRAMES)


def test_neither_is_complete_if_one_fails(tmp_path: Path) -> None:
    other = PotentialNwbWriter(tmp_path / "s.nwb", CHANNELS, PLACES)
    files = PotentialFiles(tmp_path / "e.h5", CHANNELS, other=other)
    files.open(0.0, 0.25)
    files.append(FRAMES)
    (tmp_path / "s.nwb").write_text("somebody else's")
    with pytest.raises(OutputError, match="has come into being"):
        files.close(complete=True)
    assert {entry.name for entry in tmp_path.iterdir()} == {"s.nwb", "s.nwb.partial", "e.h5.partial"}


def test_spikes_beside(tmp_path: Path) -> None:
    path = tmp_path / "s.nwb"
    written(path)
    assert write_spikes_nwb(path, SPIKES, beside=True) == path
    with h5py.File(path) as file:
        assert np.array_equal(file["acquisition/ElectricalSeries/data"], FRAMES)
        assert file["units/spike_times"][()].tolist() == [0.00125, 0.0105]
    with pytest.raises(OutputError, match="has units already"):
        write_spikes_nwb(path, SPIKES, beside=True)
    with pytest.raises(OutputError, match="cannot write"):
        write_spikes_nwb(tmp_path / "none.nwb", SPIKES, beside=True)


def test_is_read_by_pynwb(tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    path = tmp_path / "s.nwb"
    written(path)
    write_spikes_nwb(path, SPIKES, beside=True)
    with pynwb.NWBHDF5IO(path, "r") as io:
        assert not pynwb.validate(io=io)
        file = io.read()
        series = file.acquisition["ElectricalSeries"]
        assert np.allclose(series.get_data_in_units(), FRAMES * 1e-3)
        assert series.rate == 4000.0
        assert series.electrodes.to_dataframe()["x"].tolist() == [1.0, -4.0]
        assert len(file.units) == 2
