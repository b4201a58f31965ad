"""The ownership tree: everything live has exactly one owner.

Strong references run from owner to owned, weak ones back. Closing is idempotent, last in first out,
goes on to the end when a release fails, and then raises what failed. While a run is in progress
nothing is destroyed, because NEURON aborts the process if it is: an explicit close is refused, and
what is merely dropped waits until the run has ended.
"""

from __future__ import annotations

import itertools
import sys
import warnings
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from bluecellab.errors import BluecellabError, ClosedError
from bluecellab.nrn import runtime

__all__ = ["Live", "Scope", "changes", "release_deferred"]

T = TypeVar("T")
L = TypeVar("L", bound="Live")

_PACKAGE = __name__.partition(".")[0] + "."
_deferred: list[Scope] = []
_change_counter = itertools.count(1)
_changes = 0


def changes() -> int:
    """Return a number that grows whenever something live is made or released."""
    return _changes


def _changed() -> None:
    global _changes
    _changes = next(_change_counter)


class Scope:
    """A node of the ownership tree.

    Parameters
    ----------
    name
        What is owned here, for messages: ``"Cell S1/12"``.
    parent
        The owner of this scope; ``None`` for what belongs to the process.
    """

    __slots__ = (
        "__weakref__",
        "_items",
        "_key",
        "_keys",
        "_parent",
        "_parent_path",
        "closed",
        "name",
    )

    def __init__(self, name: str, parent: Scope | None = None) -> None:
        self.name = name
        self.closed = False
        self._items: dict[int, tuple[Any, Callable[[Any], object] | None]] = {}
        self._keys = itertools.count()
        self._parent = weakref.ref(parent) if parent is not None else None
        self._parent_path = parent.path() if parent is not None else ""
        self._key = parent._add(self, Scope._release) if parent is not None else -1
        _changed()

    def path(self) -> str:
        """Return the names from the outermost owner to here: ``"Cell S1/12 > Step"``."""
        return f"{self._parent_path} > {self.name}" if self._parent_path else self.name

    def _add(self, item: Any, release: Callable[[Any], object] | None) -> int:
        self.check()
        key = next(self._keys)
        self._items[key] = (item, release)
        return key

    def own(self, item: T, release: Callable[[T], object] | None = None) -> T:
        """Take ownership of an object and return it.

        Parameters
        ----------
        item
            Anything; raw hoc objects belong here.
        release
            Called with the object when the scope closes; without it, the reference is dropped.

        Raises
        ------
        ClosedError
            If the scope is closed.
        """
        self._add(item, release)
        return item

    def child(self, name: str) -> Scope:
        """Return a new scope owned by this one."""
        return Scope(name, self)

    def check(self) -> None:
        """Raise if the scope is closed.

        Raises
        ------
        ClosedError
            Naming the thing and its owner.
        """
        if self.closed:
            owner = f" (owned by {self._parent_path})" if self._parent_path else ""
            raise ClosedError(
                f"{self.name}{owner} is closed. Make a new one, or read what you need before closing it."
            )

    def close(self) -> None:
        """Release everything, last in first out. Closing twice does nothing.

        Raises
        ------
        BusyError
            If a run is in progress.
        BluecellabError
            If something could not be released; the rest has been, all the same.
        """
        if self.closed:
            return
        runtime.refuse_while_running(f"closing {self.path()}")
        self._release()

    def abandon(self) -> None:
        """Release what nobody refers to any more; after the run, if one is in progress."""
        if self.closed:
            return
        if runtime.running():
            _deferred.append(self)
        else:
            self._release()

    def _release(self) -> None:
        if self.closed:
            return
        self.closed = True
        _changed()
        failures: list[BaseException] = []
        while self._items:
            _, (item, release) = self._items.popitem()
            try:
                if release is not None:
                    release(item)
            except Exception as failure:  # noqa: BLE001 - all are raised together below
                failures.append(failure)
            del item, release
        parent = self._parent() if self._parent is not None else None
        if parent is not None:
            parent._items.pop(self._key, None)
        if failures:
            reasons = "; ".join(f"{type(failure).__name__}: {failure}" for failure in failures)
            raise BluecellabError(
                f"closing {self.path()} left {len(failures)} failures: {reasons}"
            ) from failures[0]


def release_deferred() -> None:
    """Release what was dropped during a run."""
    while _deferred:
        _deferred.pop()._release()


def _opened_at() -> str:
    """Return file and line of the innermost caller outside this package."""
    frame = sys._getframe(2)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _forgotten(scope: Scope, opened_at: str) -> None:
    if scope.closed:
        return
    try:
        warnings.warn(
            f"{scope.name}, opened at {opened_at}, was dropped without close(). "
            "It is released now; use 'with', or call close().",
            ResourceWarning,
            stacklevel=2,
        )
    finally:
        scope.abandon()


class Live:
    """Base of everything that has a ``close()``; a context manager.

    Raw hoc objects and whatever must be released live in ``self._scope``, which never refers back
    to the object: so dropping the last reference frees as much as :meth:`close` does.

    Parameters
    ----------
    name
        For messages.
    owner
        The scope that owns this object; without one it belongs to whoever holds it, and is
        released, with a :class:`ResourceWarning`, when it is dropped without being closed.
    """

    def __init__(self, name: str, owner: Scope | None = None) -> None:
        self._scope = Scope(name, owner)
        if owner is None:
            finalizer = weakref.finalize(self, _forgotten, self._scope, _opened_at())
            finalizer.atexit = False  # at exit NEURON goes too, nothing leaks

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._scope.closed

    def close(self) -> None:
        """Release everything this object owns. Closing twice does nothing.

        Raises
        ------
        BusyError
            If a run is in progress.
        """
        self._scope.close()

    def delete(self) -> None:
        """Close; the published name."""
        self.close()

    def own(self, item: T) -> T:
        """Let this object own another, so that both are released together."""
        return self._scope.own(item)

    def __enter__(self: L) -> L:
        self._scope.check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
