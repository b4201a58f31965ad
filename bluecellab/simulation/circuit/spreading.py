"""Which rank makes which cells of a circuit: by what each of them costs, or as ranks asked for them.

The largest cells are given away first, each to the rank that has least to do. What a cell costs is estimated
before anything is built, from the edges that arrive at it, its morphology and its template, or is what an
earlier run has measured.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess, EdgePopulation
from bluecellab.errors import BluecellabError, SimulationError
from bluecellab.nrn.parallel import ranks
from bluecellab.simulation.sizing.cells import Sizes
from bluecellab.simulation.sizing.costs import BUILT_IN
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell

__all__ = ["Spread", "balance_of", "dealt_out", "loads_of", "ranks_of"]

FloatArray = npt.NDArray[np.float64]

Spread = Literal["load", "index"] | Mapping[CellId, float]
"""By estimated load, in turn, or by measured load: what each cell costs, in any unit."""

_DOING = "spreading the cells"
_NUMBER = "nsyns"  # of the synapses that an edge stands for
_UNKNOWN = 100.0  # segments of a cell of whose files nothing is understood, with five mechanisms in each
_PLASTIC = frozenset({"chemical"})  # in circuits whose edges do not say how many synapses they stand for


def ranks_of(
    wanted: Sequence[CellId], circuit: CircuitAccess, edges: Sequence[EdgePopulation], spread: Spread
) -> dict[CellId, int]:
    """Return the rank of every cell, in the order in which one rank would make them; all ranks call it.

    If all ranks ask for the same cells, they are spread; otherwise each rank has what it asked for.

    Parameters
    ----------
    wanted
        The cells that this rank asks for.
    circuit
        Has them.
    edges
        Populations of edges whose synapses they get.
    spread
        How they are spread.

    Raises
    ------
    SimulationError
        If there are no cells, several ranks ask for a cell and yet not for the same, or loads make no sense.
    """
    everybody = ranks()
    given = _given(wanted, spread)
    if everybody.alone:
        return dict.fromkeys(wanted, 0)
    digest = hashlib.sha256(repr([tuple(cell_id) for cell_id in wanted]).encode()).digest()
    if len(set(everybody.gathered(digest, _DOING))) == 1:
        if not wanted:
            raise SimulationError("no cells to instantiate; no rank asks for any")
        loads = _estimated(wanted, circuit, edges) if given is None else given
        shares: list[int] = everybody.told(dealt_out(loads, everybody.count).tolist(), _DOING)
        return dict(zip(wanted, shares, strict=True))
    found: dict[CellId, int] = {}
    for rank, some in enumerate(everybody.gathered(list(wanted), _DOING)):
        for cell_id in some:
            if cell_id in found:
                raise SimulationError(
                    f"ranks {found[cell_id]} and {rank} both ask for cell {cell_id}, but not for the same "
                    "cells; let all ranks ask for all cells, which are then spread, or each rank for its own"
                )
            found[cell_id] = rank
    return found


def _given(cells: Sequence[CellId], spread: Spread) -> FloatArray | None:
    """Return what each cell costs as it was given, shape (n,); None if that is to be estimated."""
    if spread == "load":
        return None
    if spread == "index":
        return np.ones(len(cells))
    if not isinstance(spread, Mapping):
        raise SimulationError(
            f"cells are spread by 'load', by 'index', or by loads that are given, not {spread!r}"
        )
    lacking = [cell_id for cell_id in cells if cell_id not in spread]
    if lacking:
        raise SimulationError(
            f"spread= says nothing of {len(lacking)} of {len(cells)} cells, such as {lacking[0]}"
        )
    given = np.array([spread[cell_id] for cell_id in cells], dtype=np.float64)
    if not (np.isfinite(given) & (given >= 0)).all():
        raise SimulationError("spread= must give a load of 0 or more for each cell")
    return given


def _estimated(
    cells: Sequence[CellId], circuit: CircuitAccess, edges: Sequence[EdgePopulation]
) -> FloatArray:
    """Return what each cell is estimated to cost, shape (n,); every rank looks at some, all call it."""
    everybody = ranks()
    some = loads_of(cells[everybody.id :: everybody.count], circuit, edges)
    loads = np.empty(len(cells))
    for rank, part in enumerate(everybody.gathered(some, _DOING)):
        loads[rank :: everybody.count] = part
    return loads


def loads_of(cells: Sequence[CellId], circuit: CircuitAccess, edges: Sequence[EdgePopulation]) -> FloatArray:
    """Return what each cell is estimated to cost, in seconds for each step, shape (n,).

    It is linear in the numbers of segments, of mechanisms in them, and of synapses, with the figures of
    :data:`~bluecellab.simulation.sizing.costs.BUILT_IN`.

    Parameters
    ----------
    cells
        Which cells.
    circuit
        Has them.
    edges
        Populations of edges whose synapses they get.
    """
    sizes = Sizes()
    loads = np.empty(len(cells))
    for number, cell_id in enumerate(cells):
        loads[number] = _load_of_cell(circuit.cell(cell_id), sizes)
        for population in edges:
            if population.target == cell_id.population_name:
                loads[number] += _load_of_synapses(circuit, population, cell_id.id)
    return loads


def _load_of_cell(spec: AnyCell, sizes: Sizes) -> float:
    try:
        size = sizes.of(spec)
        segments, mechanisms = float(size.segments), size.mechanisms
    except (BluecellabError, OSError):  # whoever makes the cell says what is wrong
        segments, mechanisms = _UNKNOWN, 5 * _UNKNOWN
    costs = BUILT_IN
    return (
        costs.step_seconds + costs.segment_step_seconds * segments + costs.mechanism_step_seconds * mechanisms
    )


def _load_of_synapses(circuit: CircuitAccess, population: EdgePopulation, node: int) -> float:
    several = _NUMBER in population.columns
    found = circuit.edges(population.name, node, (_NUMBER,) if several else ())
    if several:
        numbers = np.nan_to_num(found.columns[_NUMBER].astype(np.float64), nan=1.0)
        return BUILT_IN.synapse_step_seconds * float(numbers.sum())
    plastic = population.kind in _PLASTIC
    return len(found) * (BUILT_IN.plastic_step_seconds if plastic else BUILT_IN.synapse_step_seconds)


def dealt_out(loads: npt.ArrayLike, count: int) -> npt.NDArray[np.int64]:
    """Return the share, from 0, of each load: the largest first, each to the share that is smallest so far.

    Parameters
    ----------
    loads
        Shape (n,).
    count
        How many shares.

    Returns
    -------
    ndarray of int
        Shape (n,). Equal loads are dealt out in turn.

    Examples
    --------
    >>> dealt_out([1.0, 5.0, 2.0, 2.0], 2).tolist()
    [1, 0, 1, 1]
    """
    values = np.asarray(loads, dtype=np.float64)
    shares = np.zeros(len(values), np.int64)
    heap = [(0.0, share) for share in range(count)]
    for index in np.argsort(-values, kind="stable").tolist():
        load, share = heapq.heappop(heap)
        shares[index] = share
        heapq.heappush(heap, (load + float(values[index]), share))
    return shares


def balance_of(loads: Sequence[float]) -> float:
    """Return the largest load over the mean; 1 where all are alike, or there are none.

    Examples
    --------
    >>> balance_of([3.0, 1.0])
    1.5
    """
    mean = sum(loads) / len(loads) if loads else 0.0
    return max(loads) / mean if mean > 0 else 1.0
