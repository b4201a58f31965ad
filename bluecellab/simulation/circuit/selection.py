"""What of a circuit is to be instantiated, checked before anything is built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess, EdgePopulation
from bluecellab.errors import (
    CircuitWarning,
    NodeNotFoundError,
    PopulationNotFoundError,
    SimulationError,
    warn,
)
from bluecellab.results import Spikes
from bluecellab.simulation.circuit.request import AnyConfig, AnyReport
from bluecellab.spec.base import CellId

__all__ = [
    "CellsWanted",
    "Names",
    "Trains",
    "cells_in",
    "cells_of",
    "checked_trains",
    "columns_of",
    "edge_populations_of",
    "inputs_of",
    "merge_spike_trains",
    "reports_of",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CellsWanted = str | CellId | tuple[str, int] | int | Iterable[CellId | tuple[str, int] | int]
"""A node set by name, a cell, or several."""

Names = Literal["all", "none"] | Sequence[str]
"""All of a kind, none, or some by name."""

Trains = Mapping[CellId, npt.NDArray[np.float64]]
"""Spike times in ms by the cell that sends them."""

_SUPPORTED = frozenset({"chemical", "Exp2Syn_synapse", "point_process", "electrical", "neuromodulatory"})


def cells_in(node_set: str, circuit: CircuitAccess) -> list[CellId]:
    """Return the cells of a node set that are not virtual, by population and id."""
    return [
        CellId(name, int(index))
        for name, ids in sorted(circuit.node_set(node_set).items())
        if not circuit.node_populations[name].virtual
        for index in ids
    ]


def cells_of(wanted: CellsWanted, circuit: CircuitAccess) -> list[CellId]:
    """Return the cells that are wanted, each once, in the order given.

    Virtual ones are left out with a warning.

    Raises
    ------
    SimulationError, NodeSetError, PopulationNotFoundError, NodeNotFoundError
        If there are none, or some of them do not exist.
    """
    if isinstance(wanted, str):
        return cells_in(wanted, circuit)
    single = isinstance(wanted, (int, np.integer)) or (
        isinstance(wanted, tuple) and len(wanted) == 2 and isinstance(wanted[0], str)
    )
    found: dict[CellId, None] = {}
    virtual = []
    for item in (wanted,) if single else wanted:  # type: ignore[union-attr]  # not an int any more
        cell_id = _cell_id(item, circuit)
        if circuit.node_populations[cell_id.population_name].virtual:
            virtual.append(cell_id)
        else:
            found[cell_id] = None
    if virtual:
        shown = ", ".join(map(str, virtual[:3]))
        warn(f"{len(virtual)} virtual nodes are no cells and were left out: {shown} ...", CircuitWarning)
    if not found:
        raise SimulationError("no cells to instantiate; give a node set, or cell ids such as ('NodeA', 0)")
    return list(found)


def _cell_id(item: object, circuit: CircuitAccess) -> CellId:
    """Return a cell's id; an integer is enough where there is one population of cells."""
    populations = circuit.node_populations
    if isinstance(item, (int, np.integer)) and not isinstance(item, bool):
        cells = [name for name, population in populations.items() if not population.virtual]
        if len(cells) != 1:
            raise SimulationError(
                f"cell {item}: the circuit has {len(cells)} populations of cells; say which, as in "
                f"('{min(cells, default='name')}', {item})"
            )
        item = (cells[0], int(item))
    if not (isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)):
        raise SimulationError(f"a cell is given as ('population', id), not {item!r}")
    name, index = item
    if name == "" and not isinstance(index, bool):
        return _cell_id(int(index), circuit)
    if name not in populations:
        raise PopulationNotFoundError(
            f"no population of nodes {name!r}; the circuit has {', '.join(sorted(populations))}", name
        )
    size = populations[name].size
    if isinstance(index, bool) or not isinstance(index, (int, np.integer)) or not 0 <= index < size:
        raise NodeNotFoundError(f"no node {index!r} in population {name!r}, which has 0 to {size - 1}")
    return CellId(name, int(index))


def edge_populations_of(names: Names, circuit: CircuitAccess) -> list[EdgePopulation]:
    """Return populations of edges by their names, sorted; for ``"all"`` those that can be simulated.

    Raises
    ------
    PopulationNotFoundError
        If there is no such population.
    SimulationError
        If edges of that kind cannot be simulated.
    """
    populations = circuit.edge_populations
    if names == "none":
        return []
    if names == "all":
        skipped = sorted(name for name, found in populations.items() if found.kind not in _SUPPORTED)
        if skipped:
            kinds = sorted({populations[name].kind for name in skipped})
            warn(
                f"edges of {', '.join(skipped)} were left out: type {', '.join(kinds)} is not simulated",
                CircuitWarning,
            )
        return [found for name, found in sorted(populations.items()) if found.kind in _SUPPORTED]
    chosen = []
    for name in sorted({names} if isinstance(names, str) else set(names)):
        if name not in populations:
            raise PopulationNotFoundError(
                f"no population of edges {name!r}; the circuit has {', '.join(sorted(populations))}", name
            )
        if populations[name].kind not in _SUPPORTED:
            raise SimulationError(
                f"edges of {name} are of type {populations[name].kind!r}, which is not simulated; "
                f"leave it out. Simulated are {', '.join(sorted(_SUPPORTED))}."
            )
        chosen.append(populations[name])
    return chosen


def inputs_of(names: Names, config: AnyConfig) -> frozenset[str]:
    """Return names of inputs of a configuration, chosen by name or type of stimulus.

    Raises
    ------
    SimulationError
        If there is none of that name or type.
    """
    if names == "all":
        return frozenset(block.name for block in config.inputs)
    if names == "none":
        return frozenset()
    wanted = {names} if isinstance(names, str) else set(names)
    known = {block.name for block in config.inputs} | {block.stimulus.type for block in config.inputs}
    unknown = sorted(wanted - known)
    if unknown:
        raise SimulationError(
            f"no input {unknown[0]!r}; the configuration has the inputs {', '.join(sorted(known)) or 'none'}"
        )
    return frozenset(block.name for block in config.inputs if {block.name, block.stimulus.type} & wanted)


def reports_of(names: Names, config: AnyConfig) -> tuple[AnyReport, ...]:
    """Return the enabled reports of a configuration by name, in its order.

    Raises
    ------
    SimulationError
        If there is none of that name, or it is not enabled.
    """
    there: tuple[AnyReport, ...] = tuple(report for report in config.reports if report.enabled)
    if names == "all":
        return there
    if names == "none":
        return ()
    wanted = {names} if isinstance(names, str) else set(names)
    known = [report.name for report in there]
    unknown = sorted(wanted.difference(known))
    if unknown:
        raise SimulationError(
            f"no report {unknown[0]!r}; the configuration has the reports {', '.join(known) or 'none'}"
        )
    return tuple(report for report in there if report.name in wanted)


def merge_spike_trains(*trains: Trains | None) -> dict[CellId, npt.NDArray[np.float64]]:
    """Return all spikes of each cell, sorted; None counts as no spikes.

    Examples
    --------
    >>> merge_spike_trains({CellId("A", 0): np.array([3.0])}, None, {CellId("A", 0): np.array([1.0])})
    {CellId(population_name='A', id=0): array([1., 3.])}
    """
    merged: dict[CellId, list[npt.NDArray[np.float64]]] = {}
    for some in trains:
        for cell_id, times in (some or {}).items():
            merged.setdefault(CellId(*cell_id), []).append(np.asarray(times, dtype=np.float64))
    return {cell_id: np.sort(np.concatenate(parts)) for cell_id, parts in merged.items()}


def checked_trains(trains: Trains) -> dict[CellId, npt.NDArray[np.float64]]:
    """Return spike trains, sorted.

    Raises
    ------
    SimulationError
        If any time is negative or not a number.
    """
    merged = merge_spike_trains(trains)
    for cell_id, times in merged.items():
        if times.ndim != 1 or not np.all(times >= 0) or not np.all(np.isfinite(times)):
            raise SimulationError(f"spike times of {cell_id} must be ms from 0 on, not {times[:5]}...")
    return merged


def columns_of(spikes: Spikes, cells: Iterable[CellId]) -> dict[str, tuple[FloatArray, IntArray]]:
    """Return the spikes of cells as times in ms and ids, shapes (n,), by population, cell after cell."""
    by_population: dict[str, list[CellId]] = {}
    for cell_id in cells:
        by_population.setdefault(cell_id.population_name, []).append(cell_id)
    columns = {}
    for name, some in by_population.items():
        times = [spikes[cell_id] for cell_id in some]
        ids = np.repeat(np.array([cell_id.id for cell_id in some], np.int64), list(map(len, times)))
        columns[name] = (np.concatenate(times), ids)
    return columns
