"""Spike trains from units of a probe, as BioNet takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab.errors import CircuitWarning, ReportError, ReportNotFoundError
from bluecellab.results.spike_trains import read_probe_trains
from bluecellab.spec.allen import ProbeTrains


def session(path: Path, first: int = 1000, peak: bool = True) -> str:
    """Write eight units as pynwb does: unit u spikes at 100, 600, ... ms, and u ms later."""
    with h5py.File(path, "w") as file:
        electrodes = file.create_group("general/extracellular_ephys/electrodes")
        electrodes["id"] = [850, 851, 852]
        electrodes["location"] = ["LGd", "VISp", "LGd"]
        electrodes.create_dataset("group", data=[electrodes.ref] * 3, dtype=h5py.ref_dtype)
        units = file.create_group("units")
        units["id"] = np.arange(first, first + 8)
        units["quality"] = ["noise", "good"] * 4
        units["firing_rate"] = np.arange(8.0)
        units["spike_times"] = np.concatenate([np.arange(5) * 0.5 + 0.001 * unit + 0.1 for unit in range(8)])
        units["spike_times_index"] = np.arange(5, 45, 5).astype("u1")
        if peak:
            units["peak_channel_id"] = [850 + unit % 3 for unit in range(8)]
        else:
            units["electrodes"] = [unit % 3 for unit in range(8)]
            units["electrodes_index"] = np.arange(1, 9).astype("u1")
        for shift, name in enumerate(["drifting_gratings", "flashes"]):
            table = file.create_group(f"intervals/{name}_presentations")
            table["id"] = np.arange(4)
            table["start_time"] = np.arange(4) * 0.3 + shift
            table["stop_time"] = np.arange(4) * 0.3 + 0.25 + shift
            table["stimulus_name"] = [name] * 4
            table["orientation"] = ["0.0", "45.0", "90.0", "null"] if shift else np.arange(4) * 45.0
            table["temporal_frequency"] = np.arange(4) + 1.0
    return str(path)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return session(tmp_path / "session.nwb")


@pytest.fixture
def four(tmp_path: Path) -> str:
    file = tmp_path / "map.csv"
    file.write_text(
        "population node_ids unit_ids\next 0 1001\next 1 1003\next 2 1000\nalt 0 1005\next 3 1007\n"
    )
    return str(file)


def read(
    path: str, nodes: Any = range(4), seed: int = 0, more: tuple[str, ...] = (), **options: Any
) -> dict[int, Any]:
    spec = ProbeTrains(input_file=path, more_files=more, options=options)
    trains = read_probe_trains(spec, list(nodes), "ext", np.random.default_rng(seed))
    return {node: times.round(6).tolist() for node, times in trains.items()}


def mapped(path: str, four: str, **options: Any) -> list[Any]:
    found = read(path, mapping="units_map", units=four, **options)
    return [found.get(node, []) for node in range(4)]


def units_of(trains: dict[int, list[float]]) -> dict[int, int]:
    return {node: round(times[0] - 100) for node, times in trains.items()}


def test_a_table_of_units(path: str, four: str) -> None:
    later = [0.0, 500, 1000, 1500, 2000]
    assert mapped(path, four) == [[100 + unit + time for time in later] for unit in (1, 3, 0, 7)]


@pytest.mark.parametrize(
    ("options", "expected"),
    # measured of BioNet 1.2.0
    [
        ({"interval": [601.0, 1603.0]}, [[0, 500, 1000], [2, 502, 1002], [499, 999], [6, 506]]),
        (
            {"interval": [601.0, 1601.0], "interval_offset": 100},
            [[100, 600, 1100], [102, 602], [599, 1099], [106, 606]],
        ),
        (
            {"interval": {"interval_name": "drifting_gratings"}},
            [[101, 601, 1101], [103, 603, 1103], [100, 600, 1100], [107, 607, 1107]],
        ),
        ({"interval": {"interval_name": "drifting_gratings", "interval_index": 1}}, [[], [], [], []]),
        ({"interval": {"interval_name": "drifting_gratings", "orientation": 90.0}}, [[1], [3], [0], [7]]),
        (
            {"interval": {"interval_name": "drifting_gratings_presentations", "orientation": 90}},
            [[1], [3], [0], [7]],
        ),
        (
            {
                "interval": {
                    "interval_name": "drifting_gratings",
                    "tf": {"column": "temporal_frequency", "operation": ">", "value": 1.5},
                }
            },
            [[301, 801], [303, 803], [300, 800], [307, 807]],
        ),
    ],
)
def test_intervals(path: str, four: str, options: dict[str, Any], expected: list[Any]) -> None:
    assert mapped(path, four, **options) == expected


def test_which_interval(path: str, four: str) -> None:
    def first(index: Any) -> list[float]:
        return mapped(path, four, interval={"stimulus_name": "flashes", "interval_index": index})[0]

    # from 1000, 1300, 1600 and 1900 ms; unit 1 spikes at 1101, 1601 and 2101 ms
    assert [first(index) for index in (0, 1, 2, 3)] == [[101], [], [1], [201]]
    assert first("first") == [101]
    assert first("last") == [201]
    assert first("full_range") == [101, 601, 1101]
    assert first("random") in ([101], [], [1], [201])
    for wrong in (4, -1, "third", 1.5, True):
        with pytest.raises(ReportError, match="4 intervals meet the conditions, so interval_index is 0 to 3"):
            first(wrong)
    texts = {"interval_name": "flashes", "orientation": 90.0}
    assert mapped(path, four, interval=texts)[0] == [1]


def test_intervals_of_each_node(path: str, tmp_path: Path) -> None:
    file = tmp_path / "map.csv"
    file.write_text(
        "population node_ids unit_ids start_times stop_times\n"
        "ext 0 1001 500.0 1200.0\next 1 1003 0.0 700.0\next 2 1003 0 10\next 3 1000 600.0 1600.0\n"
    )
    assert mapped(path, str(file), interval=[0, 1]) == [[101, 601], [103, 603], [], [0, 500, 1000]]


@pytest.mark.parametrize("peak", [True, False])
def test_units_are_drawn(tmp_path: Path, peak: bool) -> None:
    path = session(tmp_path / "a.nwb", peak=peak)
    drawn = units_of(read(path, mapping="sample", units={"location": "LGd"}))
    assert set(drawn) == {0, 1, 2, 3}
    assert len(set(drawn.values())) == 4
    assert set(drawn.values()) <= {0, 2, 3, 5, 6}
    assert drawn == units_of(read(path, mapping="sample", units={"location": "LGd"}))
    assert drawn != units_of(read(path, mapping="sample", units={"location": "LGd"}, seed=1))
    fast = {"quality": "good", "fr": {"column": "firing_rate", "operation": ">=", "value": 5.0}}
    many = units_of(read(path, range(30), mapping="sample_with_replacement", units=fast))
    assert set(many.values()) == {5, 7}
    assert len(many) == 30
    channels = units_of(read(path, mapping="sample_without_replacement", units={"channel_id": [851, 852]}))
    assert set(channels.values()) <= {1, 2, 4, 5, 7}
    assert len(units_of(read(path, range(8), mapping="sample"))) == 8
    assert units_of(read(path, [5], mapping="sample", units={"unit_id": 1004})) == {5: 4}


def test_several_sessions(path: str, four: str, tmp_path: Path) -> None:
    other = session(tmp_path / "other.nwb", first=2000)
    assert len(read(path, range(16), more=(other,), mapping="sample")) == 16
    file = tmp_path / "both.csv"
    file.write_text("population node_ids unit_ids\next 0 1001\next 1 2001\n")
    found = read(
        path, [0, 1], more=(other,), mapping="units_map", units=str(file), interval=[[0, 200], [500, 700]]
    )
    assert found == {0: [101], 1: [101]}
    with pytest.raises(ReportError, match="3 intervals are given for 2 files"):
        read(path, more=(other,), mapping="sample", interval=[[0, 1], [0, 1], [0, 1]])


def test_nodes_without_a_unit(path: str, tmp_path: Path, four: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("population node_ids unit_ids\next 0 1001\next 1 9999\n")
    good = {"location": "LGd", "quality": "good"}
    for options, message, there in (
        (
            {"mapping": "units_map", "units": str(bad)},
            "there are no units 9999, which .*bad.csv gives to nodes",
            {0: 1},
        ),
        ({"mapping": "sample", "units": good}, "2 units are not enough for 4 nodes", None),
        ({"mapping": "sample", "units": {"location": "CA1"}}, "no unit meets .*, so 4 nodes have none", {}),
    ):
        with pytest.raises(ReportError, match=message):
            read(path, **options)
        with pytest.warns(CircuitWarning, match=message):
            found = units_of(read(path, missing_ids="warn", **options))
        assert found == there if there is not None else sorted(found.values()) == [3, 5]
        assert units_of(read(path, missing_ids="ignore", **options)) == found
    with pytest.raises(ReportError, match="gives no units to nodes 7 of 'ext'"):
        read(path, [0, 7], mapping="units_map", units=four)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mapping": "nix"}, "mapping is one of units_map, sample, .*, not 'nix'"),
        ({}, "mapping is one of"),
        ({"mapping": "units_map"}, "units is the path of a table, not None"),
        ({"mapping": "sample", "units": "map.csv"}, "units are conditions, such as .*, not 'map.csv'"),
        (
            {"mapping": "sample", "units": {"nix": 3}},
            "the table of units has no column 'nix'; it has .*quality",
        ),
        (
            {"mapping": "sample", "units": {"q": {"column": "quality", "operation": "~", "value": 3}}},
            "there is no operation '~'; there is ==, !=, <",
        ),
        ({"mapping": "sample", "interval": [3, 1]}, r"interval is \[begin, end\] in ms, or conditions"),
        ({"mapping": "sample", "interval": {"orientation": 90}}, "need an interval_name"),
        (
            {"mapping": "sample", "interval": {"interval_name": "nix"}},
            "has no intervals 'nix'; it has drifting",
        ),
        (
            {"mapping": "sample", "interval": {"interval_name": "flashes", "orientation": 1}},
            "none of the intervals 'flashes' meets",
        ),
        ({"mapping": "sample", "interval_offset": "a"}, "interval_offset is a time in ms"),
        ({"mapping": "sample", "interval_offset": -200}, "spikes are before 0 ms"),
        ({"mapping": "sample", "missing_ids": "perhaps"}, "missing_ids is one of fail, warn, ignore"),
        ({"mapping": "sample", "intervall": 3}, "there is no intervall here; there is mapping, units"),
    ],
)
def test_options_that_are_wrong(path: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read(path, **options)


def test_files_that_are_wrong(tmp_path: Path, path: str) -> None:
    with pytest.raises(ReportNotFoundError):
        read(str(tmp_path / "none.nwb"), mapping="sample")
    with pytest.raises(ReportError, match="there is no file"):
        read(path, mapping="units_map", units=str(tmp_path / "none.csv"))
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("population node_ids unit_ids\next 0 x\n")
    with pytest.raises(ReportError, match="ids are whole numbers"):
        read(path, mapping="units_map", units=str(wrong))
    with h5py.File(path, "a") as file:
        file["units/spike_times_index"][-1] = 99
    with pytest.raises(ReportError, match="the index of the times of spikes does not fit them"):
        read(path, mapping="sample")
    with h5py.File(path, "a") as file:
        del file["units/spike_times"]
    with pytest.raises(ReportError, match="has no units with times of spikes, as NWB 2 has them"):
        read(path, mapping="sample")
