"""The parent's side of the nurseries: processes that have built a cell and fork a worker for every job.

A nursery is forked from a fork server like a worker. It builds its cell once, answers, stays, and takes
jobs over the connection that its own came by. It ends with its server, and when its line is closed.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, cast

from bluecellab.simulation.isolation import payload
from bluecellab.simulation.isolation.client import ForkServer
from bluecellab.simulation.isolation.files import Stamp, depends_on_imports, files_of, stamps_of
from bluecellab.simulation.isolation.flight import End, Flight, Limits
from bluecellab.simulation.isolation.lines import Lines, open_lines
from bluecellab.simulation.isolation.nursing import build
from bluecellab.simulation.isolation.payload import Success
from bluecellab.simulation.isolation.transport import Frames
from bluecellab.spec.cells import AnyCell

__all__ = ["Nursery", "Resident", "lease"]

_MAX_IDLE = 4
_PACKAGE = __name__.partition(".")[0] + "."
_PATIENCE = 0.05  # s between looks whether a job that waits for its cell was cancelled


@dataclass(frozen=True)
class Resident:
    """A cell that stays while jobs come and go.

    Parameters
    ----------
    words
        Its specification as JSON.
    stamps
        The states of the files that it is made from.
    surroundings
        What else decides what is built by Python code: where it is, where Python looks for modules,
        and the environment.
    frames
        The packet for whoever builds it.
    """

    words: str
    stamps: tuple[Stamp, ...]
    surroundings: tuple[str, ...]
    frames: Frames = field(compare=False, repr=False)

    @classmethod
    def of(cls, cell: AnyCell, memory_limit: int | None) -> Resident:
        """Return what is known of a cell now.

        Parameters
        ----------
        cell
            Its specification.
        memory_limit
            Bytes that building it may take.
        """
        return cls(
            words=cell.to_json(),
            stamps=stamps_of(files_of(cell)),
            surroundings=payload.surroundings() if depends_on_imports(cell) else (),
            frames=payload.dump_job(payload.Call(build, (cell, _useful())), memory_limit, stays=True),
        )


def _useful() -> list[str]:
    """Return the modules of this package that this process uses."""
    return [name for name in list(sys.modules) if name.startswith(_PACKAGE)]


class Client(Protocol):
    """The job that needs a cell."""

    limits: Limits

    @property
    def killed(self) -> bool:
        """Whether it was cancelled."""

    def attach(self, line: socket.socket | None) -> None:
        """Take note of what to hang up when it is cancelled."""


class Nursery:
    """A process that has built a cell.

    Parameters
    ----------
    lines
        The connections to it.
    imported
        Files of modules that it imported while it built the cell.
    """

    def __init__(self, server: ForkServer, lines: Lines, imported: tuple[Stamp, ...]) -> None:
        self._server = server
        self._lines = lines
        self._imported = imported
        self._lock = threading.Lock()
        self.jobs = 0
        self._doomed = False
        server.guests.add(self)
        lines.wire.setblocking(True)

    @property
    def alive(self) -> bool:
        """Whether it is there: its line is silent until it ends."""
        line = self._lines.line
        if not self._server.alive or line.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(line, select.POLLIN)
        return not poll.poll(0)

    @property
    def fresh(self) -> bool:
        """Whether the modules that it imported are as they were."""
        return stamps_of(stamp.path for stamp in self._imported) == self._imported

    def open_job(self) -> Lines:
        """Have a worker forked and return the connections to it."""
        return open_lines(self._lines.wire, self._lock, lambda: self.alive)

    def release(self) -> None:
        """Say that a job is over."""
        with _changed:
            self.jobs -= 1
            over = self._doomed and not self.jobs
        if over:
            self.stop()

    def retire(self) -> None:
        """Say that it is no use any more: the next job has a new one."""
        with _changed:
            for key in [key for key, nursery in _nurseries.items() if nursery is self]:
                del _nurseries[key]
        self.stop()

    def printed(self) -> str:
        """Return the end of what its server printed."""
        return self._server.printed()

    def dismiss(self) -> None:
        """End it as soon as no job runs in it."""
        self._doomed = True
        if not self.jobs:
            self.stop()

    def stop(self) -> None:
        """End it and all its workers."""
        self._lines.close()
        self._server.guests.discard(self)


Key = tuple[ForkServer, Resident]
_changed = threading.Condition()
_nurseries: OrderedDict[Key, Nursery] = OrderedDict()
_building: set[Key] = set()


def lease(server: ForkServer, resident: Resident, job: Client) -> tuple[Nursery, float] | End:
    """Return a nursery of a server for one job, and the seconds that it had to wait for it.

    Parameters
    ----------
    server
        The server that the job has leased.
    resident
        The cell.
    job
        The job.

    Returns
    -------
    tuple or End
        How the building ended, if the cell could not be built.

    Raises
    ------
    ServerGoneError
        If the server has ended.
    """
    key = (server, resident)
    begin = time.monotonic()
    with _changed:
        while key in _building and _waits(job, begin):
            _changed.wait(_PATIENCE)
        if not _waits(job, begin):
            return End(overran="" if job.killed else "time", status=signal.SIGKILL, building=True)
        nursery = _fit(key)
        if nursery is not None:
            return _taken(key, nursery), time.monotonic() - begin
        _building.add(key)
    built: Nursery | End | None = None
    try:
        built = _build(server, resident, job, job.limits.after(time.monotonic() - begin))
    finally:
        with _changed:
            _building.discard(key)
            if isinstance(built, Nursery):
                _taken(key, built)
            _changed.notify_all()
    return built if isinstance(built, End) else (built, time.monotonic() - begin)


def _waits(job: Client, begin: float) -> bool:
    """Whether a job that has waited since some time still does."""
    limit = job.limits.time
    return not job.killed and (limit is None or time.monotonic() - begin < limit)


def _fit(key: Key) -> Nursery | None:
    """Return the nursery for a key, if it is alive and up to date."""
    nursery = _nurseries.get(key)
    if nursery is not None and nursery.alive and nursery.fresh:
        return nursery
    server, resident = key
    _end(  # also those of the same cell before its files changed
        other
        for other in _nurseries
        if not other[0].alive or (other[0] is server and other[1].words == resident.words)
    )
    return None


def _taken(key: Key, nursery: Nursery) -> Nursery:
    """Count a job on a nursery; end those that have been idle for longest, beyond a few."""
    nursery.jobs += 1
    _nurseries[key] = nursery
    _nurseries.move_to_end(key)
    idle = [other for other, candidate in _nurseries.items() if not candidate.jobs]
    _end(idle[: max(0, len(_nurseries) - _MAX_IDLE)])
    return nursery


def _end(keys: Iterable[Key]) -> None:
    """End nurseries; those that have jobs are not found again, and end when these are over."""
    for key in list(keys):
        _nurseries.pop(key).dismiss()


def _build(server: ForkServer, resident: Resident, job: Client, limits: Limits) -> Nursery | End:
    lines = server.open_job()
    kept = False
    try:
        job.attach(lines.line)
        end = Flight(lines, resident.frames, limits, stays=True).fly()
        end.building = True
        if not isinstance(end.answer, Success):
            return end
        imported = cast("tuple[Stamp, ...]", payload.load(end.answer.value, end.buffers))
        kept = True
        return Nursery(server, lines, imported)
    finally:
        job.attach(None)
        if not kept:
            lines.close()


def _let_go() -> None:
    """In a fork of this process: they are the parent's."""
    global _changed
    _changed = threading.Condition()  # another thread may have held it
    _nurseries.clear()
    _building.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
