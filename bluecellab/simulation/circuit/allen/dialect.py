"""A configuration of the Allen dialect, and how it is built and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.errors import SimulationError
from bluecellab.nrn.scope import Scope
from bluecellab.results import Spikes
from bluecellab.simulation.circuit.allen.assembly import AllenAssembly, assemble
from bluecellab.simulation.circuit.allen.output import attach_reports, output_names, write_all_spikes
from bluecellab.simulation.circuit.assembly import Assembly, Progress
from bluecellab.simulation.circuit.dialect import PathLike
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.simulation.circuit.request import AnyReport, Request
from bluecellab.spec.allen import AllenConfig, AllenOutput, AllenRun
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report
from bluecellab.spec.simulation.conditions import SeedConvention

__all__ = ["AllenDialect"]


class AllenDialect:
    """A configuration of this dialect.

    Parameters
    ----------
    config
        The configuration.
    base_seed
        Of what is drawn and not a function of the circuit: segments of clamps, units of probes.
    """

    def __init__(self, config: AllenConfig, base_seed: int = 0) -> None:
        self.config = config
        self.base_seed = base_seed

    def changed(
        self,
        *,
        dt: float | None,
        base_seed: int | None,
        seeds: SeedConvention,  # noqa: ARG002 - this dialect has one convention
        directory: str | None,
    ) -> AllenDialect:
        """Return it with another step in ms, base seed and output folder, where they are given."""
        update: dict[str, object] = {}
        if dt is not None:
            update["run"] = AllenRun.from_dict({**self.config.run.to_dict(), "dt": dt})
        if directory is not None:
            update["output"] = AllenOutput.from_dict({**self.config.output.to_dict(), "directory": directory})
        return AllenDialect(
            self.config.model_copy(update=update), self.base_seed if base_seed is None else base_seed
        )

    def open(self, confine_to: PathLike | None) -> CircuitAccess:
        """Open the circuit."""
        run = self.config.run
        return AllenCircuit(self.config.circuit, confine_to=confine_to, max_segment_length=run.dL)

    def simulated(self, circuit: CircuitAccess) -> list[CellId]:
        """Return all cells that are not virtual, in the order of populations and nodes."""
        return [
            CellId(name, index)
            for name in circuit.node_populations
            for index in _own(circuit).real_nodes(name).tolist()
        ]

    def global_ids(self, circuit: CircuitAccess, cells: Iterable[CellId]) -> GlobalIds:  # noqa: ARG002
        """Return the numbers of a circuit's nodes: populations follow each other in the order of loading."""
        return GlobalIds(_own(circuit).offsets)

    def assemble(
        self, scope: Scope, circuit: CircuitAccess, request: Request, ids: GlobalIds, progress: Progress
    ) -> Assembly:
        """Build what is requested."""
        return assemble(scope, _own(circuit), self.config, request, ids, progress, self.base_seed)

    def attach_reports(
        self, assembly: Assembly, reports: Sequence[AnyReport], circuit: CircuitAccess, *, overwrite: bool
    ) -> Mapping[str, Path]:
        """Let every run write reports; return the file of each."""
        assert isinstance(assembly, AllenAssembly)
        own = [report for report in reports if not isinstance(report, Report)]
        return attach_reports(assembly, own, self.config, _own(circuit), overwrite=overwrite)

    def output_names(self) -> list[str]:
        """Return the names of all files that reports and spikes are written to."""
        return output_names(self.config)

    def write_spikes(self, spikes: Spikes, cells: Sequence[CellId], *, overwrite: bool) -> list[Path]:
        """Write the spikes of cells; return the files."""
        return write_all_spikes(self.config, spikes, cells, overwrite=overwrite)

    def input_files(self) -> list[str]:
        """Return the files that go into a result: of the configuration, the circuit, and its inputs."""
        config = self.config
        files: list[str | None] = [config.path, config.network]
        for nodes in config.circuit.nodes:
            files += [nodes.nodes_file, nodes.node_types_file]
        for edges in config.circuit.edges:
            files += [edges.edges_file, edges.edge_types_file]
        for block in config.inputs:
            stimulus = block.stimulus
            named = [getattr(stimulus, name, None) for name in ("input_file", "file", "positions_file")]
            files += [*named, getattr(stimulus, "spikes_file", None), *getattr(stimulus, "files", ())]
        return [file for file in files if file]

    def facts(self) -> Mapping[str, object]:
        """Return the seeds."""
        return {"seeds": {"base": self.base_seed, "placement": "RandomState(gid)"}}


def _own(circuit: CircuitAccess) -> AllenCircuit:
    """Return a circuit of this dialect.

    Raises
    ------
    SimulationError
        If it is of another.
    """
    if not isinstance(circuit, AllenCircuit):
        raise SimulationError(
            f"a configuration of the Allen dialect needs a circuit of that dialect, not {circuit!r}"
        )
    return circuit
