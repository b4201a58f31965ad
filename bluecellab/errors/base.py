"""What every error is, and those of every room."""

from __future__ import annotations

__all__ = [
    "BluecellabError",
    "BrokenError",
    "BusyError",
    "ClosedError",
    "InvalidSpecError",
    "MissingDependencyError",
]


class BluecellabError(Exception):
    """Base of every error that bluecellab raises."""


class ClosedError(BluecellabError, RuntimeError):
    """Something was used after it, or its owner, had been closed."""


class BrokenError(BluecellabError, RuntimeError):
    """NEURON, or foreign hoc code, freed an object that is still in use here."""


class BusyError(BluecellabError, RuntimeError):
    """A run is in progress and NEURON cannot do what was asked before it ends."""


class InvalidSpecError(BluecellabError, ValueError):
    """A specification has a bad, missing or unknown field."""


class MissingDependencyError(BluecellabError, ImportError):
    """An optional package is not installed; ``extra`` names the extra that brings it."""

    def __init__(self, message: str, *, extra: str = "") -> None:
        super().__init__(message)
        self.extra = extra
