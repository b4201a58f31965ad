"""From the words of a report to its elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bluecellab.circuit.access import CompartmentSet
from bluecellab.errors import CircuitWarning, ReportError, warn
from bluecellab.nrn.handles import Section
from bluecellab.recording import report_variables as variables
from bluecellab.recording.report_elements import Places, Processes, ReportCell, ReportElements, ReportSynapse
from bluecellab.results.sonata.layout import ReportLayout
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report

__all__ = ["Compartment", "elements_of"]

_PER_AREA = 0.01  # um2 times mA/cm2 make 0.01 nA
_ELECTRODES = ("IClamp", "SEClamp")  # their current flows in, where that of a membrane flows out

Synapses = Mapping[CellId, Iterable[ReportSynapse]]


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


def elements_of(
    report: Report,
    cells: Mapping[CellId, ReportCell],
    *,
    compartments: CompartmentSet | None = None,
    synapses: Synapses | None = None,
) -> ReportElements:
    """Return what a report records.

    Columns are in the order of populations, nodes, and element ids: section ids, or numbers of synapses. A
    section without an id, such as myelin in some templates, gets the next number after the largest.

    A report of the soma, or of listed compartments, needs the variable there; one of other sections has those
    compartments that have it. A summation adds up what there is.

    Parameters
    ----------
    report
        Its words.
    cells
        Those it is of. A cell without such sections has no columns.
    compartments
        For a report of type ``compartment_set``. Entries of other cells are left out.
    synapses
        For a report of type ``synapse``: those of each cell.

    Returns
    -------
    ReportElements
        They hold raw objects; hand them to a :class:`~bluecellab.recording.reports.ReportRecorder` soon.

    Raises
    ------
    ReportError
        If a variable is not where it is wanted, or nowhere; a listed section does not exist; or something
        that the type of report needs was not given.
    """
    names = variables.names_of(report.name, report.variable_name, several=report.type == "summation")
    made = _Columns(report)
    ordered = {cell_id: cells[cell_id] for cell_id in sorted(cells, key=lambda i: (i.population_name, i.id))}
    if report.type == "summation":
        _summation(made, ordered, names)
    elif report.type == "synapse":
        if synapses is None:
            raise ReportError(f"report {report.name!r} is of synapses; pass them")
        _synapses(made, ordered, names[0], synapses)
    else:
        listed = None
        if report.type == "compartment_set":
            if compartments is None:
                raise ReportError(
                    f"report {report.name!r} needs the compartment set {report.compartment_set!r}"
                )
            listed = _entries(report, compartments, ordered)
        _compartments(made, ordered, names[0], listed)
    return made.elements()


@dataclass
class _Columns:
    """Columns while they are collected."""

    report: Report
    nodes: dict[str, list[int]] = field(default_factory=dict)
    ids: dict[str, list[int]] = field(default_factory=dict)
    places: list[Places] = field(default_factory=list)
    processes: list[Processes] = field(default_factory=list)
    count: int = 0

    def add(self, cell_id: CellId, numbers: Sequence[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Add columns of a cell with these element ids; return which they are."""
        population = cell_id.population_name
        self.nodes.setdefault(population, []).extend([cell_id.id] * len(numbers))
        self.ids.setdefault(population, []).extend(numbers)
        first, self.count = self.count, self.count + len(numbers)
        return np.arange(first, self.count, dtype=np.int64)

    def read(
        self,
        found: Sequence[tuple[Compartment, str, float]],
        columns: np.ndarray[Any, np.dtype[np.int64]],
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

    def elements(self) -> ReportElements:
        """Return them."""
        layouts = {
            name: ReportLayout.of_columns(nodes, self.ids[name])
            for name, nodes in self.nodes.items()
            if nodes
        }
        return ReportElements(layouts, tuple(self.places), tuple(self.processes))


def _numbers(cell: ReportCell) -> dict[str, int]:
    """Return the SONATA section id of each section by name."""
    numbers = {section.name: int(number) for number, section in cell.section_ids.items()}
    following = max(numbers.values(), default=-1) + 1
    for name in cell.sections:
        if name not in numbers:
            numbers[name] = following
            following += 1
    return numbers


_LISTS: dict[str, Callable[[ReportCell], Sequence[Section]]] = {
    "soma": lambda cell: cell.somatic,
    "axon": lambda cell: cell.axonal,
    "dend": lambda cell: cell.basal,
    "apic": lambda cell: cell.apical,
    "all": lambda cell: list(cell.sections.values()),
}


def _places_of(cell: ReportCell, sections: str, *, every: bool) -> list[Compartment]:
    """Return the compartments of a list of sections, by section id and along the section."""
    numbers = _numbers(cell)
    chosen = sorted(_LISTS[sections](cell), key=lambda section: numbers[section.name])
    found = []
    for section in chosen:
        raw = section.raw
        places = [float(segment.x) for segment in raw] if every else [0.5]
        found += [Compartment(numbers[section.name], raw, x) for x in places]
    return found


def _compartments(
    made: _Columns,
    cells: Mapping[CellId, ReportCell],
    name: str,
    listed: Mapping[CellId, list[Compartment]] | None,
) -> None:
    report = made.report
    explicit = listed is not None or report.sections == "soma"
    looked_at: Compartment | None = None
    for cell_id, cell in cells.items():
        places = (
            _places_of(cell, report.sections, every=report.every_compartment)
            if listed is None
            else listed.get(cell_id, [])
        )
        looked_at = looked_at or (places[0] if places else None)
        lookup = _Lookup(name)
        found = []
        for place in places:
            hoc = lookup(place)
            if hoc is not None:
                found.append((_where(place, hoc), hoc, 1.0))
            elif explicit:
                raise _missing(report, name, place)
        made.read(found, made.add(cell_id, [place.number for place, _, _ in found]))
    if cells and not made.count:
        if looked_at is not None:
            raise _missing(report, name, looked_at)
        _warn_of_nothing(report)


def _warn_of_nothing(report: Report) -> None:
    what = report.compartment_set or f"section {report.sections}"
    warn(f"report {report.name!r} is empty: none of its cells has anything of {what}", CircuitWarning)


def _where(place: Compartment, hoc: str) -> Compartment:
    """Return where a variable is read: the ends of a section have a potential, but no mechanisms."""
    if hoc == "v" or 0 < place.x < 1:
        return place
    return Compartment(place.number, place.section, float(place.inside.x))


class _Lookup:
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


def _missing(report: Report, name: str, place: Compartment) -> ReportError:
    at = f"{place.section.hname()}({place.x:g})"
    return ReportError(
        f"report {report.name!r}: no variable {name!r} at {at}; there is "
        f"{variables.what_there_is(place.inside)}"
    )


def _entries(
    report: Report, listed: CompartmentSet, cells: Mapping[CellId, ReportCell]
) -> dict[CellId, list[Compartment]]:
    """Return the compartments of a set by cell, by section id and along the section."""
    entries: dict[CellId, list[Compartment]] = {}
    numbers: dict[CellId, dict[str, int]] = {}
    for node, section, offset in zip(listed.nodes.tolist(), listed.sections, listed.offsets, strict=True):
        cell_id = CellId(listed.population, int(node))
        cell = cells.get(cell_id)
        if cell is None:
            continue
        if cell_id not in numbers:
            numbers[cell_id] = _numbers(cell)
        named = numbers[cell_id]
        name = (
            section
            if isinstance(section, str)
            else next((name for name, number in named.items() if number == int(section)), None)
        )
        if name is None or name not in named:
            raise ReportError(
                f"report {report.name!r}: cell {cell_id} has no section {section!r}, which compartment set "
                f"{report.compartment_set!r} lists; it has {', '.join(list(named)[:8])} ..."
            )
        entries.setdefault(cell_id, []).append(
            Compartment(named[name], cell.sections[name].raw, float(offset))
        )
    for places in entries.values():
        places.sort(key=lambda place: (place.number, place.x))
    return entries


def _summation(made: _Columns, cells: Mapping[CellId, ReportCell], names: Sequence[str]) -> None:
    """Add up variables: over each cell in one column if its soma is meant, else for each compartment."""
    report = made.report
    whole = report.sections == "soma"
    scaled = report.scaling == "area"
    seen: set[str] = set()
    first: Compartment | None = None
    for cell_id, cell in cells.items():
        places = _places_of(
            cell, "all" if whole else report.sections, every=whole or report.every_compartment
        )
        if not places:
            continue
        first = first or places[0]
        own = made.add(cell_id, [0] if whole else [place.number for place in places])
        columns = np.repeat(own, len(places)) if whole else own
        for name in names:
            seen |= _sum_of_places(made, places, columns, name, scaled=scaled)
            seen |= _sum_of_processes(made, places, columns, name)
    for name in names:
        if first is not None and name not in seen:
            raise _missing(report, name, first)
    if cells and not made.count:
        _warn_of_nothing(report)


def _sum_of_places(
    made: _Columns,
    places: Sequence[Compartment],
    columns: np.ndarray[Any, np.dtype[np.int64]],
    name: str,
    *,
    scaled: bool,
) -> set[str]:
    """Add a range variable, or the current ``i`` of a density mechanism; return its name if there is one."""
    lookups = [_Lookup(name)] if "." in name else [_Lookup(name), _Lookup(f"{name}.i")]
    density: dict[str, bool] = {}
    found, kept = [], []
    for place, column in zip(places, columns, strict=True):
        hoc = next((hoc for hoc in (lookup(place) for lookup in lookups) if hoc is not None), None)
        if hoc is None:
            continue
        if hoc not in density:
            density[hoc] = scaled and variables.is_density(hoc)
        factor = float(place.inside.area()) * _PER_AREA if density[hoc] else 1.0
        found.append((place, hoc, factor))
        kept.append(column)
    made.read(found, np.array(kept, dtype=np.int64))
    return {name} if found else set()


def _sum_of_processes(
    made: _Columns,
    places: Sequence[Compartment],
    columns: np.ndarray[Any, np.dtype[np.int64]],
    name: str,
) -> set[str]:
    """Add the variable of point processes, ``i`` unless it is named; return its name if there are any."""
    mechanism, variable = variables.split(name) if "." in name else (name, "i")
    found, kept = [], []
    for place, column in zip(places, columns, strict=True):
        for process in place.inside.point_processes():
            if variables.kind_of(process) == mechanism and hasattr(process, variable):
                found.append(process)
                kept.append(column)
    if not found:
        return set()
    sign = -1.0 if mechanism in _ELECTRODES and variable == "i" else 1.0
    made.processes.append(
        Processes(tuple(found), variable, np.array(kept, dtype=np.int64), np.full(len(found), sign))
    )
    return {name}


def _synapses(made: _Columns, cells: Mapping[CellId, ReportCell], name: str, synapses: Synapses) -> None:
    """Add a column for each synapse of a mechanism on the sections that are meant."""
    report = made.report
    mechanism, variable = variables.split(name)
    if not mechanism:
        raise ReportError(
            f"report {report.name!r} is of synapses: its variable is written with their mechanism, such as "
            f"'ProbAMPANMDA_EMS.g', not {name!r}"
        )
    kinds: set[str] = set()
    for cell_id, cell in cells.items():
        sections = {section.raw for section in _LISTS[report.sections](cell)}
        found = []
        for synapse in synapses.get(cell_id, ()):
            process = synapse.hsynapse
            kind = variables.kind_of(process)
            kinds.add(kind)
            if kind == mechanism and process.get_segment().sec in sections:
                found.append((int(synapse.syn_id[1]), process))
        found.sort(key=lambda pair: pair[0])
        if found and not hasattr(found[0][1], variable):
            raise ReportError(f"report {report.name!r}: {mechanism} has no variable {variable!r}")
        columns = made.add(cell_id, [number for number, _ in found])
        processes = tuple(process for _, process in found)
        made.processes.append(Processes(processes, variable, columns, np.ones(len(processes))))
    if kinds and mechanism not in kinds:
        raise ReportError(
            f"report {report.name!r}: no synapse of its cells is of the mechanism {mechanism!r}; there are "
            f"{', '.join(sorted(kinds))}"
        )
