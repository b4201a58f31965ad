"""Spikes: immutable values by source."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from bluecellab.errors import NotRecordedError, ResultsError
from bluecellab.results import Spikes
from bluecellab.spec.base import CellId

CELL = CellId("S1", 3)


def spikes() -> Spikes:
    return Spikes({"soma": [3.0, 1.0], CELL: [2.0], "axon": []}, t_stop=10)


def test_mapping() -> None:
    found = spikes()
    assert list(found) == ["soma", CELL, "axon"]
    assert found["soma"].tolist() == [3.0, 1.0]
    assert found[CELL].tolist() == [2.0]
    assert found.get("x") is None
    with pytest.raises(NotRecordedError, match="no spikes of dend were recorded; there is soma, S1/3, axon"):
        found["dend"]
    many = Spikes({f"s{index}": [] for index in range(30)}, t_stop=1)
    with pytest.raises(NotRecordedError, match="and 10 more"):
        many["x"]


def test_values() -> None:
    assert pickle.loads(pickle.dumps(spikes())) == spikes()
    assert spikes() != Spikes({"soma": [3.0, 1.0]}, t_stop=10)
    assert spikes() != Spikes({"soma": [3.0, 1.0], CELL: [2.5], "axon": []}, t_stop=10)
    assert spikes() != Spikes({"soma": [3.0, 1.0], CELL: [2.0], "axon": []}, t_stop=11)
    assert spikes() != {}
    with pytest.raises(TypeError, match="unhashable"):
        hash(spikes())
    with pytest.raises(ValueError, match="read-only"):
        spikes()["soma"][0] = 1
    again = pickle.loads(pickle.dumps(spikes()))
    assert not again["soma"].flags.writeable
    assert repr(spikes()) == "<Spikes 3 of 3 sources, 0..10 ms>"
    assert repr(Spikes({}, t_stop=5, partial=True)) == "<Spikes 0 of 0 sources, 0..5 ms, partial>"


@pytest.mark.parametrize("times", [[-1.0], [10.1], [float("nan")]])
def test_outside_the_run(times: list[float]) -> None:
    with pytest.raises(ResultsError, match="do not lie in the run, 0 to 10 ms"):
        Spikes({"soma": times}, t_stop=10)


def test_rounding_at_the_end_is_not_outside() -> None:
    assert len(Spikes({"soma": [10 + 1e-10]}, t_stop=10)["soma"]) == 1


def test_not_one_dimensional() -> None:
    with pytest.raises(ResultsError, match="spikes of soma: one-dimensional"):
        Spikes({"soma": [[1.0]]}, t_stop=10)


def test_pandas() -> None:
    frame = spikes().to_pandas()
    assert frame["time"].tolist() == [1.0, 2.0, 3.0]
    assert frame["source"].tolist() == ["soma", CELL, "soma"]
    assert Spikes({}, t_stop=1).to_pandas().empty


def test_neo() -> None:
    (segment,) = spikes().to_neo().segments
    assert [train.name for train in segment.spiketrains] == ["soma", "S1/3", "axon"]
    assert np.array_equal(segment.spiketrains[1].magnitude, [2.0])
    assert segment.analogsignals == [] or len(segment.analogsignals) == 0
