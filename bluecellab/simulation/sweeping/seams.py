"""What a sweep asks of an executor, and nothing more: those of anybody fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

__all__ = ["AnyExecutor", "AnyFuture"]

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class AnyFuture(Protocol[T_co]):
    """A result to come, as :class:`concurrent.futures.Future` has it."""

    def add_done_callback(self, fn: Callable[[object], object], /) -> None:
        """Have a function called, in any thread, when it is done."""

    def cancel(self) -> bool:
        """Give it up, if that can be done."""

    def cancelled(self) -> bool:
        """Whether it has been given up."""

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what it raised, if anything."""

    def result(self, timeout: float | None = None) -> T_co:
        """Return what it returned."""


class AnyExecutor(Protocol):
    """Whatever takes jobs: every :class:`concurrent.futures.Executor` does."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> AnyFuture[T]:
        """Have a function called, somewhere, and return its result to come."""
