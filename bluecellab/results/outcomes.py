"""What became of one job of many: a value, or the error that it ended with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from bluecellab.errors import BluecellabError
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol

__all__ = ["Outcome"]

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of one job of many.

    Parameters
    ----------
    index
        Which job, in the order in which they were asked for, from 0.
    cell
        The cell.
    protocol
        What was done to it; None for a job that is no protocol.
    parameters
        Keyword arguments of the job.
    value
        What came of it; None if it failed.
    error
        Why it failed; None if it did not.
    seconds
        Wall time in s, without the time it took to build the cell; of a job that was ended, from its
        beginning to its end.
    resumed
        Whether it was read from what an earlier run had saved.
    """

    index: int
    cell: AnyCell
    protocol: Protocol | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    value: T | None = None
    error: BluecellabError | None = None
    seconds: float = 0.0
    resumed: bool = False

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.error is None

    def unwrap(self) -> T:
        """Return the value.

        Raises
        ------
        BluecellabError
            What the job failed with.
        """
        if self.error is not None:
            raise self.error
        return cast("T", self.value)
