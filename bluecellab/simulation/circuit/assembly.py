"""Builds what was requested of a circuit, in order, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.circuit.access import CircuitAccess, EdgePopulation
from bluecellab.nrn.scope import Scope
from bluecellab.results import Spikes
from bluecellab.simulation.circuit.changes import modify, settings_of
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.simulation.circuit.inputs import play_inputs
from bluecellab.simulation.circuit.replays import replayed_by
from bluecellab.simulation.circuit.summary import Summary
from bluecellab.simulation.circuit.wiring import Wiring, WiringPlan
from bluecellab.simulation.core import Simulation
from bluecellab.spec.base import CellId
from bluecellab.spec.recordings import spike_key
from bluecellab.spec.simulation import SimulationConfig
from bluecellab.spec.simulation.config import CircuitInput

__all__ = ["Assembly", "Request", "all_or_nothing", "assemble"]

Progress = Callable[[], object]
"""Called after each cell, when it is made and when it is wired."""


@dataclass(frozen=True)
class Request:
    """What is to be built.

    Parameters
    ----------
    cells
        Which cells.
    edges
        Populations of edges whose synapses they get.
    inputs
        Blocks of inputs.
    trains
        Spike times in ms of cells that are not built.
    minis
        Whether synapses release spontaneously; None: where rates are known.
    connect
        Whether cells that are built are connected with each other.
    sources
        Only synapses from these cells; all if None.
    record_dt
        Interval of recordings in ms.
    """

    cells: Sequence[CellId]
    edges: Sequence[EdgePopulation] = field(default_factory=list)
    inputs: tuple[CircuitInput, ...] = ()
    trains: Mapping[CellId, npt.NDArray[np.float64]] = field(default_factory=dict)
    minis: bool | None = None
    connect: bool = True
    sources: frozenset[CellId] | None = None
    record_dt: float | None = None


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
        wiring: Wiring,
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


def assemble(
    scope: Scope,
    circuit: CircuitAccess,
    config: SimulationConfig,
    request: Request,
    ids: GlobalIds,
    progress: Progress,
) -> Assembly:
    """Build cells, change them as the configuration says, then their synapses, connections and inputs.

    Parameters
    ----------
    scope
        Will own everything.
    circuit
        The circuit.
    config
        Conditions, modifications, overrides, inputs, seeds.
    request
        What is to be built.
    ids
        Global ids of nodes.
    progress
        Told of every cell, when it is made and when it is wired.
    """
    settings = settings_of(config)
    cells = scope.own({}, dict.clear)
    for cell_id in request.cells:
        cells[cell_id] = _make(scope, circuit, config, cell_id, ids, request.record_dt)
        progress()
    modify(config, circuit, cells)
    plan = WiringPlan(
        edges=request.edges,
        trains=request.trains,
        replays=replayed_by(request.inputs),
        minis=request.minis,
        connect=request.connect,
        sources=request.sources,
    )
    wiring = Wiring(scope, circuit, config, plan)
    if request.edges and request.connect:
        wiring.register(cells)
    for cell_id, cell in cells.items():
        wiring.wire(cell_id, cell, ids.of(cell_id))
        progress()
    wiring.finish()
    inputs = play_inputs(config, request.inputs, circuit, cells, ids)
    location, threshold = config.conditions.spike_location, config.run.spike_threshold
    simulation = scope.own(Simulation(), Simulation.close)
    simulation.base_seed = config.seeds.base
    simulation.globals = {**settings, **wiring.settings}
    if config.seeds.convention == "neurodamus":
        simulation.channel_seed = config.seeds.ionchannel
    for cell in cells.values():
        cell.start_recording_spikes(None, location, threshold)
        simulation.add_cell(cell)
    for member in wiring.members():
        simulation.attach(member)
    return Assembly(scope, cells, simulation, wiring, inputs, (location, threshold))


@contextmanager
def all_or_nothing(scope: Scope) -> Iterator[None]:
    """Close the scope when something fails."""
    try:
        yield
    except BaseException:
        scope.close()
        raise


def _make(
    scope: Scope,
    circuit: CircuitAccess,
    config: SimulationConfig,
    cell_id: CellId,
    ids: GlobalIds,
    record_dt: float | None,
) -> Cell:
    """Make a cell; the conventions differ in the number that seeds its stochastic channels."""
    spec = circuit.cell(cell_id)
    gid = cell_id.id if config.seeds.convention == "bluecellulab" else ids.of(cell_id)
    cell = scope.own(Cell.from_spec(spec, record_dt=record_dt, gid=gid), Cell.close)
    columns = circuit.node_populations[cell_id.population_name].columns
    name = "@dynamics:input_resistance"
    if name in columns:
        values = circuit.nodes(cell_id.population_name, np.array([cell_id.id]), (name,))
        cell.input_resistance = float(values[name][0])
    return cell
