"""The web back end under load: nothing hangs, no process is left, memory stays where it is."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from itertools import combinations
from pathlib import Path

import httpx
import pytest

from tests.unit.web.serving import Server, begun, client_of, endless, events, outcome, request, step, until

pytestmark = [pytest.mark.leaks, pytest.mark.timeout(1800)]  # 13 min on a machine with ten times its work

CLIENTS = 20
WARM, BLOCKS, BLOCK = 300, 8, 100  # turns of all clients together
PATIENCE = 180.0  # s until a turn counts as hung; 12 are usual, 52 at 13 processes to a core
STEADY = 5.0  # kB a turn, the median between any two blocks, of the server and all its processes
GROWTH = 5.0  # MB over all blocks
WRONG = ["{", "[]", '{"cell": 5}', '{"cell": "ball_stick", "protocols": [{"duration": NaN}]}', "[" * 5000]


async def whole(client: httpx.AsyncClient) -> None:
    """Three protocols, to the end."""
    told = await outcome(client, await begun(client, request(step(0.1), step(0.4), step(1.0), points=2000)))
    assert [kind for kind, _ in told].count("result") + [kind for kind, _ in told].count("failed") == 3
    assert told[-1] == ("end", {**told[-1][1], "state": "finished", "done": 3})


async def malformed(client: httpx.AsyncClient) -> None:
    """Something that is no request."""
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/runs", content=random.choice(WRONG).encode(), headers=headers)
    assert answer.status_code in (400, 422)


async def leaving(client: httpx.AsyncClient) -> None:
    """Go away in the middle, come back, and get the rest."""
    run = await begun(client, request(step(), step(), step()))
    async for number, _, _ in events(client, run):
        if number == 2:
            break
    numbers = [number async for number, _, _ in events(client, run, after=2)]
    assert numbers == list(range(3, 9))


async def never_coming(client: httpx.AsyncClient) -> None:
    """Begin, and do not listen at all."""
    await begun(client, request(step()))


async def cancelling(client: httpx.AsyncClient) -> None:
    """Begin what takes hours, and cancel it."""
    run = await begun(client, request(endless(), endless()))
    listening = asyncio.create_task(outcome(client, run))
    await asyncio.sleep(random.uniform(0.0, 0.3))
    assert (await client.delete(f"/runs/{run}")).json()["state"] == "cancelled"
    assert (await listening)[-1][1]["state"] == "cancelled"


async def slow(client: httpx.AsyncClient) -> None:
    """Read a few bytes at a time."""
    run = await begun(client, request(step(1.0, recordings=[{"type": "voltage"}]), points=20_000))
    seen = b""
    async with client.stream("GET", f"/runs/{run}/events") as stream:
        async for chunk in stream.aiter_raw(4096):
            seen += chunk
            await asyncio.sleep(0.005)
    assert len(seen) > 20_000 or b"event: failed" in seen  # its worker was killed
    assert b"event: end" in seen


async def crowd(server: Server, turns: list[Callable[[httpx.AsyncClient], Awaitable[None]]]) -> float:
    """Let 20 clients take turns at the same time; return the longest turn."""
    waiting = list(turns)
    longest = 0.0

    async def client() -> None:
        nonlocal longest
        async with client_of(server) as own:
            while waiting:
                turn = waiting.pop()
                began = time.monotonic()
                await asyncio.wait_for(turn(own), PATIENCE)
                longest = max(longest, time.monotonic() - began)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return longest


async def killer(server: Server, kills: list[int]) -> None:
    """Kill a worker now and then."""
    while True:
        await asyncio.sleep(1.0)
        for worker in server.workers()[:1]:
            victim = worker if random.random() < 0.8 else worker.parent()  # or what has built the cell
            if victim is not None:
                victim.kill()
                kills.append(victim.pid)


async def rest(server: Server) -> float:
    """Wait until nothing goes on, all runs are forgotten, and the cell is built; return the memory."""
    async with client_of(server) as client:
        await whole(client)  # builds the cell if its process was killed

    def nothing() -> bool:
        with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
            return bool(client.get("/health").json() == {"active": 0, "kept": 0}) and not server.workers()

    until(nothing, "something goes on")
    return server.memory()


MIX = [whole, whole, whole, malformed, leaving, never_coming, cancelling, slow]


def test_twenty_clients_at_once(tmp_path: Path) -> None:
    limits = {"max_duration": 1e10, "max_samples": 10**12, "max_runs": 16, "time_limit": 300}
    server = Server(tmp_path / "log.txt", **limits, keep=10, max_kept=60)
    chosen = random.Random(5)

    def some(count: int) -> list[Callable[[httpx.AsyncClient], Awaitable[None]]]:
        return [chosen.choice(MIX) for _ in range(count)]

    async def load(count: int) -> float:
        killing = asyncio.create_task(killer(server, kills))
        try:
            return await crowd(server, some(count))
        finally:
            killing.cancel()

    try:
        kills: list[int] = []
        asyncio.run(load(WARM))
        memory, family, longest = [asyncio.run(rest(server))], len(server.family()), []
        began = time.monotonic()
        for _ in range(BLOCKS):
            longest.append(asyncio.run(load(BLOCK)))
            memory.append(asyncio.run(rest(server)))
        steady = statistics.median(
            (memory[after] - memory[before]) / ((after - before) * BLOCK) * 1024
            for before, after in combinations(range(len(memory)), 2)
        )
        print(
            f"\n{BLOCKS} blocks of {BLOCK} turns of {CLIENTS} clients in {time.monotonic() - began:.0f} s, the "
            f"longest {max(longest):.1f} s; {len(kills)} workers killed; {steady:.1f} kB a turn, "
            f"{', '.join(f'{each:.1f}' for each in memory)} MB; "
            f"{family} and {len(server.family())} processes below the server"
        )
        assert kills, "no worker was killed"
        assert steady < STEADY
        assert memory[-1] - memory[0] < GROWTH
        assert len(server.family()) <= family
        assert server.process.poll() is None
    finally:
        seconds = server.stop()
    assert seconds < 10
    assert "Traceback" not in server.log, server.log[-5000:]


def test_what_is_refused_is_not_kept(tmp_path: Path) -> None:
    """Requests of 100 kB each, with a value that a specification inside of a specification refuses."""
    server = Server(tmp_path / "log.txt", keep=1)
    wrong = f'{{"cell": "{"x" * 100_000}", "protocols": [{{"duration": NaN}}]}}'.encode()

    async def refused(count: int) -> float:
        async with client_of(server) as client:
            for _ in range(count):
                answer = await client.post(
                    "/runs", content=wrong, headers={"Content-Type": "application/json"}
                )
                assert answer.status_code == 422
        return await rest(server)

    try:
        before, after = asyncio.run(refused(50)), asyncio.run(refused(200))
        print(f"\n{before:.1f} MB before, {after:.1f} MB after")
        assert after - before < 5.0  # 20 MB and more have been sent
    finally:
        server.stop()
