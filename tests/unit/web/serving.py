"""A real server in a process of its own, and clients for it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
WAIT = 60.0  # s; nothing may take longer, on a machine with better things to do as well


class Server:
    """Uvicorn with the example; its settings are those of the environment."""

    def __init__(self, log: Path, **settings: object) -> None:
        self._log = log
        named = {f"BLUECELLAB_WEB_{name.upper()}": str(value) for name, value in settings.items()}
        command = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), "web.app:app", "--port", "0"]
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [*command, "--timeout-graceful-shutdown", "1"],
                env={**os.environ, **named, "MALLOC_ARENA_MAX": "2"},  # as README.md says
                stdout=stream,
                stderr=stream,
            )
        self.url = self._ready()

    def _ready(self) -> str:
        until = time.monotonic() + WAIT
        while time.monotonic() < until and self.process.poll() is None:
            found = re.search(r"running on (http://\S+)", self.log)
            if found:
                return found[1]
            time.sleep(0.05)
        self.stop()
        raise AssertionError(f"the server does not start:\n{self.log}")

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def family(self) -> list[psutil.Process]:
        """The server's processes below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def workers(self) -> list[psutil.Process]:
        """Those that run a protocol: forks of what has built the cell, which is a fork of the fork server."""
        found = []
        for process in self.family():
            try:
                above = [parent.pid for parent in process.parents()]
            except psutil.NoSuchProcess:
                continue
            if self.process.pid in above[2:3]:
                found.append(process)
        return found

    def memory(self) -> float:
        """What the server and all below it have written to memory, in MB; what they share is counted once.

        Pages of files (the code of libraries) are left out: a share of one is as large as there are few other
        processes on the machine that have the same file open, a second test suite among them.
        """
        total = 0
        for process in (psutil.Process(self.process.pid), *self.family()):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just gone
                told = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
                total += sum(map(int, re.findall(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", told, re.MULTILINE)))
        return total / 1024

    def stop(self, how: int = signal.SIGTERM) -> float:
        """End it; return how many seconds that took."""
        below = self.family() if self.process.poll() is None else []
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(WAIT)
        seconds = time.monotonic() - began
        _, alive = psutil.wait_procs(below, timeout=10)
        assert not alive, f"left behind: {alive}"
        return seconds


def until(holds: Callable[[], bool], what: str, seconds: float = WAIT) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def step(amplitude: float = 0.2, duration: float = 60.0, **more: Any) -> dict[str, Any]:
    """A short protocol."""
    stimulus = {"type": "step", "delay": 10, "duration": 20, "amplitude": amplitude}
    return {"duration": duration, "stimuli": [{"stimulus": stimulus}], "name": f"{amplitude:g} nA", **more}


def endless() -> dict[str, Any]:
    """A protocol that would take hours, with few samples."""
    return {"duration": 1e9, "recordings": [{"type": "voltage", "interval": 1e6}], "name": "endless"}


def request(*protocols: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"cell": "ball_stick", "protocols": list(protocols) or [step()], **more}


async def events(
    client: httpx.AsyncClient, run: str, after: int = 0
) -> AsyncIterator[tuple[int, str, dict[str, Any]]]:
    """Number, kind and data of each event of a run."""
    headers = {"Last-Event-ID": str(after)} if after else {}
    number, kind = after, ""
    async with client.stream("GET", f"/runs/{run}/events", headers=headers) as stream:
        assert stream.status_code == 200, await stream.aread()
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                number = int(value)
            elif name == "event":
                kind = value
            elif name == "data":
                yield number, kind, json.loads(value)


async def outcome(client: httpx.AsyncClient, run: str) -> list[tuple[str, dict[str, Any]]]:
    """All events of a run, to its end."""
    return [(kind, data) async for _, kind, data in events(client, run)]


async def begun(client: httpx.AsyncClient, asked: dict[str, Any]) -> str:
    """Begin a run, as often as it takes while there are too many."""
    while True:
        answer = await client.post("/runs", json=asked)
        if answer.status_code != 429:
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])
        await asyncio.sleep(0.05)


def client_of(server: Server) -> httpx.AsyncClient:
    """A client that waits for nothing longer than allowed."""
    return httpx.AsyncClient(base_url=server.url, timeout=WAIT, trust_env=False)
