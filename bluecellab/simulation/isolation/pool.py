"""The published pool: every task in a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, as_completed
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from bluecellab.errors import WorkerError
from bluecellab.nrn import mechanisms, runtime
from bluecellab.simulation.conditions import NeuronGlobalParams, NeuronGlobals
from bluecellab.simulation.isolation.executor import Executor
from bluecellab.simulation.isolation.isolated import Isolation

__all__ = ["AsyncResult", "IsolatedProcess"]

R = TypeVar("R")
S = TypeVar("S")
PoolT = TypeVar("PoolT", bound="IsolatedProcess")


def _result(future: Future[R], timeout: float | None = None) -> R:
    try:
        return future.result(timeout)
    except CancelledError as error:
        raise WorkerError("the task was ended with its pool before it returned") from error


def _loaded_here() -> list[Path]:
    """Return the mechanism libraries that this process has loaded."""
    if not runtime.is_started():
        return []
    return [library.path for library in mechanisms.loaded() if library.path is not None]


def _prepare(
    params: NeuronGlobalParams,
    initializer: Callable[..., object] | None,
    initargs: tuple[object, ...],
) -> None:
    """In the worker, before the task."""
    NeuronGlobals.get_instance().load_params(params)
    if initializer is not None:
        initializer(*initargs)


class AsyncResult(Generic[R]):
    """What an asynchronous call will return.

    Parameters
    ----------
    futures
        The tasks it is made of.
    gather
        Makes the result of theirs.
    callback
        Called with the result.
    error_callback
        Called with the error instead, if there is one.
    """

    def __init__(
        self,
        futures: list[Future[S]],
        gather: Callable[[list[S]], R],
        callback: Callable[[R], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> None:
        self._outcome: Future[R] = Future()
        self._callback = callback
        self._error_callback = error_callback
        self._left = len(futures)
        self._lock = threading.Lock()

        def one_done(_: Future[S]) -> None:
            with self._lock:
                self._left -= 1
                if self._left > 0:
                    return
            self._conclude(futures, gather)

        if futures:
            for future in futures:
                future.add_done_callback(one_done)
        else:
            self._conclude(futures, gather)

    def _conclude(self, futures: list[Future[S]], gather: Callable[[list[S]], R]) -> None:
        try:
            result = gather([_result(future) for future in futures])
        except BaseException as error:  # noqa: BLE001 - handed on to whoever asks for the result
            self._outcome.set_exception(error)
            if self._error_callback is not None:
                self._error_callback(error)
        else:
            self._outcome.set_result(result)
            if self._callback is not None:
                self._callback(result)

    def get(self, timeout: float | None = None) -> R:
        """Return the result, waiting for it.

        Parameters
        ----------
        timeout
            Seconds to wait at most.

        Raises
        ------
        TimeoutError
            If it is not there in time; the task goes on.
        """
        try:
            return self._outcome.result(timeout)
        except FutureTimeoutError:
            if self._outcome.done():
                raise  # the task's own
            raise TimeoutError(f"the result is not there after {timeout:g} s") from None

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the result is there, or for some seconds."""
        try:
            self._outcome.exception(timeout)
        except FutureTimeoutError:
            return

    def ready(self) -> bool:
        """Whether the result is there."""
        return self._outcome.done()

    def successful(self) -> bool:
        """Whether it came without an error.

        Raises
        ------
        ValueError
            If it is not there yet.
        """
        if not self._outcome.done():
            raise ValueError("the result is not there yet; wait() for it")
        return self._outcome.exception() is None


class IsolatedProcess:
    """A pool that runs every task in a fresh process; the published interface.

    It has the methods of :class:`multiprocessing.pool.Pool`. The processes come from a server that
    has loaded NEURON and inherit nothing from this one, except that, as published, two things hold
    in the pool that held when it was made: the temperature and initial potential of
    :func:`~bluecellab.simulation.conditions.set_neuron_globals`, and mechanisms that are loaded.

    Parameters
    ----------
    processes
        How many tasks at once; None for all processors but one.
    isolation
        How each task runs; by default without limits, and with the mechanism libraries that are
        loaded here.
    initializer
        Called in every process before its task.
    initargs
        Its arguments.

    Examples
    --------
    >>> with IsolatedProcess() as process:
    ...     process.apply(divmod, (17, 5))
    (3, 2)
    """

    def __init__(
        self,
        processes: int | None = 1,
        *,
        isolation: Isolation | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[object] = (),
    ) -> None:
        params = NeuronGlobals.get_instance().export_params()
        self._executor = Executor(
            processes,
            isolation=Isolation(mechanisms=_loaded_here()) if isolation is None else isolation,
            initializer=_prepare,
            initargs=(params, initializer, tuple(initargs)),
        )

    def apply(
        self,
        func: Callable[..., R],
        args: Iterable[object] = (),
        kwds: Mapping[str, object] | None = None,
    ) -> R:
        """Call a function in a fresh process and return its result."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: Callable[..., R],
        args: Iterable[object] = (),
        kwds: Mapping[str, object] | None = None,
        callback: Callable[[R], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[R]:
        """Have a function called in a fresh process."""
        future = self._executor.submit(func, *args, **(kwds or {}))
        return AsyncResult([future], lambda results: results[0], callback, error_callback)

    def map(self, func: Callable[[S], R], iterable: Iterable[S], chunksize: int | None = None) -> list[R]:
        """Call a function with each item; ``chunksize`` is ignored, every call has its process."""
        return self.map_async(func, iterable, chunksize).get()

    def map_async(
        self,
        func: Callable[[S], R],
        iterable: Iterable[S],
        chunksize: int | None = None,  # noqa: ARG002 - published
        callback: Callable[[list[R]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[list[R]]:
        """Have a function called with each item."""
        futures = [self._executor.submit(func, item) for item in iterable]
        return AsyncResult(futures, list, callback, error_callback)

    def starmap(
        self,
        func: Callable[..., R],
        iterable: Iterable[Iterable[object]],
        chunksize: int | None = None,
    ) -> list[R]:
        """Call a function with the items of each item."""
        return self.starmap_async(func, iterable, chunksize).get()

    def starmap_async(
        self,
        func: Callable[..., R],
        iterable: Iterable[Iterable[object]],
        chunksize: int | None = None,  # noqa: ARG002 - published
        callback: Callable[[list[R]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[list[R]]:
        """Have a function called with the items of each item."""
        futures = [self._executor.submit(func, *items) for items in iterable]
        return AsyncResult(futures, list, callback, error_callback)

    def imap(
        self,
        func: Callable[[S], R],
        iterable: Iterable[S],
        chunksize: int = 1,  # noqa: ARG002 - published
    ) -> Iterator[R]:
        """Call a function with each item; give the results as they come, in order."""
        futures = [self._executor.submit(func, item) for item in iterable]
        return (_result(future) for future in futures)

    def imap_unordered(
        self,
        func: Callable[[S], R],
        iterable: Iterable[S],
        chunksize: int = 1,  # noqa: ARG002 - published
    ) -> Iterator[R]:
        """Call a function with each item; give the results as they come, in any order."""
        futures = [self._executor.submit(func, item) for item in iterable]
        return (_result(future) for future in as_completed(futures))

    def close(self) -> None:
        """Take no more tasks."""
        self._executor.shutdown(wait=False)

    def terminate(self) -> None:
        """Take no more tasks and kill those that run."""
        self._executor.terminate()

    def join(self) -> None:
        """Wait until all tasks have ended; after :meth:`close` or :meth:`terminate`.

        Raises
        ------
        ValueError
            If the pool still takes tasks.
        """
        if not self._executor.closed:
            raise ValueError("the pool still takes tasks; close() or terminate() it first")
        self._executor.shutdown()

    def __enter__(self: PoolT) -> PoolT:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.terminate()
