"""A section together with its place in the tree: the published ``PSection`` and ``PSegment``."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.nrn.handles import Section, Segment

__all__ = ["PSection", "PSegment"]

_TYPES = ("soma", "axon", "dend", "apic", "myelin")


class PSegment:
    """A segment of a :class:`PSection`.

    Parameters
    ----------
    segment
        The segment.
    psection
        The section it is part of.
    """

    def __init__(self, segment: Segment, psection: PSection) -> None:
        self.hsegment = segment
        self.psection = psection

    @property
    def L(self) -> float:
        """Length in um."""
        return float(self.psection.hsection.L) / int(self.psection.hsection.nseg)

    @property
    def diam(self) -> float:
        """Diameter in um."""
        return float(self.hsegment.diam)

    @property
    def parentsection(self) -> PSection:
        """The section."""
        return self.psection


class PSection:
    """A section with its id, its parent and its children.

    Parameters
    ----------
    hsection
        The section.
    ids
        Section ids by section name.
    """

    def __init__(self, hsection: Section, ids: Mapping[str, int]) -> None:
        self.hsection = hsection
        self._ids = ids

    @property
    def name(self) -> str:
        """NEURON's full name of the section."""
        return self.hsection.hname()

    @property
    def isec(self) -> int | None:
        """SONATA section id, or None."""
        return self._ids.get(self.hsection.name)

    @property
    def section_type(self) -> str:
        """Name of the array that it is in: soma, axon, dend, apic, myelin; or unknown."""
        array = self.hsection.name.partition("[")[0]
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
    def hparent(self) -> Section | None:
        """The section it is connected to, or None for a root."""
        parent = self.hsection.parentseg()
        return None if parent is None else parent.section

    @property
    def hchildren(self) -> list[Section]:
        """The sections connected to it."""
        return self.hsection.children()

    @property
    def pparent(self) -> PSection | None:
        """As :attr:`hparent`, with its place in the tree."""
        parent = self.hparent
        return None if parent is None else PSection(parent, self._ids)

    @property
    def pchildren(self) -> list[PSection]:
        """As :attr:`hchildren`, without myelin."""
        return [PSection(child, self._ids) for child in self.hchildren if not child.name.startswith("myelin")]

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is connected to it."""
        return not self.pchildren

    def __repr__(self) -> str:
        return f"<PSection {self.hsection.name} id={self.isec}>"
