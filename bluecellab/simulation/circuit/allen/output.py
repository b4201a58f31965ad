"""The reports and spikes of a simulation of the Allen dialect, and the files that they go to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bluecellab.cell import Cell
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.errors import NodeSetError
from bluecellab.fields.extracellular import extracellular_recorder
from bluecellab.recording import Recordable
from bluecellab.recording.allen import clamp_recorder, file_names, membrane_recorder, netcon_recorder
from bluecellab.results import Spikes
from bluecellab.results.sonata import OutputFolder, write_spikes, write_spikes_csv, write_spikes_nwb
from bluecellab.results.sonata.parts import ReportFile
from bluecellab.simulation.circuit.allen.assembly import AllenAssembly
from bluecellab.simulation.circuit.allen.placements import placements_of
from bluecellab.simulation.circuit.allen.saving import SynapseSaver
from bluecellab.simulation.circuit.members import Members
from bluecellab.simulation.circuit.output import share_of_this_rank
from bluecellab.simulation.circuit.selection import columns_of
from bluecellab.spec.allen import (
    AllenConfig,
    AnyAllenReport,
    ClampReport,
    ExtracellularReport,
    MembraneReport,
    SaveSynapses,
    SynapseReport,
)
from bluecellab.spec.base import CellId

__all__ = ["attach_reports", "output_names", "write_all_spikes"]

_SPIKES = "spikes.h5"


class _Reporter:
    """Makes the recorders of the reports of an assembly."""

    def __init__(self, assembly: AllenAssembly, circuit: AllenCircuit, folder: Path, overwrite: bool) -> None:
        self.assembly = assembly
        self.circuit = circuit
        self.share = share_of_this_rank()
        # writers spare older files
        self.folder = OutputFolder(folder, overwrite=True, elsewhere=True, share=self.share)
        self.overwrite = overwrite
        self.members = Members(circuit)

    def recorders(self, report: AnyAllenReport) -> list[tuple[str, Path, Recordable]]:
        """Return what writes a report: the name, the file and the recorder of each of its variables."""
        if isinstance(report, SaveSynapses):
            self.assembly.wiring.refuse_recording(f"report {report.name!r}")
            saver = SynapseSaver(
                report, self.assembly.saved_edges, self.overwrite, self.assembly.scope, self.share
            )
            return [(report.name, Path(report.network_dir), saver)]
        cells = self._cells(report)
        if isinstance(report, MembraneReport):
            return [
                (name, path, self._membrane(report, cells, path, variable))
                for name, path, variable in self._files(report, report.variable_names)
            ]
        if isinstance(report, SynapseReport):
            self.assembly.wiring.refuse_recording(f"report {report.name!r}")
            return [
                (name, path, self._connections(report, cells, path, variable))
                for name, path, variable in self._files(report, report.variable_names)
            ]
        if isinstance(report, ExtracellularReport):
            return self._potentials(report, cells)
        (path,) = self.folder.reserve([report.output_name])
        return [(report.name, path, self._clamps(report, cells, path))]

    def _file(self, path: Path) -> ReportFile:
        return ReportFile(path, self.overwrite, self.share)

    def _files(
        self, report: MembraneReport | SynapseReport, variables: tuple[str, ...]
    ) -> list[tuple[str, Path, str]]:
        """Return the name, the file and the variable of each part of a report."""
        files = file_names(report, variables)
        paths = self.folder.reserve(files.values())
        several = len(variables) > 1
        return [
            (f"{report.name}_{variable}" if several else report.name, path, variable)
            for variable, path in zip(files, paths, strict=True)
        ]

    def _membrane(
        self, report: MembraneReport, cells: Mapping[CellId, Cell], path: Path, variable: str
    ) -> Recordable:
        return membrane_recorder(
            report, cells, self._file(path), variable=variable, owner=self.assembly.scope
        )

    def _connections(
        self, report: SynapseReport, cells: Mapping[CellId, Cell], path: Path, variable: str
    ) -> Recordable:
        return netcon_recorder(
            report,
            cells,
            self.assembly.wiring.groups,
            self._file(path),
            variable=variable,
            offsets=self.assembly.ids.offsets,
            owner=self.assembly.scope,
        )

    def _clamps(self, report: ClampReport, cells: Mapping[CellId, Cell], path: Path) -> Recordable:
        return clamp_recorder(
            report,
            cells,
            self.assembly.clamps.of_kind(report.variable_name),
            self._file(path),
            owner=self.assembly.scope,
        )

    def _potentials(
        self, report: ExtracellularReport, cells: Mapping[CellId, Cell]
    ) -> list[tuple[str, Path, Recordable]]:
        path, *nwb = self.folder.reserve(_potential_files(report))
        parts = None
        if report.contributions_dir is not None:
            names = [f"{report.contributions_dir}/{self.assembly.ids.of(cell_id)}.h5" for cell_id in cells]
            parts = dict(zip(cells, self.folder.reserve(names), strict=True))
        recorder = extracellular_recorder(
            report,
            cells,
            placements_of(self.circuit, cells),
            self._file(path),
            contributions=parts,
            nwb=nwb[0] if nwb else None,
            overwrite=self.overwrite,
            owner=self.assembly.scope,
        )
        return [(report.name, path, recorder)]

    def _cells(
        self, report: MembraneReport | SynapseReport | ClampReport | ExtracellularReport
    ) -> dict[CellId, Cell]:
        """Return the cells that a report is of: those of its node set that are there and have sections."""
        there = {id_: cell for id_, cell in self.assembly.cells.items() if cell.artificial is None}
        if isinstance(report, ExtracellularReport) and report.cell_bounds is not None:
            first, last = report.cell_bounds  # which BioNet takes instead of a node set
            return {id_: cell for id_, cell in there.items() if first <= self.assembly.ids.of(id_) <= last}
        if report.cells is None:
            return there
        chosen = {
            cell_id: cell
            for cell_id, cell in there.items()
            if self.members.has(report.cells, cell_id.population_name, cell_id.id)
        }
        if not any(self.share.gathered(bool(chosen), f"looking for cells of report {report.name}")):
            raise NodeSetError(
                f"report {report.name!r} is of node set {report.cells!r}; none of its cells with sections is "
                "there",
                report.cells,
            )
        return chosen


def attach_reports(
    assembly: AllenAssembly,
    reports: Sequence[AnyAllenReport],
    config: AllenConfig,
    circuit: AllenCircuit,
    *,
    overwrite: bool,
) -> Mapping[str, Path]:
    """Let every run of an assembly write reports.

    Parameters
    ----------
    assembly
        The cells. Those that a report is of and that are not there have no columns.
    reports
        Which.
    config
        Where they go.
    circuit
        Knows the node sets, and where cells are.
    overwrite
        Whether older reports may be replaced.

    Returns
    -------
    Mapping
        File of each report by name; one of several variables has a name and a file for each, and the NWB file
        of potentials a name that ends in ``_nwb``.

    Raises
    ------
    ReportError, NodeSetError
        If a report cannot be made of these cells.
    """
    reporter = _Reporter(assembly, circuit, Path(config.output.directory), overwrite)
    paths = {}
    for report in reports:
        for name, path, recorder in reporter.recorders(report):
            assembly.simulation.attach(recorder)
            paths[name] = path
        if isinstance(report, ExtracellularReport) and report.file_name_nwb:
            paths.setdefault(f"{report.name}_nwb", reporter.folder.path / report.file_name_nwb)
    return paths


def output_names(config: AllenConfig) -> list[str]:
    """Return the names of all files that reports and spikes are written to, within the output folder."""
    names: list[str] = []
    for report in config.reports:
        if isinstance(report, SaveSynapses) or not report.enabled:
            continue
        if isinstance(report, MembraneReport | SynapseReport):
            names += file_names(report, report.variable_names).values()
        elif isinstance(report, ExtracellularReport):
            names += _potential_files(report)
        else:
            names.append(report.output_name)
    spikes = _spikes_files(config)
    if _joins_potentials(config):
        del spikes["nwb"]
    return [*names, *spikes.values()]


def _potential_files(report: ExtracellularReport) -> list[str]:
    """Return the names of the files that have potentials of all cells: HDF5, and NWB if that is wanted."""
    return [report.output_name, *([report.file_name_nwb] if report.file_name_nwb else [])]


def _joins_potentials(config: AllenConfig) -> bool:
    """Return whether spikes go into an NWB file that a report of potentials writes."""
    reports = [each for each in config.reports if isinstance(each, ExtracellularReport) and each.enabled]
    name = config.output.spikes_file_nwb
    return name is not None and name in [each.file_name_nwb for each in reports]


def _spikes_files(config: AllenConfig) -> dict[str, str]:
    """Return the name of each file of spikes by its kind; there is at least one."""
    output = config.output
    wanted = {"h5": output.spikes_file, "csv": output.spikes_file_csv, "nwb": output.spikes_file_nwb}
    return {kind: name for kind, name in wanted.items() if name} or {"h5": _SPIKES}


def write_all_spikes(
    config: AllenConfig, spikes: Spikes, cells: Iterable[CellId], *, overwrite: bool
) -> list[Path]:
    """Write the spikes of cells to every file that a configuration wants; return these files."""
    output, columns = config.output, columns_of(spikes, cells)
    files = {kind: Path(output.directory) / name for kind, name in _spikes_files(config).items()}
    order = output.spikes_sort_order
    if "h5" in files:
        write_spikes(files["h5"], columns, order, compression=output.compression, overwrite=overwrite)
    if "csv" in files:
        write_spikes_csv(files["csv"], columns, order, overwrite=overwrite)
    if "nwb" in files:
        write_spikes_nwb(files["nwb"], columns, overwrite=overwrite, beside=_joins_potentials(config))
    return list(files.values())
