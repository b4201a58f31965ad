"""Clamps of the Allen dialect, against hand-written NEURON scripts, bit for bit."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab import Simulation
from bluecellab.cell import Cell
from bluecellab.errors import BusyError, ClosedError, StimulusError
from bluecellab.nrn import runtime
from bluecellab.nrn.census import census
from bluecellab.spec.allen import ClampPlace, CurrentClamp, CurrentFile, VoltageClamp
from bluecellab.spec.base import CellId
from bluecellab.stimulus.allen import Clamp, add_clamp, place_of, stream_of_clamp

DT = 0.1


class Tree:
    """A soma, three dendrites one behind the other, and an apical one."""

    def __init__(self) -> None:
        h: Any = runtime.raw_h()
        self.soma = [h.Section(name="soma[0]")]
        self.dend = [h.Section(name=f"dend[{index}]") for index in range(3)]
        self.apic = [h.Section(name="apic[0]")]
        for section in self.all():
            section.L, section.diam, section.nseg = 60, 2, 3
            section.insert("hh")
        self.soma[0].L = self.soma[0].diam = 20
        self.soma[0].nseg = 1
        self.dend[0].connect(self.soma[0](1))
        self.dend[1].connect(self.dend[0](1))
        self.dend[2].connect(self.dend[1](1))
        self.apic[0].connect(self.soma[0](1))

    def all(self) -> list[Any]:
        return [*self.soma, *self.dend, *self.apic]


@pytest.fixture
def cell() -> Iterator[Cell]:
    with Cell.from_python(Tree, cell_id=CellId("V1", 3)) as made:
        yield made


def run(cell: Cell, until: float = 20.0) -> np.ndarray:
    with Simulation(celsius=34, v_init=-80) as simulation:
        simulation.add_cell(cell)
        simulation.run(until, cvode=False, dt=DT)
        return cell.get_soma_voltage().copy()


def by_hand(cell: Cell, until: float, impose: Callable[[Any], Any]) -> list[float]:
    """Run as a bare script does; ``impose`` makes clamps and returns them, and what is done after each step."""
    h = runtime.raw_h()
    before = h.celsius, h.dt, h.steps_per_ms
    h.celsius, h.dt, h.steps_per_ms = 34, DT, 1 / DT
    kept = impose(h)
    h.finitialize(-80)
    found = [cell.soma(0.5).v]
    for _ in range(round(until / DT)):
        h.fadvance()
        found.append(cell.soma(0.5).v)
    h.celsius, h.dt, h.steps_per_ms = before
    del kept
    return found


def test_steps_of_current(cell: Cell) -> None:
    def impose(h: Any) -> Any:
        clamps = []
        for delay, duration, amplitude in ((2, 5, 0.1), (4.05, 10, 0.2), (0, 1.3, -0.1)):
            clamp = h.IClamp(cell.soma.raw(0.5))
            clamp.delay, clamp.dur, clamp.amp = delay, duration, amplitude
            clamps.append(clamp)
        return clamps

    expected = by_hand(cell, 20, impose)
    spec = CurrentClamp(amplitudes=(0.1, 0.2, -0.1), delays=(2, 4.05, 0), durations=(5, 10, 1.3))
    assert add_clamp(cell, spec) == 3
    found = run(cell)
    assert np.ptp(found) > 20
    assert found.tolist() == expected
    assert run(cell).tolist() == expected
    first = cell.stimuli[0]
    assert first.spec is spec
    assert (first.delay, first.dur, first.amp) == (2, 5, 0.1)
    assert first.waveform.at([1, 3, 8]).tolist() == [0, 0.1, 0]
    for live in list(cell.stimuli):
        live.close()
    assert np.ptp(run(cell)) < 20


@pytest.mark.parametrize(
    ("rows", "times", "amps"),
    [
        # samples from 0 on; the last one is held for an interval
        ("0 .1\n1 .2\n2 .3\n3 .4", [0, 1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4, 0]),
        # later ones; a last one of 0 ends the clamp
        ("10 .1\n12 .2\n14 0", [0, 10, 12, 14], [0, 0.1, 0.2, 0]),
        # as BioNet has it: held for 3 ms, of which 9 and 6 are multiples
        ("9 .1\n15 .2\n21 .3", [0, 9, 15, 21, 24], [0, 0.1, 0.2, 0.3, 0]),
        ("5 .1\n7.5 .2\n10 .3", [0, 5, 7.5, 10, 12.5], [0, 0.1, 0.2, 0.3, 0]),
        ("0.35 .1\n0.85 .2\n1.35 .3", [0, 0.35, 0.85, 1.35, 1.4], [0, 0.1, 0.2, 0.3, 0]),
        ("10.0 .1\n10.1 .2\n10.2 .3", [0, 10, 10.1, 10.2, 10.3], [0, 0.1, 0.2, 0.3, 0]),
        ("0 .1\n1 .2\n2.5 .3", [0, 1, 2.5, 3.0], [0.1, 0.2, 0.3, 0]),
        ("4 .1", [0, 4, 8], [0, 0.1, 0]),
    ],
)
def test_current_of_a_table(tmp_path: Path, rows: str, times: list[float], amps: list[float]) -> None:
    path = tmp_path / "amps.csv"
    path.write_text(f"timestamps amps\n{rows}\n")
    (waveform,) = Clamp(CurrentFile(file=str(path))).waveforms
    assert waveform.times == pytest.approx(times)
    assert waveform.values == pytest.approx(amps)
    assert waveform.interpolation == "hold"


def test_current_of_a_table_as_a_bare_script(tmp_path: Path, cell: Cell) -> None:
    path = tmp_path / "amps.csv"
    path.write_text("when,nA\n1.5,.1\n2,.2\n2.5,-.1\n3.0,.3\n")
    spec = CurrentFile(file=str(path), separator=",", timestamps_column="when", amplitudes_column="nA")

    def impose(h: Any) -> Any:
        clamp = h.IClamp(cell.soma.raw(0.5))
        clamp.delay, clamp.dur = 0, 3.5
        vector = h.Vector([0, 0, 0, 0.1, 0.2, -0.1, 0.3])
        vector.play(clamp._ref_amp, 0.5)
        return clamp, vector

    expected = by_hand(cell, 20, impose)
    add_clamp(cell, spec)
    assert run(cell).tolist() == expected
    assert run(cell).tolist() == expected


def sweeps(path: Path, values: np.ndarray, place: str = "epochs/Sweep_5/stimulus/timeseries") -> None:
    with h5py.File(path, "w") as file:
        series = file.create_group(place)
        series["data"] = values
        series["data"].attrs["unit"] = np.bytes_("Amps")
        series["starting_time"] = 0.0
        series["starting_time"].attrs["rate"] = 10_000.0


@pytest.mark.parametrize(
    ("options", "expected"),
    # amplitudes in pA at these times in ms; as BioNet plays them
    [
        ({}, {0: 0, 0.1: 1, 1.05: 10, 39.95: 399, 40.01: 0}),
        ({"downsample": 0.5}, {0: 0, 0.4: 0, 0.6: 5, 39.9: 395}),
        ({"downsample": 0.05}, {0.1: 1, 1.05: 10}),
        ({"sweep_window": (1.2, 3.2)}, {0: 12, 0.1: 13, 2.05: 32, 2.1: 0}),
        ({"downsample": 0.5, "sweep_window": (1.2, 3.3)}, {0: 15, 0.5: 20, 1.6: 30, 2.0: 0}),
        ({"delay": 5.0}, {0.1: 0, 4.95: 0, 5.0: 50}),
        ({"sweep_id": "Sweep_5"}, {1.05: 10}),
    ],
)
@pytest.mark.parametrize("place", ["epochs/Sweep_5/stimulus/timeseries", "stimulus/presentation/Sweep_5"])
def test_current_of_a_sweep(
    tmp_path: Path, options: dict[str, Any], expected: dict[float, float], place: str
) -> None:
    path = tmp_path / "cell.nwb"
    sweeps(path, np.arange(400) * 1e-12, place)
    spec = CurrentFile(**{"file": str(path), "format": "nwb", "sweep_id": 5, **options})
    (waveform,) = Clamp(spec).waveforms
    assert waveform.at(list(expected)) * 1000 == pytest.approx(list(expected.values()))


def test_sweeps_that_are_wrong(tmp_path: Path) -> None:
    path = tmp_path / "cell.nwb"
    spec = CurrentFile(file=str(path), format="nwb", sweep_id=5)
    with pytest.raises(StimulusError, match="no file"):
        Clamp(spec)
    sweeps(path, np.arange(400) * 1e-12)
    with pytest.raises(StimulusError, match="has no sweep Sweep_7; it has Sweep_5"):
        Clamp(spec.model_copy(update={"sweep_id": 7}))
    with pytest.raises(StimulusError, match="holds sweeps; say which one by sweep_id"):
        Clamp(spec.model_copy(update={"sweep_id": None}))
    with pytest.raises(
        StimulusError, match=r"nothing in the window \[50.0, 60.0\] of sweep 5, which lasts 40 ms"
    ):
        Clamp(spec.model_copy(update={"sweep_window": (50.0, 60.0)}))
    with h5py.File(path, "a") as file:
        file["epochs/Sweep_5/stimulus/timeseries/data"].attrs["unit"] = "Volts"
    with pytest.raises(StimulusError, match="Sweep_5 is of a voltage clamp, in Volts"):
        Clamp(spec)
    with h5py.File(path, "a") as file:
        del file["epochs/Sweep_5/stimulus/timeseries/starting_time"]
    with pytest.raises(StimulusError, match="has no data with a rate"):
        Clamp(spec)
    with h5py.File(path, "w") as file:
        file["x"] = 1
    with pytest.raises(StimulusError, match="it has none, so it is another kind of file"):
        Clamp(spec)
    path.write_text("no HDF5")
    with pytest.raises(StimulusError, match="cannot be read"):
        Clamp(spec)


def test_a_voltage_clamp(cell: Cell) -> None:
    free = run(cell)
    add_clamp(cell, VoltageClamp(amplitudes=(-60,), delays=(5,), durations=(10,), resistance=0.5))
    live = cell.stimuli[-1]
    cell.record_pointer("current", live.current_ref, unit="nA")
    for _ in range(2):
        found, current = run(cell), cell.get_recording("current")
        assert found[:51].tolist() == free[:51].tolist()  # nothing before, the first step of the run included
        assert np.abs(current[:51]).max() < 1e-18
        assert current[51] > 0  # the step that begins at 5 ms is clamped
        assert found[60:150] == pytest.approx(np.full(90, -60.0), abs=0.5)
        assert current[150] != 0
        assert (current[152:] == 0).all()
    assert live.rs == 0.5
    with pytest.raises(StimulusError, match="3 amplitudes, 1 delays and 1 durations do not go together"):
        Clamp(VoltageClamp(amplitudes=(1, 2, 3), delays=(1,), durations=(1,)))


def test_all_cells_are_clamped(cell: Cell) -> None:
    clamp = Clamp(VoltageClamp(amplitudes=(-60, -70), delays=(1, 6), durations=(4, 6)))
    with Cell.from_python(Tree) as other, Simulation(celsius=34, v_init=-80) as simulation:
        for each in (cell, other):
            simulation.add_cell(each)
            assert len(clamp.play(each)) == 2
        simulation.run(20, cvode=False, dt=DT)
        assert cell.get_soma_voltage().tolist() == other.get_soma_voltage().tolist()
        assert cell.get_soma_voltage()[[45, 110]] == pytest.approx([-60, -70], abs=0.5)


def test_a_voltage_clamp_from_0_as_a_bare_script(cell: Cell) -> None:
    def impose(h: Any) -> Any:
        clamp = h.SEClamp(cell.soma.raw(0.5))
        clamp.dur1, clamp.amp1, clamp.rs = 10, -60, 0.5
        return clamp

    expected = by_hand(cell, 20, impose)
    add_clamp(cell, VoltageClamp(amplitudes=(-60,), delays=(0,), durations=(10,), resistance=0.5))
    assert run(cell).tolist() == expected


STEP = CurrentClamp(amplitudes=(0.1,), delays=(1,), durations=(1,))


def placed(cell: Cell, **fields: Any) -> str:
    return str(place_of(cell, ClampPlace(**fields), np.random.default_rng(1)))


def test_places(cell: Cell) -> None:
    assert placed(cell) == "soma[0](0.5)"
    assert placed(cell, section_name="dend", section_index=2, section_dist=0.9) == "dend[2](0.9)"
    assert placed(cell, section_name="basal", section_index=1) == "dend[1](0.5)"
    assert placed(cell, section_name="apical") == "apic[0](0.5)"
    assert placed(cell, section_name=("dend", "apic"), section_index=(0.0, 35.0)) in (
        "dend[0](0.166667)",
        "apic[0](0.166667)",
    )
    with pytest.raises(
        StimulusError, match=r"has no section 3 of 'dend'; it has 0 to 2\. Correct section_index"
    ):
        placed(cell, section_name="dend", section_index=3)
    with pytest.raises(
        StimulusError, match="has no sections 'axon'; it has soma, dend, apic, and all of them"
    ):
        placed(cell, section_name="axon")


def test_a_segment_in_a_range_of_distances(cell: Cell) -> None:
    place = ClampPlace(section_name="dend", section_index=(50.0, 125.0))
    random = np.random.default_rng(1)
    drawn = [place_of(cell, place, random) for _ in range(2000)]
    counts: dict[str, int] = {}
    for segment in drawn:
        counts[f"{segment.section.name}({segment.x:.3f})"] = (
            counts.get(f"{segment.section.name}({segment.x:.3f})", 0) + 1
        )
    # the soma ends at 20 um; segments are 20 um long, and the first and last are in the range in part
    lengths = {
        "dend[0](0.500)": 10, "dend[0](0.833)": 20, "dend[1](0.167)": 20, "dend[1](0.500)": 20,
        "dend[1](0.833)": 5,
    }  # fmt: skip
    assert set(counts) == set(lengths)
    for name, length in lengths.items():
        assert counts[name] / 2000 == pytest.approx(length / 75, abs=0.04)
    with pytest.raises(StimulusError, match="no segment of 'dend' between 500 and 600 um"):
        placed(cell, section_name="dend", section_index=(500.0, 600.0))
    with pytest.raises(StimulusError, match="is a range, in which one segment is drawn; give what draws it"):
        place_of(cell, place)


def test_draws_depend_on_input_cell_and_seed_alone() -> None:
    def draw(name: str, cell_id: CellId, seed: int = 0) -> float:
        return float(stream_of_clamp(name, cell_id, seed).random())

    one = draw("clamp", CellId("V1", 3))
    assert one == draw("clamp", CellId("V1", 3))
    others = [
        draw("other", CellId("V1", 3)),
        draw("clamp", CellId("V1", 4)),
        draw("clamp", CellId("V1", 3), 1),
    ]
    assert len({one, *others}) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no file"),
        ("", "is empty"),
        ("timestamps amps\n", "has no samples of a current"),
        (
            "timestamps amp\n0 1\n",
            "has no column 'amps'; separated by ' ' its columns are 'timestamps', 'amp'",
        ),
        ("timestamps,amps\n0,1\n", "has no column 'timestamps', 'amps'"),
        ("timestamps amps\n0 x\n", "'amps' in row 1 is 'x'; a number is needed"),
        ("timestamps amps\n0 nan\n", "'amps' in row 1 is 'nan'"),
        ("timestamps amps\n0 1\n1\n", "row 2 has 1 fields, and there are 2 columns"),
        ("timestamps amps\n1 1\n0 1\n", "must ascend from 0 ms on"),
        ("timestamps amps\n-1 1\n0 1\n", "must ascend from 0 ms on"),
    ],
)
def test_tables_that_are_wrong(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "amps.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(StimulusError, match=f"input 'mine': .*{message}".replace("[", r"\[")):
        Clamp(CurrentFile(file=str(path)), "mine")


def test_nothing_is_left_when_a_place_is_wrong(cell: Cell) -> None:
    before = census()
    spec = STEP.model_copy(update={"place": ClampPlace(section_name="tuft")})
    with pytest.raises(StimulusError, match="input 'clamp': .* has no sections 'tuft'"):
        add_clamp(cell, spec)
    assert not before.difference(census())
    assert cell.stimuli == []
    with runtime.marked_running("a simulation"), pytest.raises(BusyError):
        add_clamp(cell, STEP)


def test_a_closed_cell() -> None:
    with Cell.from_python(Tree) as cell:
        add_clamp(cell, STEP)
        live = cell.stimuli[0]
    assert live.closed
    with pytest.raises(ClosedError):
        add_clamp(cell, STEP)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_dropped_cell_takes_its_clamps_along() -> None:
    def make() -> weakref.ref[object]:
        cell = Cell.from_python(Tree)
        add_clamp(cell, STEP)
        add_clamp(cell, VoltageClamp(amplitudes=(-60,), delays=(1,), durations=(10,)))
        return weakref.ref(cell.stimuli[1])

    gc.disable()
    try:
        assert make()() is None
    finally:
        gc.enable()
