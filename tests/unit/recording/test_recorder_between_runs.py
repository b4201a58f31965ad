"""Recorders: runs that end early, what happens between runs, and what is let go."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from bluecellab.errors import (
    BrokenError,
    NotRecordableError,
    RecordingError,
)
from bluecellab.recording import (
    RunPlan,
    record,
    traces_of,
)
from tests.unit.recording.bench import Bench


def test_partial_run(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    slow = record(bench.at(), "v", bench.scope, interval=0.5, name="slow")
    for fixed in (True, False):
        bench.start(RunPlan(fixed, 0.025, 0.0, 20.0), [recorder, slow])
        bench.advance(5.0)
        bench.finish(partial=True)
        assert recorder.trace().partial
        assert recorder.trace().time[-1] == pytest.approx(5.0)
        assert slow.trace().time[-1] == pytest.approx(5.0, abs=0.51)
    bench.run([recorder, slow])
    assert not recorder.trace().partial


@pytest.mark.parametrize("fixed", [True, False])
def test_reading_in_the_middle_of_a_run(bench: Bench, fixed: bool) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    bench.run([recorder], fixed=fixed)
    whole = recorder.trace()
    seen = []
    bench.start(RunPlan(fixed, 0.025, 0.0, 20.0), [recorder])
    if fixed:
        for time in (3.0, 7.0, 20.0):
            bench.advance(time)
            seen.append(recorder.trace())
    else:
        for time in (3.0, 7.0):
            bench.h.CVode().event(time, lambda: seen.append(recorder.trace()))
        bench.advance(20.0)
    bench.finish()
    assert all(trace.partial for trace in seen)
    assert np.array_equal(seen[1].values, whole.values[: len(seen[1])])
    assert recorder.trace() == whole


def test_nothing_that_happens_later_changes_what_was_read(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    bench.run([recorder])
    kept = recorder.trace()
    copy = kept.values.copy()
    bench.h.finitialize(-50)  # what a foreign template does
    bench.h.ParallelContext().psolve(3)
    assert recorder.trace() == kept
    bench.h.frecord_init()
    assert recorder.trace() == kept
    bench.clamp.amp = 0.5
    bench.run([recorder])
    assert recorder.trace() != kept
    assert np.array_equal(kept.values, copy)
    with pytest.raises(ValueError, match="read-only"):
        kept.values[0] = 0


def test_initialised_by_others_in_the_middle(bench: Bench) -> None:
    early = record(bench.at(), "v", bench.scope)
    bench.start(RunPlan(True, 0.025, 0.0, 20.0), [early])
    bench.h.ParallelContext().psolve(5)
    early.harvest()
    bench.h.finitialize(-65)
    bench.advance(20.0)
    bench.finish()
    with pytest.raises(BrokenError, match="something else initialised"):
        early.trace()


def test_nseg_changed_between_runs(bench: Bench) -> None:
    recorder = record(bench.dend(0.9), "v", bench.scope)
    bench.run([recorder], 1.0)
    for nseg in (1, 5, 3):
        bench.dend.nseg = nseg
        bench.run([recorder], 1.0)
        assert len(recorder.trace()) == 41
        _, values = bench.bare(bench.dend(0.9).raw._ref_v, 1.0)
        assert np.array_equal(recorder.trace().values, values)


def test_mechanism_taken_out_between_runs(bench: Bench) -> None:
    recorder = record(bench.dend(0.5), "i_pas", bench.scope)
    bench.run([recorder], 1.0)
    bench.dend.uninsert("pas")
    with pytest.raises(NotRecordableError, match="i_pas"):
        bench.run([recorder], 1.0)
    assert len(recorder.trace()) == 41
    recorder.close()
    bench.run([], 1.0)


def test_fixed_and_cvode_in_turn(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    slow = record(bench.at(), "v", bench.scope, interval=0.25, name="slow")
    bench.run([recorder, slow])
    fixed = traces_of([recorder, slow])
    bench.run([recorder, slow], fixed=False)
    variable = traces_of([recorder, slow])
    bench.run([recorder, slow])
    assert traces_of([recorder, slow]) == fixed
    bench.run([recorder, slow], fixed=False)
    assert traces_of([recorder, slow]) == variable


def test_local_time_steps_are_refused(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    bench.h.CVode().active(1)
    bench.h.CVode().use_local_dt(1)
    try:
        with pytest.raises(RecordingError, match="local variable time steps"):
            bench.run([recorder], fixed=False)
    finally:
        bench.h.CVode().use_local_dt(0)
        bench.h.CVode().active(0)
        bench.h.dt = 0.025


def test_after_a_forward_skip(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope, interval=0.1)
    bench.start(RunPlan(True, 0.025, 5.0, 10.0), [recorder])
    bench.h.t, bench.h.dt = -1e9, 0.5
    for _ in range(10):
        bench.h.fadvance()
    bench.h.t, bench.h.dt = 5.0, 0.025
    bench.recorders.restart()
    bench.advance(10.0, 3)
    bench.finish()
    assert recorder.trace().time == pytest.approx(5 + 0.1 * np.arange(51))


def test_nothing_refers_back_to_a_recorder(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    bench.run([recorder], 1.0)
    bench.recorders.prepare(RunPlan(True, 0.025, 0.0, 1.0), [], bench.soma.raw)
    gone = weakref.ref(recorder)
    gc.disable()
    try:
        del recorder
        assert gone() is None
    finally:
        gc.enable()


def test_repr(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    assert repr(recorder) == "<Recorder soma[0](0.5).v no run yet>"
    bench.run([recorder], 1.0)
    assert repr(recorder) == "<Recorder soma[0](0.5).v recorded>"
    recorder.close()
    assert repr(recorder) == "<Recorder soma[0](0.5).v closed>"


def test_total_membrane_current_lets_go_when_the_run_never_begins(bench: Bench) -> None:
    recorder = record(bench.at(), "i_membrane_", bench.scope)
    bench.run([recorder], 1.0)
    kept = recorder.trace()
    assert not bench.recorders.resumable
    bench.h.CVode().use_fast_imem(1)
    bench.recorders.prepare(RunPlan(True, 0.025, 0.0, 1.0), [recorder], bench.soma.raw)
    bench.finish(partial=True)  # initialisation failed, say
    bench.h.finitialize(-65)
    assert recorder.trace() == kept
    voltage = record(bench.at(), "v", bench.scope)
    assert not bench.recorders.resumable
    bench.run([voltage], 1.0)
    assert bench.recorders.resumable
    voltage.close()
    assert not bench.recorders.resumable


def test_draining_waits_for_a_batch(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    bench.run([recorder], chunks=8)
    whole = recorder.trace()
    for batch in (1, 300, 10_000):
        bench.recorders.batch = batch
        bench.run([recorder], chunks=8)
        assert recorder.trace() == whole
        assert bench.recorders._axis is not None
        assert len(bench.recorders._axis) == 801
