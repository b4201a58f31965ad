"""Where on a cell the synapses of its edges are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import CircuitWarning, ColumnError, warn
from bluecellab.files.distinct import distinct
from bluecellab.nrn import synapses
from bluecellab.synapse.columns import EdgeColumns
from bluecellab.synapse.conditions import Receiver

__all__ = ["Places", "places_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: The ends of a section, as positions within it.
_START, _END = 1e-7, 0.9999999


class Places:
    """Where synapses are.

    Parameters
    ----------
    sections
        Raw sections.
    section
        Which of them each synapse is on, shape (n,); -1 where the cell has no such section.
    position
        Position on it, 0 to 1, shape (n,).
    """

    def __init__(self, sections: list[Any], section: IntArray, position: FloatArray) -> None:
        self.sections = sections
        self.section = section
        self.position = position

    @property
    def exist(self) -> BoolArray:
        """Which of them the cell has, shape (n,)."""
        return np.asarray(self.section >= 0)

    def take(self, chosen: IntArray) -> Places:
        """Return those of some synapses, by position."""
        return Places(self.sections, self.section[chosen], self.position[chosen])


def places_of(edges: Edges, receiver: Receiver) -> Places:
    """Find where on a cell the synapses of edges are.

    Those on a section that the cell does not have are left out, and counted by one warning.

    Raises
    ------
    ColumnError
        If the edges do not say where they end.
    SynapseError
        If they do not say so in numbers.
    """
    columns = EdgeColumns(edges, "synapses")
    asked = columns.needed("afferent_section_id").astype(np.int64)
    ids = sorted(receiver.sections)
    known = np.array(ids, dtype=np.int64)
    if len(known):
        found = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        section = np.where(known[found] == asked, found, -1)
    else:
        section = np.full(len(asked), -1)
    _warn_of_missing(edges, receiver, asked[section < 0])
    sections = [receiver.sections[number] for number in ids]
    if columns.has("afferent_section_pos"):
        position = columns.needed("afferent_section_pos")
        _warn_of_outside(edges, receiver, position)
    elif columns.has("afferent_segment_id") and columns.has("afferent_segment_offset"):
        position = _by_points(columns, sections, section)
    else:
        raise ColumnError(
            f"edge population {edges.population.name!r} does not say where on their sections synapses are: "
            "it has neither 'afferent_section_pos' nor 'afferent_segment_id' and 'afferent_segment_offset'",
            "afferent_section_pos",
        )
    position = np.where(position <= 0, _START, np.where(position >= 1, _END, position))
    return Places(sections, section, position)


def _warn_of_missing(edges: Edges, receiver: Receiver, missing: IntArray) -> None:
    if not len(missing):
        return
    ids = distinct(missing)
    shown = ", ".join(map(str, ids[:5].tolist())) + (", ..." if len(ids) > 5 else "")
    warn(
        f"{receiver.label}: {len(missing)} of {len(edges)} synapses of {edges.population.name} are left out: "
        f"the cell does not have their sections (afferent_section_id {shown}). Their numbers stay with them, "
        "so that the random streams of the others do not change.",
        CircuitWarning,
    )


def _warn_of_outside(edges: Edges, receiver: Receiver, position: FloatArray) -> None:
    outside = int(np.count_nonzero((position < 0) | (position > 1)))
    if outside:
        warn(
            f"{receiver.label}: {outside} of {len(edges)} synapses of {edges.population.name} have an "
            "afferent_section_pos outside 0 to 1; they are put at the end of their section",
            CircuitWarning,
        )


def _by_points(columns: EdgeColumns, sections: list[Any], section: IntArray) -> FloatArray:
    """Return positions from the number of a 3D point and an offset in um, as older circuits have them."""
    points = columns.needed("afferent_segment_id").astype(np.int64)
    offsets = np.maximum(columns.needed("afferent_segment_offset"), 0.0)
    position = np.full(len(points), 0.5)
    for index in distinct(section[section >= 0]).tolist():
        here = np.flatnonzero(section == index)
        arcs, length, backwards = synapses.arc_lengths(sections[index])
        point, offset = points[here], offsets[here]
        if backwards:
            point, offset = len(arcs) - 1 - point, -offset
        inside = (point >= 0) & (point < len(arcs))
        x = np.full(len(here), 0.5)
        x[inside] = (arcs[point[inside]] + offset[inside]) / length
        x = np.where(x == 0, _START, np.where(x >= 1, _END, x))
        position[here] = 1 - x if backwards else x
    return position
