"""Several processes or another engine cannot do what was asked."""

from __future__ import annotations

from collections.abc import Sequence

from bluecellab.errors.base import BluecellabError
from bluecellab.errors.running import NotRecordedError, RunError
from bluecellab.errors.workers import WorkerCrashedError

__all__ = [
    "CalibrationError",
    "ElsewhereError",
    "EngineCrashedError",
    "LauncherError",
    "ParallelError",
    "RankError",
    "UnsupportedByEngineError",
]


class ParallelError(BluecellabError, RuntimeError):
    """Several ranks cannot do what was asked."""


class LauncherError(ParallelError):
    """The ranks that the launcher started and those that NEURON sees differ, or there is no MPI library."""


class RankError(ParallelError):
    """Another rank failed.

    ``rank`` is which one, ``kind`` the name of its exception's class, ``reason`` its text, ``traceback``
    the whole.
    """

    def __init__(
        self, message: str, *, rank: int | None = None, kind: str = "", reason: str = "", traceback: str = ""
    ) -> None:
        super().__init__(message)
        self.rank = rank
        self.kind = kind
        self.reason = reason
        self.traceback = traceback


class ElsewhereError(ParallelError, NotRecordedError):
    """A cell was asked for that another rank has made; ``rank`` is which one."""

    def __init__(self, message: str, *, rank: int | None = None) -> None:
        super().__init__(message)
        self.rank = rank


class EngineCrashedError(WorkerCrashedError, RunError):
    """The process that an engine worked in ended without an answer."""


class UnsupportedByEngineError(BluecellabError, ValueError):
    """The chosen engine cannot do what was asked for; ``offenders`` names everything that it cannot."""

    def __init__(self, message: str, offenders: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.offenders = tuple(offenders)


class CalibrationError(BluecellabError, ValueError):
    """A calibration of estimates that is damaged, or cannot be made or written."""
