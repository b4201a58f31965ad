"""Traces: immutable values that compare bitwise, pickle and export."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bluecellab.errors import MissingDependencyError, NotRecordedError, ResultsError
from bluecellab.results import Spikes, Trace, Traces
from bluecellab.results.arrays import evenly_spaced, frozen, same_bits
from bluecellab.results.export import _quantity_unit
from bluecellab.results.extras import require
from bluecellab.spec.base import CellId, Site

TIME = np.cumsum(np.full(401, 0.025)) - 0.025
SITE = Site(section="dend[3]", x=0.7, cell=CellId("S1", 12))


def traces(*, partial: bool = False) -> Traces:
    return Traces(
        [
            Trace("v", TIME, np.sin(TIME), "mV", Site(), "v", partial=partial),
            Trace("ina", TIME, np.cos(TIME), "mA/cm2", SITE, "ina", partial=partial),
            Trace("m", TIME[::4], np.cos(TIME[::4]), "", SITE, "hh.m", partial=partial),
        ]
    )


def irregular() -> Traces:
    time = np.array([0.0, 0.001, 0.1, 0.5, 2.0])
    return Traces([Trace("v", time, [-65.0, -64, -63, -62, -61], "mV")])


def test_arrays_are_copies_that_nobody_can_write_to() -> None:
    values = np.zeros(3)
    trace = Trace("v", [0.0, 1.0, 2.0], values)
    values[:] = 7
    assert trace.values.tolist() == [0, 0, 0]
    for array in (trace.time, trace.values):
        assert array.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_read_only_view_is_copied() -> None:
    base = np.zeros(3)
    view = base[:]
    view.setflags(write=False)
    trace = Trace("v", [0.0, 1.0, 2.0], view)
    base[:] = 7
    assert trace.values.tolist() == [0, 0, 0]


def test_traces_share_their_time_axis() -> None:
    found = traces()
    assert found["v"].time is found["ina"].time
    assert len(found.axes) == 2
    with pytest.raises(ResultsError, match="3 traces are on 2 different time axes"):
        _ = found.time
    with pytest.raises(ResultsError, match="no trace"):
        _ = Traces().time


def test_mapping() -> None:
    found = traces()
    assert list(found) == ["v", "ina", "m"]
    assert "v" in found
    assert "x" not in found
    assert found.get("x") is None
    with pytest.raises(NotRecordedError, match=r"^no trace 'x'; there is 'v', 'ina', 'm'$") as caught:
        found["x"]
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("partial", [True, False])
def test_pickle(protocol: int, partial: bool) -> None:
    found = traces(partial=partial)
    again = pickle.loads(pickle.dumps(found, protocol))
    assert again == found
    assert again["v"].time is again["ina"].time
    assert again["v"].site == Site()
    assert again.partial is partial
    assert not again["v"].values.flags.writeable
    assert pickle.loads(pickle.dumps(found["v"], protocol)) == found["v"]


def test_equality_is_bitwise() -> None:
    trace = Trace("v", [0.0, 1.0], [0.0, np.nan])
    assert trace == Trace("v", [0.0, 1.0], [0.0, np.nan])
    assert trace != Trace("v", [0.0, 1.0], [-0.0, np.nan])
    assert trace != Trace("v", [0.0, 1.0], [0.0, 1.0])
    assert trace != Trace("w", [0.0, 1.0], [0.0, np.nan])
    assert trace != Trace("v", [0.0, 1.0], [0.0, np.nan], partial=True)
    assert trace != Trace("v", [0.0], [0.0])
    assert trace != "v"
    assert traces() != irregular()
    assert traces() != {}
    for value in (trace, traces()):
        with pytest.raises(TypeError, match="unhashable"):
            hash(value)


@given(hnp.arrays(np.float64, st.integers(0, 20)), hnp.arrays(np.float64, st.integers(0, 20)))
def test_same_bits(first: np.ndarray, second: np.ndarray) -> None:
    assert same_bits(first, first.copy())
    assert same_bits(first, second) == (first.tobytes() == second.tobytes())
    assert same_bits(frozen(first[::2]), first[::2])


@pytest.mark.parametrize(
    ("time", "values", "told"),
    [
        ([0.0, 1.0], [0.0], "1 values at 2 times"),
        ([[0.0]], [0.0], "one-dimensional"),
        ([0.0], 3.0, "one-dimensional"),
        ([0.0], ["x"], "could not convert"),
    ],
)
def test_bad_arrays(time: object, values: object, told: str) -> None:
    with pytest.raises(ResultsError, match=told):
        Trace("v", time, values)  # type: ignore[arg-type]


def test_two_of_one_name() -> None:
    trace = Trace("v", [0.0], [0.0])
    with pytest.raises(ResultsError, match="two traces are called 'v'"):
        Traces([trace, trace])


def test_immutable() -> None:
    with pytest.raises(AttributeError):
        Trace("v", [0.0], [0.0]).name = "w"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        traces().time = TIME  # type: ignore[misc]


def test_repr() -> None:
    assert repr(traces()) == "<Traces 3 x 101..401 samples, 0..10 ms, mV, mA/cm2>"
    assert repr(traces(partial=True)).endswith("mA/cm2, partial>")
    assert repr(traces()["m"]) == "<Trace m 101 samples, 0..10 ms>"
    assert repr(traces(partial=True)["v"]) == "<Trace v 401 samples, 0..10 ms, mV, partial>"
    assert repr(Traces()) == "<Traces none>"
    assert repr(Traces([Trace("v", [], [])])) == "<Traces 1 x 0 samples>"


def test_pandas() -> None:
    found = traces()
    with pytest.raises(ResultsError, match="align=True"):
        found.to_pandas()
    frame = found.to_pandas(align=True)
    assert list(frame.columns) == ["v", "ina", "m"]
    assert frame.index.name == "time"
    assert np.array_equal(frame.index, TIME)
    assert np.array_equal(frame["v"], found["v"].values)
    assert np.array_equal(frame["m"].dropna(), found["m"].values)
    assert frame.attrs["units"] == {"v": "mV", "ina": "mA/cm2", "m": ""}
    frame.loc[0.0, "v"] = 99.0
    assert found["v"].values[0] == 0
    one = irregular().to_pandas()
    assert np.array_equal(one.index, irregular().time)
    assert Traces().to_pandas().empty


def test_xarray() -> None:
    found = traces()
    data = found.to_xarray()
    assert np.array_equal(data["v"].to_numpy(), found["v"].values)
    assert np.array_equal(data["v"].coords["time"], TIME)
    assert data["m"].dims == ("time_1",)
    assert np.array_equal(data["time_1"], found["m"].time)
    assert data["ina"].attrs == {
        "units": "mA/cm2",
        "variable": "ina",
        "partial": 0,
        "section": "dend[3]",
        "x": 0.7,
        "cell": "S1/12",
    }
    assert data["time"].attrs["units"] == "ms"
    assert float(data["v"].sel(time=1.0, method="nearest")) == pytest.approx(np.sin(1.0), abs=1e-6)
    data["v"][0] = 99.0
    assert found["v"].values[0] == 0
    with pytest.raises(ResultsError, match="called 'time'"):
        Traces([Trace("time", [0.0], [0.0])]).to_xarray()


def test_neo() -> None:
    found = traces()
    spikes = Spikes({"soma": [1.0, 10.0 + 1e-10], CellId("S1", 2): []}, t_stop=10.0)
    (segment,) = found.to_neo(spikes).segments
    voltage, current, gate = segment.analogsignals
    assert np.array_equal(voltage.magnitude[:, 0], found["v"].values)
    assert voltage.times.rescale("ms").magnitude == pytest.approx(TIME, abs=1e-9)
    assert str(voltage.units.dimensionality) == "mV"
    assert str(current.units.dimensionality) == "mA/cm**2"
    assert current.annotations["neuron_unit"] == "mA/cm2"
    assert gate.sampling_period.rescale("ms").magnitude == pytest.approx(0.1)
    train, silent = segment.spiketrains
    assert train.name == "soma"
    assert train.magnitude.tolist() == [1.0, 10.0]
    assert len(silent) == 0
    assert train.t_stop.rescale("ms").magnitude == 10.0


def test_neo_irregular() -> None:
    (segment,) = irregular().to_neo().segments
    (signal,) = segment.irregularlysampledsignals
    assert np.array_equal(signal.times.magnitude, irregular().time)
    assert np.array_equal(signal.magnitude[:, 0], irregular()["v"].values)


@pytest.mark.parametrize(
    ("neuron", "quantity"),
    [
        ("mV", "mV"),
        ("mA/cm2", "mA/cm**2"),
        ("S/cm2", "S/cm**2"),
        ("", "dimensionless"),
        ("megohm", "Mohm"),
        ("umho", "uS"),
        ("/ms", "1/ms"),
        ("gizmo", "dimensionless"),
        ("mA/cm2)", "dimensionless"),
    ],
)
def test_quantity_units(neuron: str, quantity: str) -> None:
    assert _quantity_unit(neuron) == quantity


def test_evenly_spaced() -> None:
    assert evenly_spaced(TIME) == pytest.approx(0.025)
    assert evenly_spaced(np.array([0.0])) is None
    assert evenly_spaced(np.array([0.0, 0.0])) is None
    assert evenly_spaced(irregular().time) is None


@pytest.mark.parametrize(("module", "extra"), [("xarray", "xarray"), ("neo", "neo")])
def test_missing_extra(monkeypatch: pytest.MonkeyPatch, module: str, extra: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf"bluecellab\[{extra}\]") as caught:
        getattr(traces(), f"to_{module}")()
    assert caught.value.extra == extra
    assert isinstance(caught.value, ImportError)


def test_a_broken_extra_says_what_it_misses() -> None:
    with pytest.raises(MissingDependencyError, match="pip install 'bluecellab"):
        require("no_such_package_here.part", extra="x", doing="this")


def test_results_need_no_neuron() -> None:
    code = (
        "import sys; sys.modules['neuron'] = None\n"
        "from bluecellab.results import Trace, Traces, Spikes\n"
        "import bluecellab.spec.recordings, bluecellab.plotting\n"
        "Traces([Trace('v', [0, 1], [1, 2])]).to_pandas()\n"
        "Spikes({'a': [1]}, t_stop=2).to_pandas()\n"
        "assert not {'matplotlib', 'xarray', 'neo', 'h5py'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
