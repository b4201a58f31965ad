"""Spike trains from files of all forms, and from functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab.errors import CircuitWarning, HookError, ReportError, ReportNotFoundError, SimulationError
from bluecellab.results.spike_trains import generate_trains, read_trains
from bluecellab.spec.allen import FunctionTrains, SpikeTrains
from bluecellab.spec.functions import SPIKE_GENERATORS, spikes_generator

NODES = np.arange(4)


def sonata(path: Path, **populations: tuple[list[float], list[int]]) -> str:
    with h5py.File(path, "a") as file:
        file.require_group("spikes")
        for name, (times, ids) in populations.items():
            file[f"spikes/{name}/timestamps"] = np.array(times, float)
            file[f"spikes/{name}/node_ids"] = np.array(ids, np.uint64)
    return str(path)


def read(path: str | Path, of: str = "ext", /, **fields: Any) -> dict[int, list[float]]:
    spec = SpikeTrains(input_file=str(path), **fields)
    return {node: times.tolist() for node, times in read_trains(spec, NODES, of).items()}


def test_trains_are_sorted_and_silent_nodes_left_out(tmp_path: Path) -> None:
    path = sonata(tmp_path / "a.h5", ext=([30, 10, 20.5, 5, 7], [0, 0, 1, 3, 9]))
    assert read(path) == {0: [10, 30], 1: [20.5], 3: [5]}


def test_which_population(tmp_path: Path) -> None:
    one = sonata(tmp_path / "one.h5", weird=([1], [0]))
    assert read(one) == {0: [1]}  # its name does not matter
    two = sonata(tmp_path / "two.h5", ext=([30], [0]), alt=([11], [1]))
    assert read(two) == {0: [30]}
    assert read(two, "alt") == {1: [11]}
    assert read(two, "ext", population="alt") == {1: [11]}
    with pytest.warns(
        CircuitWarning, match="has spikes of 'alt', 'ext'; those of the first one are played to 'x'"
    ):
        assert read(two, "x") == {1: [11]}
    with pytest.raises(
        ReportError, match="no spikes of population 'nix' in .*; it has those of 'alt', 'ext'"
    ):
        read(two, population="nix")


def test_the_older_form(tmp_path: Path) -> None:
    path = tmp_path / "old.h5"
    with h5py.File(path, "w") as file:
        file["spikes/gids"] = [0, 0, 2]
        file["spikes/timestamps"] = [3.0, 1.0, 2.0]
    assert read(path) == {0: [1, 3], 2: [2]}


def test_units(tmp_path: Path) -> None:
    path = sonata(tmp_path / "a.h5", ext=([0.5], [0]))
    for unit, time in (("ms", 0.5), ("s", 500), ("", 0.5)):
        with h5py.File(path, "a") as file:
            file["spikes/ext/timestamps"].attrs["units"] = unit
        assert read(path) == {0: [time]}
    with h5py.File(path, "a") as file:
        file["spikes/ext/timestamps"].attrs["units"] = "fortnights"
    with pytest.raises(ReportError, match="times are in 'fortnights'; ms or s are known"):
        read(path)


@pytest.mark.parametrize(
    "text",
    [
        "timestamps population node_ids\n30 ext 0\n10 ext 0\n\n7 ext 2\n3 alt 1\n",
        "node_ids,population,timestamps\n0,ext,30\n0,ext,10\n2,ext,7\n1,alt,3\n",
        '"timestamps" "population" "node_ids"\n30.0 "ext" 0\n10 ext 0\n7 ext 2.0\n3 alt 1\n',
    ],
)
def test_tables(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert read(path, format="csv") == {0: [10, 30], 2: [7]}
    assert read(path, "alt", format="csv") == {1: [3]}
    assert read(path, "ext", format="csv", population="alt") == {1: [3]}


def test_tables_without_populations(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("timestamps node_ids\n30 0\n10 0\n")
    assert read(path, format="csv") == {0: [10, 30]}
    with pytest.raises(ReportError, match="says nothing of populations"):
        read(path, format="csv", population="ext")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("gid times\n0 1\n", "has no column 'timestamps', 'node_ids'"),
        ("timestamps node_ids\n1 x\n", "something in 'node_ids' is no number"),
        ("timestamps node_ids\n1 0.5\n", "node_ids are whole numbers"),
        ("timestamps node_ids\nnan 0\n", "'timestamps' is NaN"),
        ("timestamps node_ids\n-1 0\n", "1 spikes are before 0 ms, the first one at -1 ms"),
    ],
)
def test_tables_that_are_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(ReportError, match=message):
        read(path, format="csv")


def test_trials(tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    with h5py.File(path, "w") as file:
        for trial in (0, 1):
            for node, times in ((0, [30.0, 10.0]), (2, [20.5]), (3, [])):
                file[f"processing/trial_{trial}/spike_train/{node}/data"] = np.array(times) + trial
    assert read(path, format="nwb", trial="trial_1") == {0: [11, 31], 2: [21.5]}
    with pytest.raises(ReportError, match="has the trials trial_0, trial_1; say which one by trial"):
        read(path, format="nwb")
    with pytest.raises(ReportError, match="has no trial 'trial_7' of spike trains; it has trial_0, trial_1"):
        read(path, format="nwb", trial="trial_7")
    with h5py.File(path, "a") as file:
        del file["processing/trial_1"]
    assert read(path, format="nwb") == {0: [10, 30], 2: [20.5]}


def test_files_that_are_wrong(tmp_path: Path) -> None:
    for form in ("sonata", "csv", "nwb"):
        with pytest.raises(ReportNotFoundError):
            read(tmp_path / "none", format=form)
    path = tmp_path / "a.h5"
    path.write_bytes(b"\x89HDF\r\n no")
    with pytest.raises(ReportError, match="cannot be read"):
        read(path)
    early = sonata(tmp_path / "b.h5", ext=([30, -10, 20], [0, 0, 1]))
    with pytest.raises(
        ReportError, match="1 spikes are before 0 ms, the first one at -10 ms; a run begins at 0"
    ):
        read(early)
    foreign = sonata(tmp_path / "c.h5", ext=([3.0, -1.0], [7, 7]))
    with pytest.warns(
        CircuitWarning, match="has spikes of nodes 7 to 7, none of which is one of the 4 nodes"
    ):
        assert read(foreign) == {}
    assert read(sonata(tmp_path / "d.h5")) == {}  # nothing has spiked
    assert read(sonata(tmp_path / "e.h5", ext=([], []))) == {}
    uneven = sonata(tmp_path / "f.h5", ext=([1, 2], [0]))
    with pytest.raises(ReportError, match=r"there are \(2,\) times and \(1,\) ids"):
        read(uneven)
    lacking = sonata(tmp_path / "g.h5", ext=([1], [0]))
    with h5py.File(lacking, "a") as file:
        del file["spikes/ext/node_ids"]
    with pytest.raises(ReportError, match="has no column of numbers 'node_ids'"):
        read(lacking)


def test_functions() -> None:
    @spikes_generator(name="test_every")
    def every(node: Any, simulation: Any) -> Any:
        return None if node == "n2" else np.array([30.0, 10.0 * int(node[1:])]) + simulation

    def make(name: str = "test_every", nodes: Any = range(3), simulation: object = 5.0) -> Any:
        trains = generate_trains(FunctionTrains(function=name), nodes, lambda node: f"n{node}", simulation)
        return {node: times.tolist() for node, times in trains.items()}

    try:
        assert make() == {0: [5, 35], 1: [15, 35]}
        with pytest.raises(HookError, match="'test_every' raised .*TypeError for node 0") as raised:
            make(simulation="x")
        assert isinstance(raised.value.__cause__, TypeError)
        with pytest.raises(ReportError, match="'test_every', node 0: 2 spikes are before 0 ms"):
            make(simulation=-100.0)
        with pytest.raises(
            SimulationError, match="no generator of spikes 'test_evry' is registered; there is .*test_every"
        ):
            make("test_evry")
        SPIKE_GENERATORS.add(lambda node, simulation: "abc", "test_every")
        with pytest.raises(ReportError, match="times of spikes in ms are numbers, unlike 'abc'"):
            make()
    finally:
        SPIKE_GENERATORS.remove("test_every")
