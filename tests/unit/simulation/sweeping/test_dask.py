"""Sweeps on a real Dask cluster of two workers."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import psutil
import pytest

from bluecellab.errors import RemoteError, WorkerCrashedError, WorkerTimeoutError
from bluecellab.simulation import map_cells, sweep
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

distributed = pytest.importorskip("distributed")


@pytest.fixture(
    scope="module",
    params=[2, pytest.param(1, marks=pytest.mark.faults)],
    ids=lambda threads: f"{threads}-threads",
)
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2,
            processes=True,
            threads_per_worker=request.param,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def executor(client: Any) -> Executor:
    return client.get_executor()


def workers_of(client: Any) -> list[psutil.Process]:
    return [psutil.Process(worker.process.pid) for worker in client.cluster.workers.values()]


def test_results_are_those_of_our_own_pool_bit_for_bit(executor: Executor) -> None:
    expected = sweep(CELL, protocols(), processes=2).results()
    assert sweep(CELL, protocols(), executor=executor).results() == expected
    assert sweep(CELL, protocols(), executor=executor, ordered=False).results() == expected


def test_errors_and_limits_are_outcomes(executor: Executor) -> None:
    outcomes = map_cells(fail_at_two, CELL, numbers(4), executor=executor).collect()
    assert [outcome.ok for outcome in outcomes] == [True, True, False, True]
    assert isinstance(outcomes[2].error, RemoteError)
    assert isinstance(outcomes[2].error, LookupError)
    (late,) = map_cells(sleep, CELL, executor=executor, time_limit=0.3)
    assert isinstance(late.error, WorkerTimeoutError)


def test_equal_jobs_are_run_each(executor: Executor) -> None:
    def when(cell: object) -> int:
        return time.monotonic_ns()

    values = map_cells(when, [CELL] * 3, executor=executor).results()
    assert len(set(values)) == 3


def test_leaving_early_cancels_what_waits(executor: Executor, tmp_path: Path) -> None:
    with map_cells(sleep, CELL, [{"seconds": 0.5, "folder": str(tmp_path)}] * 20, executor=executor):
        pids(tmp_path, 1)
    assert map_cells(double, CELL, numbers(2), executor=executor).results() == [0, 2]
    time.sleep(0.6)
    assert len(pids(tmp_path, 1)) <= 4


@pytest.mark.faults
def test_jobs_of_a_worker_that_is_killed_are_run_by_others(client: Any, tmp_path: Path) -> None:
    jobs = [{"seconds": 0.5, "number": n, "folder": str(tmp_path)} for n in range(6)]
    running = map_cells(sleep, CELL, jobs, executor=client.get_executor())
    begun = pids(tmp_path, 1)
    victim = next(w for w in workers_of(client) if any(c.pid in begun for c in w.children(recursive=True)))
    children = [child.pid for child in victim.children(recursive=True)]
    os.kill(victim.pid, signal.SIGKILL)
    assert running.results() == list(range(6))
    await_gone(children)


@pytest.mark.faults
def test_a_job_that_kills_every_worker_it_meets_is_lost_alone(client: Any) -> None:
    def kill(cell: object, number: int) -> int:
        worker = psutil.Process().parents()[2]  # of the server of the nursery
        if number == 1:
            time.sleep(1)
            worker.kill()
            time.sleep(60)
        return number

    outcomes = map_cells(kill, CELL, numbers(3), executor=client.get_executor(), time_limit=30).collect()
    assert [outcome.value for outcome in outcomes] == [0, None, 2]
    assert isinstance(outcomes[1].error, WorkerCrashedError)
    assert "KilledWorker" in str(outcomes[1].error)


@pytest.mark.faults
def test_a_client_that_is_closed_ends_the_sweep(client: Any) -> None:
    with distributed.Client(client.cluster) as other:
        running = map_cells(sleep, CELL, [{"seconds": 1.0}] * 6, executor=other.get_executor())
        time.sleep(0.5)
    outcomes = running.collect()
    assert len(outcomes) == 6
    assert all(outcome.ok or "cancelled by its executor" in str(outcome.error) for outcome in outcomes)
    assert not outcomes[-1].ok
