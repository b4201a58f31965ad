r"""Where synapses may be put at random: segments by section type and distance.

A segment of length :math:`l` whose centre is :math:`d` from the beginning of the soma is a candidate for the
range :math:`[a, b]` if part of it lies there. It is drawn with a probability proportional to that part:

.. math:: p \propto \max(0, \min(d + l/2, b) - \max(d - l/2, a))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import SynapseError
from bluecellab.nrn import segments

__all__ = ["Candidates", "SegmentTable", "SegmentTables"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_KINDS: Mapping[str, int] = {"soma": 1, "axon": 2, "dend": 3, "apic": 4}
"""Types of sections by the beginning of their names, numbered as in SWC."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Segments that a synapse may be put on.

    Parameters
    ----------
    section
        Index of the section of each, shape (n,).
    position
        Where the centre is on the section, shape (n,).
    cumulative
        Probability of each and all before it, shape (n,).
    """

    section: IntArray
    position: FloatArray
    cumulative: FloatArray

    def __len__(self) -> int:
        return len(self.section)

    def drawn(self, uniforms: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the sections and positions that uniform numbers stand for, shapes (m,).

        They are those that ``numpy.random.RandomState.choice(n, m, p=...)`` draws of these numbers.
        """
        index = self.cumulative.searchsorted(uniforms, side="right")
        return self.section[index], self.position[index]


@dataclass(frozen=True, eq=False)
class SegmentTable:
    """The segments of a cell, in the order of its sections.

    Parameters
    ----------
    counts
        Number of segments of each section, shape (sections,).
    kinds
        Type of the section of each segment as in SWC, 0 if it is none of these; shape (n,).
    lengths
        In um, shape (n,).
    distances
        Of the centre of each from the beginning of the soma in um, shape (n,).
    """

    counts: IntArray
    kinds: IntArray
    lengths: FloatArray
    distances: FloatArray
    _found: dict[tuple[frozenset[int], float, float], Candidates] = field(default_factory=dict)

    def candidates(self, kinds: frozenset[int], low: float, high: float) -> Candidates:
        """Return the segments of some types in a range of distances.

        Parameters
        ----------
        kinds
            Types as in SWC.
        low, high
            Distances in um.
        """
        key = (kinds, low, high)
        if key not in self._found:
            self._found[key] = self._candidates(kinds, low, high)
        return self._found[key]

    def _candidates(self, kinds: frozenset[int], low: float, high: float) -> Candidates:
        half = self.lengths / 2
        inside = np.minimum(self.distances + half, high) - np.maximum(self.distances - half, low)
        there = (inside > 0) & np.isin(self.kinds, list(kinds))
        sections = np.repeat(np.arange(len(self.counts)), self.counts)
        first = np.cumsum(self.counts) - self.counts
        positions = (np.arange(len(sections)) - first[sections] + 0.5) / self.counts[sections]
        share = inside[there]
        cumulative = np.cumsum(share / share.sum()) if len(share) else np.empty(0)
        if len(cumulative):
            cumulative /= cumulative[-1]
        return Candidates(sections[there], positions[there], cumulative)


class SegmentTables:
    """Tables of segments; cells whose segments are alike share one."""

    def __init__(self) -> None:
        self._tables: dict[tuple[bytes, ...], SegmentTable] = {}

    def of(self, sections: list[Any], label: str) -> SegmentTable:
        """Return the table of a cell.

        Parameters
        ----------
        sections
            Its raw sections, in the order of their ids.
        label
            Its name for messages.

        Raises
        ------
        SynapseError
            If it has no soma.
        """
        names = [section.name() for section in sections]
        kinds = np.array([_KINDS.get(name[(at := name.rfind(".") + 1) : at + 4], 0) for name in names])
        somata = np.flatnonzero(kinds == _KINDS["soma"])
        if not len(somata):
            raise SynapseError(
                f"{label} has no section whose name begins with 'soma', from which distances are measured to "
                "place synapses at random; give edges with afferent_section_id and afferent_section_pos"
            )
        counts, lengths, distances = segments.measure(sections, sections[int(somata[0])])
        key = (counts.tobytes(), kinds.tobytes(), lengths.tobytes(), distances.tobytes())
        if key not in self._tables:
            each = np.repeat(lengths / counts, counts)
            self._tables[key] = SegmentTable(counts, np.repeat(kinds, counts), each, distances)
        return self._tables[key]
