"""The thread of a sweep: gives out jobs, takes what comes of them, and keeps it until it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Literal, cast

from bluecellab.errors import BluecellabError, CancelledError, ClosedError, WorkerError
from bluecellab.results import Results
from bluecellab.results.outcomes import Outcome
from bluecellab.simulation.sweeping.jobs import Job, Reply
from bluecellab.simulation.sweeping.options import SweepOptions
from bluecellab.simulation.sweeping.runners import Runner, runner_for
from bluecellab.simulation.sweeping.saving import Store
from bluecellab.simulation.sweeping.seams import AnyFuture
from bluecellab.simulation.sweeping.telling import telling

__all__ = ["Engine", "NotYetError", "Shelf", "State"]

_ENDING = 5.0  # s to wait for the thread; a generator of the user's may keep it longer

State = Literal["running", "finished", "cancelled", "closed"]


class NotYetError(Exception):
    """There is no outcome yet, and the bell will be rung; internal."""


@dataclass(frozen=True)
class _Flight:
    job: Job
    future: AnyFuture[object]


class Shelf:
    """Where outcomes wait to be taken, in order or not; any thread may put and take.

    Parameters
    ----------
    ordered
        Whether they are given in the order of their jobs.
    total
        How many there will be, if that is known.
    """

    def __init__(self, ordered: bool, total: int | None) -> None:
        self._ordered = ordered
        self._news = threading.Condition()
        self._waiting: dict[int, Outcome[object]] = {}
        self._bells: list[Callable[[], object]] = []
        self._failure: BaseException | None = None
        self.state: State = "running"
        self.total = total
        self.done = 0
        self.taken = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, outcome: Outcome[object]) -> None:
        """Add an outcome."""
        with self._news:
            if self.state != "running":
                return
            self._waiting[outcome.index] = outcome
            self.done += 1
            self._ring()

    def end(self, state: State, failure: BaseException | None = None) -> None:
        """No more will come."""
        with self._news:
            if self.state != "running" and state != "closed":
                return
            self.state = state
            self._failure = failure
            if state == "finished" and failure is None:
                self.total = self.done
            if state == "closed":
                self._waiting.clear()
            self._ring()

    def _ring(self) -> None:
        self._news.notify_all()
        bells, self._bells = self._bells, []
        for bell in bells:
            bell()

    def take(self, bell: Callable[[], object] | None = None) -> Outcome[object] | None:
        """Return the next outcome; None if there are no more.

        Parameters
        ----------
        bell
            Called once, in any thread, when it is worth coming again; without it, this waits.

        Raises
        ------
        NotYetError
            If there is nothing yet, and the bell will be rung.
        ClosedError, CancelledError
            If the sweep has been closed or cancelled.
        """
        with self._news:
            while True:
                if self.state == "closed":
                    raise ClosedError("this sweep is closed; take its outcomes before, or begin a new one")
                outcome = self._next()
                if outcome is not None:
                    self.taken += 1
                    return outcome
                if self._failure is not None:
                    raise self._failure
                if self.state == "cancelled":
                    of = "" if self.total is None else f" of {self.total}"
                    raise CancelledError(f"this sweep was cancelled after {self.done}{of} jobs")
                if self.state == "finished":
                    return None
                if bell is not None:
                    self._bells.append(bell)
                    raise NotYetError
                self._news.wait()

    def _next(self) -> Outcome[object] | None:
        if not self._waiting:
            return None
        if not self._ordered or self.state == "cancelled":
            return self._waiting.pop(next(iter(self._waiting)))
        return self._waiting.pop(self.taken, None)


class Engine:
    """Runs the jobs of a sweep in a thread of its own.

    Parameters
    ----------
    jobs
        The jobs; read as there is room.
    total
        How many there are; None if that is not known, and then no more are begun than may lie ahead.
    options
        How the sweep is done.
    """

    def __init__(self, jobs: Iterable[Job], total: int | None, options: SweepOptions) -> None:
        self.shelf = Shelf(options.ordered, total)
        self._options = options
        self._jobs: Iterator[Job] = iter(jobs)
        self._ahead = None if total is not None else options.ahead
        self._exhausted = False
        self._flying: dict[int, _Flight] = {}
        self._inbox: SimpleQueue[_Flight | None] = SimpleQueue()
        self._tell: Callable[[int], object] = lambda _: None
        self._store = None if options.save_to is None else Store(options.save_to)
        self._runner: Runner = runner_for(options)
        # A daemon, so that an interrupted script ends.
        self._thread = threading.Thread(target=self._drive, name="sweep", daemon=True)
        self._thread.start()

    def take(self, bell: Callable[[], object] | None = None) -> Outcome[object] | None:
        """Return the next outcome; see :meth:`Shelf.take`."""
        outcome = self.shelf.take(bell)
        if self._ahead is not None:
            self._inbox.put(None)  # there is room for another
        return outcome

    def cancel(self) -> None:
        """Begin no more jobs and kill those that run; does not wait."""
        self._stop("cancelled")

    def _stop(self, state: State) -> None:
        running = self.shelf.state == "running"
        self.shelf.end(state)
        if running:
            for flight in list(self._flying.values()):
                flight.future.cancel()
            self._inbox.put(None)

    def abandon(self) -> None:
        """Cancel and forget what has not been taken; does not wait."""
        self._stop("closed")

    def close(self) -> None:
        """Cancel, forget what has not been taken, and wait until everything is gone."""
        self._stop("closed")
        if self._thread is not threading.current_thread():
            self._thread.join(_ENDING)

    def _drive(self) -> None:
        failure: BaseException | None = None
        try:
            with telling(self._options.progress, self.shelf.total) as self._tell:
                while self.shelf.state == "running":
                    begun = self._begin()
                    if not begun and self._exhausted and not self._flying:
                        break
                    self._listen(wait=not begun)
        except (StopIteration, StopAsyncIteration) as error:  # would end a loop as if all were well
            failure = RuntimeError(f"{type(error).__name__} was raised in the thread of a sweep")
            failure.__cause__ = error
        except BaseException as error:  # noqa: BLE001 - handed on to whoever takes outcomes
            failure = error
        finally:
            for flight in self._flying.values():
                flight.future.cancel()
            self._runner.close()
            self.shelf.end("finished", failure)

    def _begin(self) -> bool:
        """Give out the next job, if there is one and room for it; return whether."""
        if self._exhausted or not self._has_room():
            return False
        job = next(self._jobs, None)
        if job is None:
            self._exhausted = True
            return False
        if self._store is not None:
            self._store.expect(job)
            results = self._store.load(job)
            if results is not None:
                self._put(job.outcome(Reply.kept(results), resumed=True))
                return True
        try:
            future = self._runner.submit(job)
        except Exception as error:  # noqa: BLE001 - the outcome says so, the others go on
            self._put(job.outcome(Reply(error=_refused(job, error))))
            return True
        flight = self._flying[job.index] = _Flight(job, future)
        if self.shelf.state != "running":  # it may have missed the killing
            future.cancel()
        future.add_done_callback(lambda _: self._inbox.put(flight))
        return True

    def _listen(self, *, wait: bool) -> None:
        """Take what has come of jobs."""
        while self.shelf.state == "running":
            try:
                arrived = self._inbox.get(block=wait)
            except Empty:
                return
            wait = False
            if arrived is not None:
                self._land(arrived)

    def _land(self, flight: _Flight) -> None:
        job = flight.job
        del self._flying[job.index]
        outcome = job.outcome(self._runner.reply(job, flight.future))
        try:
            if self._store is not None and outcome.error is None:
                self._store.save(job, cast("Results", outcome.value))
        finally:
            self._put(outcome)

    def _put(self, outcome: Outcome[object]) -> None:
        self.shelf.put(outcome)
        self._tell(self.shelf.done)

    def _has_room(self) -> bool:
        if len(self._flying) >= self._runner.room:
            return False
        return self._ahead is None or len(self._flying) + len(self.shelf) < self._ahead


def _refused(job: Job, error: Exception) -> BluecellabError:
    """Return why an executor did not take a job, in our words."""
    if isinstance(error, BluecellabError):
        return error
    refusal = WorkerError(f"the executor does not take {job.name}: {type(error).__name__}: {error}")
    refusal.__cause__ = error
    return refusal
