"""A fork of this process that works for it: what it prints, how it ends, and arrays that it sends.

What the fork does cannot harm this process: an abort, a segmentation fault or a quit of its is an error here.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import pickle
import selectors
import signal
import socket
import struct
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from bluecellab.errors import BluecellabError, EngineCrashedError, EngineError
from bluecellab.simulation.isolation import posix
from bluecellab.simulation.isolation.limits import no_core_file
from bluecellab.simulation.isolation.lines import let_go

__all__ = ["Fork", "Outlet"]

FloatArray = npt.NDArray[np.float64]
_LENGTH = struct.Struct("<q")
_PATIENCE = 0.05  # s between looks at why the fork should stop
_KEPT = 20_000  # characters of what it prints
#: CoreNEURON says that Random123's index is set again, to what it was.
_CHATTER = ("nrnran123_set_globalindex",)


class Outlet:
    """What the fork sends through.

    Parameters
    ----------
    line
        Its end of the connection.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def send(self, kind: str, value: object, arrays: Sequence[FloatArray] = ()) -> None:
        """Send a small value that can be pickled, and arrays of any size."""
        head = pickle.dumps((kind, value, [array.shape for array in arrays]))
        self._line.sendall(_LENGTH.pack(len(head)) + head)
        for array in arrays:
            if array.size:
                self._line.sendall(np.ascontiguousarray(array).data.cast("B"))


class Fork:
    """A fork of this process; to be used as a context manager, at whose end it is gone.

    Parameters
    ----------
    work
        What it does, with an outlet to send through.
    look
        Called again and again while it is waited for; what it raises ends the fork.
    """

    def __init__(self, work: Callable[[Outlet], None], look: Callable[[], object]) -> None:
        self._work = work
        self._look = look
        self._pid = 0
        self._status: int | None = None
        self._printed = ""

    def __enter__(self) -> Fork:
        self._line, far = socket.socketpair()
        self._out, out = os.pipe()
        try:
            self._pid = self._fork(far, out)
        except BaseException:
            self._line.close()
            os.close(self._out)
            raise
        finally:
            far.close()
            os.close(out)
        os.set_blocking(self._out, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._line, selectors.EVENT_READ)
        self._selector.register(self._out, selectors.EVENT_READ)
        return self

    def __exit__(self, *error: object) -> None:
        if self._status is None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self._reap()
        self._selector.close()
        self._line.close()
        os.close(self._out)

    def _fork(self, far: socket.socket, out: int) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        ctypes.CDLL(None).fflush(None)  # else the fork would print it again
        parent = os.getpid()
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # of other threads, which the fork does not need
            pid = os.fork()
        if pid == 0:
            _work(self._work, far, out, parent)
        return pid

    def receive(self) -> tuple[str, object, list[FloatArray]]:
        """Wait for what the fork sends next; return its kind, its value, and its arrays.

        Raises
        ------
        EngineCrashedError
            If the fork has ended instead.
        BluecellabError
            What it has raised; or what the look does.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        kind, value, shapes = pickle.loads(self._read(length))  # noqa: S301 - from a fork of our own
        arrays = []
        for shape in shapes:
            array = np.empty(shape)
            if array.size:
                self._fill(array.data.cast("B"))
            arrays.append(array)
        if kind == "failed":
            raise self._failed(value)
        return kind, value, arrays

    def _failed(self, value: object) -> BaseException:
        error, text = value if isinstance(value, tuple) else (b"", str(value))
        found: object = None
        if error:
            with suppress(Exception):  # what cannot be rebuilt is told in words
                found = pickle.loads(error)  # noqa: S301 - from a fork of our own
        if isinstance(found, BluecellabError):
            return found
        return EngineError(f"CoreNEURON's process failed:\n{text.rstrip()}", self.printed)

    def _read(self, count: int) -> bytes:
        buffer = bytearray(count)
        self._fill(memoryview(buffer))
        return bytes(buffer)

    def _fill(self, view: memoryview) -> None:
        done = 0
        while done < len(view):
            self._look()
            for key, _ in self._selector.select(_PATIENCE):
                if key.fileobj is self._line:
                    count = self._line.recv_into(view[done:])
                    if not count:
                        raise self._crashed()
                    done += count
                else:
                    self._drain()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            while block := os.read(self._out, 65536):
                self._printed = (self._printed + block.decode(errors="replace"))[-_KEPT:]

    @property
    def printed(self) -> str:
        """The end of what it has printed."""
        self._drain()
        lines = self._printed.splitlines()
        return "\n".join(line for line in lines if line.strip() and not line.startswith(_CHATTER))

    def _reap(self) -> None:
        _, self._status = os.waitpid(self._pid, 0)

    def _crashed(self) -> EngineCrashedError:
        self._reap()
        code = os.waitstatus_to_exitcode(self._status or 0)
        how = f"was ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        printed = self.printed
        said = f" It had printed:\n{printed}" if printed else ""
        return EngineCrashedError(
            f"CoreNEURON's process {how} before the run was over; this process goes on.{said}",
            exitcode=code,
            signal=-code if code < 0 else None,
            output=printed,
        )


def _work(work: Callable[[Outlet], None], far: socket.socket, out: int, parent: int) -> None:
    """Be the fork; never returns."""
    status = 1
    try:
        posix.die_with_parent(parent)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        let_go()
        no_core_file()
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout = open(1, "w", buffering=1, errors="replace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, errors="replace", closefd=False)  # noqa: SIM115
        faulthandler.enable(file=2, all_threads=False)
        posix.unbuffer_c_stdout()
        outlet = Outlet(far)
        try:
            work(outlet)
            outlet.send("done", None)
        except BaseException as error:  # noqa: BLE001 - told to the parent
            outlet.send("failed", (_pickled(error), "".join(traceback.format_exception(error))))
        status = 0
    except BrokenPipeError:
        status = 0  # the parent is not interested any more
    finally:
        os._exit(status)


def _pickled(error: BaseException) -> bytes:
    try:
        return pickle.dumps(error)
    except Exception:  # noqa: BLE001 - the text is there
        return b""
