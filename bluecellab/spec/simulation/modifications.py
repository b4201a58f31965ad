"""What a simulation changes at the cells of its circuit: the five ``conditions.modifications``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from bluecellab.spec.base import Spec

__all__ = [
    "SECTION_LISTS",
    "AnyModification",
    "CompartmentSetModification",
    "ConfigureAllSections",
    "SectionListModification",
    "SectionModification",
    "TTXModification",
]

SECTION_LISTS: Mapping[str, str] = {
    "soma": "somatic",
    "dend": "basal",
    "apic": "apical",
    "axon": "axonal",
    "somatic": "somatic",
    "basal": "basal",
    "apical": "apical",
    "axonal": "axonal",
    "myelinated": "myelinated",
    "all": "all",
}
"""The lists of sections that a ``section_list`` modification may name, and the cell's name for each."""


class TTXModification(Spec):
    """``ttx``: block the sodium channels of every cell of a node set.

    Parameters
    ----------
    name
        For messages.
    node_set
        Which cells.
    """

    type: Literal["ttx"] = "ttx"
    name: str = ""
    node_set: str


class ConfigureAllSections(Spec):
    """``configure_all_sections``: assign to every section that has all the attributes mentioned.

    Parameters
    ----------
    name
        For messages.
    node_set
        Which cells.
    section_configure
        Assignments, ``%s`` standing for the section: ``"%s.gnabar_hh *= 0.5; %s.cm = 2"``.
    """

    type: Literal["configure_all_sections"] = "configure_all_sections"
    name: str = ""
    node_set: str
    section_configure: str


class SectionListModification(Spec):
    """``section_list``: assign to every section of a list, such as ``"apical.gbar_NaTg = 0"``.

    The lists are those of :data:`SECTION_LISTS`.
    """

    type: Literal["section_list"] = "section_list"
    name: str = ""
    node_set: str
    section_configure: str


class SectionModification(Spec):
    """``section``: assign to one section by name, such as ``"apic[10].gbar_NaTg = 0"``."""

    type: Literal["section"] = "section"
    name: str = ""
    node_set: str
    section_configure: str


class CompartmentSetModification(Spec):
    """``compartment_set``: assign to the segments of a compartment set, such as ``"gbar_NaTg = 0"``."""

    type: Literal["compartment_set"] = "compartment_set"
    name: str = ""
    compartment_set: str
    section_configure: str


AnyModification = Annotated[
    TTXModification
    | ConfigureAllSections
    | SectionListModification
    | SectionModification
    | CompartmentSetModification,
    Field(discriminator="type"),
]
"""Any modification; told apart by ``type``."""
