"""The published pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bluecellab.compat import _alias
from bluecellab.simulation import isolation

__all__ = ["IsolatedProcess"]


class IsolatedProcess(isolation.IsolatedProcess):
    """A pool that runs every task in a fresh process, where ``bluecellulab`` means what it means here.

    Parameters
    ----------
    processes
        How many tasks at once; None for all processors but one.
    initializer, initargs
        A function that is called in every process before its task, and its arguments.
    """

    def __init__(
        self,
        processes: int | None = 1,
        *,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[object] = (),
    ) -> None:
        super().__init__(
            processes, initializer=_prepare, initargs=(_alias.installed(), initializer, tuple(initargs))
        )


def _prepare(install: bool, initializer: Callable[..., object] | None, initargs: tuple[object, ...]) -> None:
    """In the worker, before the task."""
    if install:
        _alias.install()
    if initializer is not None:
        initializer(*initargs)
