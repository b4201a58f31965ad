"""What a simulation changes at its cells, under the published names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bluecellab.cell import Cell
from bluecellab.cell.modifications import SECTION_LISTS, apply_modification
from bluecellab.compat.circuit.circuit_access.definition import CircuitAccess
from bluecellab.compat.circuit.config.sections import ModificationBase
from bluecellab.errors import AssignmentError
from bluecellab.simulation.circuit.inputs import compartment_set_of
from bluecellab.spec.assignments import Assignment, parse_assignments
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import CompartmentSetModification

__all__ = ["SECTION_LIST_MAP", "apply_modifications", "parse_section_configure"]

SECTION_LIST_MAP: Mapping[str, str] = MappingProxyType(
    {name: found for name, found in SECTION_LISTS.items() if name != "all"}
)
"""The lists of sections by the names that a ``section_list`` modification may use."""

_BARE = re.compile(r"(?<![\w.])[A-Za-z]\w*")


def parse_section_configure(config_str: str, placeholder: str = "%s") -> tuple[str, set[str]]:
    """Return what a text of assignments does to a section called ``sec``, and the attributes it needs.

    Nothing is executed; see :func:`bluecellab.spec.assignments.parse_assignments`.

    Parameters
    ----------
    config_str
        The text.
    placeholder
        What stands for the section: ``"%s"``, a list or a section by name, or nothing.

    Raises
    ------
    AssignmentError
        A ValueError, if it is no list of assignments to attributes of the section.

    Examples
    --------
    >>> code, attributes = parse_section_configure("%s.gbar_X *= 2 + %s.cm")
    >>> code, sorted(attributes)
    ('sec.gbar_X *= 2 + sec.cm', ['cm', 'gbar_X'])
    """
    assignments = parse_assignments(config_str, placeholder if placeholder in ("%s", "") else None)
    for assignment in assignments:
        if placeholder and assignment.target != placeholder:
            raise AssignmentError(
                "section_configure only supports single assignments of attributes of the section wildcard "
                f"{placeholder}: {assignment.text!r}"
            )
    attributes = {name for assignment in assignments for name in assignment.attributes}
    return "; ".join(_code(assignment, placeholder) for assignment in assignments), attributes


def _code(assignment: Assignment, placeholder: str) -> str:
    if placeholder:
        return assignment.text.replace(f"{placeholder}.", "sec.")
    return _BARE.sub(r"sec.\g<0>", assignment.text)


def apply_modifications(
    cells: Mapping[CellId, Cell], modifications: Iterable[ModificationBase], circuit_access: CircuitAccess
) -> None:
    """Change cells for good, as modifications say, in their order.

    Parameters
    ----------
    cells
        By their ids.
    modifications
        What is changed.
    circuit_access
        Knows the node sets, and the configuration with the compartment sets.

    Raises
    ------
    NodeSetError
        If there is no such node set or compartment set.
    AssignmentError
        If a text is no list of assignments to attributes of sections.
    """
    for modification in modifications:
        spec = modification.to_spec()
        if isinstance(spec, CompartmentSetModification):
            places = compartment_set_of(spec.compartment_set, circuit_access.config.to_spec())
            apply_modification(spec, cells.values(), places)
        else:
            members = circuit_access.get_target_cell_ids(spec.node_set)
            apply_modification(spec, [cell for key, cell in cells.items() if key in members])
