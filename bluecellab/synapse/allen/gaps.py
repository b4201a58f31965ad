"""Gap junctions of the Allen dialect: edges that say so, with numbers from a file of their own.

Both ends of a junction are made of one edge: one on its target, and one on its source, each in the middle of
a section that is drawn from the random sequence of its own cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, EdgePopulation, Edges
from bluecellab.errors import SynapseError
from bluecellab.nrn.parallel import ranks
from bluecellab.synapse.allen.placing import Placed, Target
from bluecellab.synapse.allen.weights import Weights
from bluecellab.synapse.gap import GapJunctions

__all__ = ["GapEnds", "GapNumbers", "gaps_of_all", "is_gap", "may_have_gaps", "refuse_artificial"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_FLAG = "is_gap_junction"
_MIDDLE = 0.5


class GapNumbers(Protocol):
    """Numbers of the ends of the gap junctions of a population, as a circuit gives them."""

    @property
    def sources(self) -> IntArray:
        """Nodes at one end, shape (n,)."""

    @property
    def targets(self) -> IntArray:
        """Nodes at the other end, shape (n,)."""

    @property
    def source_gaps(self) -> IntArray:
        """Number of the end on each source, shape (n,)."""

    @property
    def target_gaps(self) -> IntArray:
        """Number of the end on each target, shape (n,)."""


def is_gap(edges: Edges) -> BoolArray | None:
    """Return which edges are gap junctions, shape (n,); None if there are none."""
    column: Column | None = edges.columns.get(_FLAG)
    if column is None:
        return None
    if column.dtype.kind == "U":
        found = np.isin(column, ("True", "true", "TRUE", "1"))
    else:
        found = np.nan_to_num(column.astype(np.float64), nan=0.0) != 0
    return found if found.any() else None


def may_have_gaps(population: EdgePopulation) -> bool:
    """Return whether edges of a population may be gap junctions."""
    return _FLAG in population.columns


@dataclass(eq=False)
class _OnCell:
    """Ends of junctions on one cell."""

    others: list[int] = field(default_factory=list)
    sections: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    numbers: list[tuple[int, int]] = field(default_factory=list)


class GapEnds:
    """The ends of the gap junctions of one population of edges.

    Parameters
    ----------
    population
        The edges.
    numbers
        Numbers of ends; None if there is no file of them.
    weights
        Computes weights.
    """

    def __init__(self, population: EdgePopulation, numbers: GapNumbers | None, weights: Weights) -> None:
        name = population.name
        if numbers is None:
            raise SynapseError(
                f"edge population {name!r} has gap junctions, but networks.gap_juncs has no file "
                f"{population.target}_gap_juncs.h5 that numbers their ends"
            )
        if population.source != population.target:
            raise SynapseError(
                f"edge population {name!r} has gap junctions between {population.source!r} and "
                f"{population.target!r}; they are possible within one population only"
            )
        self._population = population
        self._weights = weights
        self._cells: dict[int, _OnCell] = {}
        self._known: dict[tuple[int, int], list[tuple[int, int]]] = {}
        columns = (numbers.sources, numbers.targets, numbers.source_gaps, numbers.target_gaps)
        for source, target, own, other in zip(*(each.tolist() for each in columns), strict=True):
            self._known.setdefault((source, target), []).append((own, other))

    def _numbers(self, sources: Iterable[int], targets: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield the numbers of both ends of each junction; several between two cells in their order."""
        used: dict[tuple[int, int], int] = {}
        for pair in zip(sources, targets, strict=True):
            place = used[pair] = used.get(pair, -1) + 1
            known = self._known.get(pair, [])
            if place >= len(known):
                raise SynapseError(
                    f"edge population {self._population.name!r} has more gap junctions from node "
                    f"{pair[0]} to node {pair[1]} than "
                    f"{self._population.target}_gap_juncs.h5, which has {len(known)}"
                )
            yield known[place]

    def add_targets(self, edges: Edges, placed: Placed, target: Target) -> None:
        """Add the ends on the target of edges, all of them gap junctions."""
        weights = self._weights.of(edges)[placed.rows]
        sources = edges.sources[placed.rows].tolist()
        on_cell = self._cells.setdefault(edges.target, _OnCell())
        on_cell.others += sources
        on_cell.sections += target.ids[placed.section].tolist()
        on_cell.weights += weights.tolist()
        pairs = self._numbers(sources, [edges.target] * len(sources))
        on_cell.numbers += [(own, other) for other, own in pairs]

    def add_sources(self, by_target: Iterable[Edges], targets: Mapping[int, Target]) -> None:
        """Add the ends on the sources of edges, all of them gap junctions, in the order of cells."""
        by_source: dict[int, list[tuple[int, Edges, float]]] = {}
        for edges in by_target:
            for row, (source, weight) in enumerate(
                zip(edges.sources.tolist(), self._weights.of(edges).tolist(), strict=True)
            ):
                if source in targets:
                    by_source.setdefault(source, []).append((row, edges, weight))
        for node, target in targets.items():
            on_cell = self._cells.setdefault(node, _OnCell())
            ends: list[int] = []
            for row, edges, weight in by_source.get(node, ()):
                placed = target.draw(edges.take(np.array([row])))
                count = len(placed.section)
                ends += [edges.target] * count
                on_cell.sections += target.ids[placed.section].tolist()
                on_cell.weights += [weight] * count
            on_cell.others += ends
            on_cell.numbers += self._numbers([node] * len(ends), ends)

    def give(self, junctions: GapJunctions, targets: Mapping[int, Target]) -> None:
        """Hand all ends to the gap junctions of a simulation."""
        for node, on_cell in self._cells.items():
            count = len(on_cell.others)
            if not count:
                continue
            own, others = np.array(on_cell.numbers, dtype=np.int64).T
            columns: dict[str, Column] = {
                "conductance": np.array(on_cell.weights),
                "afferent_section_id": np.array(on_cell.sections, dtype=np.int64),
                "afferent_section_pos": np.full(count, _MIDDLE),
                "afferent_junction_id": own,
                "efferent_junction_id": others,
            }
            name = self._population.name
            kind = EdgePopulation(
                name, "electrical", self._population.source, self._population.target, count, tuple(columns)
            )
            sources = np.array(on_cell.others, dtype=np.int64)
            edges = Edges(kind, node, np.arange(count), sources, columns)
            junctions.add(edges, targets[node].receiver)


def gaps_of_all(population: EdgePopulation, count: int, edges_at: Callable[[int], Edges]) -> list[Edges]:
    """Return the gap junctions that arrive at each node of a population, whether it is simulated or not.

    Each rank reads those of some nodes; all ranks call it.

    Parameters
    ----------
    population
        The edges.
    count
        How many nodes there are.
    edges_at
        Returns the edges that arrive at a node.
    """
    everybody = ranks()
    found: dict[int, Edges] = {}
    for node in range(everybody.id, count, everybody.count):
        edges = edges_at(node)
        gap = is_gap(edges)
        if gap is not None:
            found[node] = edges.take(gap)
    parts = everybody.gathered(found, f"reading gap junctions of {population.name}")
    return [
        edges for _, edges in sorted((item for part in parts for item in part.items()), key=itemgetter(0))
    ]


def refuse_artificial(target: Target) -> None:
    """Raise if gap junctions end at an artificial cell.

    Raises
    ------
    SynapseError
        Naming the cell.
    """
    if target.receiver.process is not None:
        raise SynapseError(
            f"gap junctions connect sections, and {target.receiver.label} is an artificial cell without any"
        )
