"""What a simulation changes at its cells before it runs: the five ``modifications`` of SONATA.

Texts of assignments are read by :func:`~bluecellab.spec.assignments.parse_assignments` and applied here;
none is executed. A section (or segment) is changed if it has *all* the attributes that are mentioned, on
either side. Setting a RANGE variable of a section sets all its segments; reading it reads the middle one, so
that ``gbar *= 0.5`` gives all segments half of what the middle one had. That is what the simulators of this
dialect do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bluecellab.cell.core import Cell
from bluecellab.circuit.access import CompartmentSet
from bluecellab.errors import AssignmentError, CircuitWarning, warn
from bluecellab.nrn import runtime
from bluecellab.nrn.mechanisms.variables import is_range_variable, is_section_property
from bluecellab.spec.assignments import Assignment, parse_assignments
from bluecellab.spec.simulation import (
    AnyModification,
    CompartmentSetModification,
    ConfigureAllSections,
    SectionListModification,
    SectionModification,
    TTXModification,
)
from bluecellab.stimulus.inputs import places_on

__all__ = ["SECTION_LISTS", "apply_modification"]

SECTION_LISTS = {
    "soma": "somatic",
    "somatic": "somatic",
    "dend": "basal",
    "basal": "basal",
    "apic": "apical",
    "apical": "apical",
    "axon": "axonal",
    "axonal": "axonal",
    "all": "all",
}
"""Names of lists of sections in a ``section_list`` modification, and the list each means."""


@dataclass
class _Done:
    """Counts what happened."""

    cells: int = 0
    without: int = 0
    seen: int = 0
    changed: int = 0
    flattened: dict[str, int] = field(default_factory=dict)


def apply_modification(
    modification: AnyModification, cells: Iterable[Cell], compartments: CompartmentSet | None = None
) -> int:
    """Change cells for good, as a modification says.

    Parameters
    ----------
    modification
        It.
    cells
        Those that it is about: of its node set, or any for a compartment set. Point cells are left as
        they are.
    compartments
        The compartment set, for a modification of one.

    Returns
    -------
    int
        How many sections (segments for a compartment set; cells for TTX) were changed.

    Raises
    ------
    AssignmentError
        If its text is no list of assignments, or mentions what is no parameter of sections.
    SectionNotFoundError
        If a cell lacks a section of the compartment set.
    MissingMechanismError
        If TTX needs a mechanism that is not loaded.
    BusyError
        If a run is in progress.

    Warns
    -----
    CircuitWarning
        If cells lack the section, if nothing has the attributes, or if a RANGE variable that differed
        between the segments of a section no longer does.
    """
    runtime.refuse_while_running("modifying cells")
    chosen = [cell for cell in cells if cell.artificial is None]
    if isinstance(modification, TTXModification):
        for cell in chosen:
            cell.enable_ttx()
        return len(chosen)
    name = f"modification {modification.name!r}"
    assignments = _read(modification, name)
    if not assignments or not chosen:
        return 0
    done = _Done(cells=len(chosen))
    if isinstance(modification, CompartmentSetModification):
        if compartments is None:
            raise ValueError(f"{name} needs its compartment set")
        what = "segments"
        places: Iterator[Any] = _segments(chosen, compartments)
    else:
        what = "sections"
        places = (section for cell in chosen for section in _sections(modification, cell, assignments, done))
    attributes = tuple(dict.fromkeys(name for each in assignments for name in each.attributes))
    with runtime.guard(f"applying {name}"):
        for place in places:
            done.seen += 1
            try:
                done.changed += _change(place, attributes, assignments, done)
            except AssignmentError as error:
                raise AssignmentError(f"{name}, at {place}: {error}") from error
    _warn(name, what, attributes, done)
    return done.changed


Configured = ConfigureAllSections | SectionListModification | SectionModification | CompartmentSetModification
_PLACEHOLDERS: dict[type, str | None] = {ConfigureAllSections: "%s", CompartmentSetModification: ""}


def _read(modification: Configured, name: str) -> tuple[Assignment, ...]:
    """Return the assignments of a modification, after looking whether they can be meant."""
    placeholder = _PLACEHOLDERS.get(type(modification))
    try:
        assignments = parse_assignments(modification.section_configure, placeholder)
    except AssignmentError as error:
        raise AssignmentError(f"{name}: {error}") from error
    targets = sorted({assignment.target for assignment in assignments})
    if len(targets) > 1:
        raise AssignmentError(
            f"{name} assigns to {' and '.join(targets)}; a modification has one target: write one for each"
        )
    if isinstance(modification, SectionListModification) and targets and targets[0] not in SECTION_LISTS:
        raise AssignmentError(
            f"{name} assigns to {targets[0]!r}, which is no list of sections; lists are "
            f"{', '.join(SECTION_LISTS)}. For one section, write type 'section'."
        )
    in_segments = isinstance(modification, CompartmentSetModification)
    for assignment in assignments:
        for attribute in assignment.attributes:
            _check_attribute(attribute, f"{name}, {assignment.text!r}", in_segments=in_segments)
    return assignments


def _check_attribute(attribute: str, where: str, *, in_segments: bool) -> None:
    """Raise if NEURON does not know such a parameter of sections at all."""
    if is_range_variable(attribute):
        return
    if is_section_property(attribute):
        if not in_segments:
            return
        raise AssignmentError(
            f"{where}: {attribute} belongs to a section as a whole, not to its segments; write type 'section'"
        )
    raise AssignmentError(
        f"{where}: there is no parameter {attribute!r} of sections. Sections have L, Ra, nseg; segments have "
        "diam, cm, v, and the RANGE variables of mechanisms that are loaded, written <variable>_<MECHANISM>."
    )


def _sections(
    modification: Configured, cell: Cell, assignments: Sequence[Assignment], done: _Done
) -> Sequence[Any]:
    """Return the sections of a cell that a modification is about."""
    target = assignments[0].target
    if isinstance(modification, ConfigureAllSections) or target == "all":
        found = list(cell.sections.values())
    elif isinstance(modification, SectionListModification):
        found = getattr(cell, SECTION_LISTS[target])
    else:
        found = [cell.sections[target]] if target in cell.sections else []
        done.without += not found
    return [cell.at(section).section.raw for section in found]  # some cells hand out raw sections


def _segments(cells: Iterable[Cell], compartments: CompartmentSet) -> Iterator[Any]:
    """Give the segments of a compartment set that are on these cells, each once."""
    for cell in cells:
        seen = set()
        for section, x in places_on(compartments, cell.cell_id):
            found = cell.get_section_by_id(section) if isinstance(section, int) else section
            raw = cell.at(found, x).section.raw
            # Several places may lie in one segment, which is a thing that is changed once; and the ends
            # of a section, which have no membrane, mean the segments there.
            index = min(int(x * raw.nseg), raw.nseg - 1)
            if (raw, index) not in seen:
                seen.add((raw, index))
                yield raw((index + 0.5) / raw.nseg)


def _value(place: Any, attribute: str) -> float | None:
    """Return a parameter of a section or segment, or None if it has none of that name."""
    try:
        value = getattr(place, attribute)
    except (AttributeError, NameError, TypeError):
        return None
    return float(value) if isinstance(value, (int, float)) else None


def _change(place: Any, attributes: Sequence[str], assignments: Iterable[Assignment], done: _Done) -> bool:
    """Apply the assignments in turn, if the place has all attributes."""
    if any(_value(place, attribute) is None for attribute in attributes):
        return False
    for assignment in assignments:
        value = assignment.evaluate(_reader(place))
        attribute = assignment.attribute
        if attribute in assignment.reads and _uneven(place, attribute):
            done.flattened[attribute] = done.flattened.get(attribute, 0) + 1
        try:
            setattr(place, attribute, int(value) if attribute == "nseg" and value.is_integer() else value)
        except (ValueError, TypeError, AttributeError) as error:
            raise AssignmentError(f"{assignment.text!r} cannot be done: {error}") from error
    return True


def _reader(place: Any) -> Callable[[str], float]:
    return lambda attribute: float(getattr(place, attribute))


def _uneven(place: Any, attribute: str) -> bool:
    """Whether a RANGE variable differs between the segments of a section."""
    if getattr(place, "nseg", 1) == 1 or not hasattr(place(0.5), attribute):
        return False
    return len({getattr(segment, attribute) for segment in place}) > 1


def _warn(name: str, what: str, attributes: Sequence[str], done: _Done) -> None:
    listed = " and ".join(attributes)
    if done.without:
        warn(
            f"{name}: {done.without} of {done.cells} cells do not have the section and were left as they are",
            CircuitWarning,
        )
    elsewhere = what == "segments" and not done.seen  # the set is about cells that are not loaded
    if not done.changed and done.without != done.cells and not elsewhere:
        warn(
            f"{name} changed nothing: none of {done.seen} {what} of {done.cells} cells has {listed}",
            CircuitWarning,
        )
    for attribute, count in done.flattened.items():
        warn(
            f"{name}: {attribute} differed between the segments of {count} sections and is now the same in "
            "all of them, as what is read is the middle one; to change segments each by itself, use a "
            "compartment_set",
            CircuitWarning,
        )
