"""Where on a cell the synapses of its edges are: as the edges say, or drawn at random.

Random places of a cell are drawn by ``numpy.random.RandomState(gid)``, edge after edge, as one
``choice(candidates, nsyns, p=...)`` for each would draw them. They depend on the cell's global id, on its
segments and on its edges alone, never on what else is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import SynapseError
from bluecellab.synapse.allen.segments import Candidates, SegmentTable, SegmentTables
from bluecellab.synapse.allen.texts import combined, distinct, parsed_kinds, parsed_range, type_of
from bluecellab.synapse.columns import EdgeColumns
from bluecellab.synapse.conditions import Receiver

__all__ = ["Placed", "Target", "has_section", "numbers_of_synapses"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_SECTION = ("sec_id", "afferent_section_id")  # the older name first: it wins where both are
_POSITION = ("sec_x", "afferent_section_pos")
_LARGEST_SEED = 2**32


@dataclass(frozen=True, eq=False)
class Placed:
    """Synapses of edges.

    Parameters
    ----------
    rows
        The edge of each synapse, shape (n,).
    section
        Index of its section, shape (n,).
    position
        Position on it, shape (n,).
    dropped
        How many edges have no place.
    """

    rows: IntArray
    section: IntArray
    position: FloatArray
    dropped: int

    def of(self, chosen: BoolArray) -> Placed:
        """Return those of some of the edges, shape (edges,), whose rows are numbered without the others."""
        here = chosen[self.rows]
        number = np.cumsum(chosen) - 1
        return Placed(number[self.rows[here]], self.section[here], self.position[here], self.dropped)


class Target:
    """A cell that synapses are placed on, and how far its random sequence has got.

    Parameters
    ----------
    receiver
        The cell.
    tables
        Segments of cells.

    Attributes
    ----------
    ids
        Ids of its sections, in order, shape (n,).
    sections
        The raw sections.
    """

    _random = np.random.RandomState(0)  # of all cells, which seed it by themselves

    def __init__(self, receiver: Receiver, tables: SegmentTables) -> None:
        self.receiver = receiver
        self._tables = tables
        ids = sorted(receiver.sections)
        self.ids: IntArray = np.array(ids, dtype=np.int64)
        self.sections: list[Any] = [receiver.sections[number] for number in ids]
        self._table: SegmentTable | None = None
        self._drawn = 0
        self._counts_of_sections: IntArray | None = None

    @property
    def table(self) -> SegmentTable:
        """Its segments."""
        if self._table is None:
            self._table = self._tables.of(self.sections, self.receiver.label)
        return self._table

    def segment_of(self, section: IntArray, position: FloatArray) -> IntArray:
        """Return the number of the segment at each place, shape (n,); ends of sections have their own."""
        if self._counts_of_sections is None:
            self._counts_of_sections = np.array([each.nseg for each in self.sections], dtype=np.int64)
        counts = self._counts_of_sections[section]
        inside = np.minimum((position * counts).astype(np.int64), counts - 1)
        return np.where(position <= 0, -1, np.where(position >= 1, counts, inside))

    def place(self, edges: Edges) -> Placed:
        """Place the synapses of edges, in their order.

        Raises
        ------
        SynapseError, ColumnError
            If attributes of edges are missing or make no sense, or the cell does not have a section.
        """
        asked = _first_of(edges, _SECTION)
        given = np.isfinite(asked)
        if given.all():
            return self._explicit(edges, asked)
        if not given.any():
            return self.draw(edges)
        here, there = np.flatnonzero(given), np.flatnonzero(~given)
        fixed, drawn = self._explicit(edges.take(here), asked[here]), self.draw(edges.take(there))
        rows = np.concatenate((here[fixed.rows], there[drawn.rows]))
        order = np.argsort(rows, kind="stable")
        return Placed(
            rows[order],
            np.concatenate((fixed.section, drawn.section))[order],
            np.concatenate((fixed.position, drawn.position))[order],
            drawn.dropped,
        )

    def _explicit(self, edges: Edges, asked: FloatArray) -> Placed:
        """Place synapses where their edges say."""
        columns = EdgeColumns(edges, "synapses")
        number = asked.astype(np.int64)
        found = np.minimum(np.searchsorted(self.ids, number), len(self.ids) - 1)
        wrong = np.flatnonzero(self.ids[found] != number)
        if len(wrong):
            raise SynapseError(
                f"{type_of(edges, int(wrong[0]))} ends on section {asked[wrong[0]]:g} of "
                f"{self.receiver.label}, which has sections {self.ids[0]} to {self.ids[-1]} (places in "
                f"'all'); {len(wrong)} of {len(edges)} edges do so. Are they of another morphology?"
            )
        position = _first_of(edges, _POSITION)
        columns.refuse(~((position >= 0) & (position <= 1)), "position outside 0 to 1 (afferent_section_pos)")
        return Placed(np.arange(len(edges)), found, position, 0)

    def draw(self, edges: Edges) -> Placed:
        """Draw places for synapses, whatever their edges say of sections.

        Raises
        ------
        SynapseError
            If attributes of edges are missing or make no sense.
        """
        candidates, which = self._candidates(edges)
        counts = self._counts(edges)
        none = np.array([not len(each) for each in candidates], dtype=bool)[which]
        dropped = int(np.count_nonzero(none & (counts > 0)))
        counts[none] = 0
        rows = np.repeat(np.arange(len(edges)), counts)
        uniforms = self._uniforms(len(rows))
        if len(candidates) == 1:
            return Placed(rows, *candidates[0].drawn(uniforms), dropped)
        section, position = np.empty(len(rows), np.int64), np.empty(len(rows))
        of_synapse = which[rows]
        for number, each in enumerate(candidates):
            here = of_synapse == number
            section[here], position[here] = each.drawn(uniforms[here])
        return Placed(rows, section, position, dropped)

    def _uniforms(self, count: int) -> FloatArray:
        """Return the next numbers of the cell's random sequence, shape (count,)."""
        # Beginning anew and drawing all numbers again takes a hundredth of the time of making a generator.
        self._random.seed(self.receiver.gid % _LARGEST_SEED)
        before, self._drawn = self._drawn, self._drawn + count
        return self._random.random_sample(self._drawn)[before:]

    def _candidates(self, edges: Edges) -> tuple[list[Candidates], IntArray]:
        """Return sets of candidates, and which of them each edge has."""
        pairs, which = combined(distinct(edges, "target_sections"), distinct(edges, "distance_range"))
        found = []
        for kinds, distances, index in pairs:
            what = type_of(edges, index)
            if not kinds:
                raise SynapseError(
                    f"{what} does not say where its synapses are: it has neither afferent_section_id and "
                    "afferent_section_pos, nor target_sections and distance_range to draw places from"
                )
            low, high = parsed_range(distances, what)
            found.append(self.table.candidates(parsed_kinds(kinds, what), low, high))
        return found, which

    def _counts(self, edges: Edges) -> IntArray:
        """Return the number of synapses of each edge: 1 where edges do not say."""
        counts = numbers_of_synapses(edges)
        return np.where(np.isnan(counts), 1.0, counts).astype(np.int64)


def numbers_of_synapses(edges: Edges) -> FloatArray:
    """Return how many synapses each edge stands for, ``nsyns``, shape (n,); NaN where edges do not say.

    Raises
    ------
    SynapseError
        If it is no number of synapses.
    """
    columns = EdgeColumns(edges, "synapses")
    counts = columns.optional("nsyns")
    wrong = (counts < 0) | np.isinf(counts) | (counts != np.floor(counts)) & ~np.isnan(counts)
    columns.refuse(wrong, "nsyns that is no number of synapses", counts)
    return counts


def has_section(edges: Edges) -> BoolArray:
    """Return which edges say on which section they end, shape (n,)."""
    return np.asarray(np.isfinite(_first_of(edges, _SECTION)))


def _first_of(edges: Edges, names: tuple[str, ...]) -> FloatArray:
    """Return the first of some attributes that each edge has, NaN where it has none, shape (n,)."""
    columns = EdgeColumns(edges, "synapses")
    found: FloatArray | None = None
    for name in names:
        if not columns.has(name):
            continue
        values = columns.optional(name)
        found = values if found is None else np.where(np.isnan(found), values, found)
    return np.full(len(edges), np.nan) if found is None else found
