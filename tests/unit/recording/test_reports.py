"""Report recorders: frames at their own times, the values of ordinary recordings, bounded memory."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bluecellab import Simulation, create_ball_stick
from bluecellab.cell import Cell
from bluecellab.errors import BrokenError, CircuitWarning, ClosedError, OutputError, ReportError
from bluecellab.nrn import runtime
from bluecellab.nrn.handles import Section
from bluecellab.recording import RunPlan, record
from bluecellab.recording import reports as module
from bluecellab.recording.report_elements import Combination
from bluecellab.recording.report_sites import elements_of
from bluecellab.recording.reports import ReportRecorder, Window
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report

CELL = CellId("A", 3)


@dataclass
class Sink:
    """Keeps what it is given."""

    log: list[str] = field(default_factory=list)
    blocks: list[np.ndarray] = field(default_factory=list)
    start: float = math.nan
    dt: float = math.nan
    refuses_after: int = 10**9

    def open(self, start: float, dt: float) -> None:
        self.log.append("open")
        self.start, self.dt, self.blocks = start, dt, []

    def append(self, frames: np.ndarray) -> None:
        if len(self.blocks) >= self.refuses_after:
            raise OutputError("the disk is full")
        assert frames.dtype == np.float32
        self.blocks.append(frames)

    def close(self, *, complete: bool) -> None:
        self.log.append("complete" if complete else "incomplete")

    def reopen(self) -> None:
        self.log.append("reopen")

    @property
    def frames(self) -> np.ndarray:
        return np.concatenate(self.blocks)

    @property
    def times(self) -> np.ndarray:
        return self.start + self.dt * np.arange(len(self.frames))


class Setup:
    """A cell with a step, in a simulation."""

    def __init__(self) -> None:
        self.cell = create_ball_stick(CELL)
        self.dend.raw.nseg = 5
        self.cell.add_step(1, 3, 0.8)
        self.simulation = Simulation()
        self.simulation.add_cell(self.cell)
        self.recorders: list[ReportRecorder] = []

    @property
    def dend(self) -> Section:
        return self.cell.sections["dend[0]"]

    def add(self, **words: Any) -> Sink:
        values = {"name": "r", "dt": 0.1, "end_time": 10.0, "sections": "all", **words}
        report, sink = Report(**values), Sink()
        recorder = ReportRecorder(
            report, elements_of(report, {CELL: self.cell}), sink, self.simulation._scope
        )
        self.simulation.attach(recorder)
        self.recorders.append(recorder)
        return sink

    def close(self) -> None:
        self.simulation.close()
        self.cell.close()


@pytest.fixture
def setup() -> Iterator[Setup]:
    made = Setup()
    yield made
    made.close()


VARIABLES = ["v", "ina", "m_hh", "hh.m", "hh.il", "i_membrane", "na_ion.ina", "cm"]
NAMES = {"hh.m": "m_hh", "hh.il": "il_hh", "i_membrane": "i_membrane_", "na_ion.ina": "ina"}


@pytest.mark.parametrize("cvode", [False, True], ids=["fixed", "cvode"])
@pytest.mark.parametrize("variable", VARIABLES)
def test_values_are_those_of_recordings(setup: Setup, variable: str, cvode: bool) -> None:
    sink = setup.add(variable_name=variable)
    places = [setup.cell.soma(0.5), *setup.dend]
    ordinary = [
        record(at, NAMES.get(variable, variable), setup.cell._scope, interval=0.1 if cvode else None)
        for at in places
    ]
    for recorder in ordinary:
        setup.simulation.attach(recorder)
    setup.simulation.run(10, cvode=cvode)
    expected = np.array([recorder.trace().values for recorder in ordinary]).T
    expected = expected[:100] if cvode else expected[:400:4]
    assert sink.frames.shape == (100, 6)
    assert np.array_equal(sink.frames, expected.astype(np.float32))
    assert sink.log == ["open", "complete"]


@pytest.mark.parametrize("cvode", [False, True], ids=["fixed", "cvode"])
def test_recording_changes_nothing(setup: Setup, cvode: bool) -> None:
    setup.simulation.run(20, cvode=cvode)
    before, times = setup.cell.get_soma_voltage(), setup.cell.get_time()
    setup.add(end_time=20)
    setup.add(end_time=20, dt=0.35, start_time=1.0, variable_name="i_membrane")
    setup.simulation.run(20, cvode=cvode)
    assert np.array_equal(setup.cell.get_soma_voltage(), before)
    assert np.array_equal(setup.cell.get_time(), times)


def test_windows(setup: Setup) -> None:
    every = setup.add(dt=0.025)
    sinks = {
        (0.5, 3.0, 0.1): setup.add(start_time=0.5, end_time=3.0),
        (0.0, 9.975, 0.025): setup.add(end_time=9.975, dt=0.025),
        (2.5, 10.0, 0.75): setup.add(start_time=2.5, end_time=100.0, dt=0.75),
        (9.9, 10.0, 0.1): setup.add(start_time=9.9),
        (0.0, 10.0, 7.0): setup.add(end_time=100.0, dt=7),
    }
    setup.simulation.run(10, cvode=False)
    assert len(every.frames) == 400
    for (start, end, dt), sink in sinks.items():
        count = math.floor((end - start) / dt + 0.5)
        assert (sink.start, sink.dt, len(sink.blocks and sink.frames)) == (start, dt, count)
        if count:
            places = np.round(sink.times / 0.025).astype(int)
            assert np.array_equal(sink.frames, every.frames[places])


def test_the_first_frame_is_the_initial_state(setup: Setup) -> None:
    sink = setup.add()
    setup.simulation.v_init = -70
    setup.simulation.run(10, cvode=False)
    assert sink.frames[0].tolist() == [-70] * 6


def test_after_a_forward_skip(setup: Setup) -> None:
    early, late = setup.add(end_time=20), setup.add(end_time=20, start_time=7, dt=0.5)
    setup.simulation.run(20, cvode=False, forward_skip=True, forward_skip_value=5)
    times, soma = setup.cell.get_time(), setup.cell.get_soma_voltage()
    assert times[0] == 5
    assert (early.start, early.dt, len(early.frames)) == (5.0, 0.1, 150)
    assert (late.start, late.dt, len(late.frames)) == (7.0, 0.5, 26)
    for sink in (early, late):
        places = np.round((sink.times - 5) / 0.025).astype(int)
        assert np.allclose(times[places], sink.times)
        assert np.array_equal(sink.frames[:, 0], soma[places].astype(np.float32))


def test_a_skip_between_frames() -> None:
    report = Report(name="r", dt=1.0, start_time=0.5, end_time=10)
    window = Window.of(report, RunPlan(True, 0.025, 3.0, 20))
    assert (window.start, window.count, window.first_step, window.stride) == (3.5, 7, 20, 40)
    window = Window.of(report, RunPlan(False, 0.025, 3.0, 20))
    assert (window.due(0), window.due(6), window.due(7)) == (3.5, 9.5, math.inf)
    with pytest.raises(ReportError, match=r"from 3\.5 ms falls between steps of 0\.025 ms from 3\.01 ms on"):
        Window.of(report, RunPlan(True, 0.025, 3.01, 20))


def test_intervals_that_do_not_fit(setup: Setup) -> None:
    setup.add(dt=0.04)
    with pytest.raises(ReportError, match=r"'r' every 0\.04 ms does not fit.*Nearest: 0\.025 or 0\.05 ms"):
        setup.simulation.run(10, cvode=False)
    setup.simulation.run(10, cvode=True)


def test_an_interval_below_the_step(setup: Setup) -> None:
    sink = setup.add(dt=0.01)
    with pytest.warns(CircuitWarning, match=r"every 0\.01 ms: written at every step, 0\.025 ms"):
        setup.simulation.run(10, cvode=False)
    assert (sink.dt, len(sink.frames)) == (0.025, 400)
    setup.simulation.run(10, cvode=False)  # it has been said


def test_a_report_after_the_run(setup: Setup) -> None:
    sink = setup.add(start_time=50, end_time=60)
    with pytest.warns(CircuitWarning, match="from 50 ms on has no frames in a run from 0 to 10 ms"):
        setup.simulation.run(10, cvode=False)
    assert (sink.log, sink.blocks) == (["open", "complete"], [])


@pytest.mark.parametrize("cvode", [False, True], ids=["fixed", "cvode"])
def test_a_continued_run(setup: Setup, cvode: bool) -> None:
    whole, part = setup.add(), setup.add(end_time=4.0)
    setup.simulation.run(10, cvode=cvode)
    expected = whole.frames
    for stop in (0, 1):
        setup.simulation.run(3 + stop * 0.05, cvode=cvode)
        setup.simulation.continue_run(6)
        setup.simulation.continue_run(10)
        assert whole.log[-6:] == ["open", "complete", "reopen", "complete", "reopen", "complete"]
        assert part.log[-4:] == ["open", "complete", "reopen", "complete"]
        assert len(whole.frames) == len(expected)
        assert np.abs(whole.frames - expected).max() < (2 if cvode else 1e-30)
        assert np.array_equal(part.frames, whole.frames[:40])


def test_memory_is_bounded(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = setup.add()
    setup.simulation.run(10, cvode=False)
    assert len(whole.blocks) == 1
    monkeypatch.setattr(module, "_BLOCK_BYTES", 7 * 6 * 8)
    monkeypatch.setattr(module, "_WIDE_ROWS", 1)
    small = setup.add()
    setup.simulation.run(10, cvode=False)
    assert [len(block) for block in small.blocks] == [4] * 25
    assert np.array_equal(small.frames, whole.frames)
    monkeypatch.setattr(module, "_HAND_ON_EVERY", 0.0)
    prompt = setup.add()
    setup.simulation.run(10, cvode=True)
    assert [len(block) for block in prompt.blocks] == [1] * 100


def test_failures(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(now: float) -> None:
        if now >= 5:
            raise KeyError("mine")

    for cvode in (False, True):
        sink = setup.add()
        setup.simulation.add_hook(fail, every=5)
        with pytest.raises(RuntimeError, match="mine"):
            setup.simulation.run(10, cvode=cvode)
        setup.simulation.hooks.clear()
        assert sink.log == ["open", "incomplete"]
        assert 49 <= len(sink.frames) <= 52
    monkeypatch.setattr(module, "_BLOCK_BYTES", 0)  # a frame each
    monkeypatch.setattr(module, "_WIDE_ROWS", 1)
    for cvode in (False, True):
        sink = setup.add()
        sink.refuses_after = 20
        with pytest.raises(OutputError, match="the disk is full"):
            setup.simulation.run(10, cvode=cvode)
        assert (sink.log, len(sink.frames)) == (["open", "incomplete"], 20)
        sink.refuses_after = 10**9
        setup.simulation.run(10, cvode=cvode)
        assert (sink.log[2:], len(sink.frames)) == (["open", "complete"], 100)


def test_a_full_disk_at_the_end(setup: Setup) -> None:
    sink = setup.add()
    sink.refuses_after = 0
    with pytest.raises(OutputError, match="the disk is full"):
        setup.simulation.run(10, cvode=False)
    assert sink.log == ["open", "incomplete"]


def test_what_is_gone(setup: Setup) -> None:
    setup.add()
    setup.dend.raw.nseg = 7
    with pytest.raises(BrokenError, match=r"had 5 segments when it was made and has 7 now"):
        setup.simulation.run(10, cvode=False)
    setup.recorders[0].close()
    setup.simulation.run(10, cvode=False)
    with pytest.raises(ClosedError):
        setup.recorders[0].check(RunPlan(True, 0.025, 0, 10))
    setup.add(variable_name="hh.m")
    setup.cell.soma.raw.uninsert("hh")
    with pytest.raises(BrokenError, match="has no m_hh any more"):
        setup.simulation.run(10, cvode=False)
    setup.recorders[1].close()
    setup.add(type="summation", variable_name="IClamp")
    runtime.raw_h().delete_section(sec=setup.cell.soma.raw)
    with pytest.raises(BrokenError, match="deleted"):
        setup.recorders[2].prepare(RunPlan(True, 0.025, 0, 10))
    setup.recorders[2].finish(partial=True)


def test_nothing_is_left(setup: Setup) -> None:
    recorder = ReportRecorder(
        Report(name="r", dt=0.1, end_time=10),
        elements_of(Report(name="r", dt=0.1, end_time=10), {CELL: setup.cell}),
        Sink(),
    )
    setup.simulation.attach(recorder)
    setup.simulation.run(10, cvode=False)
    assert repr(recorder) == "<ReportRecorder r 100 frames>"
    recorder.close()
    assert repr(recorder) == "<ReportRecorder r closed>"
    report = Report(name="r", dt=0.1, end_time=10)
    forgotten = ReportRecorder(report, elements_of(report, {CELL: setup.cell}), Sink())
    with pytest.warns(ResourceWarning, match="report r, opened at .*test_reports"):
        del forgotten
        gc.collect()


def test_combinations() -> None:
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    ones = np.ones(3)
    same = Combination.of(3, np.arange(3), ones)
    assert (same.order, same.factors, same.columns) == (None, None, None)
    assert same(values).tolist() == values.tolist()
    turned = Combination.of(3, np.array([2, 0, 1]), ones)
    assert turned(values).tolist() == [[2, 3, 1], [5, 6, 4]]
    summed = Combination.of(4, np.array([3, 1, 3]), np.array([1.0, 10.0, -1.0]))
    assert summed(values).tolist() == [[0, 20, 0, -2], [0, 50, 0, -2]]
    assert Combination.of(2, np.empty(0, np.int64), np.empty(0))(np.empty((3, 0))).tolist() == [[0, 0]] * 3
    assert Combination.of(0, np.empty(0, np.int64), np.empty(0))(np.empty((3, 0))).shape == (3, 0)


def test_no_cells(setup: Setup) -> None:
    report, sink = Report(name="r", dt=0.1, end_time=10), Sink()
    with ReportRecorder(report, elements_of(report, {}), sink) as recorder:
        setup.simulation.attach(recorder)
        setup.simulation.run(10, cvode=False)
    assert sink.frames.shape == (100, 0)


def test_two_cells_in_two_populations(setup: Setup) -> None:
    with create_ball_stick(CellId("B", 0)) as other, create_ball_stick(CellId("A", 1)) as third:
        for cell in (other, third):
            setup.simulation.add_cell(cell)
        other.add_step(0, 10, 0.1)
        cells: dict[CellId, Cell] = {CellId("B", 0): other, CELL: setup.cell, CellId("A", 1): third}
        report, sink = Report(name="r", dt=0.1, end_time=10), Sink()
        recorder = ReportRecorder(report, elements_of(report, cells), sink, setup.simulation._scope)
        setup.simulation.attach(recorder)
        setup.simulation.run(10, cvode=False)
        assert list(recorder.layouts) == ["A", "B"]
        assert recorder.layouts["A"].node_ids.tolist() == [1, 3]
        for column, cell in enumerate((third, setup.cell, other)):
            assert np.array_equal(sink.frames[:, column], cell.get_soma_voltage()[:400:4].astype(np.float32))
        setup.simulation.close()
