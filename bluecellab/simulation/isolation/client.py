"""The parent's side of the fork servers: start them, keep them, replace them, end them."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Protocol

from bluecellab.errors import BluecellabError, WorkerError
from bluecellab.simulation.isolation import cpus, lines, payload, posix
from bluecellab.simulation.isolation.lines import Lines, open_lines
from bluecellab.simulation.isolation.server import BOOT, Boot
from bluecellab.simulation.isolation.transport import Inbox

__all__ = ["ForkServer", "Setup", "lease_server", "stop_servers"]

_MAX_SERVERS = 4
_MAX_DEPTH = 3
_START_TIME = 120.0  # s; a cold disk and a loaded machine included
_STOP_TIME = 2.0  # s


@dataclass(frozen=True)
class Setup:
    """What a fork server has loaded before the first job.

    Parameters
    ----------
    mechanisms
        Paths of compiled mechanism libraries.
    contents
        What identifies their content, because a library may be compiled anew in its place.
    modules
        Names of Python modules.
    environment
        Environment variables that name more libraries.
    """

    mechanisms: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


class Guest(Protocol):
    """Something that ends with a server."""

    def stop(self) -> None:
        """End it."""


class ForkServer:
    """A running fork server.

    Parameters
    ----------
    setup
        What it loads.

    Raises
    ------
    BluecellabError
        What went wrong with what it loads, if that was an error of bluecellab.
    WorkerError
        If it does not start; with what it printed.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self.threads = 0
        self.jobs = 0
        self.guests: set[Guest] = set()
        self._last_words = ""
        self._control, far_end = socket.socketpair()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in stop()
        try:
            with far_end:
                self._process = _spawn(setup, far_end, self._log)
        except BaseException:
            self._control.close()
            self._log.close()
            raise
        lines.remember(self)
        try:
            self._await_ready()
        except BaseException:  # also Ctrl-C
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the server is there."""
        return self._process.poll() is None

    def _await_ready(self) -> None:
        inbox = Inbox()
        with selectors.PollSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            while inbox.frames is None:
                if not selector.select(_START_TIME):
                    raise WorkerError(
                        f"the fork server for isolated jobs did not start within {_START_TIME:g} s",
                        output=self.printed(),
                    )
                try:
                    inbox.read(self._control)
                except (EOFError, ConnectionResetError) as error:
                    raise self._start_failure() from error
        greeting = payload.load(inbox.frames[0])
        if isinstance(greeting, BluecellabError):
            raise greeting from self._start_failure()
        assert isinstance(greeting, int)
        self.threads = greeting

    def _start_failure(self) -> WorkerError:
        with suppress(subprocess.TimeoutExpired):  # it is stopped by whoever asked, in any case
            self._process.wait(_STOP_TIME)
        printed = self.printed()
        return WorkerError(
            f"the fork server for isolated jobs ({sys.executable}) ended at its start with status "
            f"{self._process.returncode}. It said:\n{printed or '(nothing)'}",
            output=printed,
        )

    def printed(self) -> str:
        """Return the end of what the server itself printed."""
        if self._log.closed:
            return self._last_words
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), 8192, max(0, size - 8192))
        return text.decode(errors="replace").strip()

    def open_job(self) -> Lines:
        """Have a worker forked and return the connections to it.

        Raises
        ------
        ServerGoneError
            If the server has ended.
        """
        return open_lines(self._control, self._lock, lambda: self.alive)

    def release(self) -> None:
        """Say that a job is over."""
        with _servers_lock:
            self.jobs -= 1

    def retire(self) -> None:
        """Say that the server is no use any more: the next job has a new one."""
        with _servers_lock:
            if _servers.get(self._setup) is self:
                _servers.pop(self._setup).stop()

    def stop(self) -> None:
        """End the server and all its workers."""
        self._control.close()  # it ends by itself
        for guest in list(self.guests):
            guest.stop()
        try:
            self._process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._last_words = self.printed()
        self._log.close()
        lines.forget(self)

    def close(self) -> None:
        """In a fork of the parent: let go, without ending the server, which is not ours."""
        self._control.close()
        self._log.close()
        self._process.returncode = 0  # keeps Popen from warning about, or waiting for, another's child


def _spawn(setup: Setup, far_end: socket.socket, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the interpreter of a server."""
    if not sys.executable:
        raise WorkerError(
            "isolated jobs need the path of the Python interpreter, and sys.executable is empty "
            "(an embedded interpreter?); set it before the first job"
        )
    boot: Boot = {
        "control": far_end.fileno(),
        "path": payload.search_path(),
        "mechanisms": list(setup.mechanisms),
        "modules": list(setup.modules),
    }
    process = subprocess.Popen(  # noqa: S603 - this interpreter, with our own code
        [sys.executable, "-c", BOOT],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd="/",  # nothing here that NEURON would load by itself, and no folder kept busy
        env=payload.server_environment(),
        pass_fds=[far_end.fileno()],
        start_new_session=True,  # Ctrl-C in the terminal is for the parent to deal with
    )
    try:
        assert process.stdin is not None
        with process.stdin as pipe:
            pipe.write(json.dumps(boot).encode())
    except BrokenPipeError:
        pass  # it died at once; the caller finds out and reads its log
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


_servers: OrderedDict[Setup, ForkServer] = OrderedDict()
_servers_lock = threading.Lock()


def lease_server(setup: Setup) -> ForkServer:
    """Return a running server for a set-up, for one job; then :meth:`ForkServer.release` it.

    A server that has died is replaced; the least recently used idle one is ended when there are
    more than a few.

    Raises
    ------
    WorkerError
        If it cannot start, or jobs are nested too deeply.
    """
    posix.require_fork()
    if cpus.depth() >= _MAX_DEPTH:
        raise WorkerError(
            f"this is an isolated job inside {cpus.depth() - 1} others, and {_MAX_DEPTH} deep is the "
            "limit: a job that starts itself again would fill the machine. Call the function "
            "directly instead."
        )
    with _servers_lock:
        server = _servers.get(setup)
        if server is not None and not server.alive:
            _servers.pop(setup).stop()
            server = None
        if server is None:
            server = _servers[setup] = ForkServer(setup)
        _servers.move_to_end(setup)
        server.jobs += 1
        idle = [key for key, other in _servers.items() if not other.jobs]
        for key in idle[: max(0, len(_servers) - _MAX_SERVERS)]:
            _servers.pop(key).stop()
        return server


def stop_servers() -> None:
    """End all fork servers of this process, with whatever job is running in them.

    The next job starts a new one. It happens by itself when the interpreter exits.
    """
    with _servers_lock:
        while _servers:
            _servers.popitem()[1].stop()


def _let_go() -> None:
    """In a fork of this process: the servers and jobs are the parent's."""
    global _servers_lock
    _servers_lock = threading.Lock()  # another thread may have held it
    _servers.clear()
    lines.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
atexit.register(stop_servers)
