"""The elements of a report: what each of its columns is read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bluecellab.nrn.handles import Section
from bluecellab.results.sonata.layout import ReportLayout

__all__ = ["Combination", "Places", "Processes", "ReportCell", "ReportElements", "ReportSynapse"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class ReportCell(Protocol):
    """What a report needs to know of a cell."""

    @property
    def sections(self) -> Mapping[str, Section]:
        """All sections by name."""

    @property
    def section_ids(self) -> Mapping[int, Section]:
        """Sections by SONATA section id; those without one are left out."""

    @property
    def somatic(self) -> Sequence[Section]:
        """Sections of the soma."""

    @property
    def axonal(self) -> Sequence[Section]:
        """Sections of the axon."""

    @property
    def basal(self) -> Sequence[Section]:
        """Sections of the basal dendrites."""

    @property
    def apical(self) -> Sequence[Section]:
        """Sections of the apical dendrites."""


class ReportSynapse(Protocol):
    """What a report needs to know of a synapse."""

    @property
    def syn_id(self) -> tuple[str, int]:
        """Name of its population of edges, and its number."""

    @property
    def hsynapse(self) -> Any:
        """NEURON's own point process."""


@dataclass(frozen=True, eq=False)
class Places:
    """A range variable at places along a section.

    Parameters
    ----------
    section
        The raw section.
    nseg
        How many segments it has.
    places
        Normalised positions, shape (n,).
    name
        hoc's name of the variable.
    columns
        Which column each adds to, shape (n,).
    factors
        What each is multiplied by, shape (n,).
    whole
        Whether the places are the centres of all segments, one after the other.
    """

    section: Any
    nseg: int
    places: tuple[float, ...]
    name: str
    columns: IntArray
    factors: FloatArray
    whole: bool = False


@dataclass(frozen=True, eq=False)
class Processes:
    """A variable of point processes.

    Parameters
    ----------
    processes
        The raw point processes.
    name
        hoc's name of the variable.
    columns
        Which column each adds to, shape (n,).
    factors
        What each is multiplied by, shape (n,).
    """

    processes: tuple[Any, ...]
    name: str
    columns: IntArray
    factors: FloatArray


@dataclass(frozen=True, eq=False)
class ReportElements:
    """What the columns of a report are read from: each the sum of some variables, times a factor each.

    Parameters
    ----------
    layouts
        Columns of each population; those of the first come first.
    places
        Range variables.
    processes
        Variables of point processes.
    """

    layouts: Mapping[str, ReportLayout]
    places: tuple[Places, ...] = ()
    processes: tuple[Processes, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        """Return the number of columns."""
        return sum(map(len, self.layouts.values()))

    @property
    def place_count(self) -> int:
        """How many range variables are read."""
        return sum(len(group.places) for group in self.places)

    @property
    def process_count(self) -> int:
        """How many variables of point processes are read."""
        return sum(len(group.processes) for group in self.processes)

    def combination(self, kind: type[np.floating[Any]] = np.float32) -> Combination:
        """Return how columns of a kind of numbers are made of what is read: range variables come first."""
        groups: list[Places | Processes] = [*self.places, *self.processes]
        return Combination.of(
            len(self),
            _joined((group.columns for group in groups), np.int64),
            _joined((group.factors for group in groups), np.float64),
            kind,
        )


def _joined(parts: Iterable[npt.NDArray[Any]], kind: type[np.generic]) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, kind), *parts])


@dataclass(frozen=True, eq=False)
class Combination:
    """Makes the columns of a report of what has been read.

    Parameters
    ----------
    size
        Number of columns.
    order
        Which variables to take, one column after the other; None for all in their order.
    factors
        What they are multiplied by; None for nothing.
    columns
        The columns that have variables; None when each has one.
    starts
        Where the variables of each of these begin.
    kind
        Of the numbers that are made.
    """

    size: int
    order: IntArray | None = None
    factors: FloatArray | None = None
    columns: IntArray | None = None
    starts: IntArray | None = None
    kind: type[np.floating[Any]] = np.float32

    @classmethod
    def of(
        cls, size: int, columns: IntArray, factors: FloatArray, kind: type[np.floating[Any]] = np.float32
    ) -> Combination:
        """Return the combination of variables by the column and the factor of each.

        Examples
        --------
        >>> double = Combination.of(2, np.array([1, 0, 1]), np.array([1.0, 2.0, -1.0]))
        >>> double(np.array([[10.0, 20.0, 30.0]]))
        array([[ 40., -20.]], dtype=float32)
        """
        order = np.argsort(columns, kind="stable")
        sorted_columns = columns[order]
        found, starts = np.unique(sorted_columns, return_index=True)
        single = len(found) == size == len(columns)
        return cls(
            size,
            None if (order == np.arange(len(order))).all() else order,
            None if (factors == 1).all() else factors[order],
            None if single else found,
            None if single else starts.astype(np.int64),
            kind,
        )

    def __call__(self, values: FloatArray) -> npt.NDArray[np.floating]:
        """Return the columns, shape (n, columns), of what was read, shape (n, variables)."""
        if self.order is not None:
            values = values[:, self.order]
        if self.factors is not None:
            values = values * self.factors
        if self.columns is None or self.starts is None:
            return values.astype(self.kind, copy=False)
        made = np.zeros((len(values), self.size), dtype=self.kind)
        if len(self.columns):
            made[:, self.columns] = np.add.reduceat(values, self.starts, axis=1)
        return made
