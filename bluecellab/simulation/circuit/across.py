"""What every rank knows of a circuit simulation whose cells are spread over several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.errors import ElsewhereError
from bluecellab.nrn.launch import rank_of
from bluecellab.nrn.parallel import ranks
from bluecellab.results import Spikes
from bluecellab.simulation.circuit.assembly import Assembly
from bluecellab.simulation.circuit.spreading import balance_of
from bluecellab.simulation.circuit.summary import Summary
from bluecellab.spec.base import CellId

__all__ = [
    "CellsHere",
    "Everywhere",
    "built_everywhere",
    "elsewhere",
    "missing",
    "on_first_rank",
    "ran_everywhere",
]

FloatArray = npt.NDArray[np.float64]


class CellsHere(dict[CellId, Cell]):
    """The cells of this rank by their ids; asking for one of another rank says where it is.

    Parameters
    ----------
    of_all
        The rank of every cell.
    """

    def __init__(self, of_all: Mapping[CellId, int]) -> None:
        super().__init__()
        self._of_all = of_all

    def __missing__(self, cell_id: CellId) -> Cell:
        raise missing(cell_id, self._of_all)


def missing(cell_id: CellId, of_all: Mapping[CellId, int]) -> KeyError | ElsewhereError:
    """Return what to raise when a dictionary of the cells of this rank has not one."""
    rank = of_all.get(cell_id)
    return KeyError(cell_id) if rank is None or rank == ranks().id else elsewhere(cell_id, rank)


def elsewhere(cell_id: CellId, rank: int) -> ElsewhereError:
    """Return what to raise when a cell is asked for that another rank has made."""
    return ElsewhereError(
        f"cell {cell_id} is on rank {rank}, and this is rank {ranks().id}: each rank has its share of the "
        "cells, and the spikes of all. Read it there, or call simulation.gathered(function) on all ranks: it "
        "evaluates function(simulation) on each, and returns what came of it, by rank, to all",
        rank=rank,
    )


@contextmanager
def on_first_rank(doing: str) -> Iterator[bool]:
    """Say whether something that is done once is done here; if it fails there, it fails on all ranks.

    Parameters
    ----------
    doing
        What is done, for messages.

    Raises
    ------
    RankError
        If it failed on the first rank, and this is another.
    """
    rank = rank_of()
    if rank is None:  # NEURON need not be started
        yield True
        return
    with ranks().agreed(doing):
        yield rank.rank == 0


@dataclass(frozen=True)
class Everywhere:
    """What every rank knows of all of them.

    Parameters
    ----------
    summary
        Of all ranks.
    spikes
        Of all cells, in the last run.
    times
        Recorded times in ms, shape (n,); kept only where a rank has no cell to ask.
    run
        Of which run that is; see ``Simulation.begun``.
    """

    summary: Summary
    spikes: Spikes | None = None
    times: FloatArray | None = None
    run: int = 0


def built_everywhere(assembly: Assembly, build_seconds: float) -> Everywhere:
    """Return what has been built on all ranks; all of them call it."""
    return Everywhere(
        _summed(ranks().gathered(assembly.summary(build_seconds, 0.0), "counting what was built"))
    )


def ran_everywhere(
    assembly: Assembly, of_all: Mapping[CellId, int], seconds: tuple[float, float, float]
) -> Everywhere:
    """Return what came of a run on all ranks; all of them call it.

    Parameters
    ----------
    assembly
        The cells of this rank.
    of_all
        The rank of every cell, in the order in which spikes are handed out.
    seconds
        How long this rank took to build and to run, and for how long of the latter it was busy.
    """
    build, run, busy = seconds
    first = min(of_all.values())
    wanted = len(set(of_all.values())) < ranks().count and ranks().id == first
    times = next(iter(assembly.cells.values())).get_time() if wanted else None
    parts = ranks().gathered(
        (assembly.spikes(), assembly.summary(build, run), times, busy), "gathering the spikes of a run"
    )
    of_first = parts[first][0]
    found: dict[str | CellId, FloatArray] = {
        cell_id: parts[rank][0][cell_id] for cell_id, rank in of_all.items()
    }
    spikes = Spikes(
        found,
        t_start=of_first.t_start,
        t_stop=of_first.t_stop,
        partial=any(part[0].partial for part in parts),
    )
    summary = _summed([part[1] for part in parts], [part[3] for part in parts])
    return Everywhere(summary, spikes, parts[first][2], assembly.simulation.begun)


def _summed(parts: Sequence[Summary], busy: Sequence[float] = ()) -> Summary:
    """Return what all ranks together have; the time is that of the last to be ready."""
    synapses: dict[str, int] = {}
    for part in parts:
        for name, count in part.synapses.items():
            synapses[name] = synapses.get(name, 0) + count
    return replace(
        parts[0],
        cells=sum(part.cells for part in parts),
        sections=sum(part.sections for part in parts),
        segments=sum(part.segments for part in parts),
        synapses=synapses,
        skipped=sum(part.skipped for part in parts),
        connections=sum(part.connections for part in parts),
        inputs=sum(part.inputs for part in parts),
        build_seconds=max(part.build_seconds for part in parts),
        run_seconds=max(part.run_seconds for part in parts),
        t_stop=max(part.t_stop for part in parts),
        spikes=sum(part.spikes for part in parts),
        ranks=len(parts),
        balance=balance_of(busy),
    )
