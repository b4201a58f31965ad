"""Progress of a run: a bar, or a function of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Protocol

from bluecellab.nrn.parallel import ranks

__all__ = ["Bar", "Progress", "building_bar", "progress_for"]

_STEPS = 100


class Progress(Protocol):
    """Is told how far the run has come."""

    def update(self, time: float) -> None:
        """Take note of the time reached, in ms."""


class Bar:
    """A progress bar in milliseconds of simulated time, on standard error.

    Parameters
    ----------
    start, stop
        Where the run begins and ends, in ms.
    """

    def __init__(self, start: float, stop: float) -> None:
        self._start = start
        self._span = stop - start
        self._done = 0.0
        from tqdm.auto import tqdm  # which costs more than many a run without a bar

        self._bar = tqdm(
            total=self._span,
            unit="ms",
            bar_format="{l_bar}{bar}| {n:.1f}/{total:.1f} ms [{elapsed}<{remaining}]",
        )

    def update(self, time: float) -> None:
        """Move the bar to a time in ms."""
        done = min(max(time - self._start, 0.0), self._span)
        self._bar.update(done - self._done)
        self._done = done

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()


class _Calls:
    """Calls a function without arguments at every hundredth of the run."""

    def __init__(self, function: Callable[[], object], start: float, stop: float) -> None:
        self._function = function
        self._start = start
        self._every = (stop - start) / _STEPS
        self._calls = 0

    def update(self, time: float) -> None:
        while self._calls <= (time - self._start) / self._every + 1e-6 and self._calls <= _STEPS:
            self._calls += 1
            self._function()


def progress_for(
    function: Callable[[], object] | None, show: bool, start: float, stop: float
) -> AbstractContextManager[Progress | None]:
    """Return what reports the progress of a run, if anything does; of several ranks, only rank 0 does.

    Parameters
    ----------
    function
        Called, without arguments, at every hundredth of the run; replaces the bar.
    show
        Whether progress is wanted at all.
    start, stop
        Where the run begins and ends, in ms.
    """
    if not show or ranks().id:
        return nullcontext()
    if function is not None:
        return nullcontext(_Calls(function, start, stop))
    return Bar(start, stop)


@contextmanager
def building_bar(steps: int, show: bool) -> Iterator[Callable[[], object]]:
    """Show, if that is wanted, how far building has come; yields what is to be called after each step."""
    if not show or ranks().id:
        yield lambda: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=steps, desc="building", unit="step", leave=False) as bar:
        yield bar.update
