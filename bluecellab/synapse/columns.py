"""Attributes of edges as numbers, checked: what is missing or makes no sense is said with counts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import ColumnError, SynapseError

__all__ = ["EdgeColumns"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class EdgeColumns:
    """Attributes of some edges.

    Parameters
    ----------
    edges
        The edges.
    purpose
        What is made of them, for messages: ``"synapses of ProbAMPANMDA_EMS"``.
    """

    def __init__(self, edges: Edges, purpose: str) -> None:
        self.edges = edges
        self.purpose = purpose

    def __len__(self) -> int:
        return len(self.edges)

    def has(self, name: str) -> bool:
        """Whether the edges have an attribute."""
        return name in self.edges.columns

    def optional(self, name: str) -> FloatArray:
        """Return an attribute, shape (n,); NaN where it is not known."""
        if not self.has(name):
            return np.full(len(self), np.nan)
        return self._numbers(name)

    def needed(self, name: str) -> FloatArray:
        """Return an attribute, shape (n,), that every edge must have.

        Raises
        ------
        ColumnError
            If the population has no such attribute.
        SynapseError
            If it is not a number for some edges.
        """
        if not self.has(name):
            population = self.edges.population
            raise ColumnError(
                f"{self.purpose} need {name!r}, which edge population {population.name!r} does not have; "
                f"it has {', '.join(sorted(self.edges.columns)) or 'no attributes'}",
                name,
            )
        values = self._numbers(name)
        self.refuse(~np.isfinite(values), f"{name} that is not a number")
        return values

    def not_negative(self, name: str) -> FloatArray:
        """Return a needed attribute that must not be negative; raises as :meth:`needed`."""
        values = self.needed(name)
        self.refuse(values < 0, f"negative {name}", values)
        return values

    def positive(self, name: str) -> FloatArray:
        """Return a needed attribute that must be above 0; raises as :meth:`needed`."""
        values = self.needed(name)
        self.refuse(values <= 0, f"{name} that is not above 0", values)
        return values

    def refuse(self, wrong: BoolArray, what: str, values: FloatArray | None = None) -> None:
        """Raise if something is wrong with any edge.

        Raises
        ------
        SynapseError
            Counting them, and naming the first.
        """
        found = np.flatnonzero(wrong)
        if not len(found):
            return
        edges = self.edges
        first = int(found[0])
        value = "" if values is None else f" ({values[first]:g})"
        raise SynapseError(
            f"{self.purpose}: {len(found)} of {len(edges)} edges of {edges.population.name!r} to node "
            f"{edges.target} of {edges.population.target!r} have a {what}; the first is number "
            f"{edges.numbers[first]}, from node {edges.sources[first]}{value}. "
            "Correct the edges file, or leave these edges out."
        )

    def _numbers(self, name: str) -> FloatArray:
        try:
            return np.asarray(self.edges.columns[name], dtype=np.float64)
        except (TypeError, ValueError):
            raise SynapseError(
                f"{self.purpose}: {name!r} of edge population {self.edges.population.name!r} is not numeric"
            ) from None

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return those of some attributes that the edges do not have, or not as a number."""
        return [name for name in names if not np.isfinite(self.optional(name)).all()]
