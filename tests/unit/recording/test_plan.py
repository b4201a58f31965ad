"""Intervals fit runs, or are refused with the nearest that do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluecellab.errors import RecordingError
from bluecellab.recording.plan import RunPlan, grid, schedule, stride
from bluecellab.recording.samples import Samples, TimeAxis

STEPS = st.sampled_from([0.001, 0.005, 0.01, 0.025, 0.03, 0.05, 0.1, 0.5, 1.0])


@given(STEPS, st.integers(1, 5000), st.integers(1, 20))
def test_multiples_of_the_step_are_accepted(dt: float, factor: int, turns: int) -> None:
    plan = RunPlan(True, dt, 0.0, factor * turns * dt)
    assert stride(factor * dt, plan, "x") == factor
    assert stride(float(f"{factor * dt:.12g}"), plan, "x") == factor


@given(STEPS, st.integers(0, 500), st.floats(0.01, 0.99))
def test_others_are_refused(dt: float, factor: int, rest: float) -> None:
    with pytest.raises(RecordingError, match="multiple of the step"):
        stride((factor + rest) * dt, RunPlan(True, dt, 0.0, 1e6), "x")


@given(st.floats(0.01, 10), st.integers(1, 300), st.floats(0, 0.9), st.sampled_from([0.0, 5.0, 700.0]))
def test_grid(interval: float, count: int, rest: float, start: float) -> None:
    stop = start + interval * (count + (rest if rest > 1e-6 else 0))
    times = grid(interval, RunPlan(False, 0.025, start, stop), "x")
    assert len(times) == count + 2
    assert times[0] == start
    assert times[-2] <= stop < times[-1]
    assert np.diff(times) == pytest.approx(interval, rel=1e-3)
    if rest <= 1e-6:
        assert times[-2] == stop


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 50))
def test_decimation_is_the_same_in_any_chunks(chunks: list[int], step: int) -> None:
    """What :meth:`Recorder.harvest` does with the blocks it drains."""
    whole = np.arange(sum(chunks), dtype=float)
    kept, seen = Samples(), 0
    for block in np.split(whole, np.cumsum(chunks)[:-1]) if chunks else []:
        kept.add(block[-seen % step :: step].copy())
        seen += len(block)
    assert np.array_equal(kept.array(), whole[::step])
    assert len(kept) == len(whole[::step])


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(1, 5))
def test_axis(chunks: list[int], step: int) -> None:
    axis = TimeAxis(lambda: None)
    whole = np.arange(sum(chunks), dtype=float)
    for block in np.split(whole, np.cumsum(chunks)[:-1]) if chunks else []:
        axis.add(block.copy())
        assert len(axis.times(step)) == -(-len(axis) // step)
    assert np.array_equal(axis.times(step), whole[::step])
    assert axis.times(step) is axis.times(step)
    assert not axis.times(step).flags.writeable


def test_axis_drains_while_it_grows() -> None:
    axis = TimeAxis(lambda: axis.add(np.ones(2)))
    assert len(axis.times()) == 2
    axis.end()
    assert not axis.growing
    assert len(axis.times()) == 2


def test_every_step() -> None:
    plan = RunPlan(False, 0.025, 0.0, 10.0)
    assert schedule(None, plan, "x").grid is None
    assert schedule(None, plan.until(20.0), "x").plan.duration == 20.0


def test_words() -> None:
    plan = RunPlan(True, 0.025, 0.0, 10.0)
    with pytest.raises(
        RecordingError,
        match=r"^recording v every 0\.01 ms does not fit a step of 0\.025 ms: an interval is a multiple "
        r"of the step\. Nearest: 0\.025 ms\.$",
    ):
        schedule(0.01, plan, "v")
    with pytest.raises(
        RecordingError,
        match=r"the interval is longer than the run of 10 ms\. Run longer, or use an interval of at most 10 ms\.",
    ):
        schedule(20.0, plan, "v")
