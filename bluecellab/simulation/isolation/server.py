"""The fork server: a process that has loaded everything and forks a worker for every job.

It has one thread, so that forking is safe, and runs nothing of the user's itself. Whoever started it
talks to it over ``control``: every message is one byte with file descriptors, for a new worker. One of
these, the *line* of the job, stays here: down the line goes first the worker's process id, then how it
ended; up the line come requests to kill it. When a line is closed from above, its worker is killed;
when ``control`` is closed, all are, and the server ends. So nothing survives whoever asked for it,
however that one ended.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn, TypedDict

from bluecellab.errors import BluecellabError
from bluecellab.simulation.isolation import posix, protocol
from bluecellab.simulation.isolation.transport import Outbox

__all__ = ["BOOT", "PRELOADED", "Boot", "Server", "main"]

BOOT = (
    "import json, sys; boot = json.load(sys.stdin); sys.path[:] = boot['path']; "
    "from bluecellab.simulation.isolation.server import main; main(boot)"
)
"""What the interpreter is started with; a :class:`Boot` follows on its standard input."""

_ROOMS = ("spec", "results", "circuit", "cell", "synapse", "stimulus", "recording", "fields", "simulation")
PRELOADED = (*(f"bluecellab.{room}" for room in _ROOMS), "bluecellab.simulation.protocol")
"""Modules that every server imports."""


class Boot(TypedDict):
    """What a server is told at its start."""

    control: int
    path: list[str]
    mechanisms: list[str]
    modules: list[str]


class Server:
    """Forks a worker for every job.

    Parameters
    ----------
    control
        Connection to whoever started it.
    residents
        What the functions of all jobs get before their own arguments.
    """

    def __init__(self, control: socket.socket, residents: tuple[object, ...] = ()) -> None:
        self._control = control
        self._residents = residents
        self._selector = selectors.DefaultSelector()
        self._bell, self._bell_pull = socket.socketpair()
        self._lines: dict[int, socket.socket] = {}  # by process id
        self._pid = os.getpid()

    def serve(self) -> None:
        """Serve until the control connection closes."""
        for end in (self._bell, self._bell_pull):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the bell rings, see below
        signal.set_wakeup_fd(self._bell_pull.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._bell:
                    self._reap()
                elif key.fileobj is self._control:
                    if not self._take_job():
                        return
                elif key.data in self._lines:
                    self._listen(key.data)

    def stop(self) -> None:
        """Kill every worker."""
        for pid in self._lines:
            posix.kill_group(pid)

    def _take_job(self) -> bool:
        """Fork a worker for the next job; return False when there will be no more."""
        try:
            message, descriptors, _, _ = socket.recv_fds(
                self._control, 1, protocol.DESCRIPTORS, socket.MSG_DONTWAIT
            )
        except BlockingIOError:
            return True
        if not message:
            return False
        if len(descriptors) != protocol.DESCRIPTORS:  # this process has too many files open
            for descriptor in descriptors:
                os.close(descriptor)
            return True
        wire, line, *outlets = descriptors
        try:
            self._fork(wire, line, outlets)
        finally:
            for descriptor in (wire, *outlets):
                os.close(descriptor)
        return True

    def _fork(self, wire: int, line_end: int, outlets: Sequence[int]) -> None:
        line = socket.socket(fileno=line_end)
        try:
            pid = os.fork()
        except OSError as error:
            _tell(line, protocol.BEGUN.pack(-(error.errno or 1)))
            line.close()
            return
        if pid == 0:
            line.close()
            self._become_worker(wire, outlets)
        with suppress(PermissionError, ProcessLookupError):
            os.setpgid(pid, pid)  # the child does the same: whoever comes first
        line.setblocking(False)
        self._lines[pid] = line
        self._selector.register(line, selectors.EVENT_READ, pid)
        _tell(line, protocol.BEGUN.pack(pid))

    def _become_worker(self, wire: int, outlets: Sequence[int]) -> NoReturn:
        """In the child: let go of all that is the server's, and work."""
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for end in (self._control, self._bell, self._bell_pull, *self._lines.values()):
                end.close()
            from bluecellab.simulation.isolation.worker import Origin, work

            work(socket.socket(fileno=wire), outlets, Origin(self._pid, self._residents, _stay))
        finally:
            os._exit(1)

    def _listen(self, pid: int) -> None:
        """Hear what is asked about a worker."""
        line = self._lines[pid]
        try:
            word = line.recv(1)
        except BlockingIOError:
            return
        except ConnectionResetError:
            word = b""
        if word == protocol.ABORT:
            os.kill(pid, signal.SIGABRT)  # it writes its traceback before it dies
        elif not word:
            self._selector.unregister(line)  # the line itself is needed to say how it ended
            posix.kill_group(pid)

    def _reap(self) -> None:
        """Bury the dead, and tell how they ended."""
        self._bell.recv(4096)
        while True:
            pid, status, peak = _next_dead()
            if not pid:
                return
            line = self._lines.pop(pid, None)
            if line is not None:
                if line in self._selector.get_map():
                    self._selector.unregister(line)
                _tell(line, protocol.ENDED.pack(status, peak))
                line.close()


def _next_dead() -> tuple[int, int, int]:
    """Reap one child: its process id (0 if none is dead), wait status and peak memory in bytes."""
    try:
        if hasattr(os, "waitid"):
            # Kill its group while its process id is still taken: afterwards it may be another's.
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if dead is None:
                return 0, 0, 0
            posix.kill_group(dead.si_pid)
            pid, status, usage = os.wait4(dead.si_pid, 0)
        else:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid:
                posix.kill_group(pid)
    except ChildProcessError:
        return 0, 0, 0
    return pid, status, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _tell(line: socket.socket, message: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # nobody listens any more
        line.send(message)


def _preload(mechanisms: Sequence[str], modules: Sequence[str]) -> None:
    """Import and load what jobs will need."""
    from bluecellab.nrn import runtime
    from bluecellab.simulation import provenance

    runtime.start()
    for module in PRELOADED:
        importlib.import_module(module)
    for never_changes in (provenance.versions, provenance.system):
        never_changes()  # kept; to find it out takes longer than many a job
    if mechanisms:
        from bluecellab.nrn.mechanisms import load_mechanisms

        for library in mechanisms:
            load_mechanisms(library)
    for module in modules:
        importlib.import_module(module)
    for module in ("worker", "nursing"):
        importlib.import_module(f"bluecellab.simulation.isolation.{module}")


def _stay(control: socket.socket, log: int, trace: int) -> NoReturn:
    """Be the server of jobs on what this process has built; never return."""
    from bluecellab.simulation.isolation import nursing

    nursing.settle_down(log, trace)
    server = Server(control, nursing.residents())
    try:
        server.serve()
    finally:
        server.stop()
    os._exit(0)


def main(boot: Boot) -> NoReturn:
    """Run a fork server; never return."""
    control = socket.socket(fileno=boot["control"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    server = Server(control)
    status = 1
    try:
        posix.unbuffer_c_stdout()
        try:
            _preload(boot["mechanisms"], boot["modules"])
        except BluecellabError as error:  # the parent raises it
            Outbox([memoryview(pickle.dumps(error))]).send(control)
            raise
        gc.collect()
        gc.freeze()  # else the first collection in every worker would copy all pages
        Outbox([memoryview(pickle.dumps(threading.active_count()))]).send(control)
        server.serve()
        status = 0
    except BrokenPipeError:
        pass  # whoever started us has gone
    except BaseException:  # noqa: BLE001 - told to the parent, who reads this process's output
        traceback.print_exc()
    finally:
        server.stop()
        sys.stderr.flush()
        os._exit(status)
