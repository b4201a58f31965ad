"""What the caller gets for how a job ended: its value, or an error of ours."""

from __future__ import annotations

import builtins
import functools
import os
import pickle
import signal
from pathlib import Path

from bluecellab.errors import (
    BluecellabError,
    RemoteError,
    WorkerCrashedError,
    WorkerError,
    WorkerMemoryError,
    WorkerTimeoutError,
)
from bluecellab.simulation.isolation import payload
from bluecellab.simulation.isolation.flight import End, Limits
from bluecellab.simulation.isolation.payload import Failure

__all__ = ["value_of"]

_MINE = str(Path("bluecellab", "simulation", "isolation"))  # frames that say nothing about the job
_OUT_OF_MEMORY = ("std::bad_alloc", "MemoryError", "out of memory", "Cannot allocate memory")
_SPECIAL = (StopIteration, StopAsyncIteration)  # change their meaning when raised in a generator


def value_of(end: End, name: str, limits: Limits) -> object:
    """Return what the job returned.

    Parameters
    ----------
    end
        How it ended.
    name
        Its function's name.
    limits
        What it was allowed.

    Raises
    ------
    BluecellabError
        What the job raised, if it was one of ours.
    RemoteError
        If the job raised anything else, or its result cannot travel.
    WorkerCrashedError, WorkerTimeoutError, WorkerMemoryError
        If the worker ended without an answer.
    """
    if end.building:
        name = f"{name} (while it built its cell)"
    if end.answer is None:
        raise _without_answer(end, name, limits)
    if isinstance(end.answer, Failure):
        raise _failed(end.answer, end, name, limits)
    try:
        return payload.load(end.answer.value, end.buffers)
    except Exception as error:
        raise RemoteError(
            f"the result of the isolated job {name} arrived, but cannot be rebuilt here "
            f"({type(error).__name__}: {error}); return plain values",
            output=end.output,
        ) from error


def _failed(failure: Failure, end: End, name: str, limits: Limits) -> BluecellabError:
    """Return the error for a job that raised."""
    if failure.out_of_memory:
        return WorkerMemoryError(
            f"the isolated job {name} overran its memory limit of {_size(limits.memory)}. "
            f"In the worker:\n{failure.traceback.rstrip()}",
            output=end.output,
        )
    original = _unpickled(failure.error)
    remote = _remote_class(failure.builtin)(
        f"the isolated job {name} failed: {failure.summary}\n"
        f"In the worker:\n{failure.traceback.rstrip()}{_printed(end)}",
        traceback=failure.traceback,
        output=end.output,
    )
    if isinstance(original, BluecellabError):
        original.__cause__ = remote  # it carries the worker's traceback
        return original
    remote.__cause__ = original
    return remote


def _unpickled(pickled: bytes) -> BaseException | None:
    if not pickled:
        return None
    try:
        error = pickle.loads(pickled)  # noqa: S301 - from a process of our own
    except Exception:  # noqa: BLE001 - its class may not be importable here; the text has everything
        return None
    return error if isinstance(error, BaseException) else None


@functools.cache
def _remote_class(name: str) -> type[RemoteError]:
    """Return RemoteError, made to derive from a builtin exception as well."""
    base = getattr(builtins, name, None)
    if (
        not isinstance(base, type)
        or not issubclass(base, Exception)
        or issubclass(base, _SPECIAL)
        or issubclass(RemoteError, base)
        or name == "ExceptionGroup"  # must be made of exceptions
    ):
        return RemoteError

    def reduce(self: RemoteError) -> tuple[object, ...]:
        return _restore, (name, self.args, self.__dict__)

    namespace = {
        "__module__": RemoteError.__module__,
        "__doc__": RemoteError.__doc__,
        "__reduce__": reduce,
    }
    return type("RemoteError", (RemoteError, base), namespace)


def _restore(name: str, args: tuple[str], state: dict[str, str]) -> RemoteError:
    """Unpickle a RemoteError of a class made above."""
    error = _remote_class(name)(*args)
    error.__dict__.update(state)
    return error


def _without_answer(end: End, name: str, limits: Limits) -> WorkerError:
    """Return the error for a worker that ended without an answer."""
    if end.overran == "time":
        return WorkerTimeoutError(
            f"the isolated job {name} overran its time limit of {limits.time:g} s and was killed."
            f"{_printed(end)}",
            output=end.output,
        )
    if end.overran == "memory" or (
        limits.memory is not None and any(sign in end.output for sign in _OUT_OF_MEMORY)
    ):
        return WorkerMemoryError(
            f"the isolated job {name} overran its memory limit of {_size(limits.memory)} and is gone."
            f"{_printed(end)}",
            output=end.output,
        )
    how, exitcode, number = _how_it_ended(end)
    if limits.memory is not None:
        how += f" (it had a memory limit of {_size(limits.memory)}, which native code may die of)"
    return WorkerCrashedError(
        f"the worker of the isolated job {name} {how}.{_printed(end)}",
        exitcode=exitcode,
        signal=number,
        output=end.output,
    )


def _how_it_ended(end: End) -> tuple[str, int | None, int | None]:
    """Return how a worker ended in words, its exit status and its signal."""
    if end.status is None:
        return "was lost together with its fork server; run it again", None, None
    if os.WIFSIGNALED(end.status):
        number = os.WTERMSIG(end.status)
        try:
            what = f"{signal.Signals(number).name}, {(signal.strsignal(number) or '').lower()}"
        except ValueError:
            what = f"signal {number}"
        if number == signal.SIGKILL:
            what += (
                f": somebody killed it, or the kernel did for want of memory (it held "
                f"{_size(end.peak)} at most); see memory_limit"
            )
        return f"died of {what}", None, number
    exitcode = os.WEXITSTATUS(end.status)
    hint = "; hoc's quit() and os._exit() do this" if exitcode == 0 else ""
    return f"ended with exit status {exitcode} before the function returned{hint}", exitcode, None


def _printed(end: End) -> str:
    """Return where the worker was and what it printed, as far as there is anything."""
    place = "\n".join(
        line
        for line in end.trace.splitlines()
        if line.startswith("  File ") and _MINE not in line and "<string>" not in line
    )
    return (f"\nIt was here, most recent call first:\n{place}" if place else "") + (
        f"\nThe worker printed:\n{end.output}" if end.output else ""
    )


def _size(size: int | None) -> str:
    return "unknown size" if size is None else f"{size / 2**20:.0f} MiB"
