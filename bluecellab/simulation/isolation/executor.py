"""An executor of :mod:`concurrent.futures` with a fresh process for every job."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor as BaseExecutor
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from bluecellab.errors import ClosedError, InvalidSpecError
from bluecellab.simulation.isolation.cpus import polite_processes
from bluecellab.simulation.isolation.isolated import Isolation, Prepared
from bluecellab.simulation.isolation.payload import Call
from bluecellab.spec.cells import AnyCell

if TYPE_CHECKING:
    from bluecellab.cell import Cell

__all__ = ["Executor"]

P = ParamSpec("P")
T = TypeVar("T")


class _JobFuture(Future[T], Generic[T]):
    """A future whose job can be cancelled while it runs: its process is killed.

    It stays pending for :mod:`concurrent.futures` until the result is there, because that library
    does not let a running future be cancelled.
    """

    def __init__(self, prepared: Prepared) -> None:
        super().__init__()
        self._prepared: Prepared | None = prepared
        self._begun = False

    def running(self) -> bool:
        return self._begun and not self.done()

    def cancel(self) -> bool:
        prepared = self._prepared
        cancelled = super().cancel()
        if cancelled and prepared is not None:
            prepared.kill()
        return cancelled

    def fulfil(self) -> None:
        """Run the job in its process and take its outcome."""
        prepared = self._prepared
        if prepared is None or self.cancelled():
            self.set_running_or_notify_cancel()
            return
        self._begun = True
        value: T | None = None
        problem: BaseException | None = None
        try:
            value = cast("T", prepared.run())
        except BaseException as error:  # noqa: BLE001 - handed on to whoever asks for the result
            problem = error
        self._prepared = None  # the arguments are not needed any more
        if not self.set_running_or_notify_cancel():
            return
        if problem is None:
            self.set_result(cast("T", value))
        else:
            self.set_exception(problem)


def _whole(processes: object) -> int:
    if isinstance(processes, bool) or not isinstance(processes, int) or processes < 1:
        raise InvalidSpecError(
            "processes must be a whole number of at least 1, or None for "
            f"{polite_processes()}; got {processes!r}"
        )
    return processes


class Executor(BaseExecutor):
    """Runs jobs side by side, each in a fresh process.

    Parameters
    ----------
    processes
        How many at once; by default all processors that this process may use but one, and one
        inside of a job. There are never more processes than jobs.
    isolation
        How each job runs.
    initializer
        Called in every process before its job.
    initargs
        Its arguments.

    Raises
    ------
    InvalidSpecError
        If ``processes`` is not a positive whole number.

    Notes
    -----
    Cancelling a future whose job is running kills the process. Leaving the ``with`` block by an
    exception (Ctrl-C) cancels everything; leaving it otherwise waits.

    Examples
    --------
    >>> with Executor(processes=2) as executor:
    ...     list(executor.map(abs, [-1, -2, -3]))
    [1, 2, 3]
    """

    def __init__(
        self,
        processes: int | None = None,
        *,
        isolation: Isolation = Isolation(),  # noqa: B008 - frozen
        initializer: Callable[..., object] | None = None,
        initargs: tuple[object, ...] = (),
    ) -> None:
        self.processes = polite_processes() if processes is None else _whole(processes)
        self._isolation = isolation
        self._initializer = initializer
        self._initargs = tuple(initargs)
        self._lock = threading.Lock()
        self._waiting: deque[_JobFuture[object]] = deque()
        self._flying: set[_JobFuture[object]] = set()
        self._threads: set[threading.Thread] = set()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether it has been shut down."""
        return self._closed

    @overload
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]: ...

    @overload
    def submit(
        self, fn: Callable[Concatenate[Cell, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]: ...

    def submit(self, fn: Callable[..., T], /, *args: object, **kwargs: object) -> Future[T]:
        """Have a function called in a fresh process, as soon as one is free.

        If the isolation has a cell, the function gets that first; see also :meth:`submit_on`.

        Raises
        ------
        NotPicklableError
            If an argument cannot go to another process.
        ClosedError
            If the executor has been shut down.
        """
        return self._submit(Call(fn, args, kwargs, self._initializer, self._initargs), None)

    def submit_on(
        self, cell: AnyCell, fn: Callable[Concatenate[Cell, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Have a function called with a live cell, which is built once for many jobs.

        Parameters
        ----------
        cell
            Specification of the cell; see :class:`Isolation`.
        fn
            Gets the cell, then the arguments.
        *args, **kwargs
            Its arguments: values and specifications, no live objects.

        Raises
        ------
        NotPicklableError
            If an argument cannot go to another process.
        ClosedError
            If the executor has been shut down.

        Examples
        --------
        >>> from bluecellab import BallStickCell
        >>> with Executor(processes=1) as executor:
        ...     executor.submit_on(BallStickCell(), lambda cell: len(cell.sections)).result()
        2
        """
        return self._submit(Call(fn, args, kwargs, self._initializer, self._initargs), cell)

    def _submit(self, call: Call, cell: AnyCell | None) -> Future[T]:
        future: _JobFuture[T] = _JobFuture(Prepared(self._isolation, call, cell=cell, copy=True))
        with self._lock:
            if self._closed:
                raise ClosedError(
                    f"this executor was shut down and takes no more jobs; {call.name} needs a new one"
                )
            self._waiting.append(cast("_JobFuture[object]", future))
            if len(self._threads) < self.processes:
                # A daemon, so that an interrupted script ends; its job then ends with it.
                thread = threading.Thread(target=self._work, name="isolated-job", daemon=True)
                self._threads.add(thread)
                thread.start()
        return future

    def _work(self) -> None:
        """In a thread: look after one job after the other, until none waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads.discard(threading.current_thread())
                    return
                future = self._waiting.popleft()
                self._flying.add(future)
            try:
                future.fulfil()
            finally:
                with self._lock:
                    self._flying.discard(future)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs.

        Parameters
        ----------
        wait
            Whether to wait for those that run and those that wait.
        cancel_futures
            Whether to cancel those that wait.
        """
        with self._lock:
            self._closed = True
            waiting = list(self._waiting) if cancel_futures else []
        for future in waiting:
            future.cancel()
        if wait:
            self._join()

    def terminate(self) -> None:
        """Take no more jobs, cancel those that wait, and kill those that run."""
        with self._lock:
            self._closed = True
            futures = [*self._waiting, *self._flying]
        for future in futures:
            future.cancel()
        self._join()

    def _join(self) -> None:
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.shutdown()
        else:
            self.terminate()
