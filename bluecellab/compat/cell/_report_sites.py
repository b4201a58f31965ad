"""Places that reports record, on published cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bluecellab import cell as room
from bluecellab.compat.type_aliases import ReportSite
from bluecellab.errors import CircuitWarning, ReportError, warn
from bluecellab.recording.report_columns import LISTS, Compartment, Lookup, numbers_of, places_of
from bluecellab.spec.simulation import Report

if TYPE_CHECKING:
    from bluecellab.compat.cell.core import Cell

__all__ = ["of_compartment_set", "of_config", "record"]

Segments = list[tuple[Any, str, float]]


def _checked(cell: Cell) -> room.Cell:
    """Return the cell as that of :mod:`bluecellab.cell`, whose sections know their names."""
    plain = room.Cell.__new__(room.Cell)
    plain.__dict__ = cell.__dict__
    return plain


def of_config(cell: Cell, report: Any) -> Segments:
    """Return the places of a block of the configuration."""
    if isinstance(report, Report):
        sections, every = str(report.sections), report.every_compartment
    elif isinstance(report, Mapping):
        sections = str(report.get("sections", "soma"))
        compartments = report.get("compartments") or ("center" if sections == "soma" else "all")
        every = compartments == "all"
    else:
        raise ReportError(f"a report is a block of a configuration, not {report!r}")
    plain = _checked(cell)
    if sections not in LISTS:  # the name of a section
        section = plain.get_section(sections).raw
        places = [float(segment.x) for segment in section] if every else [0.5]
        return [(section, sections, x) for x in places]
    names = {number: name for name, number in numbers_of(plain).items()}
    return [
        (place.section, names[place.number], place.x) for place in places_of(plain, sections, every=every)
    ]


def of_compartment_set(cell: Cell, node_id: int, entries: Sequence[Sequence[Any]]) -> Segments:
    """Return the places that a compartment set lists of a node: node, section id or name, and offset."""
    plain = _checked(cell)
    found: Segments = []
    for node, section, x in entries:
        if int(node) != node_id:
            continue
        if isinstance(section, str):
            handle = plain.get_section(section)
        else:
            handle = plain.get_section_by_id(int(section))
        found.append((handle.raw, handle.name, float(x)))
    return found


def record(cell: Cell, places: Segments, variable: str, report: str) -> list[tuple[ReportSite, str]]:
    """Record a variable at places, those that have it; return them with the names of the recordings."""
    numbers = numbers_of(_checked(cell))
    lookup = Lookup(variable)
    made: list[tuple[ReportSite, str]] = []
    left_out = 0
    for given, name, x in places:
        section = getattr(given, "raw", given)
        if section is None:
            section = cell.soma
        number = numbers.get(str(section.hname()).rpartition(".")[2])
        if lookup(Compartment(number or 0, section, x)) is None:
            left_out += 1
            continue
        cell.add_variable_recording(variable, section, x)
        made.append((ReportSite(section, name, x, number), cell._variable_key(variable, section, x)))
    if left_out and not made:
        warn(f"report {report!r}: nothing of {cell.label} has a variable {variable!r}", CircuitWarning)
    return made
