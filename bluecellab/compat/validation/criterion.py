"""What a value should be, under the published names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Criterion", "EqualTo", "GreaterThan", "IsFalse"]

Value = float | bool | npt.NDArray[np.float64]


def _shown(value: Value) -> str:
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4)
    return f"{value:.4g}"


class Criterion(ABC):
    """Base of criteria."""

    @abstractmethod
    def evaluate(self, value: Value) -> bool:
        """Whether a value is as it should be."""

    @abstractmethod
    def describe(self, value: Value) -> str:
        """Return in a sentence whether it is."""


@dataclass
class GreaterThan(Criterion):
    """All values are above a threshold, and there is one.

    Parameters
    ----------
    threshold
        In the unit of the value.
    """

    threshold: float

    def evaluate(self, value: Value) -> bool:
        """Whether all values are above the threshold."""
        numbers = np.atleast_1d(np.asarray(value, dtype=float))
        return bool(numbers.size and (numbers > self.threshold).all())

    def describe(self, value: Value) -> str:
        """Return in a sentence whether they are."""
        verb = "is" if self.evaluate(value) else "is not"
        return f"Value ({_shown(value)}) {verb} greater than {self.threshold:g}."


@dataclass
class EqualTo(Criterion):
    """A value is equal to a number.

    Parameters
    ----------
    expected
        The number.
    """

    expected: float

    def evaluate(self, value: Value) -> bool:
        """Whether the value is equal to the number.

        Raises
        ------
        TypeError
            If there is not exactly one value.
        """
        numbers = np.asarray(value, dtype=float)
        if numbers.size != 1:
            raise TypeError(f"one value is held against {self.expected:g}, not {numbers.size}")
        return float(numbers.item()) == self.expected

    def describe(self, value: Value) -> str:
        """Return in a sentence whether it is."""
        verb = "equals" if self.evaluate(value) else "does not equal"
        return f"Value ({_shown(value)}) {verb} expected {self.expected:g}."


@dataclass
class IsFalse(Criterion):
    """A value is false, or 0."""

    def evaluate(self, value: Value) -> bool:
        """Whether the value is false.

        Raises
        ------
        ValueError
            If there is not exactly one value.
        """
        numbers = np.asarray(value)
        if numbers.size != 1:
            raise ValueError(f"one value is true or false, not {numbers.size}")
        return not bool(numbers.item())

    def describe(self, value: Value) -> str:
        """Return in a sentence whether it is."""
        return f"Value ({_shown(value)}) is {'false' if self.evaluate(value) else 'not false'}."
