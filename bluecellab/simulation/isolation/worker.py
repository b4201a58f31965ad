"""The worker: a fork of the server that runs one job, answers and is gone."""

from __future__ import annotations

import faulthandler
import os
import pickle
import random
import re
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import NoReturn, cast

from bluecellab.simulation.isolation import limits, payload, posix
from bluecellab.simulation.isolation.payload import Call, Failure, Request, Success
from bluecellab.simulation.isolation.transport import Inbox, Outbox

__all__ = ["Origin", "work"]

_MACHINERY = (__name__, payload.__name__)  # frames that say nothing about the job
_OUT_OF_MEMORY = re.compile(r"^\s*[\w.]*MemoryError\b|std::bad_alloc", re.MULTILINE)
"""How Python says it, also from a callback of NEURON's, and NEURON's own code, through a hoc error."""
_BROKEN = 70  # exit status of a worker that fails outside of its job (EX_SOFTWARE)


@dataclass(frozen=True)
class Origin:
    """Where a worker comes from.

    Parameters
    ----------
    server
        Process id of the server that it is a fork of.
    residents
        What functions of jobs get there before their own arguments.
    stay
        What a worker does that stays, given its connection and the descriptors of the server's log
        and of where it says where it died.
    """

    server: int
    residents: tuple[object, ...]
    stay: Callable[[socket.socket, int, int], NoReturn]


def work(wire: socket.socket, outlets: Sequence[int], origin: Origin) -> NoReturn:
    """Run one job; never return.

    Parameters
    ----------
    wire
        Connection to whoever asked: the job comes in, the answer goes out.
    outlets
        File descriptors for what the job prints on its two streams, and for where it is when it
        dies.
    origin
        Where this process comes from.
    """
    status = _BROKEN
    try:
        log = os.dup(2)
        _settle_in(outlets, origin.server)
        frames = Inbox().receive(wire)
        request = cast("Request", payload.load(frames[0]))
        good, answer = _answer(request, frames[1:], origin.residents)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # before the answer: who has the answer stops listening
        Outbox(answer).send(wire)
        status = 0
        if good and request.stays:
            origin.stay(wire, log, outlets[2])
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # whoever asked has gone, there is nobody to tell
    except BaseException:  # noqa: BLE001 - told to the parent, who reads this process's output
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)  # the server's exit handlers are not ours to run


def _settle_in(outlets: Sequence[int], server: int) -> None:
    """Make a fork of the server a process of its own."""
    posix.die_with_parent(server)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out, err, trace = outlets
    for source, target in ((out, 1), (err, 2)):
        os.dup2(source, target)
        os.close(source)
    sys.stdout = sys.__stdout__ = _stream(1)  # type: ignore[misc]  # only their types are final
    sys.stderr = sys.__stderr__ = _stream(2)  # type: ignore[misc]
    faulthandler.enable(file=trace, all_threads=False)
    limits.no_core_file()


def _stream(descriptor: int) -> TextIOWrapper:
    """Return a text stream that loses no finished line in a crash."""
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _answer(
    request: Request, buffers: list[memoryview], residents: tuple[object, ...]
) -> tuple[bool, list[memoryview]]:
    """Run the job of a request; return whether it went well, and the frames of the answer."""
    _take_over(request)
    if request.memory_limit is not None:
        limits.limit_memory(request.memory_limit)
    limited = request.memory_limit is not None
    try:
        call = cast("Call", payload.load(request.call, buffers))
        value = call.run(*residents)
    except BaseException as error:  # noqa: BLE001 - also SystemExit and KeyboardInterrupt: the job's, not ours
        return False, payload.frames_of(_failure(error, limited), ())
    results: list[memoryview] = []
    try:
        return True, payload.frames_of(Success(payload.dump(value, results)), results)
    except Exception as error:  # noqa: BLE001 - whatever a foreign __reduce__ raises
        return False, payload.frames_of(_failure(error, limited, payload.result_refusal(error)), ())


def _take_over(request: Request) -> None:
    """Take over the surroundings of whoever asked."""
    environment = payload.worker_environment(request.environment)
    if environment != dict(os.environ):
        os.environ.clear()
        os.environ.update(environment)
    if request.folder is not None:
        os.chdir(request.folder)
    sys.path[:] = request.path
    sys.argv[:] = request.argv
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()  # else every worker would draw the same numbers


def _failure(error: BaseException, limited: bool, summary: str = "") -> Failure:
    """Return what to say about an exception."""
    if limited:
        limits.allow_memory()
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__") in _MACHINERY:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace))
    return Failure(
        summary=summary or "".join(traceback.format_exception_only(type(error), error)).strip(),
        traceback=text,
        error=b"" if summary else _pickled(error),
        builtin=_builtin_base(error),
        out_of_memory=limited and _OUT_OF_MEMORY.search(text) is not None,
    )


def _pickled(error: BaseException) -> bytes:
    """Return an exception pickled, or nothing if it cannot be."""
    try:
        pickled = payload.dump(error, [])
        pickle.loads(pickled)  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - a foreign __reduce__ may do anything; the text is there
        return b""
    return pickled


def _builtin_base(error: BaseException) -> str:
    """Return the name of the builtin exception that an exception derives from."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")
