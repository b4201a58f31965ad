"""When a measured value is as it should be, as data."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from bluecellab.analysis.validation.measurements import Value
from bluecellab.spec.base import Spec

__all__ = [
    "Always",
    "AnyCriterion",
    "AtLeast",
    "AtMost",
    "Between",
    "Criterion",
    "EqualTo",
    "GreaterThan",
    "IsFalse",
    "IsTrue",
    "LessThan",
]


class Criterion(Spec):
    """Base of what a value can be held against.

    Of an array every element must meet the criterion; an empty one does not.
    """

    @abstractmethod
    def met_by(self, value: Value) -> bool:
        """Whether the value is as it should be."""

    @abstractmethod
    def words(self) -> str:
        """Return what it should be: ``"above 5"``."""


class _Compared(Criterion):
    def met_by(self, value: Value) -> bool:
        """Whether the value is as it should be."""
        numbers = np.atleast_1d(np.asarray(value, dtype=float))
        return bool(len(numbers) and all(self._holds(float(number)) for number in numbers))

    @abstractmethod
    def _holds(self, number: float) -> bool:
        """Whether one number is as it should be; NaN never is."""


class GreaterThan(_Compared):
    """Above a threshold.

    Examples
    --------
    >>> GreaterThan(threshold=5).met_by(5.0), GreaterThan(threshold=5).met_by(5.1)
    (False, True)
    """

    type: Literal["greater_than"] = Field("greater_than", repr=False)
    threshold: float

    def _holds(self, number: float) -> bool:
        return number > self.threshold

    def words(self) -> str:
        """Return what this is, for messages."""
        return f"above {self.threshold:g}"


class AtLeast(_Compared):
    """A threshold, or above."""

    type: Literal["at_least"] = Field("at_least", repr=False)
    threshold: float

    def _holds(self, number: float) -> bool:
        return number >= self.threshold

    def words(self) -> str:
        """Return what this is, for messages."""
        return f"at least {self.threshold:g}"


class LessThan(_Compared):
    """Below a threshold."""

    type: Literal["less_than"] = Field("less_than", repr=False)
    threshold: float

    def _holds(self, number: float) -> bool:
        return number < self.threshold

    def words(self) -> str:
        """Return what this is, for messages."""
        return f"below {self.threshold:g}"


class AtMost(_Compared):
    """A threshold, or below."""

    type: Literal["at_most"] = Field("at_most", repr=False)
    threshold: float

    def _holds(self, number: float) -> bool:
        return number <= self.threshold

    def words(self) -> str:
        """Return what this is, for messages."""
        return f"at most {self.threshold:g}"


class Between(_Compared):
    """From one value to another, both included."""

    type: Literal["between"] = Field("between", repr=False)
    lowest: float
    highest: float

    @model_validator(mode="after")
    def _ordered(self) -> Between:
        if self.lowest > self.highest:
            raise ValueError(f"lowest is {self.lowest:g}, above highest, {self.highest:g}")
        return self

    def _holds(self, number: float) -> bool:
        return self.lowest <= number <= self.highest

    def words(self) -> str:
        """Return what this is, for messages."""
        return f"between {self.lowest:g} and {self.highest:g}"


class EqualTo(_Compared):
    """Equal to a number, or within a tolerance of it."""

    type: Literal["equal_to"] = Field("equal_to", repr=False)
    expected: float
    tolerance: Annotated[float, Field(ge=0)] = 0.0

    def _holds(self, number: float) -> bool:
        return abs(number - self.expected) <= self.tolerance

    def words(self) -> str:
        """Return what this is, for messages."""
        return f"{self.expected:g}" + (f" within {self.tolerance:g}" if self.tolerance else "")


class IsFalse(_Compared):
    """False, or 0."""

    type: Literal["is_false"] = Field("is_false", repr=False)

    def _holds(self, number: float) -> bool:
        return number == 0

    def words(self) -> str:
        """Return what this is, for messages."""
        return "false"


class IsTrue(_Compared):
    """True, or any number but 0."""

    type: Literal["is_true"] = Field("is_true", repr=False)

    def _holds(self, number: float) -> bool:
        return number != 0 and not np.isnan(number)

    def words(self) -> str:
        """Return what this is, for messages."""
        return "true"


class Always(Criterion):
    """Met by anything: for what is only to be shown."""

    type: Literal["always"] = Field("always", repr=False)

    def met_by(self, value: Value) -> bool:  # noqa: ARG002
        """Whether the value is as it should be."""
        return True

    def words(self) -> str:
        """Return what this is, for messages."""
        return "anything"


AnyCriterion = Annotated[
    GreaterThan | AtLeast | LessThan | AtMost | Between | EqualTo | IsFalse | IsTrue | Always,
    Field(discriminator="type"),
]
