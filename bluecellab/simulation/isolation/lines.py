"""The connections of one job, and the doors that workers are had through."""

from __future__ import annotations

import os
import selectors
import socket
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from bluecellab.simulation.isolation import protocol

__all__ = ["Door", "Lines", "ServerGoneError", "forget", "let_go", "open_lines", "remember"]

_NEEDS_RECEIPT = sys.platform == "darwin"
"""Whether descriptors are lost when their sender closes them before they have been received."""


class ServerGoneError(Exception):
    """Whoever forks the workers has ended; internal, a new one is started."""


class Lines:
    """The connections of one job, as the parent holds them."""

    def __init__(self) -> None:
        with ExitStack() as opened:  # the system may run out of descriptors halfway
            with ExitStack() as far:
                self.wire, self._worker_wire = _socket_pair(opened, far)
                self.line, self._server_line = _socket_pair(opened, far)
                self.out, self._worker_out = _pipe(opened, far)
                self.err, self._worker_err = _pipe(opened, far)
                self.trace, self._worker_trace = _pipe(opened, far)
                self._far = far.pop_all()
            self._near = opened.pop_all()
        remember(self)

    def far_ends(self) -> list[int]:
        """Return the descriptors that go to the server."""
        return [
            self._worker_wire.fileno(),
            self._server_line.fileno(),
            self._worker_out,
            self._worker_err,
            self._worker_trace,
        ]

    def close_far_ends(self) -> None:
        """Close what the server has its own copies of."""
        self._far.close()

    def close(self) -> None:
        """Close everything; the worker, if there is one, is killed."""
        self._far.close()
        self._near.close()
        _OPEN.discard(self)


def _socket_pair(near: ExitStack, far: ExitStack) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    near.callback(ours.close)
    far.callback(theirs.close)
    ours.setblocking(False)
    return ours, theirs


def _pipe(near: ExitStack, far: ExitStack) -> tuple[int, int]:
    ours, theirs = os.pipe()
    near.callback(os.close, ours)
    far.callback(os.close, theirs)
    os.set_blocking(ours, False)
    return ours, theirs


class Door(Protocol):
    """Where workers are had: a fork server, or a nursery that has built a cell."""

    def open_job(self) -> Lines:
        """Have a worker forked and return the connections to it."""

    def retire(self) -> None:
        """Say that it is no use any more."""

    def printed(self) -> str:
        """Return the end of what it printed."""


def open_lines(control: socket.socket, lock: threading.Lock, alive: Callable[[], bool]) -> Lines:
    """Have a worker forked and return the connections to it.

    Parameters
    ----------
    control
        Connection to whoever forks.
    lock
        Held while its descriptors are sent.
    alive
        Whether whoever forks is there.

    Raises
    ------
    ServerGoneError
        If it has ended.
    """
    lines = Lines()
    try:
        with lock:
            socket.send_fds(control, [protocol.NEW_JOB], lines.far_ends())
            if _NEEDS_RECEIPT:
                _await_receipt(lines.line, alive)
    except (OSError, ValueError) as error:
        lines.close()
        raise ServerGoneError from error
    except BaseException:
        lines.close()
        raise
    lines.close_far_ends()
    return lines


def _await_receipt(line: socket.socket, alive: Callable[[], bool]) -> None:
    with selectors.PollSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        while alive() and not selector.select(0.1):
            continue


class _Closes(Protocol):
    def close(self) -> None: ...


_OPEN: weakref.WeakSet[_Closes] = weakref.WeakSet()


def remember(owner: _Closes) -> None:
    """Note something whose descriptors a fork of this process must let go of."""
    _OPEN.add(owner)


def forget(owner: _Closes) -> None:
    """Note that something has no descriptors any more."""
    _OPEN.discard(owner)


def let_go() -> None:
    """In a fork of this process: close the descriptors that are the parent's."""
    for owner in list(_OPEN):
        owner.close()
    _OPEN.clear()
