"""What ends CoreNEURON is an error of the run: this process goes on, and nothing hangs."""

from __future__ import annotations

import ctypes
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bluecellab.errors import (
    CancelledError,
    DivergedError,
    EngineCrashedError,
    EngineError,
    RunError,
    TimeLimitError,
    WorkerCrashedError,
)
from bluecellab.nrn import coreneuron, objects
from bluecellab.recording.report_sites import elements_of
from bluecellab.recording.reports import ReportRecorder
from bluecellab.simulation.engines import stretches
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report
from tests.unit.recording.test_reports import Sink
from tests.unit.simulation.engines.cells import Pair, equal, has_library, pair

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not has_library(), reason="this NEURON brings no CoreNEURON along"),
]

_ADVANCE = coreneuron.advance
Advance = Callable[[int, float], None]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """Two cells, which run as well afterwards as before; no process is left behind."""
    monkeypatch.setattr(stretches, "_STEPS", 100)
    monkeypatch.setattr(stretches, "_SECONDS", 0.0)
    with pair() as made:
        wanted = made.run("neuron", 20.0)
        yield made
        coreneuron.advance = _ADVANCE
        equal(made.run("coreneuron", 20.0), wanted)
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


def late(action: Callable[[], object]) -> Advance:
    """Return what does something before the third stretch."""
    calls = []

    def advance(steps: int, dt: float) -> None:
        calls.append(steps)
        if len(calls) == 3:
            os.write(1, b"a last word\n")
            action()
        _ADVANCE(steps, dt)

    return advance


def segfault() -> None:
    ctypes.string_at(0)


ENDS: dict[str, tuple[Callable[[], object], int]] = {
    "aborts": (os.abort, -signal.SIGABRT),
    "segmentation fault": (segfault, -signal.SIGSEGV),
    "killed": (lambda: os.kill(os.getpid(), signal.SIGKILL), -signal.SIGKILL),
    "quits": (lambda: os._exit(0), 0),
    "exits": (lambda: os._exit(3), 3),
}


@pytest.mark.parametrize("name", ENDS)
def test_it_ends(two: Pair, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    action, code = ENDS[name]
    monkeypatch.setattr(coreneuron, "advance", late(action))
    with pytest.raises(EngineCrashedError, match="this process goes on") as caught:
        two.run("coreneuron", 20.0)
    assert isinstance(caught.value, (RunError, WorkerCrashedError))
    assert caught.value.exitcode == code
    assert "a last word" in caught.value.output
    assert "a last word" in str(caught.value)
    trace = two.cells[0].traces()["self.soma(0.5)._ref_v"]
    assert trace.partial
    assert 100 < len(trace.values) < 801  # two stretches came back


def test_a_mechanism_that_it_cannot_have(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coreneuron, "unknown_mechanisms", lambda known: {})
    clamp = objects.point_process("VClamp", two.cells[0].soma(0.5).raw)
    with pytest.raises(EngineCrashedError, match="VClamp mechanism does not exist"):
        two.run("coreneuron", 20.0)
    del clamp


def test_it_raises(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coreneuron, "advance", late(lambda: 1 / 0))
    with pytest.raises(EngineError, match="ZeroDivisionError"):
        two.run("coreneuron", 20.0)


def test_it_diverges(two: Pair) -> None:
    two.synapse.e = math.inf
    with pytest.raises(DivergedError) as caught:
        two.run("coreneuron", 60.0)
    assert caught.value.cell == str(two.cells[1].label)
    two.synapse.e = 0.0


def stuck(steps: int, dt: float) -> None:
    time.sleep(600)


def test_time_limit(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coreneuron, "advance", stuck)
    with pytest.raises(TimeLimitError):
        two.run("coreneuron", 20.0, time_limit=0.5)


def test_cancelled(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coreneuron, "advance", stuck)
    timer = threading.Timer(0.5, two.simulation.cancel)
    timer.start()
    with pytest.raises(CancelledError):
        two.run("coreneuron", 20.0)
    timer.join()


def test_ctrl_c(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coreneuron, "advance", stuck)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        two.run("coreneuron", 20.0)
    timer.join()


def test_it_prints_more_than_a_pipe_holds(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[int] = []
    wanted = two.run("neuron", 20.0)

    def write() -> None:
        printed.append(os.write(2, b"word " * 100_000))
        assert printed[-1] == 500_000  # or the fork would say so

    monkeypatch.setattr(coreneuron, "advance", late(write))
    found = two.run("coreneuron", 20.0)
    assert not printed  # here
    equal(found, wanted)


def test_reports_are_incomplete(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    report, sink = Report(name="r", dt=0.1, end_time=20.0, sections="soma"), Sink()
    cells = {CellId("A", index): cell for index, cell in enumerate(two.cells)}
    two.simulation.attach(ReportRecorder(report, elements_of(report, cells), sink, two.simulation._scope))
    monkeypatch.setattr(coreneuron, "advance", late(os.abort))
    with pytest.raises(EngineCrashedError):
        two.run("coreneuron", 20.0)
    assert sink.log == ["open", "incomplete"]
    assert 10 < len(sink.frames) < 200
    sink.refuses_after = 0
    monkeypatch.setattr(coreneuron, "advance", _ADVANCE)
    with pytest.raises(OSError, match="the disk is full"):
        two.run("coreneuron", 20.0)
    assert sink.log[-1] == "incomplete"
    sink.refuses_after = 10**9


def test_numbers_are_of_the_run(two: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the fork changes in its memory is not changed here."""
    monkeypatch.setattr(coreneuron, "advance", late(lambda: two.cells.clear()))
    two.run("coreneuron", 20.0)
    assert len(two.cells) == 2
    assert np.isfinite(two.spikes()).all()
