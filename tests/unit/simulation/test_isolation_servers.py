"""The servers behind isolated jobs: their deaths, their doors, their number."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import closing
from typing import Any

import psutil
import pytest

from bluecellab import nrn
from bluecellab.errors import (
    WorkerCrashedError,
    WorkerError,
)
from bluecellab.nrn import runtime
from bluecellab.nrn.scope import Scope
from bluecellab.simulation.isolation import Isolation, client, lines, run_isolated, stop_servers


def test_a_server_that_died_is_replaced() -> None:
    run_isolated(int)
    for server in client._servers.values():
        os.kill(server.pid, signal.SIGKILL)
    assert run_isolated(abs, -1) == 1


def test_a_server_that_dies_during_a_job_is_an_error() -> None:
    def regicide() -> None:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)

    with pytest.raises(WorkerCrashedError, match="lost together with its fork server"):
        run_isolated(regicide)
    assert run_isolated(abs, -1) == 1


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(WorkerError, match=r"(?s)ended at its start.*No module named 'nowhere'"):
        Isolation(modules=["nowhere"]).run(int)


def test_systems_that_lose_descriptors_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_NEEDS_RECEIPT", True)
    assert [run_isolated(abs, -n) for n in range(3)] == [0, 1, 2]
    os.kill(run_isolated(os.getppid), signal.SIGKILL)
    assert run_isolated(abs, -1) == 1


@pytest.fixture(scope="module")
def started() -> None:
    """Start NEURON before the census of the test."""
    runtime.start()


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("door", ["ours", "raw"])
def test_neurons_door_leads_to_the_workers_own(door: str) -> None:
    here: Any = runtime.raw_h() if door == "raw" else nrn.h

    def look(given: Any) -> tuple[int, int, int]:
        return os.getpid(), sum(1 for _ in here.allsec()), sum(1 for _ in given.allsec())

    with closing(Scope("sections")) as scope:
        scope.own(runtime.raw_h().Section(name="mine"))
        pid, captured, passed = run_isolated(look, here)
    assert pid != os.getpid()
    assert (captured, passed) == (0, 0)


def test_modules_are_imported_beforehand() -> None:
    isolation = Isolation(modules=["decimal"])
    assert isolation.run(lambda: "decimal" in sys.modules)
    assert hash(isolation) == hash(Isolation(modules=("decimal",)))


def test_idle_servers_are_few() -> None:
    for name in ("calendar", "colorsys", "fractions", "graphlib", "wave"):
        Isolation(modules=[name]).run(int)
    assert len(client._servers) <= 4
    stop_servers()
    assert not client._servers
    assert run_isolated(abs, -1) == 1


def test_the_server_has_one_thread() -> None:
    run_isolated(int)
    for server in client._servers.values():
        assert server.threads == 1
        assert psutil.Process(server.pid).num_threads() == 1


def test_from_many_threads() -> None:
    results: list[int] = []
    threads = [threading.Thread(target=lambda n=n: results.append(run_isolated(abs, -n))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(8))


def test_a_fork_of_this_process_has_its_own_servers() -> None:
    server = run_isolated(os.getppid)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, b"%d" % run_isolated(os.getppid))
            stop_servers()
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        used = int(pipe.read())
    os.waitpid(child, 0)
    assert used != server
    assert run_isolated(os.getppid) == server


def test_jobs_within_jobs_end_somewhere() -> None:
    def nest(levels: int) -> int:
        return run_isolated(nest, levels - 1) + 1 if levels else 0

    assert run_isolated(nest, 1) == 1
    with pytest.raises(WorkerError, match="3 deep is the limit"):
        run_isolated(nest, 10)
