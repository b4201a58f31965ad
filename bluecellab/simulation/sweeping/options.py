"""How a sweep is done."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from bluecellab.errors import InvalidSpecError
from bluecellab.simulation.isolation import Executor
from bluecellab.simulation.sweeping.seams import AnyExecutor

__all__ = ["SweepKeywords", "SweepOptions"]


class SweepKeywords(TypedDict, total=False):
    """The keywords of :func:`sweep` and :func:`map_cells`: the fields of :class:`SweepOptions`."""

    executor: AnyExecutor | None
    processes: int | None
    ordered: bool
    isolated: bool
    time_limit: float | None
    memory_limit: int | None
    progress: bool | Callable[[int, int | None], object]
    save_to: str | os.PathLike[str] | None
    pairs: bool
    ahead: int


@dataclass(frozen=True)
class SweepOptions:
    """How a sweep is done.

    Parameters
    ----------
    executor
        What runs the jobs: anything with the ``submit()`` of :mod:`concurrent.futures`, such as
        Dask's ``client.get_executor()`` or mpi4py's ``MPIPoolExecutor()``; it is left open. One of
        ours may be shared by many sweeps; its isolation says the limits. By default a pool of our
        own, which ends with the sweep.
    processes
        How many jobs at once in our own pool; by default all processors but one.
    ordered
        Whether outcomes are given in the order of the jobs, or as they come.
    isolated
        Whether jobs run in processes of their own. Without, they run in this one, one after the
        other, each when its outcome is asked for: no limits, no safety from crashes.
    time_limit
        Seconds that a job may take; then it is ended.
    memory_limit
        Bytes that a job may take on top of what its process has at the start.
    progress
        Whether to show a bar, or a function that is called, in a thread of the sweep, with the
        number of jobs done and their total (None if that is not known).
    save_to
        Folder in which results are kept as they come, and from which those are taken that are there
        already.
    pairs
        Whether the first cell gets the first protocol only, the second the second, and so on,
        instead of every cell every protocol.
    ahead
        How many outcomes may lie there before they are taken, or be in the making, when the jobs are
        an iterable without a length.

    Raises
    ------
    InvalidSpecError
        If options are bad, or contradict each other.
    """

    executor: AnyExecutor | None = None
    processes: int | None = None
    ordered: bool = True
    isolated: bool = True
    time_limit: float | None = None
    memory_limit: int | None = None
    progress: bool | Callable[[int, int | None], object] = False
    save_to: str | os.PathLike[str] | None = None
    pairs: bool = False
    ahead: int = 256

    def __post_init__(self) -> None:
        if self.executor is not None and self.processes is not None:
            raise InvalidSpecError(
                f"processes={self.processes} is for our own pool; how many jobs the executor "
                f"{type(self.executor).__name__} runs at once is its own business"
            )
        if self.executor is not None and not callable(getattr(self.executor, "submit", None)):
            raise InvalidSpecError(
                f"an executor has submit(), as those of concurrent.futures have; got {self.executor!r}"
                + ("; for Dask use client.get_executor()" if hasattr(self.executor, "get_executor") else "")
            )
        limits = [name for name in ("time_limit", "memory_limit") if getattr(self, name) is not None]
        if isinstance(self.executor, Executor) and limits:
            raise InvalidSpecError(
                f"{' and '.join(limits)} of one of our pools must be said there: "
                "Executor(isolation=Isolation(time_limit=..., memory_limit=...))"
            )
        if not self.isolated:
            named = ("executor", "processes", "time_limit", "memory_limit")
            asked = [name for name in named if getattr(self, name) is not None]
            if asked:
                raise InvalidSpecError(
                    f"{' and '.join(asked)} need processes of their own: use isolated=True"
                )
        if isinstance(self.ahead, bool) or not isinstance(self.ahead, int) or self.ahead < 1:
            raise InvalidSpecError(f"ahead must be a whole number of at least 1; got {self.ahead!r}")
