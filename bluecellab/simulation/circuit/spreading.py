"""Which rank makes which cells of a circuit: by what each of them costs, or as ranks asked for them.

The largest cells are given away first, each to the rank that has least to do. What a cell costs is estimated
before anything is built, from the edges that arrive at it and the size of the file of its morphology, or is
what an earlier run has measured.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess, EdgePopulation
from bluecellab.errors import SimulationError
from bluecellab.nrn.parallel import ranks
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AllenCell, AnyCell, HocCell, PointCell

__all__ = ["COSTS", "Spread", "balance_of", "dealt_out", "loads_of", "ranks_of"]

FloatArray = npt.NDArray[np.float64]

Spread = Literal["load", "index"] | Mapping[CellId, float]
"""By estimated load, in turn, or by measured load: what each cell costs, in any unit."""

_DOING = "spreading the cells"
#: What takes how long in each step, in microseconds; the ratios are what counts.
COSTS: Mapping[str, float] = {"cell": 2.0, "segment": 0.4, "synapse": 0.08}
#: Bytes of a file of a morphology for each segment of the cell.
_BYTES: Mapping[str, float] = {".asc": 900.0, ".swc": 600.0, ".h5": 700.0}
_SEGMENTS = 100.0  # of a cell whose morphology is not in a file that is known


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
    if everybody.alone:
        return dict.fromkeys(wanted, 0)
    digest = hashlib.sha256(repr([tuple(cell_id) for cell_id in wanted]).encode()).digest()
    if len(set(everybody.gathered(digest, _DOING))) == 1:
        if not wanted:
            raise SimulationError("no cells to instantiate; no rank asks for any")
        loads = _loads(wanted, circuit, edges, spread)
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


def _loads(
    cells: Sequence[CellId], circuit: CircuitAccess, edges: Sequence[EdgePopulation], spread: Spread
) -> FloatArray:
    """Return what each cell costs, shape (n,)."""
    if spread == "index":
        return np.ones(len(cells))
    if isinstance(spread, Mapping):
        lacking = [cell_id for cell_id in cells if cell_id not in spread]
        if lacking:
            raise SimulationError(
                f"spread= says nothing of {len(lacking)} of {len(cells)} cells, such as {lacking[0]}"
            )
        given = np.array([spread[cell_id] for cell_id in cells], dtype=np.float64)
        if not (np.isfinite(given) & (given >= 0)).all():
            raise SimulationError("spread= must give a load of 0 or more for each cell")
        return given
    if spread != "load":
        raise SimulationError(
            f"cells are spread by 'load', by 'index', or by loads that are given, not {spread!r}"
        )
    everybody = ranks()
    some = loads_of(cells[everybody.id :: everybody.count], circuit, edges)
    loads = np.empty(len(cells))
    for rank, part in enumerate(everybody.gathered(some, _DOING)):
        loads[rank :: everybody.count] = part
    return loads


def loads_of(cells: Sequence[CellId], circuit: CircuitAccess, edges: Sequence[EdgePopulation]) -> FloatArray:
    """Return what each cell is estimated to cost, in microseconds for each step, shape (n,).

    Parameters
    ----------
    cells
        Which cells.
    circuit
        Has them.
    edges
        Populations of edges whose synapses they get.
    """
    segments: dict[str, float] = {}
    loads = np.empty(len(cells))
    for number, cell_id in enumerate(cells):
        count = sum(
            len(circuit.edges(population.name, cell_id.id, ()))
            for population in edges
            if population.target == cell_id.population_name
        )
        loads[number] = (
            COSTS["cell"]
            + COSTS["segment"] * _segments(circuit.cell(cell_id), segments)
            + COSTS["synapse"] * count
        )
    return loads


def _segments(spec: AnyCell, known: dict[str, float]) -> float:
    """Return about how many segments a cell has."""
    if isinstance(spec, PointCell):
        return 0.0
    path = spec.morphology_path if isinstance(spec, HocCell | AllenCell) else None
    if path is None:
        return _SEGMENTS
    if path not in known:
        file = Path(path)
        size = file.stat().st_size if file.is_file() else math.nan
        found = size / _BYTES.get(file.suffix.lower(), 700.0)
        known[path] = found if math.isfinite(found) else _SEGMENTS
    return known[path]


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
