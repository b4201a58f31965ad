"""One worker seen from the parent: send it its job, listen, enforce the limits, see how it ended."""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from bluecellab.errors import WorkerError
from bluecellab.simulation.isolation import posix, protocol
from bluecellab.simulation.isolation.echo import Echo, Tail
from bluecellab.simulation.isolation.lines import Lines, ServerGoneError
from bluecellab.simulation.isolation.payload import Failure, Success, load_answer
from bluecellab.simulation.isolation.transport import Frames, Inbox, Outbox

__all__ = ["End", "Flight", "Limits", "hang_up"]

_GRACE = 0.25  # s for a worker over its time limit to write its traceback
_BURIAL = 1.0  # s for a killed worker to be gone
_FAREWELL = 0.005  # s for a worker that has answered to be gone; one that was large takes longer
_LOOK = 0.2  # s between looks at a worker's memory
_READ = selectors.EVENT_READ
_WRITE = selectors.EVENT_WRITE


@dataclass(frozen=True)
class Limits:
    """What a job may take.

    Parameters
    ----------
    time
        Seconds from when it begins.
    memory
        Bytes on top of what the worker has at its start.
    watch_memory
        Whether the parent looks at the worker's memory, because the kernel does not.
    """

    time: float | None = None
    memory: int | None = None
    watch_memory: bool = False

    def after(self, seconds: float) -> Limits:
        """Return what is left when some of the time is over."""
        return self if self.time is None else replace(self, time=max(0.0, self.time - seconds))


@dataclass
class End:
    """How a job ended.

    Parameters
    ----------
    answer
        Its answer; None if it gave none.
    buffers
        The large buffers that belong to the answer.
    status
        The worker's wait status, for a worker that gave no answer; None if its server ended too.
    peak
        Its peak resident memory in bytes; 0 if not known.
    output
        The end of what it printed.
    trace
        Where it was when it died, as :mod:`faulthandler` says it.
    overran
        The limit it was killed for.
    building
        Whether it was still building its cell.
    """

    answer: Success | Failure | None = None
    buffers: list[memoryview] = field(default_factory=list)
    status: int | None = None
    peak: int = 0
    output: str = ""
    trace: str = ""
    overran: Literal["", "time", "memory"] = ""
    building: bool = False


def hang_up(line: socket.socket) -> None:
    """Tell the server to kill the worker."""
    with suppress(OSError):  # the server may have hung up before us
        line.shutdown(socket.SHUT_WR)


class Flight:
    """The parent's watch over one worker.

    Parameters
    ----------
    lines
        The connections to it.
    frames
        The packet with its job.
    limits
        What it may take.
    stays
        Whether it stays when it has given a good answer.
    """

    def __init__(self, lines: Lines, frames: Frames, limits: Limits, *, stays: bool = False) -> None:
        self._lines = lines
        self._limits = limits
        self._stays = stays
        self._outbox = Outbox(frames)
        self._inbox = Inbox()
        self._heard = b""
        self._printed = Tail()
        self._trace = Tail()
        self._echoes = [
            Echo(lines.out, "stdout", self._printed),
            Echo(lines.err, "stderr", self._printed),
            Echo(lines.trace, None, self._trace),
        ]
        self._end = End()
        self._over = False
        self._pid = 0
        self._wakes: list[tuple[float, Callable[[], None]]] = []
        self._first_look: int | None = None
        self._selector = selectors.PollSelector()

    def fly(self) -> End:
        """Watch until the end."""
        try:
            with self._selector:
                self._selector.register(self._lines.wire, _READ | _WRITE, self._on_wire)
                self._selector.register(self._lines.line, _READ, self._on_line)
                for echo in self._echoes:
                    self._selector.register(echo.descriptor, _READ, self._on_output(echo))
                while not self._over:
                    for key, mask in self._selector.select(self._patience()):
                        key.data(mask)
                    self._wake()
            if self._end.answer is not None:
                good = isinstance(self._end.answer, Success)
                if not (good and self._stays):
                    self._await_end(_FAREWELL if good else _BURIAL)
        except BaseException:  # also Ctrl-C: the worker goes first
            hang_up(self._lines.line)
            if not self._await_end(_BURIAL) and self._pid:
                posix.kill_group(self._pid)
            raise
        for echo in self._echoes:
            echo.drain()
        self._end.output = self._printed.text
        self._end.trace = self._trace.text
        return self._end

    def _on_wire(self, mask: int) -> None:
        wire = self._lines.wire
        if mask & _WRITE:
            try:
                self._outbox.write(wire)
            except (BrokenPipeError, ConnectionResetError):
                self._outbox = Outbox(())  # it is dying; the line will tell
            if self._outbox.done:
                self._selector.modify(wire, _READ, self._on_wire)
        if mask & _READ and not self._receive():
            self._selector.unregister(wire)

    def _receive(self) -> bool:
        """Read what is there of the answer; return False when no more will come."""
        try:
            while self._inbox.frames is None:
                self._inbox.read(self._lines.wire)
        except BlockingIOError:
            return True
        except (EOFError, ConnectionResetError):
            return False
        self._end.answer = load_answer(self._inbox.frames[0])
        self._end.buffers = self._inbox.frames[1:]
        self._over = True
        return True

    def _on_output(self, echo: Echo) -> Callable[[int], None]:
        def read(_: int) -> None:
            if not echo.read():
                self._selector.unregister(echo.descriptor)

        return read

    def _on_line(self, _: int) -> None:
        try:
            news = self._lines.line.recv(64)
        except ConnectionResetError:
            news = b""
        self._heard += news
        if not self._pid and len(self._heard) >= protocol.BEGUN.size:
            self._begin(*protocol.BEGUN.unpack_from(self._heard))
        ended = len(self._heard) >= protocol.BEGUN.size + protocol.ENDED.size
        if ended:
            self._end.status, self._end.peak = protocol.ENDED.unpack_from(self._heard, protocol.BEGUN.size)
        elif not news:
            if not self._pid:
                raise ServerGoneError
            posix.kill_group(self._pid)  # the server is gone; on Linux the worker is, too
        if ended or not news:
            self._receive()  # the answer may lie there, whole
            self._over = True

    def _begin(self, pid: int) -> None:
        if pid < 0:
            raise WorkerError(
                f"the system refuses another process ({os.strerror(-pid)}); use fewer workers, "
                "or look at the limits of the user and the container"
            )
        self._pid = pid
        if self._limits.time is not None:
            self._after(self._limits.time, self._overrun)
        if self._limits.watch_memory:
            self._after(0.0, self._look)

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        self._wakes.append((time.monotonic() + seconds, action))

    def _patience(self) -> float | None:
        if not self._wakes:
            return None
        return max(0.0, min(at for at, _ in self._wakes) - time.monotonic())

    def _wake(self) -> None:
        now = time.monotonic()
        due = [(at, action) for at, action in self._wakes if at <= now]
        self._wakes = [(at, action) for at, action in self._wakes if at > now]
        for _, action in due:
            if not self._over:
                action()

    def _overrun(self) -> None:
        """Have a worker over its time limit say where it is, then kill it."""
        self._end.overran = "time"
        with suppress(OSError):  # it may have hung up already
            self._lines.line.send(protocol.ABORT)
        self._after(_GRACE, self._kill)

    def _look(self) -> None:
        """Look at the worker's memory."""
        occupied = posix.resident_memory(self._pid)
        if occupied is None or self._limits.memory is None:
            return
        if self._first_look is None:
            self._first_look = occupied
        if occupied - self._first_look > self._limits.memory:
            self._end.overran = "memory"
            self._kill()
        else:
            self._after(_LOOK, self._look)

    def _kill(self) -> None:
        hang_up(self._lines.line)
        self._after(_BURIAL, self._give_up)

    def _give_up(self) -> None:
        """Kill the worker over the head of a server that does not say it is gone."""
        posix.kill_group(self._pid)
        self._over = True

    def _await_end(self, seconds: float) -> bool:
        """Wait until the server says that the worker is gone; return whether it did."""
        line = self._lines.line
        line.settimeout(seconds)
        try:
            while line.recv(64):
                pass
        except OSError:  # time is up, or the server is gone
            return False
        return True
