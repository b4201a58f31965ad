"""Progress on a terminal: a count of the simulations that are done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Concatenate, NamedTuple, ParamSpec, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

    from bluecellab.cell import Cell
    from bluecellab.simulation.isolation import Executor
    from bluecellab.spec.cells import AnyCell

__all__ = ["Places", "shows_progress", "side_by_side"]

P = ParamSpec("P")
T = TypeVar("T")


class Places(NamedTuple):
    """Where simulations run: in a pool, or in so many processes that whoever measures makes."""

    executor: Executor | None
    processes: int | None


def shows_progress() -> bool:
    """Whether somebody looks who would like to see progress."""
    return sys.stderr.isatty()


@contextmanager
def side_by_side(processes: int | None) -> Iterator[Places]:
    """Yield where simulations run; on a terminal, a pool that counts what is done.

    Parameters
    ----------
    processes
        How many at once; all processors but one by default.
    """
    if not shows_progress():
        yield Places(None, processes)
        return
    from tqdm.auto import tqdm

    with (
        tqdm(unit=" simulations", bar_format="{n_fmt}{unit} [{elapsed}]", leave=False) as bar,
        _counting(processes, lambda _: bar.update()) as executor,
    ):
        yield Places(executor, None)


def _counting(processes: int | None, count: Callable[[object], object]) -> Executor:
    """Return a pool that tells of each job that is done."""
    from bluecellab.simulation.isolation import Executor, Isolation

    class Counting(Executor):
        def submit_on(
            self, cell: AnyCell, fn: Callable[Concatenate[Cell, P], T], /, *args: P.args, **kwargs: P.kwargs
        ) -> Future[T]:
            future = super().submit_on(cell, fn, *args, **kwargs)
            future.add_done_callback(count)
            return future

    return Counting(processes, isolation=Isolation(modules=("bluecellab.simulation.protocol",)))
