"""From the words of a report to its elements."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.circuit.access import CompartmentSet
from bluecellab.errors import ReportError
from bluecellab.nrn.handles import Section
from bluecellab.recording import report_variables as variables
from bluecellab.recording.report_columns import (
    Columns,
    Compartment,
    Lookup,
    missing,
    numbers_of,
    places_of,
)
from bluecellab.recording.report_elements import ReportCell, ReportElements
from bluecellab.recording.report_sums import Synapses, add_summation, add_synapses
from bluecellab.results.sonata.parts import ALONE, Share
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report

__all__ = ["elements_of"]


def elements_of(
    report: Report,
    cells: Mapping[CellId, ReportCell],
    *,
    compartments: CompartmentSet | None = None,
    synapses: Synapses | None = None,
    share: Share = ALONE,
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
    share
        Of the report that this process has; what is nowhere is so in no process. All of them call this.

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
    made = Columns(report, share=share)
    ordered = {cell_id: cells[cell_id] for cell_id in sorted(cells, key=lambda i: (i.population_name, i.id))}
    if report.type == "summation":
        add_summation(made, ordered, names)
    elif report.type == "synapse":
        if synapses is None:
            raise ReportError(f"report {report.name!r} is of synapses; pass them")
        add_synapses(made, ordered, names[0], synapses)
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


def _compartments(
    made: Columns,
    cells: Mapping[CellId, ReportCell],
    name: str,
    listed: Mapping[CellId, list[Compartment]] | None,
) -> None:
    report = made.report
    explicit = listed is not None or report.sections == "soma"
    looked_at: Compartment | None = None
    for cell_id, cell in cells.items():
        places = (
            places_of(cell, report.sections, every=report.every_compartment)
            if listed is None
            else listed.get(cell_id, [])
        )
        looked_at = looked_at or (places[0] if places else None)
        lookup = Lookup(name)
        found = []
        for place in places:
            hoc = lookup(place)
            if hoc is not None:
                found.append((_where(place, hoc), hoc, 1.0))
            elif explicit:
                raise missing(report, name, place)
        made.read(found, made.add(cell_id, [place.number for place, _, _ in found]))
    if not made.anything() and looked_at is not None:
        raise missing(report, name, looked_at)
    made.warn_if_empty(cells)


def _where(place: Compartment, hoc: str) -> Compartment:
    """Return where a variable is read: the ends of a section have a potential, but no mechanisms."""
    if hoc == "v" or 0 < place.x < 1:
        return place
    return Compartment(place.number, place.section, float(place.inside.x))


def _by_name_and_number(cell: ReportCell) -> dict[int | str, tuple[int, Section]]:
    """Return number and section by either."""
    numbers = numbers_of(cell)
    found: dict[int | str, tuple[int, Section]] = {}
    for name, section in cell.sections.items():
        found[name] = found[numbers[name]] = numbers[name], section
    return found


def _entries(
    report: Report, listed: CompartmentSet, cells: Mapping[CellId, ReportCell]
) -> dict[CellId, list[Compartment]]:
    """Return the compartments of a set by cell, by section id and along the section."""
    entries: dict[CellId, list[Compartment]] = {}
    known: dict[CellId, dict[int | str, tuple[int, Section]]] = {}
    for node, section, offset in zip(listed.nodes.tolist(), listed.sections, listed.offsets, strict=True):
        cell_id = CellId(listed.population, int(node))
        cell = cells.get(cell_id)
        if cell is None:
            continue
        if cell_id not in known:
            known[cell_id] = _by_name_and_number(cell)
        found = known[cell_id].get(section if isinstance(section, str) else int(section))
        if found is None:
            raise ReportError(
                f"report {report.name!r}: cell {cell_id} has no section {section!r}, which compartment set "
                f"{report.compartment_set!r} lists; it has {', '.join(list(cell.sections)[:8])} ..."
            )
        entries.setdefault(cell_id, []).append(Compartment(found[0], found[1].raw, float(offset)))
    for places in entries.values():
        places.sort(key=lambda place: (place.number, place.x))
    return entries
