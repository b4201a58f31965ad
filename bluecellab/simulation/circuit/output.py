"""The reports of a circuit simulation: what each records, and the file that each run writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bluecellab.cell import Cell
from bluecellab.circuit.access import CircuitAccess
from bluecellab.errors import NodeSetError
from bluecellab.nrn.parallel import ranks
from bluecellab.recording.report_sites import elements_of
from bluecellab.recording.reports import ReportRecorder
from bluecellab.results.sonata import OutputFolder, SonataReportWriter
from bluecellab.results.sonata.parts import ReportFile, Share
from bluecellab.simulation.circuit.assembly import Assembly
from bluecellab.simulation.circuit.inputs import compartment_set_of
from bluecellab.simulation.circuit.members import Members
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report, SimulationConfig

__all__ = ["attach_reports", "share_of_this_rank"]


def attach_reports(
    assembly: Assembly,
    reports: Sequence[Report],
    config: SimulationConfig,
    circuit: CircuitAccess,
    *,
    overwrite: bool,
) -> Mapping[str, Path]:
    """Let every run of an assembly write reports to the output folder of its configuration.

    All ranks call it, with the same reports; each writes its part of each.

    Parameters
    ----------
    assembly
        The cells. Those that a report is of and that are not there have no columns.
    reports
        Which.
    config
        Where they go, and compartment sets.
    circuit
        Knows the node sets.
    overwrite
        Whether older reports may be replaced. One that an earlier run of the same assembly has written may.

    Returns
    -------
    Mapping
        File of each report by name.

    Raises
    ------
    ReportError, NodeSetError
        If a report cannot be made of these cells.
    """
    members = Members(circuit)
    synapses = {
        cell_id: [synapse for group in groups for synapse in group]
        for cell_id, groups in (assembly.wiring.groups.items() if _any_of_synapses(reports) else ())
    }
    share = share_of_this_rank()
    # it is files that may not be replaced
    folder = OutputFolder(config.output.directory, overwrite=True, share=share)
    paths = {}
    for report in reports:
        cells = _cells_of(report, config, members, assembly.cells, share)
        name = report.compartment_set
        places = None if name is None else compartment_set_of(name, config)
        elements = elements_of(report, cells, compartments=places, synapses=synapses, share=share)
        (path,) = folder.reserve([report.output_name])
        writer = SonataReportWriter(ReportFile(path, overwrite, share), elements.layouts, unit=report.unit)
        assembly.simulation.attach(ReportRecorder(report, elements, writer, assembly.scope))
        paths[report.name] = path
    return paths


def share_of_this_rank() -> Share:
    """Return which part of results this rank writes."""
    everybody = ranks()
    return Share(everybody.id, everybody.count, everybody.gathered, everybody.collected)


def _any_of_synapses(reports: Iterable[Report]) -> bool:
    return any(report.type == "synapse" for report in reports)


def _cells_of(
    report: Report,
    config: SimulationConfig,
    members: Members,
    cells: Mapping[CellId, Cell],
    share: Share,
) -> dict[CellId, Cell]:
    """Return the cells that a report is of, among those that are there."""
    node_set = report.cells or config.node_set
    there = {cell_id: cell for cell_id, cell in cells.items() if cell.artificial is None}
    if report.type == "compartment_set" or node_set is None:
        return there
    chosen = {
        cell_id: cell
        for cell_id, cell in there.items()
        if members.has(node_set, cell_id.population_name, cell_id.id)
    }
    if report.cells is not None and not any(
        share.gathered(bool(chosen), f"looking for cells of report {report.name}")
    ):
        raise NodeSetError(
            f"report {report.name!r} is of node set {node_set!r}, none of whose cells is there", node_set
        )
    return chosen
