"""Where on a cell a clamp of the Allen dialect sits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from bluecellab.errors import StimulusError
from bluecellab.nrn import runtime
from bluecellab.nrn.handles import Section, Segment
from bluecellab.nrn.scope import Scope
from bluecellab.spec.allen import ClampPlace
from bluecellab.stimulus.live import LiveStimulus

__all__ = ["Clamped", "place_of"]

_ARRAYS = {"somatic": "soma", "basal": "dend", "dendrite": "dend", "apical": "apic", "axonal": "axon"}
"""What sections are called that are in a list."""


class Clamped(Protocol):
    """A cell, as far as a clamp has to know it."""

    stimuli: list[LiveStimulus]
    """What plays on it."""

    @property
    def scope(self) -> Scope:
        """Will own what plays."""

    @property
    def label(self) -> str:
        """Its name, for messages."""

    @property
    def soma(self) -> Section:
        """Its soma."""

    @property
    def sections(self) -> Mapping[str, Section]:
        """Its sections by name."""

    @property
    def section_ids(self) -> Mapping[int, Section]:
        """Its sections by SONATA section id."""


def place_of(cell: Clamped, place: ClampPlace, random: np.random.Generator | None = None) -> Segment:
    """Return where on a cell a clamp sits.

    A range of distances stands for one segment that is drawn: among those in the range, from the beginning of
    the soma along the branches, with a probability that is proportional to the length within the range; as
    synapses are placed. The clamp then sits at the segment's centre, whatever ``section_dist`` says.

    Parameters
    ----------
    cell
        The cell.
    place
        What is asked for.
    random
        Draws the segment of a range.

    Raises
    ------
    StimulusError
        If the cell has no such section, no segment in the range, or there is nothing to draw it with.
    """
    sections = _listed(cell, place.section_name)
    if isinstance(place.section_index, tuple):
        if random is None:
            raise StimulusError(
                f"section_index {list(place.section_index)} is a range, in which one segment is drawn; give "
                "what draws it: random=numpy.random.default_rng(...)"
            )
        return _drawn(cell, place, sections, random)
    if not 0 <= place.section_index < len(sections):
        raise StimulusError(
            f"{cell.label} has no section {place.section_index} of {place.section_name!r}; it has "
            f"{f'0 to {len(sections) - 1}' if sections else 'none of these'}. Correct section_index."
        )
    return sections[place.section_index](place.section_dist)


def _listed(cell: Clamped, name: str | tuple[str, ...]) -> list[Section]:
    """Return the sections of a name, in the order of their numbers; or of several, one after the other."""
    if not isinstance(name, str):
        return [section for each in name for section in _listed(cell, each)]
    if name == "all":
        return [section for _, section in sorted(cell.section_ids.items())]
    array = _ARRAYS.get(name, name)
    found = [section for key, section in cell.sections.items() if key.partition("[")[0] == array]
    if not found:
        arrays = ", ".join(dict.fromkeys(key.partition("[")[0] for key in cell.sections))
        raise StimulusError(
            f"{cell.label} has no sections {name!r}; it has {arrays}, and all of them as 'all'"
        )
    return sorted(found, key=lambda section: _number(section.name))


def _number(name: str) -> int:
    index = name.rpartition("[")[2].removesuffix("]")
    return int(index) if index.isdigit() else 0


def _drawn(
    cell: Clamped, place: ClampPlace, sections: Sequence[Section], random: np.random.Generator
) -> Segment:
    assert isinstance(place.section_index, tuple)
    least, most = place.section_index
    distance, origin = runtime.raw_h().distance, cell.soma.raw(0)
    candidates, weights = [], []
    for section in sections:
        raw = section.raw
        half = raw.L / raw.nseg / 2
        for segment in raw:
            centre = distance(origin, segment)
            within = min(centre + half, most) - max(centre - half, least)
            if within > 0:
                candidates.append((section, segment.x))
                weights.append(within)
    if not candidates:
        raise StimulusError(
            f"{cell.label} has no segment of {place.section_name!r} between {least:g} and {most:g} um from "
            "its soma. Correct section_index."
        )
    shares = np.array(weights) / np.sum(weights)
    section, x = candidates[int(random.choice(len(candidates), p=shares))]
    return section(x)
