"""How large the files of reports and spikes will be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess
from bluecellab.fields.extracellular import read_electrodes
from bluecellab.recording.allen import file_names
from bluecellab.simulation.circuit.inputs import compartment_set_of
from bluecellab.simulation.circuit.members import Members
from bluecellab.simulation.circuit.request import AnyConfig, AnyReport
from bluecellab.simulation.estimating.wires import Wires
from bluecellab.simulation.sizing.cells import CellSize
from bluecellab.spec.allen import (
    ClampReport,
    ExtracellularReport,
    MembraneReport,
    SaveSynapses,
    SynapseReport,
)
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report, SimulationConfig

__all__ = ["ReportSize", "report_sizes", "spikes_bytes"]

IntArray = npt.NDArray[np.int64]

# As writers do it: bytes of a block of a data set, which is written whole, its columns, bytes of all blocks
# side by side, and rows of a block.
_CHUNK, _WIDEST, _BAND, _ROWS = 2**18, 1024, 2**23, 8
_BESIDE = 9000.0  # bytes of a file that has nothing in it
_PER_ELEMENT = 20.0  # bytes of what says where an element is
_PER_SPIKE = 16.0
_ROUNDING = 1e-6
_LISTS = {"somatic": "soma", "axonal": "axon", "basal": "dend", "apical": "apic"}


@dataclass(frozen=True)
class ReportSize:
    """How large a file of a report will be.

    Parameters
    ----------
    name
        Of the report.
    file
        Its file, within the output folder.
    elements
        How many variables it has.
    read
        How many variables are read for them: sums read many.
    frames
        How many times it has.
    bytes
        Of the file.
    per_cell
        Whether it grows with the number of cells.
    """

    name: str
    file: str
    elements: int
    read: int
    frames: int
    bytes: int
    per_cell: bool = True


def report_sizes(
    config: AnyConfig, circuit: CircuitAccess, cells: Mapping[CellId, CellSize], wires: Wires
) -> tuple[list[ReportSize], IntArray]:
    """Return the files of all enabled reports; and how many variables are read of each cell, shape (cells,).

    Parameters
    ----------
    config
        Has the reports, and the run.
    circuit
        Knows the node sets.
    cells
        How large each cell is.
    wires
        Their synapses.
    """
    sizer = _Sizer(config, circuit, cells, wires)
    found = [size for report in config.reports if report.enabled for size in sizer.of(report)]
    return found, sizer.read


def spikes_bytes(count: float) -> int:
    """Return how large a file of so many spikes is."""
    return int(_BESIDE + _PER_SPIKE * count)


class _Sizer:
    def __init__(
        self, config: AnyConfig, circuit: CircuitAccess, cells: Mapping[CellId, CellSize], wires: Wires
    ) -> None:
        self._config = config
        self._cells = cells
        self._wires = wires
        self._members = Members(circuit)
        self.read = np.zeros(len(cells), np.int64)

    def of(self, report: AnyReport) -> Iterator[ReportSize]:
        """Give the files of a report."""
        if isinstance(report, SaveSynapses):
            size = int(_BESIDE + 60.0 * self._wires.connections)
            yield ReportSize(report.name, report.network_dir, self._wires.connections, 0, 1, size)
        elif isinstance(report, ExtracellularReport):
            yield from self._potentials(report)
        elif isinstance(report, Report):
            yield self._sampled(report, report.output_name, self._elements(report), 4)
        else:
            elements = self._of_allen(report)
            names = ("",) if isinstance(report, ClampReport) else report.variable_names
            files = [report.output_name] if names == ("",) else list(file_names(report, names).values())
            for name, file in zip(names, files, strict=True):
                title = f"{report.name}_{name}" if len(files) > 1 else report.name
                yield self._sampled(report, file, elements, 8, title)

    def _sampled(
        self,
        report: Report | MembraneReport | SynapseReport | ClampReport,
        file: str,
        elements: tuple[int, IntArray],
        width: int,
        title: str | None = None,
    ) -> ReportSize:
        count, read = elements
        self.read += read
        frames = self._frames(report.start_time, report.end_time, report.dt)
        size = int(_BESIDE + _PER_ELEMENT * count + _stored(frames, count, width))
        return ReportSize(title or report.name, file, count, int(read.sum()), frames, size)

    def _potentials(self, report: ExtracellularReport) -> Iterator[ReportSize]:
        """Give the files of potentials; the currents of all segments of its cells are read."""
        channels = len(read_electrodes(report.electrode_positions)[1])
        chosen = self._chosen(report.cells)
        read = np.array(
            [size.segments if here else 0 for here, size in zip(chosen, self._cells.values(), strict=True)],
            np.int64,
        )
        self.read += read
        frames = self._frames(report.start_time, report.end_time, report.dt)
        size = int(_BESIDE + _stored(frames, channels, 8))
        files = [report.output_name, *([report.file_name_nwb] if report.file_name_nwb else [])]
        for file in files:
            yield ReportSize(report.name, file, channels, int(read.sum()), frames, size, per_cell=False)
        if report.contributions_dir is not None:
            count = int(np.count_nonzero(read))
            yield ReportSize(
                report.name, report.contributions_dir, channels * count, int(read.sum()), frames, size * count
            )

    def _frames(self, start: float, end: float | None, dt: float | None) -> int:
        run = self._config.run
        stop = run.tstop if end is None else min(end, run.tstop)
        between = run.dt if dt is None else max(dt, run.dt)
        return max(0, math.floor((stop - start) / between + 0.5))

    def _chosen(self, node_set: str | None) -> list[bool]:
        """Return for each cell whether it has sections and is in a node set."""
        return [
            not size.artificial
            and (node_set is None or self._members.has(node_set, cell_id.population_name, cell_id.id))
            for cell_id, size in self._cells.items()
        ]

    def _elements(self, report: Report) -> tuple[int, IntArray]:
        """Return how many columns a report has, and how many variables are read for it of each cell."""
        read = np.zeros(len(self._cells), np.int64)
        if report.type == "compartment_set" and isinstance(self._config, SimulationConfig):
            listed = compartment_set_of(str(report.compartment_set), self._config)
            places = {cell_id: number for number, cell_id in enumerate(self._cells)}
            for node in listed.nodes.tolist():
                place = places.get(CellId(listed.population, node))
                if place is not None:
                    read[place] += 1
            return int(read.sum()), read
        node_set = report.cells or getattr(self._config, "node_set", None)
        columns = 0
        for number, (chosen, size) in enumerate(
            zip(self._chosen(node_set), self._cells.values(), strict=True)
        ):
            if not chosen:
                continue
            if report.type == "synapse":  # of one mechanism; that all are of it is assumed
                read[number] = self._wires.per_cell[number]
                columns += int(read[number])
                continue
            whole = report.type == "summation" and report.sections == "soma"
            parts = size.of("all" if whole else report.sections)
            places_read = sum(parts) if whole or report.every_compartment else len(parts)
            variables = len(report.variable_name.split(",")) if report.type == "summation" else 1
            read[number] = places_read * variables
            columns += 1 if whole else places_read
        return columns, read

    def _of_allen(self, report: MembraneReport | SynapseReport | ClampReport) -> tuple[int, IntArray]:
        read = np.zeros(len(self._cells), np.int64)
        for number, (chosen, size) in enumerate(
            zip(self._chosen(report.cells), self._cells.values(), strict=True)
        ):
            if not chosen:
                continue
            if isinstance(report, SynapseReport):
                read[number] = self._wires.per_cell[number]
            elif isinstance(report, ClampReport) or report.soma_only:
                read[number] = 1
            else:
                lists = {_LISTS.get(name, name) for name in report.sections}
                read[number] = size.segments if "all" in lists else sum(sum(size.of(each)) for each in lists)
        return int(read.sum()), read


def _stored(frames: int, columns: int, width: int) -> int:
    """Return the bytes of a data set, of whole blocks."""
    if not frames or not columns:
        return 0
    most = min(columns, _WIDEST)
    rows = min(_CHUNK // (width * most), max(_ROWS, _BAND // (width * columns)))
    rows = 1 << (rows.bit_length() - 1)
    side_by_side = -(-columns // (_CHUNK // (width * rows)))
    across = -(-columns // side_by_side)
    return -(-frames // rows) * side_by_side * rows * across * width
