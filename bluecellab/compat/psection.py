"""Sections with their places in the tree."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.cell.model import section_ids, sections_by_name
from bluecellab.compat.psegment import PSegment
from bluecellab.compat.type_aliases import HocObjectType, NeuronSection
from bluecellab.nrn import objects

__all__ = ["PSection", "init_psections"]

_TYPES = ("soma", "axon", "dend", "apic", "myelin")


class PSection:
    """A section with its id, its parent and its children.

    Parameters
    ----------
    hsection
        NEURON's section.
    isec
        SONATA section id, if it has one.
    ids
        Those of all sections, by full name.
    """

    def __init__(
        self, hsection: NeuronSection, isec: int | None = None, ids: Mapping[str, int] | None = None
    ) -> None:
        self.hsection = hsection
        self.isec = isec
        self._ids = ids or {}

    @property
    def name(self) -> str:
        """NEURON's full name of the section."""
        return str(self.hsection.hname())

    @property
    def href(self) -> HocObjectType:
        """A new SectionRef of NEURON's."""
        return objects.section_reference(self.hsection)

    @property
    def section_type(self) -> str:
        """Name of the array that it is in: soma, axon, dend, apic, myelin; or unknown."""
        array = self.name.rpartition(".")[2].partition("[")[0]
        return array if array in _TYPES else "unknown"

    @property
    def L(self) -> float:
        """Length in um."""
        return float(self.hsection.L)

    @property
    def diam(self) -> float:
        """Diameter in the middle, in um."""
        return float(self.hsection.diam)

    @property
    def maxsegdiam(self) -> float:
        """Largest diameter of its segments, in um."""
        return max(float(segment.diam) for segment in self.hsection)

    @property
    def psegments(self) -> list[PSegment]:
        """Its segments."""
        return [PSegment(segment, self) for segment in self.hsection]

    @property
    def hparent(self) -> NeuronSection | None:
        """The section that it is connected to, or None for a root."""
        parent = self.hsection.parentseg()
        return None if parent is None else parent.sec

    @property
    def hchildren(self) -> list[NeuronSection]:
        """The sections connected to it."""
        return list(self.hsection.children())

    @property
    def pparent(self) -> PSection | None:
        """As :attr:`hparent`, with its place in the tree."""
        parent = self.hparent
        return None if parent is None else self._related(parent)

    @property
    def pchildren(self) -> list[PSection]:
        """As :attr:`hchildren`, without myelin."""
        children = map(self._related, self.hchildren)
        return [child for child in children if child.section_type != "myelin"]

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is connected to it."""
        return not self.pchildren

    def _related(self, section: NeuronSection) -> PSection:
        return PSection(section, self._ids.get(str(section.hname())), self._ids)

    def __repr__(self) -> str:
        return f"<PSection {self.name} id={self.isec}>"


def init_psections(hoc_cell: HocObjectType) -> tuple[dict[int, PSection], dict[str, PSection]]:
    """Return the sections of a hoc cell by SONATA id and by full name.

    Parameters
    ----------
    hoc_cell
        An object with the section list ``all``. Its ids are read from the potentials that templates
        leave at x = 0.0001, so nothing may have initialised NEURON since it was made. (The sections
        of a :class:`~bluecellab.compat.cell.core.Cell` keep their ids: ``cell.psections``.)
    """
    sections = sections_by_name(hoc_cell.all)
    count = getattr(hoc_cell, "nSecAll", None)
    return arrange(sections, section_ids(sections, None if count is None else int(count)))


def arrange(
    sections: Mapping[str, NeuronSection], ids: Mapping[int, str]
) -> tuple[dict[int, PSection], dict[str, PSection]]:
    """Return sections by id and by full name, from those by short name and the names by id."""
    by_full_name = {str(sections[name].hname()): index for index, name in ids.items()}
    by_name = {}
    for section in sections.values():
        name = str(section.hname())
        by_name[name] = PSection(section, by_full_name.get(name), by_full_name)
    return {index: by_name[str(sections[name].hname())] for index, name in ids.items()}, by_name
