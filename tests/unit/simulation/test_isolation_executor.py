"""Many jobs side by side: the executor and the published pool."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from bluecellab.errors import (
    ClosedError,
    InvalidSpecError,
    NotPicklableError,
    RemoteError,
    WorkerCrashedError,
    WorkerError,
)
from bluecellab.simulation.conditions import NeuronGlobals, set_neuron_globals
from bluecellab.simulation.isolation import (
    Executor,
    IsolatedProcess,
    Isolation,
    polite_processes,
    run_isolated,
)
from tests.unit.simulation.test_isolation import gone


def wait_for(path: Path) -> int:
    """Return the process id that a job has written."""
    for _ in range(500):
        if path.exists() and path.read_text().endswith("\n"):
            return int(path.read_text())
        time.sleep(0.01)
    raise AssertionError("the job did not begin")


def sleeper(path: Path) -> None:
    with path.open("w") as file:
        print(os.getpid(), file=file)
    time.sleep(60)


def test_results_come_in_order() -> None:
    with Executor(processes=3) as executor:
        assert list(executor.map(lambda n: n * n, range(7))) == [n * n for n in range(7)]
        futures = [executor.submit(pow, 2, n) for n in range(4)]
        assert [future.result() for future in futures] == [1, 2, 4, 8]
    assert not [t for t in threading.enumerate() if t.name == "isolated-job"]


def test_never_more_processes_than_allowed_or_jobs() -> None:
    with Executor(processes=2) as executor:
        futures = [executor.submit(time.sleep, 0.1) for _ in range(4)]
        assert len(executor._threads) == 2
        concurrent.futures.wait(futures)
    with Executor(processes=64) as executor:
        future = executor.submit(time.sleep, 0.05)
        assert len(executor._threads) == 1
        future.result()
    assert Executor().processes == polite_processes()


def test_arguments_are_taken_when_submitted() -> None:
    array = np.zeros(100_000)
    with Executor(processes=1) as executor:
        first = executor.submit(time.sleep, 0.1)
        second = executor.submit(np.sum, array)
        array[:] = 1.0
        first.result()
        assert second.result() == 0.0
        with pytest.raises(NotPicklableError):
            executor.submit(print, (n for n in range(3)))


def test_one_crash_leaves_the_others_alone() -> None:
    with Executor(processes=2) as executor:
        good = [executor.submit(abs, -n) for n in range(3)]
        bad = executor.submit(os.abort)
        good += [executor.submit(abs, -n) for n in range(3, 6)]
        with pytest.raises(WorkerCrashedError):
            bad.result()
        assert [future.result() for future in good] == list(range(6))


def test_cancelling_kills_a_running_job(tmp_path: Path) -> None:
    with Executor(processes=1) as executor:
        running = executor.submit(sleeper, tmp_path / "pid")
        waiting = executor.submit(abs, -1)
        pid = wait_for(tmp_path / "pid")
        assert running.running()
        assert not waiting.running()
        assert running.cancel()
        assert waiting.result() == 1
        assert gone(pid)
        with pytest.raises(concurrent.futures.CancelledError):
            running.result()
        assert not running.running()
        assert not waiting.cancel()


def test_an_exception_in_the_block_ends_everything(tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        with Executor(processes=1) as executor:
            running = executor.submit(sleeper, tmp_path / "pid")
            waiting = executor.submit(abs, -1)
            pid = wait_for(tmp_path / "pid")
            raise ZeroDivisionError
    assert gone(pid)
    assert running.cancelled()
    assert waiting.cancelled()
    assert time.monotonic() - begin < 10


def test_shutdown_takes_no_more_jobs() -> None:
    executor = Executor(processes=1)
    first = executor.submit(time.sleep, 0.1)
    second = executor.submit(abs, -1)
    executor.shutdown(cancel_futures=True)
    assert first.done()
    assert second.cancelled()
    with pytest.raises(ClosedError, match="was shut down"):
        executor.submit(abs, -1)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, "2"])
def test_bad_numbers_of_processes_are_refused(bad: object) -> None:
    with pytest.raises(InvalidSpecError, match="whole number of at least 1"):
        Executor(processes=bad)  # type: ignore[arg-type]


def test_initializer_runs_before_every_job() -> None:
    def prepare(colour: str) -> None:
        os.environ["COLOUR"] = colour

    with Executor(initializer=prepare, initargs=("blue",)) as executor:
        assert [executor.submit(os.getenv, "COLOUR").result() for _ in range(2)] == ["blue"] * 2

    def refuse() -> None:
        raise ValueError("not today")

    with Executor(initializer=refuse) as executor:
        with pytest.raises(RemoteError, match="not today"):
            executor.submit(abs, -1).result()


def test_limits_hold_for_every_job() -> None:
    with Executor(processes=2, isolation=Isolation(time_limit=0.2)) as executor:
        futures = [executor.submit(time.sleep, 60), executor.submit(abs, -1)]
        assert isinstance(futures[0].exception(timeout=5), TimeoutError)
        assert futures[1].result() == 1


def test_in_an_event_loop(tmp_path: Path) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with Executor(processes=2) as executor:
            assert await loop.run_in_executor(executor, abs, -3) == 3
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(loop.run_in_executor(executor, sleeper, tmp_path / "pid"), 0.5)
            assert gone(wait_for(tmp_path / "pid"))

    asyncio.run(main())


def test_executor_inside_a_job_is_modest() -> None:
    def inner() -> tuple[int, list[int]]:
        with Executor() as executor:
            return executor.processes, list(executor.map(abs, [-1, -2]))

    assert run_isolated(inner) == (1, [1, 2])


def test_pool_methods() -> None:
    with IsolatedProcess(processes=2) as pool:
        assert pool.apply(divmod, (17, 5)) == (3, 2)
        assert pool.apply(sorted, ([3, 1],), {"reverse": True}) == [3, 1]
        assert pool.map(abs, [-1, -2, -3], chunksize=2) == [1, 2, 3]
        assert pool.map(abs, []) == []
        assert pool.starmap(pow, [(2, 3), (3, 2)]) == [8, 9]
        assert list(pool.imap(abs, [-1, -2])) == [1, 2]
        assert sorted(pool.imap_unordered(abs, [-1, -2])) == [1, 2]
        assert pool.starmap_async(pow, [(2, 3)]).get() == [8]
        assert len(set(pool.map(lambda _: os.getpid(), range(3)))) == 3
        pool.close()
        pool.join()


def test_pool_carries_the_neuron_globals(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> tuple[float, float]:
        return tuple(NeuronGlobals.get_instance().export_params())

    before = asked()
    monkeypatch.setattr(NeuronGlobals, "_instance", None)
    set_neuron_globals(temperature=21.0, v_init=-77.0)
    with IsolatedProcess(initializer=print, initargs=("initialised",)) as pool:
        assert pool.apply(asked) == (21.0, -77.0)
    assert run_isolated(asked) == before


def test_pool_asynchronous_results() -> None:
    heard: list[object] = []
    with IsolatedProcess() as pool:
        result = pool.apply_async(abs, (-4,), callback=heard.append)
        result.wait(10)
        assert result.ready()
        assert result.successful()
        assert result.get() == 4
        failed = pool.map_async(lambda n: 1 // n, [1, 0], error_callback=heard.append)
        with pytest.raises(ZeroDivisionError):
            failed.get(10)
        assert not failed.successful()
        slow = pool.apply_async(time.sleep, (60,))
        with pytest.raises(ValueError, match="not there yet"):
            slow.successful()
        with pytest.raises(TimeoutError, match=r"not there after 0\.1 s"):
            slow.get(timeout=0.1)
        slow.wait(0.05)
        with pytest.raises(ValueError, match="close"):
            pool.join()
    with pytest.raises(WorkerError, match="ended with its pool"):
        slow.get(5)
    assert heard[0] == 4
    assert isinstance(heard[1], RemoteError)


def test_a_timeout_of_the_task_is_not_one_of_the_waiting() -> None:
    def fail() -> None:
        raise TimeoutError("inside")

    with IsolatedProcess() as pool, pytest.raises(RemoteError, match="inside"):
        pool.apply_async(fail).get(10)


@pytest.mark.leaks
def test_five_hundred_jobs_leave_nothing() -> None:
    server = psutil.Process(run_isolated(os.getppid))

    def census() -> tuple[int, int, int, int]:
        for _ in range(500):
            if not server.children():
                break
            time.sleep(0.01)
        mine = psutil.Process()
        children = len(mine.children(recursive=True))
        return mine.num_fds(), mine.num_threads(), children, server.num_fds()

    with Executor(processes=2) as executor:
        list(executor.map(abs, range(20)))
    begin = census()
    with Executor(processes=2) as executor:
        for future in [executor.submit(abs, n) for n in range(500)]:
            future.result()
    assert census() == begin
