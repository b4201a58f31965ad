"""The web back end under load: nothing hangs, no process is left, memory stays where it is."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.unit.web.serving import Server, begun, client_of, endless, events, outcome, request, step, until

pytestmark = [pytest.mark.leaks, pytest.mark.timeout(900)]

CLIENTS = 20
REQUESTS = 500
PATIENCE = 60.0  # s that one client's turn may take
GROWTH = 10.0  # MB over all requests, of the server and all its processes
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


def quiet(server: Server) -> None:
    def nothing() -> bool:
        with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
            return bool(client.get("/health").json()["active"] == 0) and not server.workers()

    until(nothing, "something goes on")


MIX = [whole, whole, whole, malformed, leaving, never_coming, cancelling, slow]


def test_twenty_clients_at_once(tmp_path: Path) -> None:
    limits = {"max_duration": 1e10, "max_samples": 10**12, "max_runs": 16, "time_limit": 300}
    server = Server(tmp_path / "log.txt", **limits, keep=10, max_kept=60)
    chosen = random.Random(5)

    def some(count: int) -> list[Callable[[httpx.AsyncClient], Awaitable[None]]]:
        return [chosen.choice(MIX) for _ in range(count)]

    async def load(count: int, kills: list[int]) -> float:
        killing = asyncio.create_task(killer(server, kills))
        try:
            return await crowd(server, some(count))
        finally:
            killing.cancel()

    try:
        kills: list[int] = []
        asyncio.run(load(200, kills))  # warm
        quiet(server)
        time.sleep(13)  # all runs are forgotten
        family, memory = len(server.family()), server.memory()
        began = time.monotonic()
        longest = asyncio.run(load(REQUESTS, kills))
        seconds = time.monotonic() - began
        quiet(server)
        time.sleep(13)
        after = server.memory()
        print(
            f"\n{REQUESTS} turns of {CLIENTS} clients in {seconds:.0f} s, the longest {longest:.1f} s; "
            f"{len(kills)} workers killed; {memory:.1f} MB before, {after:.1f} MB after; "
            f"{family} and {len(server.family())} processes below the server"
        )
        assert kills, "no worker was killed"
        assert after - memory < GROWTH
        assert len(server.family()) <= family
        assert server.process.poll() is None
    finally:
        seconds = server.stop()
    assert seconds < 10
    assert "Traceback" not in server.log, server.log[-5000:]
