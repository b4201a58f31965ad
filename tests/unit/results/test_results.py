"""Results of protocols: equality, exports, files."""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bluecellab.errors import OutputError, ResultsError
from bluecellab.results import Results, Spikes, Trace, Traces
from bluecellab.results import stored as stored_module
from bluecellab.spec.base import CellId, Site
from bluecellab.spec.cells import BallStickCell, PythonCell
from bluecellab.spec.protocols import Protocol

SUFFIXES = (".h5", ".npz")


def example() -> Results:
    time = np.arange(5) * 0.025
    traces = Traces(
        [
            Trace("soma[0](0.5).v", time, np.linspace(-65, 20, 5), "mV", Site(), "v"),
            Trace("soma[0](0.5).ina", time, -np.arange(5.0), "mA/cm2", Site(), "ina"),
            Trace("µ", [0.0, 0.1], [np.nan, -0.0], "", Site(cell=CellId("pop", 3)), "x", partial=True),
        ]
    )
    spikes = Spikes({"soma": [0.05], CellId("pop", 3): []}, t_stop=0.1)
    provenance = {"versions": {"neuron": "9.0.2"}, "seconds": 0.25}
    protocol = Protocol.of_step(0.3, delay=2, duration=5, name="step")
    return Results(traces, spikes, protocol, BallStickCell(), provenance)


class TestValues:
    def test_equality_is_of_bits_and_not_of_provenance(self) -> None:
        results = example()
        assert results == example()
        assert results == Results(
            results.traces, results.spikes, results.protocol, results.cell, {"other": 1}
        )
        assert results != Results(results.traces, results.spikes, results.protocol, BallStickCell(id=("", 1)))
        assert results != Results(Traces(), results.spikes, results.protocol, results.cell)

    def test_pickle(self) -> None:
        results = example()
        back = pickle.loads(pickle.dumps(results))
        assert back == results
        assert back.provenance == results.provenance

    def test_repr(self) -> None:
        assert repr(example()) == "<Results 'step' of ball_stick: 3 traces, 1 spike, 7 ms>"

    def test_pandas(self) -> None:
        frame = example().to_pandas(align=True)
        assert frame.attrs["units"]["soma[0](0.5).v"] == "mV"
        assert Protocol.from_json(frame.attrs["protocol"]) == example().protocol

    def test_xarray(self) -> None:
        pytest.importorskip("xarray")
        dataset = example().to_xarray()
        assert dataset["soma[0](0.5).v"].attrs["units"] == "mV"
        assert json.loads(dataset.attrs["provenance"])["seconds"] == 0.25

    def test_neo(self) -> None:
        pytest.importorskip("neo")
        block = example().to_neo()
        assert len(block.segments[0].spiketrains) == 2
        assert BallStickCell.from_json(block.annotations["cell"]) == BallStickCell()


numbers = st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), max_size=4)


@st.composite
def any_results(draw: st.DrawFn) -> Results:
    traces = []
    for index in range(draw(st.integers(0, 3))):
        values = draw(numbers)
        site = draw(st.sampled_from([None, Site(), Site(section="dend[1]", x=0.7, cell=CellId("a b", 2))]))
        name = f"{index}{draw(st.text(max_size=3))}"
        time = np.arange(len(values)) * draw(st.sampled_from([0.025, 0.1]))
        traces.append(Trace(name, time, values, draw(st.text(max_size=2)), site, "v", partial=index == 1))
    times = draw(st.lists(st.floats(0, 10), max_size=3))
    protocol = Protocol(duration=draw(st.floats(1, 1e6)), name=draw(st.text(max_size=5)))
    cell = draw(
        st.sampled_from([None, BallStickCell(), PythonCell(factory="a:b", arguments={"n": [1, None]})])
    )
    return Results(Traces(traces), Spikes({"ä": times, CellId("p", 1): []}, t_stop=10), protocol, cell)


@pytest.mark.parametrize("suffix", SUFFIXES)
class TestFiles:
    def test_round_trip(self, suffix: str, tmp_path: Path) -> None:
        results = example()
        results.save(tmp_path / f"run{suffix}")
        back = Results.load(tmp_path / f"run{suffix}")
        assert back == results
        assert back.provenance == results.provenance
        assert back.traces["soma[0](0.5).v"].time is back.traces["soma[0](0.5).ina"].time
        assert [item.name for item in tmp_path.iterdir()] == [f"run{suffix}"]

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(results=any_results())
    def test_any_round_trip(self, suffix: str, tmp_path: Path, results: Results) -> None:
        results.save(tmp_path / f"run{suffix}", overwrite=True)
        assert Results.load(tmp_path / f"run{suffix}") == results

    def test_nothing_is_replaced_unasked(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"run{suffix}"
        example().save(path)
        before = path.read_bytes()
        with pytest.raises(OutputError, match="exists already.*overwrite=True"):
            example().save(path)
        assert path.read_bytes() == before
        example().save(str(path), overwrite=True)
        (tmp_path / f"folder{suffix}").mkdir()
        with pytest.raises(OutputError, match="Choose another name"):
            example().save(tmp_path / f"folder{suffix}", overwrite=True)
        with pytest.raises(OutputError, match="Check that the folder exists"):
            example().save(tmp_path / "absent" / f"run{suffix}")

    def test_damage_is_told(self, suffix: str, tmp_path: Path) -> None:
        path, bad = tmp_path / f"run{suffix}", tmp_path / f"bad{suffix}"
        example().save(path)
        whole = path.read_bytes()
        for end in (0, 3, 100, 512, len(whole) // 2, len(whole) - 1):
            bad.write_bytes(whole[:end])
            with pytest.raises(ResultsError, match=r"bad"):
                Results.load(bad)
        generator = np.random.default_rng(0)
        for _ in range(60):
            changed = bytearray(whole)
            changed[generator.integers(len(whole))] ^= 1 << generator.integers(8)
            bad.write_bytes(changed)
            try:
                back = Results.load(bad)
            except ResultsError:
                continue
            assert back == example()  # what HDF5 and zip do not look at

    def test_newer_version(self, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / f"run{suffix}"
        monkeypatch.setattr(stored_module, "VERSION", 2)
        example().save(path)
        monkeypatch.undo()
        with pytest.raises(ResultsError, match="version 2 of the format.*Update bluecellab"):
            Results.load(path)


def savez(path: Path, **arrays: np.ndarray) -> None:
    with path.open("wb") as file:
        np.savez(file, **arrays)


class TestForeignFiles:
    def test_names(self, tmp_path: Path) -> None:
        with pytest.raises(ResultsError, match=r"as \.h5 or \.npz, not as 'run.txt'"):
            example().save(tmp_path / "run.txt")
        with pytest.raises(ResultsError, match="there is no file"):
            Results.load(tmp_path / "run.h5")

    def test_other_files(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        with h5py.File(path, "w") as file:
            file["header"] = 1
        with pytest.raises(ResultsError, match="holds no results"):
            Results.load(path)
        savez(path, a=np.zeros(3))
        with pytest.raises(ResultsError, match="holds no results"):
            Results.load(path)
        savez(path, header=np.frombuffer(b"[]", np.uint8))
        with pytest.raises(ResultsError, match="holds no results"):
            Results.load(path)
        path.write_bytes(b"")
        with pytest.raises(ResultsError, match="holds no results"):
            Results.load(path)

    def test_pickles_are_not_opened(self, tmp_path: Path) -> None:
        path = tmp_path / "run.npz"
        savez(path, header=np.array([{"a": 1}], dtype=object))
        with pytest.raises(ResultsError, match="cannot be read"):
            Results.load(path)

    def test_bombs_are_not_unpacked(self, tmp_path: Path) -> None:
        path = tmp_path / "run.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("header.npy", b"\0" * 1_000_000)
        with pytest.raises(ResultsError, match="not compressed"):
            Results.load(path)

    def test_nothing_outside_is_read(self, tmp_path: Path) -> None:
        def write(name: str, change: Callable[[h5py.File], object]) -> Path:
            path = tmp_path / name
            with h5py.File(path, "w", userblock_size=512) as file:
                change(file)
            body = path.read_bytes()[512:]
            line = b"bluecellab results sha256 " + hashlib.sha256(body).hexdigest().encode() + b"\n"
            path.write_bytes(line.ljust(512, b"\0") + body)
            return path

        outside = write("a.h5", lambda file: file.update(header=h5py.ExternalLink("b.h5", "/header")))
        with pytest.raises(ResultsError, match="not in the file itself"):
            Results.load(outside)
        large = write(
            "b.h5", lambda file: file.create_dataset("header", shape=(10**13,), dtype="u1", chunks=(8,))
        )
        with pytest.raises(ResultsError, match="larger than the file"):
            Results.load(large)

    def test_what_does_not_fit_together(self, tmp_path: Path) -> None:
        path = tmp_path / "run.npz"
        content = stored_module.content_of(example()._stored())
        for change in (
            {"traces": [{}]},
            {"protocol": {"duration": -1}},
            {"cell": {"type": "unknown"}},
            {"spikes": None},
            {"version": "x"},
        ):
            header = np.frombuffer(json.dumps({**content.header, **change}).encode(), np.uint8)
            savez(path, header=header, **content.arrays)
            with pytest.raises(ResultsError, match=r"run\.npz"):
                Results.load(path)
