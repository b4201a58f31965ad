"""Sweeps in an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bluecellab.errors import CancelledError, SimulationError
from bluecellab.simulation import map_cells, sweep
from tests.unit.simulation.sweeping.jobs import (
    CELL,
    await_gone,
    double,
    numbers,
    pids,
    protocols,
    sleep,
)


def test_outcomes_come_while_the_loop_goes_on() -> None:
    async def run() -> tuple[list[int], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        indices = []
        async with map_cells(sleep, CELL, [{"seconds": 0.2}] * 3, processes=1) as running:
            async for outcome in running:
                indices.append(outcome.index)
        ticking.cancel()
        return indices, ticks

    indices, ticks = asyncio.run(run())
    assert indices == [0, 1, 2]
    assert ticks > 20


def test_the_same_outcomes_as_without_a_loop() -> None:
    async def run() -> list[object]:
        return [outcome.unwrap() async for outcome in sweep(CELL, protocols(), processes=2)]

    assert asyncio.run(run()) == sweep(CELL, protocols(), processes=2).results()


def test_two_sweeps_in_one_loop() -> None:
    async def take() -> list[int]:
        return [o.value async for o in map_cells(double, CELL, numbers(4), processes=1, ordered=False)]

    async def run() -> list[list[int]]:
        return list(await asyncio.gather(take(), take()))

    assert [sorted(values) for values in asyncio.run(run())] == [[0, 2, 4, 6]] * 2


def test_cancelling_the_task_ends_the_jobs(tmp_path: Path) -> None:
    async def wait() -> None:
        async for _ in map_cells(sleep, CELL, {"folder": str(tmp_path)}, processes=1):
            pass

    async def run() -> float:
        task = asyncio.create_task(wait())
        await asyncio.to_thread(pids, tmp_path, 1)
        task.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    assert asyncio.run(run()) < 0.5
    await_gone(pids(tmp_path, 1))


def test_a_sweep_that_is_cancelled_says_so() -> None:
    async def run() -> None:
        running = map_cells(sleep, CELL, processes=1)
        asyncio.get_running_loop().call_later(0.1, running.cancel)
        with pytest.raises(CancelledError, match="cancelled after 0 of 1 jobs"):
            async for _ in running:
                pass

    asyncio.run(run())


def test_a_sweep_in_this_process_would_keep_the_loop_waiting() -> None:
    async def run() -> None:
        with map_cells(double, CELL, numbers(1), isolated=False) as running:
            with pytest.raises(SimulationError, match="keep the event loop waiting"):
                async for _ in running:
                    pass

    asyncio.run(run())


def test_what_the_users_generator_raises() -> None:
    def broken() -> Iterator[dict[str, int]]:
        yield {"number": 1}
        raise KeyError("of the user's")

    async def run() -> None:
        with pytest.raises(KeyError, match="of the user's"):
            async for _ in map_cells(double, CELL, broken(), processes=1):
                pass

    asyncio.run(run())
