"""A job in another process failed."""

from __future__ import annotations

from bluecellab.errors.base import BluecellabError

__all__ = [
    "NotPicklableError",
    "RemoteError",
    "WorkerCrashedError",
    "WorkerError",
    "WorkerMemoryError",
    "WorkerTimeoutError",
]


class WorkerError(BluecellabError, RuntimeError):
    """A job in another process did not deliver; ``output`` is the end of what it printed."""

    def __init__(self, message: str, *, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class RemoteError(WorkerError):
    """The job raised; ``traceback`` is the worker's own, as text, and the original the cause.

    What is raised also derives from the builtin exception that the original derives from: a
    ``ValueError`` in the job is caught by ``except ValueError`` around the call.
    """

    def __init__(self, message: str, *, traceback: str = "", output: str = "") -> None:
        super().__init__(message, output=output)
        self.traceback = traceback

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""  # not KeyError's, which shows the repr


class WorkerCrashedError(WorkerError):
    """The worker process ended without an answer."""

    def __init__(
        self,
        message: str,
        *,
        exitcode: int | None = None,
        signal: int | None = None,
        output: str = "",
    ) -> None:
        super().__init__(message, output=output)
        self.exitcode = exitcode
        self.signal = signal


class WorkerTimeoutError(WorkerError, TimeoutError):
    """The worker overran its time limit and was killed."""


class WorkerMemoryError(WorkerError, MemoryError):
    """The worker overran its memory limit."""


class NotPicklableError(WorkerError, TypeError):
    """A function or an argument cannot be sent to another process."""
