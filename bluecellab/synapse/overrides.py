"""Connection overrides: which edges each block concerns, and what all of them together say of an edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import AssignmentError, CircuitWarning, warn
from bluecellab.spec.assignments import Assignment, parse_assignments
from bluecellab.spec.simulation import ConnectionOverride
from bluecellab.synapse.resolved import ResolvedOverrides

__all__ = ["resolve"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Member = Callable[[str, str], IntArray]

_NUMBERS = (
    "weight",
    "spont_minis",
    "synapse_delay_override",
    "neuromodulation_strength",
    "neuromodulation_dtc",
)
_NOT_DELAYED = (*_NUMBERS[1:], "synapse_configure", "modoverride")


def resolve(overrides: Iterable[ConnectionOverride], edges: Edges, member: Member) -> ResolvedOverrides:
    """Say what connection overrides mean for each edge.

    Blocks are read in order. One without ``delay`` replaces what earlier ones said of the fields that it
    gives, and only of those; its ``synapse_configure`` comes after theirs. One with ``delay`` says what the
    weight is from that time on, and nothing else. So ``weight: 0`` and then ``weight: 1, delay: 500`` is a
    connection that is silent for 500 ms.

    Parameters
    ----------
    overrides
        The blocks.
    edges
        Edges of one population that arrive at one node.
    member
        Gives the sorted ids of a node set in a population of nodes, shape (m,).

    Returns
    -------
    ResolvedOverrides

    Raises
    ------
    NodeSetError
        If ``member`` knows no such node set.
    AssignmentError
        If a ``synapse_configure`` is no list of assignments.

    Warns
    -----
    CircuitWarning
        If a block with ``delay`` has fields that it cannot delay.
    """
    count = len(edges)
    numbers = {name: np.full(count, np.nan) for name in _NUMBERS}
    model = np.zeros(count, np.int64)
    models: list[str | None] = [None]
    configure: list[tuple[BoolArray, tuple[Assignment, ...]]] = []
    delayed: list[tuple[BoolArray, float, float]] = []
    for block in overrides:
        here = _concerned(block, edges, member)
        if here is None:
            continue
        if block.delay:
            _warn_of_ignored(block)
            delayed.append((here, block.delay, 1.0 if block.weight is None else block.weight))
            continue
        for name, values in numbers.items():
            given = getattr(block, name)
            if given is not None:
                values[here] = given
        if block.modoverride is not None:
            if block.modoverride not in models:
                models.append(block.modoverride)
            model[here] = models.index(block.modoverride)
        if block.synapse_configure is not None:
            configure.append((here, _assignments(block.synapse_configure, block.name)))
    return ResolvedOverrides(
        weight=np.where(np.isnan(numbers["weight"]), 1.0, numbers["weight"]),
        spont_minis=numbers["spont_minis"],
        delay=numbers["synapse_delay_override"],
        model=model,
        models=tuple(models),
        configure=configure,
        delayed=sorted(delayed, key=lambda item: item[1]),
        strength=numbers["neuromodulation_strength"],
        decay=numbers["neuromodulation_dtc"],
    )


def _concerned(block: ConnectionOverride, edges: Edges, member: Member) -> BoolArray | None:
    """Return which edges a block concerns, shape (n,); None if it concerns none."""
    population = edges.population
    targets = member(block.target, population.target)
    if not _inside(np.array([edges.target], dtype=np.int64), targets)[0]:
        member(block.source, population.source)  # a node set that does not exist is an error all the same
        return None
    here = _inside(edges.sources, member(block.source, population.source))
    return here if here.any() else None


def _inside(ids: IntArray, known: IntArray) -> BoolArray:
    """Return which ids are among those that are known, which are sorted; shape (n,)."""
    if not len(known):
        return np.zeros(len(ids), dtype=bool)
    found = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.asarray(known[found] == ids)


@lru_cache(maxsize=256)
def _assignments(text: str, name: str) -> tuple[Assignment, ...]:
    try:
        return parse_assignments(text)
    except AssignmentError as error:
        raise AssignmentError(f"synapse_configure of connection override {name!r}: {error}") from error


def _warn_of_ignored(block: ConnectionOverride) -> None:
    ignored = [name for name in _NOT_DELAYED if getattr(block, name) is not None]
    if ignored:
        warn(
            f"connection override {block.name!r} has a delay of {block.delay:g} ms, so it only sets the "
            f"weight then; its {', '.join(ignored)} is not used. Give that in a block without delay.",
            CircuitWarning,
        )
