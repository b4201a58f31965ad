"""Sweeps: outcomes of many jobs, as they come."""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from bluecellab.errors import SimulationError
from bluecellab.results.outcomes import Outcome
from bluecellab.simulation.sweeping.engine import Engine, NotYetError
from bluecellab.simulation.sweeping.inplace import InPlace
from bluecellab.simulation.sweeping.jobs import Job, label_of
from bluecellab.simulation.sweeping.options import SweepOptions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sweep"]

T = TypeVar("T")

_PACKAGE = __name__.partition(".")[0] + "."


def _opened_at() -> str:
    """Return file and line of the innermost caller outside this package."""
    frame = sys._getframe(2)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _forgotten(engine: Engine | InPlace, opened_at: str) -> None:
    if engine.shelf.state != "running":
        return
    try:
        warnings.warn(
            f"a sweep, begun at {opened_at}, was dropped before its end. Its jobs are ended now; "
            "take all outcomes, use 'with', or call close().",
            ResourceWarning,
            stacklevel=2,
        )
    finally:
        engine.abandon()


class Sweep(Generic[T]):
    """Many jobs that are being done; an iterator of their outcomes, also with ``async for``.

    Made by :func:`sweep` and :func:`map_cells`. The jobs begin at once and go on by themselves; a
    sweep in this process (``isolated=False``) does each when its outcome is asked for. Every outcome
    is handed out once. An error is an outcome like any other, and the jobs after it go on.

    Leaving the ``with`` block, :meth:`close`, Ctrl-C while waiting, the cancellation of a task that
    waits, and dropping the sweep (with a :class:`ResourceWarning`) kill what is still running in our
    own pool. Jobs that run in somebody else's executor come to their end; those that wait in it are
    cancelled.

    Parameters
    ----------
    jobs
        The jobs.
    total
        How many there are; None if that is not known.
    options
        How they are done.
    """

    def __init__(self, jobs: Iterable[Job], total: int | None, options: SweepOptions) -> None:
        self._engine: Engine | InPlace = (Engine if options.isolated else InPlace)(jobs, total, options)
        self._rows: list[dict[str, object]] = []
        finalizer = weakref.finalize(self, _forgotten, self._engine, _opened_at())
        finalizer.atexit = False  # at exit the workers go too

    @property
    def done(self) -> int:
        """How many jobs are done, those that failed included."""
        return self._engine.shelf.done

    @property
    def total(self) -> int | None:
        """How many jobs there are; None as long as that is not known."""
        return self._engine.shelf.total

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._engine.shelf.state == "closed"

    def __repr__(self) -> str:
        of = "" if self.total is None else f" of {self.total}"
        return f"<Sweep {self._engine.shelf.state}, {self.done}{of} jobs done>"

    def __iter__(self) -> Sweep[T]:
        shelf = self._engine.shelf
        if shelf.state == "finished" and shelf.taken and not len(shelf):
            raise SimulationError(_TAKEN.format(taken=shelf.taken, of=shelf.total))
        return self

    def __next__(self) -> Outcome[T]:
        try:
            outcome = self._engine.take()
        except Exception:
            raise
        except BaseException:  # Ctrl-C: the jobs go first
            self.close()
            raise
        if outcome is None:
            raise StopIteration
        return self._handed_out(outcome)

    def _handed_out(self, outcome: Outcome[object]) -> Outcome[T]:
        self._rows.append(_row(outcome))
        return cast("Outcome[T]", outcome)

    def __aiter__(self) -> Sweep[T]:
        return self.__iter__()

    async def __anext__(self) -> Outcome[T]:
        import asyncio  # which most who sweep do without

        loop = asyncio.get_running_loop()
        while True:
            rung = asyncio.Event()

            def bell(rung: asyncio.Event = rung) -> None:
                with suppress(RuntimeError):  # the loop has been closed
                    loop.call_soon_threadsafe(rung.set)

            try:
                outcome = self._engine.take(bell)
            except NotYetError:
                try:
                    await rung.wait()
                except asyncio.CancelledError:
                    self.cancel()
                    raise
                continue
            if outcome is None:
                raise StopAsyncIteration
            return self._handed_out(outcome)

    def collect(self) -> list[Outcome[T]]:
        """Wait for all outcomes and return them.

        Raises
        ------
        SimulationError
            If some have been taken before: they are not kept.
        CancelledError, ClosedError
            If the sweep has been cancelled or closed.
        """
        self._check_untouched()
        return list(self)

    def results(self) -> list[T]:
        """Wait for the values of all jobs and return them.

        Raises
        ------
        BluecellabError
            What a job failed with; the others are cancelled.
        SimulationError
            If some outcomes have been taken before: they are not kept.
        CancelledError, ClosedError
            If the sweep has been cancelled or closed.
        """
        self._check_untouched()
        with self:
            outcomes = []
            for outcome in self:
                outcome.unwrap()
                outcomes.append(outcome)
        return [outcome.unwrap() for outcome in sorted(outcomes, key=lambda outcome: outcome.index)]

    def _check_untouched(self) -> None:
        shelf = self._engine.shelf
        if shelf.taken:
            raise SimulationError(_TAKEN.format(taken=shelf.taken, of=shelf.total))

    def to_pandas(self) -> pd.DataFrame:
        """Return a table of the outcomes that have been taken so far, in the order of the jobs.

        Returns
        -------
        DataFrame
            ``cell``, ``protocol``, ``ok``, ``error``, ``seconds``, ``resumed`` and the parameters, by
            index of the job.
        """
        import pandas as pd

        columns = ["index", "cell", "protocol", "ok", "error", "seconds", "resumed"]
        table = pd.DataFrame(self._rows, columns=None if self._rows else columns)
        return table.set_index("index").sort_index()

    def cancel(self) -> None:
        """Begin no more jobs, and kill those that run in our own pool; does not wait for that.

        What is done can still be taken; then :class:`~bluecellab.errors.CancelledError` is raised.
        """
        self._engine.cancel()

    def close(self) -> None:
        """Cancel, and wait until everything is gone. Closing twice does nothing."""
        self._engine.close()

    def __enter__(self) -> Sweep[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Sweep[T]:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import asyncio

        self.cancel()
        await asyncio.to_thread(self.close)


_TAKEN = (
    "{taken} of {of} outcomes of this sweep have been taken before; they are handed out once and not "
    "kept. Keep the list: outcomes = sweep(...).collect()"
)


def _row(outcome: Outcome[object]) -> dict[str, object]:
    """Return what remains of an outcome: nothing that is large."""
    row: dict[str, object] = {
        "index": outcome.index,
        "cell": label_of(outcome.cell),
        "protocol": "" if outcome.protocol is None else outcome.protocol.name,
        "ok": outcome.ok,
        "error": "" if outcome.error is None else f"{type(outcome.error).__name__}: {outcome.error}",
        "seconds": outcome.seconds,
        "resumed": outcome.resumed,
    }
    for name, value in outcome.parameters.items():
        shown = value if value is None or isinstance(value, bool | int | float | str) else repr(value)[:80]
        row[f"{name} (parameter)" if name in row else name] = shown
    return row
