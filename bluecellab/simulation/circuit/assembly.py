"""Builds what was requested of a circuit, in order, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.nrn import synapses as engine
from bluecellab.nrn.scope import Scope
from bluecellab.recording import Recordable
from bluecellab.results import Spikes
from bluecellab.simulation.circuit.summary import Summary
from bluecellab.simulation.core import Simulation
from bluecellab.spec.base import CellId
from bluecellab.spec.recordings import spike_key
from bluecellab.synapse import SynapseGroup, gids

__all__ = ["Assembly", "Progress", "Wired", "all_or_nothing", "registered", "run_by"]

Progress = Callable[[], object]
"""Called after each cell, when it is made and when it is wired."""


class Wired(Protocol):
    """The synapses of a circuit simulation."""

    @property
    def groups(self) -> Mapping[CellId, Sequence[SynapseGroup]]:
        """Those of each cell, a group for each population of edges."""

    @property
    def connections(self) -> int:
        """How many NetCons there are."""

    @property
    def skipped(self) -> int:
        """How many synapses have no place on their cells."""

    def counts(self) -> dict[str, int]:
        """Return how many synapses there are of each population of edges."""


class Assembly:
    """The live cells of a circuit simulation and what belongs to them.

    Parameters
    ----------
    scope
        Owns all of it.
    cells
        By their ids.
    simulation
        Runs them.
    wiring
        Their synapses.
    inputs
        How many stimuli play.
    detector
        Name of each cell's spike detector.
    """

    def __init__(
        self,
        scope: Scope,
        cells: Mapping[CellId, Cell],
        simulation: Simulation,
        wiring: Wired,
        inputs: int,
        detector: tuple[str, float],
    ) -> None:
        self.scope = scope
        self.cells = cells
        self.simulation = simulation
        self.wiring = wiring
        self.inputs = inputs
        self._detector = detector

    def spikes(self) -> Spikes:
        """Return the spikes of the last run, by cell."""
        location, threshold = self._detector
        times: dict[str | CellId, npt.NDArray[np.float64]] = {}
        span = Spikes({}, t_stop=0.0)
        for cell_id, cell in self.cells.items():
            span = cell.spikes()
            times[cell_id] = span[spike_key(location, threshold)]
        return Spikes(times, t_start=span.t_start, t_stop=span.t_stop, partial=span.partial)

    def summary(self, build_seconds: float, run_seconds: float) -> Summary:
        """Return what was built and run, in numbers."""
        spikes = self.spikes() if run_seconds else Spikes({}, t_stop=0.0)
        return Summary(
            cells=len(self.cells),
            sections=sum(len(cell.sections) for cell in self.cells.values()),
            segments=sum(cell.n_segments for cell in self.cells.values()),
            synapses=self.wiring.counts(),
            skipped=self.wiring.skipped,
            connections=self.wiring.connections,
            inputs=self.inputs,
            build_seconds=build_seconds,
            run_seconds=run_seconds,
            t_stop=spikes.t_stop,
            spikes=sum(map(len, spikes.values())),
        )


def registered(
    scope: Scope, cells: Mapping[CellId, Cell], of_all: Iterable[CellId], detector: tuple[str, float]
) -> dict[CellId, int]:
    """Let cells be sources of spikes; return NEURON's number of every cell, also of those of other ranks.

    Parameters
    ----------
    scope
        Will own what detects spikes.
    cells
        Those of this rank.
    of_all
        Those of all ranks, in the same order on each; all ranks call it.
    detector
        Where spikes are detected, and above which potential in mV.
    """
    everyone = list(of_all)
    first = gids.allocate_together(scope, len(everyone))
    numbers = {cell_id: gid for gid, cell_id in enumerate(everyone, first)}
    for cell_id, cell in cells.items():
        engine.register(numbers[cell_id], scope.own(cell.create_netcon_spikedetector(None, *detector)))
    return numbers


def run_by(
    scope: Scope,
    cells: Mapping[CellId, Cell],
    members: Iterable[Recordable],
    location: str,
    threshold: float,
) -> Simulation:
    """Return a simulation that runs cells, and records their spikes.

    Parameters
    ----------
    scope
        Will own it.
    cells
        By their ids.
    members
        What else takes part in every run.
    location, threshold
        Where spikes are detected, and above which potential in mV.
    """
    simulation = scope.own(Simulation(), Simulation.close)
    for cell in cells.values():
        cell.start_recording_spikes(None, location, threshold)
        simulation.add_cell(cell)
    for member in members:
        simulation.attach(member)
    return simulation


@contextmanager
def all_or_nothing(scope: Scope) -> Iterator[None]:
    """Close the scope when something fails."""
    try:
        yield
    except BaseException:
        scope.close()
        raise
