"""What is done between the chunks of a run: hooks, progress, and whether it should stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bluecellab.errors import BusyError, CancelledError, HookError, RunError, TimeLimitError
from bluecellab.nrn import clock
from bluecellab.recording import Recorders
from bluecellab.simulation.progress import Progress

__all__ = ["Hook", "Look"]


@dataclass(frozen=True)
class Hook:
    """A function that is called while a run goes on.

    Parameters
    ----------
    function
        Takes the time in ms. What it raises ends the run.
    every
        Interval in ms; with a fixed step, rounded up to whole steps.
    """

    function: Callable[[float], object]
    every: float


class Look:
    """What is done between chunks of a run."""

    def __init__(
        self,
        interrupt: clock.Interrupt,
        watcher: clock.Watcher,
        hooks: Iterable[Hook],
        recorders: Recorders,
        progress: Progress | None,
    ) -> None:
        self._interrupt = interrupt
        self._watcher = watcher
        self._start = clock.now()
        self._hooks = [(hook, 1) for hook in hooks]
        self._recorders = recorders
        self._progress = progress

    def __call__(self) -> float:
        """Do what is due; return the next time in ms at which something is."""
        now = clock.now()
        self.check_potentials()
        self._recorders.harvest()
        due = math.inf
        with _blaming_hooks(now):
            for index, (hook, turn) in enumerate(self._hooks):
                while now >= self._start + turn * hook.every - 1e-9:
                    turn += 1
                    hook.function(now)
                self._hooks[index] = (hook, turn)
                due = min(due, self._start + turn * hook.every)
            if self._progress is not None:
                self._progress.update(now)
        self.stop_if_told(now)
        return due

    def check_potentials(self) -> None:
        """Raise if a potential is none of a cell; see :class:`bluecellab.nrn.watching.Watcher`."""
        self._watcher.check()

    def reached(self, now: float) -> None:
        """Do what is due when another engine has reached a time, in ms."""
        self._recorders.harvest()
        with _blaming_hooks(now):
            if self._progress is not None:
                self._progress.update(now)
        self.stop_if_told(now)

    def stop_if_told(self, now: float) -> None:
        """Raise if the run, which has reached a time in ms, should stop.

        Raises
        ------
        KeyboardInterrupt, CancelledError, TimeLimitError
            By what it should be stopped for.
        """
        if self._interrupt.interrupted:
            raise KeyboardInterrupt(f"interrupted at {now:g} ms")
        if self._interrupt.cancelled.is_set():
            raise CancelledError(f"the run was cancelled at {now:g} ms", time=now)
        if self._interrupt.overdue:
            raise TimeLimitError(f"the run overran its time limit; it had reached {now:g} ms", time=now)


@contextmanager
def _blaming_hooks(now: float) -> Iterator[None]:
    """Say when a hook raised; leave interrupts and our own errors of runs as they are."""
    try:
        yield
    except (RunError, BusyError):
        raise
    except Exception as error:
        raise HookError(
            f"a hook or progress function raised {type(error).__name__} at {now:g} ms: {error}",
            time=now,
        ) from error
