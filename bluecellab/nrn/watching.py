"""What watches a run: why it should stop, and whether its potentials are those of cells."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from bluecellab.errors import BrokenError, DivergedError
from bluecellab.nrn import runtime

__all__ = ["Interrupt", "Watcher", "keeping_alarm"]

_LIMIT = 1e4  # mV; beyond it a potential is not physiology


@contextmanager
def keeping_alarm() -> Iterator[None]:
    """Give the process its alarm clock back, which ``psolve`` takes for itself; it goes off afterwards."""
    if not hasattr(signal, "getitimer"):  # Windows
        yield
        return
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    if not left:
        yield
        return
    end = time.monotonic() + left
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(end - time.monotonic(), 1e-6), interval)


@dataclass
class Interrupt:
    """Why a run should stop: Ctrl-C, a cancel from anywhere, or a time limit.

    Parameters
    ----------
    cancelled
        Set it from any thread to stop the run.
    deadline
        ``time.monotonic()`` value at which to stop.
    """

    cancelled: threading.Event
    deadline: float = math.inf
    interrupted: bool = False

    @contextmanager
    def catching_ctrl_c(self) -> Iterator[None]:
        """Note Ctrl-C instead of raising it inside NEURON, which would swallow it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)
        if before is None or before is signal.SIG_IGN:
            yield
            return

        def note(_number: int, _frame: FrameType | None) -> None:
            self.interrupted = True

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @property
    def overdue(self) -> bool:
        """Whether the time limit has passed."""
        return time.monotonic() > self.deadline


class Watcher:
    """Watches the potentials of all sections for divergence.

    It looks at the middle of every section: NaN spreads over a whole cell within one step. It holds
    no references to variables, because NEURON never gives back the memory of one whose section goes.

    Parameters
    ----------
    describe
        Gives the name of a raw section's cell, for the message.
    """

    def __init__(self, describe: Callable[[Any], str]) -> None:
        self._describe = describe
        self._middles = [section(0.5) for section in runtime.raw_h().allsec()]
        self._last_good = 0.0

    def check(self) -> None:
        """Raise if any potential is NaN, infinite or beyond 1e4 mV.

        Raises
        ------
        DivergedError
            With the time, cell, section and value.
        BrokenError
            If a section has been deleted in the middle of the run.
        """
        try:
            potentials = [segment.v for segment in self._middles]
        except ReferenceError as error:
            raise BrokenError(
                "a section was deleted in the middle of the run, so that it cannot go on; "
                "delete sections before or after a run"
            ) from error
        if not all(-_LIMIT <= potential <= _LIMIT for potential in potentials):  # nor NaN
            sizes = [abs(v) if math.isfinite(v) else math.inf for v in potentials]
            worst = sizes.index(max(sizes))
            raise self._diverged(self._middles[worst], potentials[worst])
        self._last_good = _now()

    def _diverged(self, segment: Any, potential: float) -> DivergedError:
        section = segment.sec
        name = str(section.hname()).rpartition(".")[2]
        cell = self._describe(section)
        return DivergedError(
            f"the membrane potential of {name}({segment.x:g}) of {cell} became {potential:g} mV between "
            f"{self._last_good:g} and {_now():g} ms. Look at the stimuli there, use a smaller dt, "
            "or check the parameters of its mechanisms.",
            time=_now(),
            cell=cell,
            section=name,
            value=potential,
        )


def _now() -> float:
    return float(runtime.raw_h().t)
