"""A sweep in this process: one job after the other, each when its outcome is asked for."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import cast

from bluecellab.cell import Cell
from bluecellab.errors import BluecellabError, BusyError, RemoteError, SimulationError
from bluecellab.results import Results
from bluecellab.results.outcomes import Outcome
from bluecellab.simulation.sweeping.engine import Shelf, State
from bluecellab.simulation.sweeping.jobs import Job, Reply
from bluecellab.simulation.sweeping.options import SweepOptions
from bluecellab.simulation.sweeping.saving import Store
from bluecellab.simulation.sweeping.telling import telling

__all__ = ["InPlace"]


class InPlace:
    """Runs jobs in this process; a cell is kept as long as the jobs that follow are for it.

    Parameters
    ----------
    jobs, total, options
        As for :class:`~bluecellab.simulation.sweeping.engine.Engine`.
    """

    def __init__(self, jobs: Iterable[Job], total: int | None, options: SweepOptions) -> None:
        self.shelf = Shelf(options.ordered, total)
        self._lock = threading.RLock()
        self._jobs: Iterator[Job] = iter(jobs)
        self._cell: Cell | None = None
        self._store = None if options.save_to is None else Store(options.save_to)
        self._busy = False
        self._telling = ExitStack()
        self._tell = self._telling.enter_context(telling(options.progress, total))

    def take(self, bell: Callable[[], object] | None = None) -> Outcome[object] | None:
        """Run the next job and return its outcome; None if there are no more."""
        if bell is not None:
            raise SimulationError(
                "a sweep in this process would keep the event loop waiting; use isolated=True"
            )
        with self._lock:
            if self.shelf.state == "running" and not len(self.shelf):
                self._advance()
            return self.shelf.take()

    def _advance(self) -> None:
        self._busy = True
        try:
            job = next(self._jobs, None)
            if job is None:
                self.shelf.end("finished")
                return
            self.shelf.put(self._outcome(job))
            self._tell(self.shelf.done)
        except (StopIteration, StopAsyncIteration) as error:  # would end a loop as if all were well
            self.shelf.end("closed")
            raise RuntimeError(f"{type(error).__name__} was raised in a sweep") from error
        except BaseException:
            self.shelf.end("closed")
            raise
        finally:
            self._busy = False
            if self.shelf.state != "running":
                self._end()

    def _outcome(self, job: Job) -> Outcome[object]:
        if self._store is None:
            return job.outcome(self._attempt(job))
        self._store.expect(job)
        results = self._store.load(job)
        if results is not None:
            return job.outcome(Reply.kept(results), resumed=True)
        outcome = job.outcome(self._attempt(job))
        if outcome.error is None:
            self._store.save(job, cast("Results", outcome.value))
        return outcome

    def _attempt(self, job: Job) -> Reply:
        began = time.perf_counter()
        try:
            if self._cell is None or self._cell.spec != job.cell:
                self._leave()
                self._cell = Cell.from_spec(job.cell)
            function, keywords = job.call()
            began = time.perf_counter()
            value = function(self._cell, **keywords)
        except BluecellabError as error:
            return Reply(error=error, seconds=time.perf_counter() - began)
        except Exception as error:  # noqa: BLE001 - the outcome says so, as from a process of its own
            problem = RemoteError(
                f"{job.name} failed: {type(error).__name__}: {error}", traceback=traceback.format_exc()
            )
            problem.__cause__ = error
            return Reply(error=problem, seconds=time.perf_counter() - began)
        return Reply(value, seconds=time.perf_counter() - began)

    def _leave(self) -> None:
        cell, self._cell = self._cell, None
        if cell is not None:
            cell.close()

    def _end(self) -> None:
        self._leave()
        self._telling.close()

    def cancel(self) -> None:
        """Begin no more jobs."""
        self._stop("cancelled")

    def close(self) -> None:
        """Begin no more jobs, forget what has not been taken, and close the cell."""
        self._stop("closed")

    def abandon(self) -> None:
        """Close, also in the middle of a run of somebody else's: then the cell goes after it."""
        with suppress(BusyError):
            self.close()

    def _stop(self, state: State) -> None:
        self.shelf.end(state)
        if self._lock.acquire(blocking=False):  # else whoever runs a job sees to the rest
            try:
                if not self._busy:
                    self._end()
            finally:
                self._lock.release()
