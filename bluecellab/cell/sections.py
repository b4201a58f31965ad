"""Looking up sections of a cell, and measuring it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from bluecellab.cell.model import Model
from bluecellab.cell.psection import PSection
from bluecellab.errors import CellError, SectionNotFoundError
from bluecellab.nrn import runtime
from bluecellab.nrn.handles import Section, Segment
from bluecellab.nrn.scope import Live
from bluecellab.spec.base import Site

__all__ = ["SectionsMixin", "euclidean_distance"]

AnyPlace = Section | Segment | Site | str


class SectionsMixin(Live):
    """Sections by name, list and id; areas and distances."""

    _model: Model
    _sections: dict[str, Section]

    @property
    def sections(self) -> Mapping[str, Section]:
        """All sections by name (``"soma[0]"``, ``"dend[3]"``), in NEURON's order."""
        self._scope.check()
        return MappingProxyType(self._sections)

    @property
    def soma(self) -> Section:
        """The soma.

        Raises
        ------
        SectionNotFoundError
            If the cell has none.
        """
        somatic = self._listed("somatic")
        if not somatic:
            raise SectionNotFoundError(f"{self._scope.name} has no soma; it has {self._inventory()}")
        return somatic[0]

    @property
    def somatic(self) -> list[Section]:
        """Sections of the soma."""
        return self._listed("somatic")

    @property
    def basal(self) -> list[Section]:
        """Sections of the basal dendrites."""
        return self._listed("basal")

    @property
    def apical(self) -> list[Section]:
        """Sections of the apical dendrites."""
        return self._listed("apical")

    @property
    def axonal(self) -> list[Section]:
        """Sections of the axon, without myelin."""
        return self._listed("axonal")

    @property
    def myelinated(self) -> list[Section]:
        """Myelinated sections."""
        return self._listed("myelinated")

    def _listed(self, name: str) -> list[Section]:
        self._scope.check()
        return [self._sections[key] for key in self._model.lists.get(name, ())]

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return sum(section.nseg for section in self.sections.values())

    def area(self) -> float:
        """Return the membrane area in um2."""
        self._scope.check()
        return float(sum(segment.area() for section in self._sections.values() for segment in section.raw))

    def get_section(self, section_name: str) -> Section:
        """Return a section by its exact name.

        Raises
        ------
        SectionNotFoundError
            If there is none; the message says what there is.
        """
        found = self.sections.get(section_name)
        if found is None:
            raise SectionNotFoundError(
                f"No section {section_name!r} in {self._scope.name}; it has {self._inventory()}. "
                "See cell.sections for all names."
            )
        return found

    def get_sections(self, section_name: str) -> list[Section]:
        """Return the section of that name, or all of an array: ``"dend"`` gives every ``dend[i]``.

        Raises
        ------
        SectionNotFoundError
            If there is none.
        """
        if section_name in self.sections:
            return [self.sections[section_name]]
        found = [section for name, section in self.sections.items() if name.startswith(f"{section_name}[")]
        return found or [self.get_section(section_name)]

    def _inventory(self) -> str:
        """Return a short list of what sections there are: ``soma[0], dend[0..41]``."""
        counts: dict[str, list[int]] = {}
        singles = []
        for name in self._sections:
            array, bracket, rest = name.partition("[")
            if bracket and rest[:-1].isdigit():
                counts.setdefault(array, []).append(int(rest[:-1]))
            else:
                singles.append(name)
        arrays = [
            f"{array}[{min(ids)}]" if len(ids) == 1 else f"{array}[{min(ids)}..{max(ids)}]"
            for array, ids in counts.items()
        ]
        return ", ".join(arrays + singles) or "no sections at all"

    @property
    def section_ids(self) -> dict[int, Section]:
        """Sections by SONATA section id; replaced axons leave holes in the numbering."""
        self._scope.check()
        return {index: self._sections[name] for index, name in self._model.ids.items()}

    def get_section_by_id(self, section_id: int) -> Section:
        """Return the section of a SONATA section id.

        Raises
        ------
        SectionNotFoundError
            If the cell has none of that id, for example because its axon was replaced.
        """
        self._scope.check()
        name = self._model.ids.get(int(section_id))
        if name is None:
            raise SectionNotFoundError(
                f"No section with id {section_id} in {self._scope.name}; it has {self._id_ranges()}."
            )
        return self._sections[name]

    def _id_ranges(self) -> str:
        ids = sorted(self._model.ids)
        if not ids:
            return "no ids, because its template does not number its sections"
        edges = [0, *(i + 1 for i, gap in enumerate(np.diff(ids)) if gap > 1), len(ids)]
        pairs = [(ids[a], ids[b - 1]) for a, b in itertools.pairwise(edges)]
        return ", ".join(f"{a}..{b}" if a != b else str(a) for a, b in pairs)

    def get_section_id(self, section: Section) -> int:
        """Return the SONATA section id of a section.

        Raises
        ------
        SectionNotFoundError
            If it has none.
        """
        name = self._own_section(section).name
        for index, candidate in self._model.ids.items():
            if candidate == name:
                return index
        raise SectionNotFoundError(
            f"section {name} of {self._scope.name} has no id; ids are {self._id_ranges()}"
        )

    def get_psection(self, section_id: int | str) -> PSection:
        """Return a section, by id or full NEURON name, with its place in the tree.

        Raises
        ------
        SectionNotFoundError
            If there is none.
        """
        self._scope.check()
        if isinstance(section_id, str):
            section = self.get_section(section_id.rpartition(".")[2])
        elif isinstance(section_id, (int, np.integer)) and not isinstance(section_id, bool):
            section = self.get_section_by_id(int(section_id))
        else:
            raise CellError(f"a section id (int) or name (str) is needed, not {section_id!r}")
        ids = {name: index for index, name in self._model.ids.items()}
        return PSection(section, ids)

    def at(self, place: AnyPlace | None = None, x: float | None = None) -> Segment:
        """Return the segment at a place.

        Parameters
        ----------
        place
            A section, its name, a segment or a :class:`~bluecellab.spec.base.Site`; the soma by default.
        x
            Normalised position along the section; its middle by default.

        Raises
        ------
        SectionNotFoundError
            If the section is not one of this cell's.
        SiteError
            If ``x`` is outside 0 to 1.
        """
        self._scope.check()
        if isinstance(place, Segment):
            section, default = place.section, place.x
        elif isinstance(place, Site):
            section, default = self.get_section(place.section), place.x
        elif isinstance(place, str):
            section, default = self.get_section(place), 0.5
        else:
            section, default = (self.soma if place is None else place), 0.5
        return self._own_section(section)(default if x is None else x)

    def _own_section(self, section: Any) -> Section:
        """Return the handle of a section (ours or NEURON's) that must be this cell's."""
        self._scope.check()
        if isinstance(section, Section):
            own = self._sections.get(section.name)
            if own is not None and own == section:
                return section
        else:
            hname = getattr(section, "hname", None)
            if hname is None:
                raise CellError(f"a section is needed, not {section!r}")
            own = self._sections.get(str(hname()).rpartition(".")[2])
            if own is not None and own == section:
                return own
        raise SectionNotFoundError(f"section {section} is not one of {self._scope.name}")

    def distance(self, place: AnyPlace, origin: AnyPlace | None = None) -> float:
        """Return the path length in um from ``origin`` (the soma's middle by default) to a place."""
        return float(runtime.raw_h().distance(self.at(origin).raw, self.at(place).raw))

    def get_childrensections(self, parentsection: Section) -> list[Section]:
        """Return the sections connected to a section."""
        return [self._own_section(child) for child in self._own_section(parentsection).raw.children()]

    def get_parentsection(self, childsection: Section) -> Section:
        """Return the section that a section is connected to.

        Raises
        ------
        SectionNotFoundError
            If it is a root.
        """
        parent = self._own_section(childsection).raw.parentseg()
        if parent is None:
            raise SectionNotFoundError(
                f"section {childsection} of {self._scope.name} is a root; it has no parent"
            )
        return self._own_section(parent.sec)

    def apical_trunk(self) -> list[Section]:
        """Return the sections from the first apical one along the thickest child to a tip."""
        trunk: list[Section] = self.apical[:1]
        while trunk and (children := self.get_childrensections(trunk[-1])):
            trunk.append(max(children, key=lambda child: float(child(0.5).diam)))
        return trunk

    def euclid_section_distance(
        self,
        hsection1: Section,
        hsection2: Section,
        location1: float = 0.5,
        location2: float = 0.5,
        projection: str = "xyz",
    ) -> float:
        """Return the straight distance in um between two places; ``projection`` names the axes."""
        return euclidean_distance(
            self._own_section(hsection1),
            self._own_section(hsection2),
            location1,
            location2,
            projection,
        )


def _position(section: Any, location: float) -> np.ndarray:
    """Return the 3-D position of a place, on the section's centre line at its segments' centres."""
    raw = getattr(section, "raw", section)
    count = int(raw.n3d())
    if count == 0:
        raise CellError(f"section {raw} has no 3-D points, so it is nowhere in space")
    points = np.array([(raw.x3d(i), raw.y3d(i), raw.z3d(i)) for i in range(count)])
    arc = np.array([raw.arc3d(i) for i in range(count)])
    nseg = int(raw.nseg)
    nodes = np.concatenate(([0.0], (np.arange(nseg) + 0.5) / nseg, [1.0]))
    node = nodes[math.floor((nseg + 1) * location)]
    return np.array([np.interp(node, arc / arc[-1], points[:, axis]) for axis in range(3)])


def euclidean_distance(
    hsection1: Section,
    hsection2: Section,
    location1: float = 0.5,
    location2: float = 0.5,
    dimensions: str = "xyz",
) -> float:
    """Return the straight distance in um between two places, over the chosen axes.

    Raises
    ------
    CellError
        If a section has no 3-D points, or an axis is not one of x, y and z.
    """
    if not dimensions or set(dimensions) - set("xyz"):
        raise CellError(f"dimensions must be some of x, y and z, not {dimensions!r}")
    axes = ["xyz".index(axis) for axis in dimensions]
    difference = _position(hsection1, location1) - _position(hsection2, location2)
    return float(np.linalg.norm(difference[axes]))
