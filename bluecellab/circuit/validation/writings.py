"""Texts of assignments, read but never executed."""

from __future__ import annotations

from bluecellab.circuit.config.problems import join, nearest
from bluecellab.circuit.config.reading import Parts
from bluecellab.errors import AssignmentError
from bluecellab.spec.assignments import Assignment, parse_assignments
from bluecellab.spec.simulation import (
    SECTION_LISTS,
    AnyModification,
    CompartmentSetModification,
    ConfigureAllSections,
    SectionListModification,
    SectionModification,
    TTXModification,
)

__all__ = ["check_writings"]


def check_writings(parts: Parts) -> None:
    """Report texts of ``synapse_configure`` and ``section_configure`` that are no lists of assignments."""
    for key, override in parts.connection_overrides:
        if override.synapse_configure is not None:
            _read(parts, join(key, "synapse_configure"), override.synapse_configure, "%s")
    for key, modification in parts.modifications:
        if not isinstance(modification, TTXModification):
            place, text = join(key, "section_configure"), modification.section_configure
            for each in _read(parts, place, text, _placeholder(modification), needed=True):
                message = _wrong_target(modification, each)
                if message:
                    parts.problems.add(place, each.text, message)


def _placeholder(modification: AnyModification) -> str | None:
    """Return what stands for the object that is changed; None if the text names it."""
    if isinstance(modification, ConfigureAllSections):
        return "%s"
    return "" if isinstance(modification, CompartmentSetModification) else None


def _read(
    parts: Parts, key: str, text: str, placeholder: str | None, *, needed: bool = False
) -> tuple[Assignment, ...]:
    try:
        found = parse_assignments(text, placeholder)
    except AssignmentError as error:
        parts.problems.add(key, text, str(error))
        return ()
    if needed and not found:
        parts.problems.add(key, text, "there are no assignments in it")
    return found


def _wrong_target(modification: AnyModification, assignment: Assignment) -> str:
    """Return what is wrong with the list, or the section, that a text assigns to."""
    target = assignment.target
    if isinstance(modification, SectionListModification) and target not in SECTION_LISTS:
        return f"{target!r} is no list of sections; {nearest(target, SECTION_LISTS, 'lists')}"
    if isinstance(modification, SectionModification) and "[" not in target:
        return f"{target!r} is no section; sections are like apic[10]"
    return ""
