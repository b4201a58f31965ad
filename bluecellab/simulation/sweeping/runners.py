"""Where the jobs of a sweep run: in our own pool, or in anybody's executor."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from bluecellab.cell import Cell
from bluecellab.errors import BluecellabError, NotPicklableError, WorkerCrashedError, WorkerError
from bluecellab.simulation.isolation import Executor, Isolation, payload
from bluecellab.simulation.sweeping.jobs import Job, Reply
from bluecellab.simulation.sweeping.options import SweepOptions
from bluecellab.simulation.sweeping.seams import AnyExecutor, AnyFuture
from bluecellab.spec.cells import AnyCell

__all__ = ["Runner", "runner_for"]

_FOREIGN_ROOM = 256  # nobody says how many workers an executor has; enough for most

Packet = tuple[bytes, list[bytearray]]


class Runner(Protocol):
    """Runs jobs somewhere."""

    @property
    def room(self) -> int:
        """How many jobs it should be given at once, so that it never has nothing to do."""

    def submit(self, job: Job) -> AnyFuture[object]:
        """Take a job on."""

    def reply(self, job: Job, future: AnyFuture[object]) -> Reply:
        """Return what became of a job that is done."""

    def close(self) -> None:
        """End what is still running and what this runner has started."""


def runner_for(options: SweepOptions) -> Runner:
    """Return what the options ask for."""
    if isinstance(options.executor, Executor):
        return _Pool(options, options.executor)
    if options.executor is not None:
        return _Foreign(options.executor, options)
    return _Pool(options)


class _Pool:
    """A pool of our own processes, which have the cell at hand; made for this sweep, or shared by several."""

    def __init__(self, options: SweepOptions, shared: Executor | None = None) -> None:
        isolation = Isolation(time_limit=options.time_limit, memory_limit=options.memory_limit)
        self._shared = shared is not None
        self._executor = shared or Executor(options.processes, isolation=isolation)
        self._begun: dict[int, float] = {}
        self._queued: deque[int] = deque()

    @property
    def room(self) -> int:
        return 2 * self._executor.processes

    def submit(self, job: Job) -> AnyFuture[object]:
        function, keywords = job.call()
        future = self._executor.submit_on(job.cell, Timed(function, keywords))
        self._queued.append(job.index)
        self._note_beginnings()
        return future

    def _note_beginnings(self) -> None:
        """Note when jobs begin: in the order of their coming, as soon as a process is free."""
        while self._queued and len(self._begun) < self._executor.processes:
            self._begun[self._queued.popleft()] = time.perf_counter()

    def reply(self, job: Job, future: AnyFuture[object]) -> Reply:
        began = self._begun.pop(job.index, None)
        self._note_beginnings()
        now = time.perf_counter()
        error = _error_of(job, future)
        if error is not None:
            return Reply(error=error, seconds=0.0 if began is None else now - began)
        value, seconds = cast("tuple[object, float]", future.result())
        return Reply(value, seconds=seconds)

    def close(self) -> None:
        if not self._shared:  # the jobs of this sweep have been cancelled; the others are not ours
            self._executor.terminate()


class _Foreign:
    """An executor of somebody's; in its workers every job has a process of its own all the same."""

    def __init__(self, executor: AnyExecutor, options: SweepOptions) -> None:
        self._executor = executor
        self._limits = (options.time_limit, options.memory_limit)

    @property
    def room(self) -> int:
        return _FOREIGN_ROOM

    def submit(self, job: Job) -> AnyFuture[object]:
        function, keywords = job.call()
        try:
            packet = _pack((job.cell, Timed(function, keywords), self._limits))
        except Exception as error:  # whatever a foreign __reduce__ raises
            raise NotPicklableError(
                f"the function or the parameters of {job.name} cannot be sent to another process "
                f"({type(error).__name__}: {error}); pass plain values, arrays and specifications"
            ) from error
        return self._executor.submit(_run_packed, packet, uuid.uuid4().hex)

    def reply(self, job: Job, future: AnyFuture[object]) -> Reply:
        error = _error_of(job, future)
        if error is not None:
            return Reply(error=error)
        try:
            value, failure, cause, seconds = cast(
                "tuple[object, BluecellabError | None, BaseException | None, float]",
                _unpack(cast("Packet", future.result())),
            )
        except Exception as problem:  # noqa: BLE001 - whatever a foreign __reduce__ raises
            refused = WorkerError(
                f"what {job.name} returned cannot be rebuilt here ({type(problem).__name__}: {problem}); "
                "return plain values"
            )
            refused.__cause__ = problem
            return Reply(error=refused)
        if failure is not None:
            failure.__cause__ = cause
        return Reply(value, failure, seconds)

    def close(self) -> None:
        """Do nothing: the executor is its owner's."""


def _error_of(job: Job, future: AnyFuture[object]) -> BluecellabError | None:
    """Return what a future failed with, in our words."""
    if future.cancelled():
        return WorkerError(f"{job.name} was cancelled by its executor before it returned")
    error = future.exception()
    if error is None or isinstance(error, BluecellabError):
        return error
    lost = WorkerCrashedError(
        f"{job.name} was lost with its worker, or its executor refused it: {type(error).__name__}: {error}"
    )
    lost.__cause__ = error
    return lost


def _pack(value: object) -> Packet:
    """Return anything as bytes that every executor can transport, also what a notebook defines."""
    buffers: list[memoryview] = []
    return payload.dump(value, buffers), [bytearray(buffer) for buffer in buffers]


def _unpack(packet: Packet) -> object:
    pickled, buffers = packet
    return payload.load(pickled, [memoryview(buffer) for buffer in buffers])


def _run_packed(packet: Packet, unique: str) -> Packet:  # noqa: ARG001 - Dask runs equal calls once
    """In a worker of somebody's executor: run a job, in a process of its own; errors are values."""
    began = time.perf_counter()
    cell, timed, (time_limit, memory_limit) = cast(
        "tuple[AnyCell, Timed, tuple[float | None, int | None]]", _unpack(packet)
    )
    isolation = Isolation(cell=cell, time_limit=time_limit, memory_limit=memory_limit)
    try:
        value, seconds = isolation.run(timed)
    except BluecellabError as error:
        return _pack((None, error, error.__cause__, time.perf_counter() - began))
    return _pack((value, None, None, seconds))


class Timed:
    """In the job's process: call a function with the live cell; the value, and the seconds it took.

    Parameters
    ----------
    function
        The function.
    keywords
        Its keyword arguments.
    """

    def __init__(self, function: Callable[..., object], keywords: Mapping[str, object]) -> None:
        self._function = function
        self._keywords = keywords
        self.__qualname__ = str(getattr(function, "__qualname__", None) or repr(function)[:80])

    def __call__(self, cell: Cell) -> tuple[object, float]:
        """Call it."""
        began = time.perf_counter()
        value = self._function(cell, **self._keywords)
        return value, time.perf_counter() - began
