"""Runs: begun, followed, cancelled, forgotten."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import logging
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Literal

from bluecellab.errors import BluecellabError
from bluecellab.results import Results
from bluecellab.results.outcomes import Outcome
from bluecellab.simulation import Isolation
from bluecellab.simulation.isolation import Executor, stop_servers
from bluecellab.simulation.sweeping import sweep
from bluecellab.spec.protocols import Protocol

from .decimation import decimated
from .requests import RunRequest
from .settings import Settings

__all__ = ["Run", "Runs", "TooManyError"]

State = Literal["running", "finished", "cancelled", "broken"]
_log = logging.getLogger("uvicorn.error")
_MEGABYTE = 2**20


class TooManyError(Exception):
    """The server has enough to do."""


class Run:
    """One run: what was asked for, how far it is, and all that there is to tell of it.

    Its events are kept as they are sent, so that a client that lost its connection gets what it missed, and
    a slow one costs nothing more.

    Parameters
    ----------
    request
        What was asked for.
    """

    def __init__(self, request: RunRequest) -> None:
        self.id = secrets.token_urlsafe(12)  # who knows it may follow and cancel the run
        self.request = request
        self.state: State = "running"
        self.done = 0
        self.failed = 0
        self.listeners = 0
        self.cancelling = False
        self.began = time.monotonic()
        self.touched = self.began
        self.events: list[bytes] = []
        self.task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state != "running"

    def status(self) -> dict[str, object]:
        """Return how far it is, JSON-ready."""
        total = len(self.request.protocols)
        return {"id": self.id, "state": self.state, "done": self.done, "failed": self.failed, "total": total}

    def tell(self, event: str, data: object) -> None:
        """Tell everyone who follows."""
        text = json.dumps(data, allow_nan=False, separators=(",", ":"))
        self.events.append(f"id: {len(self.events) + 1}\nevent: {event}\ndata: {text}\n\n".encode())
        self._news.set()
        self._news = asyncio.Event()

    def tell_outcome(self, outcome: Outcome[Results]) -> None:
        """Tell what became of a protocol, and how far the run is."""
        self.done += 1
        about = {"index": outcome.index, "seconds": round(outcome.seconds, 4)}
        if outcome.error is None:
            self.tell("result", {**about, **_told(outcome.unwrap(), self.request.points)})
        else:
            self.failed += 1
            self.tell("failed", {**about, **_excuse(outcome.error)})
        self.tell("progress", self.status())

    def end(self, state: State) -> None:
        """Nothing more will come."""
        self.state = state
        self.touched = time.monotonic()
        self.tell("end", self.status())

    async def follow(self, after: int, heartbeat: float) -> AsyncGenerator[bytes, None]:
        """Give the events after the one of a number, and then each as it comes, to the end."""
        while True:
            for event in self.events[after:]:
                yield event
                after += 1
            if after == len(self.events):
                if self.ended:
                    return
                news = self._news
                try:
                    await asyncio.wait_for(news.wait(), heartbeat)
                except asyncio.TimeoutError:
                    yield b": still at it\n\n"  # a comment, by which both ends notice that the other is gone


def _told(results: Results, points: int) -> dict[str, object]:
    """Return results as the client gets them: decimated, and rounded to what a screen can show."""
    traces = []
    for trace in results.traces.values():
        times, values = decimated(trace.time, trace.values, points)
        samples = {"time": times.round(4).tolist(), "values": [float(f"{value:.6g}") for value in values]}
        traces.append({"name": trace.name, "unit": trace.unit, "samples": len(trace), **samples})
    spikes = {name: [round(float(time), 4) for time in train] for name, train in results.spikes.items()}
    return {"name": results.protocol.name, "traces": traces, "spikes": spikes}


def _excuse(error: BluecellabError) -> dict[str, str]:
    """Return what a client is told of an error; traceback and the paths of this machine are for the log."""
    _log.warning("a protocol failed: %s", error)
    return {"error": type(error).__name__, "message": str(error).partition("\n")[0]}


class Runs:
    """All runs of a server, and the processes that they share.

    Parameters
    ----------
    settings
        Cells and limits.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._runs: dict[str, Run] = {}
        self._executor = Executor(
            settings.processes,
            isolation=Isolation(
                time_limit=settings.time_limit, memory_limit=settings.memory_limit * _MEGABYTE
            ),
        )
        self._caretaker: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Build every cell on offer, so that a broken one is found at once, and begin to take care.

        Raises
        ------
        BluecellabError
            If a cell cannot be made or run.
        """
        cells = list(self.settings.cells.values())
        async with sweep(cells, Protocol(duration=1.0), executor=self._executor, ordered=False) as first:
            async for outcome in first:
                outcome.unwrap()
        self._caretaker = asyncio.create_task(self._take_care())

    async def close(self) -> None:
        """Cancel everything; afterwards no process is left."""
        if self._caretaker is not None:
            self._caretaker.cancel()
        await asyncio.gather(*(self.cancel(run) for run in self._runs.values()))
        await asyncio.to_thread(self._executor.terminate)
        await asyncio.to_thread(stop_servers)

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def active(self) -> int:
        """How many have not ended."""
        return sum(not run.ended for run in self._runs.values())

    def get(self, run_id: str) -> Run | None:
        """Return a run, unless it is forgotten or never was."""
        return self._runs.get(run_id)

    def start(self, request: RunRequest) -> Run:
        """Begin a run.

        Raises
        ------
        TooManyError
            If there are enough.
        """
        if self.active >= self.settings.max_runs:
            raise TooManyError(f"{self.active} runs are going on; try again later")
        run = Run(request)
        self._runs[run.id] = run
        run.tell("progress", run.status())
        run.task = asyncio.create_task(self._carry_out(run))
        return run

    async def cancel(self, run: Run) -> None:
        """End a run and kill its workers."""
        if run.task is None:
            return
        if not run.cancelling:  # a second time would cancel the clearing up
            run.cancelling = True
            run.task.cancel()
        await asyncio.wait([run.task])
        if not run.ended:
            run.end("cancelled")  # it had not even begun

    async def _carry_out(self, run: Run) -> None:
        """Run all protocols of a run, and tell of each as soon as it is there."""
        cell = self.settings.cells[run.request.cell]
        state: State = "broken"
        try:
            jobs = sweep(cell, run.request.protocols, executor=self._executor, ordered=False)
            try:
                async for outcome in jobs:
                    run.tell_outcome(outcome)
                state = "finished"
            except asyncio.CancelledError:
                state = "cancelled"
            finally:
                await asyncio.to_thread(jobs.close)
        except Exception:  # noqa: BLE001 - whatever it is, the client must not wait for ever
            _log.exception("run %s broke", run.id)
        finally:
            run.end(state)

    async def _take_care(self) -> None:
        """Cancel runs that nobody follows, and forget those that ended long ago, or are too many."""
        settings = self.settings
        while True:
            await asyncio.sleep(min(1.0, settings.keep / 4, settings.orphan_patience / 4))
            now, before = time.monotonic(), len(self._runs)
            for run in list(self._runs.values()):
                if run.ended and now - run.touched > settings.keep:
                    del self._runs[run.id]
                elif not run.ended and not run.listeners and now - run.touched > settings.orphan_patience:
                    await self.cancel(run)
            ended = sorted((run for run in self._runs.values() if run.ended), key=lambda run: run.touched)
            for run in ended[: max(0, len(ended) - settings.max_kept)]:
                del self._runs[run.id]
            if len(self._runs) < before and not self.active:
                _give_back()


def _give_back() -> None:
    """Give back the memory of forgotten runs, circles among what was theirs included.

    Python would look for these after a while; glibc keeps what lies free between what is in use.
    """
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
