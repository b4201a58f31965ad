"""Sweeps in executors of other people's."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from bluecellab.cell import Cell
from bluecellab.errors import (
    ClosedError,
    InvalidSpecError,
    NotPicklableError,
    RemoteError,
    WorkerCrashedError,
    WorkerError,
    WorkerTimeoutError,
)
from bluecellab.simulation import map_cells, sweep
from bluecellab.simulation.isolation import Executor
from tests.unit.simulation.sweeping.jobs import (
    CELL,
    await_gone,
    double,
    fail_at_two,
    numbers,
    pids,
    protocols,
    sleep,
)
from tests.unit.simulation.test_isolation_residents import wait_until


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


def test_processes_of_a_pool(pool: ProcessPoolExecutor) -> None:
    expected = sweep(CELL, protocols(), processes=2).results()
    assert sweep(CELL, protocols(), executor=pool).results() == expected
    assert sweep(CELL, protocols(), executor=pool, ordered=False).results() == expected


def test_functions_that_are_defined_nowhere_and_values_of_their_classes(pool: ProcessPoolExecutor) -> None:
    class Answer:
        def __init__(self, cell: Cell, number: int) -> None:
            self.number = number + len(cell.sections)

    values = map_cells(lambda cell, number: Answer(cell, number), CELL, numbers(3), executor=pool).results()
    assert [value.number for value in values] == [2, 3, 4]


def test_errors_and_limits_do_not_break_a_pool(pool: ProcessPoolExecutor) -> None:
    def misbehave(cell: Cell, how: str) -> str:
        if how == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if how == "sleep":
            time.sleep(60)
        if how == "raise":
            raise LookupError("so there")
        return how

    ways = [{"how": how} for how in ("crash", "sleep", "raise", "behave")]
    outcomes = map_cells(misbehave, CELL, ways, executor=pool, time_limit=0.5).collect()
    assert [type(outcome.error) for outcome in outcomes[:2]] == [WorkerCrashedError, WorkerTimeoutError]
    assert isinstance(outcomes[2].error, RemoteError)
    assert isinstance(outcomes[2].error, LookupError)
    assert "misbehave" in outcomes[2].error.traceback
    assert outcomes[3].value == "behave"


def test_a_broken_pool_is_the_error_of_what_it_had_and_of_what_it_refuses() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        running = map_cells(lambda cell: os.getppid(), CELL, [{}], executor=executor)
        assert running.results()
        running = map_cells(sleep, CELL, numbers(3), executor=executor)
        assert wait_until(lambda: executor._queue_count == 1 + 3)  # a thread of the sweep gives them out
        os.kill(next(iter(executor._processes)), signal.SIGKILL)
        outcomes = running.collect()
        assert [type(outcome.error) for outcome in outcomes] == [WorkerCrashedError] * 3
        assert "job 1 (sleep on ball_stick) was lost with its worker" in str(outcomes[1].error)
        for outcome in map_cells(double, CELL, numbers(2), executor=executor):
            assert isinstance(outcome.error, WorkerError)
            assert "the executor does not take job" in str(outcome.error)


def test_threads() -> None:
    with ThreadPoolExecutor(2) as executor:
        assert map_cells(fail_at_two, CELL, numbers(2), executor=executor).results() == [0, 1]
        outcomes = map_cells(fail_at_two, CELL, numbers(3), executor=executor, ordered=False).collect()
        assert sorted(outcome.ok for outcome in outcomes) == [False, True, True]


def test_leaving_early_cancels_what_waits_and_leaves_the_executor_open(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        jobs = [{"seconds": 0.5, "folder": str(tmp_path)}, *[{"folder": str(tmp_path)}] * 4]
        with map_cells(sleep, CELL, jobs, executor=executor):
            pids(tmp_path, 1)
        assert map_cells(double, CELL, numbers(2), executor=executor).results() == [0, 2]
    assert len(pids(tmp_path, 1)) == 1


def test_an_executor_that_cancels() -> None:
    class Never:
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            future: Future[object] = Future()
            future.cancel()
            return future

    (outcome,) = map_cells(double, CELL, numbers(1), executor=Never()).collect()  # type: ignore[typeddict-item]
    assert "was cancelled by its executor before it returned" in str(outcome.error)


def test_an_answer_that_is_none_of_ours() -> None:
    class Liar:
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            future: Future[object] = Future()
            future.set_result("what?")
            return future

    (outcome,) = map_cells(double, CELL, numbers(1), executor=Liar()).collect()  # type: ignore[typeddict-item]
    assert "cannot be rebuilt here" in str(outcome.error)


def test_sweeps_share_an_executor_of_our_own(tmp_path: Path) -> None:
    with Executor(processes=2) as executor:
        slow = map_cells(sleep, CELL, [{"folder": str(tmp_path)}] * 3, executor=executor)
        (process,) = pids(tmp_path, 1)[:1]
        with slow:
            pass
        await_gone([process])
        assert sweep(CELL, protocols(2), executor=executor).results() == sweep(CELL, protocols(2)).results()
        assert map_cells(double, CELL, numbers(3), executor=executor).results() == [0, 2, 4]
        with pytest.raises(InvalidSpecError, match="time_limit of one of our pools must be said there"):
            map_cells(double, CELL, executor=executor, time_limit=2)
    for outcome in map_cells(double, CELL, numbers(1), executor=executor):
        assert isinstance(outcome.error, ClosedError)


def test_parameters_that_cannot_travel_fail_their_job_alone() -> None:
    with ThreadPoolExecutor(1) as threads:
        for executor in (None, threads):
            lock = {"number": threading.Lock()}
            outcomes = map_cells(double, CELL, [*numbers(1), lock, *numbers(1)], executor=executor).collect()
            assert [outcome.ok for outcome in outcomes] == [True, False, True]
            assert isinstance(outcomes[1].error, NotPicklableError)
            assert "double" in str(outcomes[1].error)
