"""Columns of a report while they are collected, and the places that they are read from."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import CircuitWarning, ReportError, warn
from bluecellab.nrn.handles import Section
from bluecellab.recording import report_variables as variables
from bluecellab.recording.report_elements import Places, Processes, ReportCell, ReportElements
from bluecellab.results.sonata.layout import ReportLayout
from bluecellab.results.sonata.parts import ALONE, Share
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report

__all__ = [
    "LISTS",
    "Columns",
    "Compartment",
    "Lookup",
    "missing",
    "numbers_of",
    "places_of",
]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Compartment:
    """One place on a cell.

    Parameters
    ----------
    number
        SONATA section id.
    section
        The raw section.
    x
        Normalised position along it.
    """

    number: int
    section: Any
    x: float

    @property
    def inside(self) -> Any:
        """The raw segment it lies in; the ends of a section belong to its first and last one."""
        return self.section(min(max(self.x, 1e-9), 1 - 1e-9))


@dataclass
class Columns:
    """Columns while they are collected.

    Parameters
    ----------
    report
        What they are of.
    share
        Which part of them this process has.
    """

    report: Report
    share: Share = ALONE
    nodes: dict[str, list[int]] = field(default_factory=dict)
    ids: dict[str, list[int]] = field(default_factory=dict)
    places: list[Places] = field(default_factory=list)
    processes: list[Processes] = field(default_factory=list)
    count: int = 0

    def add(self, cell_id: CellId, numbers: Sequence[int]) -> IntArray:
        """Add columns of a cell with these element ids; return which they are."""
        population = cell_id.population_name
        self.nodes.setdefault(population, []).extend([cell_id.id] * len(numbers))
        self.ids.setdefault(population, []).extend(numbers)
        first, self.count = self.count, self.count + len(numbers)
        return np.arange(first, self.count, dtype=np.int64)

    def read(
        self,
        found: Sequence[tuple[Compartment, str, float]],
        columns: IntArray,
    ) -> None:
        """Have range variables read for columns: place, hoc's name, and factor of each."""
        begin = 0
        for end in range(1, len(found) + 1):
            here = found[begin]
            if end < len(found) and found[end][0].section == here[0].section and found[end][1] == here[1]:
                continue
            group = found[begin:end]
            self.places.append(
                Places(
                    here[0].section,
                    int(here[0].section.nseg),
                    tuple(place.x for place, _, _ in group),
                    here[1],
                    columns[begin:end],
                    np.array([factor for _, _, factor in group]),
                )
            )
            begin = end

    def anything(self) -> bool:
        """Return whether any process has a column; all of them call it."""
        return any(self.share.gathered(self.count > 0, f"looking for columns of report {self.report.name}"))

    def warn_if_empty(self, cells: Sized) -> None:
        """Warn, in the first process, that no cell has any of the places; all of them call it."""
        there = self.share.gathered(
            (len(cells) > 0, self.count > 0), f"looking for places of report {self.report.name}"
        )
        if self.share.first and any(cell for cell, _ in there) and not any(column for _, column in there):
            what = self.report.compartment_set or f"section {self.report.sections}"
            warn(
                f"report {self.report.name!r} is empty: none of its cells has anything of {what}",
                CircuitWarning,
            )

    def elements(self) -> ReportElements:
        """Return them."""
        layouts = {
            name: ReportLayout.of_columns(nodes, self.ids[name])
            for name, nodes in self.nodes.items()
            if nodes
        }
        return ReportElements(layouts, tuple(self.places), tuple(self.processes))


def numbers_of(cell: ReportCell) -> dict[str, int]:
    """Return the SONATA section id of each section by name."""
    numbers = {section.name: int(number) for number, section in cell.section_ids.items()}
    following = max(numbers.values(), default=-1) + 1
    for name in cell.sections:
        if name not in numbers:
            numbers[name] = following
            following += 1
    return numbers


LISTS: dict[str, Callable[[ReportCell], Sequence[Section]]] = {
    "soma": lambda cell: cell.somatic,
    "axon": lambda cell: cell.axonal,
    "dend": lambda cell: cell.basal,
    "apic": lambda cell: cell.apical,
    "all": lambda cell: list(cell.sections.values()),
}


def places_of(cell: ReportCell, sections: str, *, every: bool) -> list[Compartment]:
    """Return the compartments of a list of sections, by section id and along the section."""
    numbers = numbers_of(cell)
    chosen = sorted(LISTS[sections](cell), key=lambda section: numbers[section.name])
    found = []
    for section in chosen:
        raw = section.raw
        places = [float(segment.x) for segment in raw] if every else [0.5]
        found += [Compartment(numbers[section.name], raw, x) for x in places]
    return found


class Lookup:
    """Finds a variable, once for each section: mechanisms are in all of a section or none."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._section: Any = None
        self._hoc: str | None = None

    def __call__(self, place: Compartment) -> str | None:
        """Return hoc's name of the variable, None if it is not there."""
        if self._section is None or self._section != place.section:
            self._section, self._hoc = place.section, variables.hoc_name(place.inside, self._name)
        return self._hoc


def missing(report: Report, name: str, place: Compartment) -> ReportError:
    """Return the error that says that a variable is not at a place, and what is."""
    at = f"{place.section.hname()}({place.x:g})"
    return ReportError(
        f"report {report.name!r}: no variable {name!r} at {at}; there is "
        f"{variables.what_there_is(place.inside)}"
    )
