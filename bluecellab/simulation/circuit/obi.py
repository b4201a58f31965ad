"""Simulations of circuits of the Blue Brain / Open Brain Institute dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from bluecellab.cell import Cell
from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.obi import open_circuit
from bluecellab.errors import NodeSetError, SimulationError
from bluecellab.nrn.scope import Scope
from bluecellab.results import Spikes
from bluecellab.results.sonata import write_spikes
from bluecellab.simulation.circuit.across import CellsHere
from bluecellab.simulation.circuit.assembly import Assembly, Progress, run_by
from bluecellab.simulation.circuit.changes import modify, settings_of
from bluecellab.simulation.circuit.dialect import PathLike
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.simulation.circuit.inputs import play_inputs
from bluecellab.simulation.circuit.output import attach_reports
from bluecellab.simulation.circuit.replays import replayed_by
from bluecellab.simulation.circuit.request import AnyReport, Request
from bluecellab.simulation.circuit.selection import cells_in, columns_of
from bluecellab.simulation.circuit.wiring import Wiring, WiringPlan
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import CircuitRun, Output, Report, Seeds, SimulationConfig
from bluecellab.spec.simulation.conditions import SeedConvention

__all__ = ["ObiDialect", "simulated_cells"]


class ObiDialect:
    """A configuration of this dialect.

    Parameters
    ----------
    config
        The configuration.
    """

    def __init__(self, config: SimulationConfig) -> None:
        self.config = config

    def changed(
        self, *, dt: float | None, base_seed: int | None, seeds: SeedConvention, directory: str | None
    ) -> ObiDialect:
        """Return it with another step in ms, base seed, streams and output folder, where they are given."""
        config = self.config
        streams: dict[str, object] = {**config.seeds.to_dict(), "convention": seeds}
        if base_seed is not None:
            streams["base"] = base_seed
        update: dict[str, object] = {"seeds": Seeds.from_dict(streams)}
        if dt is not None:
            update["run"] = CircuitRun.from_dict({**config.run.to_dict(), "dt": dt})
        if directory is not None:
            update["output"] = Output.from_dict({**config.output.to_dict(), "directory": directory})
        return ObiDialect(config.model_copy(update=update))

    def open(self, confine_to: PathLike | None) -> CircuitAccess:
        """Open the circuit."""
        config = self.config
        return open_circuit(config.network, node_sets_file=config.node_sets_file, confine_to=confine_to)

    def simulated(self, circuit: CircuitAccess) -> list[CellId]:
        """Return the cells that the configuration simulates."""
        return simulated_cells(self.config, circuit)

    def global_ids(self, circuit: CircuitAccess, cells: Iterable[CellId]) -> GlobalIds:
        """Return the numbers of a circuit's nodes."""
        return GlobalIds.of_circuit(circuit, self.config.seeds.convention, cells)

    def assemble(
        self, scope: Scope, circuit: CircuitAccess, request: Request, ids: GlobalIds, progress: Progress
    ) -> Assembly:
        """Build cells, change them as the configuration says, then synapses, connections and inputs.

        Raises
        ------
        SimulationError
            If something is asked for that only other dialects have.
        """
        config = self.config
        if request.merge_synapses:
            raise SimulationError(
                "merge_synapses=True is for circuits of the Allen dialect; synapses of this one are plastic "
                "or random"
            )
        settings = settings_of(config)
        inputs = tuple(block for block in config.inputs if block.name in request.inputs)
        cells: dict[CellId, Cell] = scope.own(CellsHere(request.ranks), dict.clear)
        for cell_id in request.cells:
            cells[cell_id] = self._make(scope, circuit, cell_id, ids, request.record_dt)
            progress()
        modify(config, circuit, cells)
        plan = WiringPlan(
            edges=request.edges,
            trains=request.trains,
            replays=replayed_by(inputs),
            minis=request.minis,
            connect=request.connect,
            sources=request.sources,
        )
        wiring = Wiring(scope, circuit, config, plan)
        if request.edges and request.connect:
            wiring.register(cells, request.ranks)
        for cell_id, cell in cells.items():
            wiring.wire(cell_id, cell, ids.of(cell_id))
            progress()
        wiring.finish()
        count = play_inputs(config, inputs, circuit, cells, ids)
        simulation = run_by(
            scope, cells, wiring.members(), config.conditions.spike_location, config.run.spike_threshold
        )
        simulation.base_seed = config.seeds.base
        simulation.globals = {**settings, **wiring.settings()}
        if config.seeds.convention == "neurodamus":
            simulation.channel_seed = config.seeds.ionchannel
        detector = (config.conditions.spike_location, config.run.spike_threshold)
        return Assembly(scope, cells, simulation, wiring, count, detector)

    def _make(
        self, scope: Scope, circuit: CircuitAccess, cell_id: CellId, ids: GlobalIds, record_dt: float | None
    ) -> Cell:
        """Make a cell; the conventions differ in the number that seeds its stochastic channels."""
        spec = circuit.cell(cell_id)
        gid = cell_id.id if self.config.seeds.convention == "bluecellulab" else ids.of(cell_id)
        cell = scope.own(Cell.from_spec(spec, record_dt=record_dt, gid=gid), Cell.close)
        columns = circuit.node_populations[cell_id.population_name].columns
        name = "@dynamics:input_resistance"
        if name in columns:
            values = circuit.nodes(cell_id.population_name, np.array([cell_id.id]), (name,))
            cell.input_resistance = float(values[name][0])
        return cell

    def attach_reports(
        self, assembly: Assembly, reports: Sequence[AnyReport], circuit: CircuitAccess, *, overwrite: bool
    ) -> Mapping[str, Path]:
        """Let every run write reports; return the file of each."""
        own = [report for report in reports if isinstance(report, Report)]
        return attach_reports(assembly, own, self.config, circuit, overwrite=overwrite)

    def output_names(self) -> list[str]:
        """Return the names of all files that reports and spikes are written to."""
        names = [report.output_name for report in self.config.reports if report.enabled]
        return [*names, self.config.output.spikes_file]

    def write_spikes(self, spikes: Spikes, cells: Sequence[CellId], *, overwrite: bool) -> list[Path]:
        """Write the spikes of cells; return the file."""
        output = self.config.output
        path = Path(output.directory) / output.spikes_file
        write_spikes(path, columns_of(spikes, cells), output.spikes_sort_order, overwrite=overwrite)
        return [path]

    def input_files(self) -> list[str]:
        """Return the files that go into a result."""
        config = self.config
        files = [config.path, config.network, config.node_sets_file, config.compartment_sets_file]
        files += [getattr(block.stimulus, "spike_file", None) for block in config.inputs]
        return [file for file in files if file]

    def facts(self) -> Mapping[str, object]:
        """Return the seeds."""
        return {"seeds": self.config.seeds.to_dict()}


def simulated_cells(config: SimulationConfig, circuit: CircuitAccess) -> list[CellId]:
    """Return the cells that a configuration simulates: its node set without virtual nodes, sorted.

    Raises
    ------
    NodeSetError
        If the node set is unknown, or has no cells in it.
    """
    if config.node_set is None:
        return [
            CellId(name, index)
            for name, population in sorted(circuit.node_populations.items())
            if not population.virtual
            for index in range(population.size)
        ]
    chosen = cells_in(config.node_set, circuit)
    if not chosen:
        raise NodeSetError(
            f"node set {config.node_set!r} has no cells in it that can be simulated", config.node_set
        )
    return chosen
