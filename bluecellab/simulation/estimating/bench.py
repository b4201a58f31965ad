"""Small circuits of NEURON's own mechanisms, built and run to see what their parts cost."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bluecellab.circuit.memory import EdgeColumns, MemoryCircuit, NodeColumns
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import EmodelProperties, HocCell
from bluecellab.spec.simulation import CircuitRun, Output, Report, SimulationConfig

__all__ = ["LEAST", "Measured", "Sample", "measure_sample", "resident_bytes"]
__all__ += ["sample_circuit", "sample_config"]

_CELLS, _FIBRES = "cells", "fibres"
_STEP = 0.025
_LENGTH = 101.0  # um, of a branch: no multiple of a chunk
_SOMA = 18.0  # um
_POINTS = 11
_TEMPLATE = """begintemplate Measured
public init, getCell, CellRef, gid, nSecAll
public all, somatic, basal, apical, axonal, soma, dend, apic, axon
objref this, CellRef, all, somatic, basal, apical, axonal
strdef path
create soma[1], dend[1], apic[1], axon[1]
proc init() { local i localobj reader, importer
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    apical = new SectionList()
    axonal = new SectionList()
    forall delete_section()
    gid = $1
    reader = new Import3d_SWC_read()
    sprint(path, "%%s/%%s", $s2, $s3)
    reader.input(path)
    importer = new Import3d_GUI(reader, 0)
    importer.instantiate(this)
    CellRef = this
    i = 0
    forsec all {
        v(0.0001) = i
        i += 1
    }
    nSecAll = i
    forsec all {
        Ra = 100
        nseg = 1 + 2 * int(L / %g)
        insert pas
        e_pas = -65
        %s
    }
}
gid = 0
nSecAll = 0
obfunc getCell() { return this }
endtemplate Measured
"""


@dataclass(frozen=True)
class Sample:
    """A circuit.

    Parameters
    ----------
    cells
        How many.
    branches
        Sections of each beside its soma, of 101 um.
    chunk
        In um; a branch has ``1 + 2 int(101 / chunk)`` segments.
    active
        Whether all sections have the channels of Hodgkin and Huxley.
    synapses
        How many in all.
    spikes
        Of each of a hundred fibres, that the synapses come from.
    report
        Whether the potentials of all segments are reported in every step.
    t_stop
        In ms, of steps of 0.025 ms.
    """

    cells: int = 40
    branches: int = 30
    chunk: float = 40.0
    active: bool = False
    synapses: int = 0
    spikes: int = 0
    report: bool = False
    t_stop: float = 20.0

    @property
    def steps(self) -> float:
        """How many steps a run has."""
        return self.t_stop / _STEP

    @property
    def sections(self) -> int:
        """How many sections there are."""
        return self.cells * (1 + self.branches)

    @property
    def segments(self) -> int:
        """How many segments there are."""
        soma, branch = (1 + 2 * int(length / self.chunk) for length in (_SOMA, _LENGTH))
        return self.cells * (soma + self.branches * branch)


@dataclass(frozen=True)
class Measured:
    """What a circuit cost.

    Parameters
    ----------
    build, run
        CPU seconds.
    bytes
        By which the memory of the process grew.
    """

    build: float
    run: float
    bytes: float


def resident_bytes() -> float:
    """Return the memory that this process holds; its largest so far where the system does not tell more."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text(encoding="ascii").split()[1]) * float(os.sysconf("SC_PAGE_SIZE"))
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(largest) * (1.0 if sys.platform == "darwin" else 1024.0)


LEAST = Sample(cells=1, branches=2, synapses=5, spikes=1, report=True, t_stop=1.0)
"""A circuit that uses everything, and next to nothing of it."""


def measure_sample(sample: Sample) -> Measured:
    """Build a circuit and run it twice; the faster run counts.

    Libraries and morphologies have been loaded before, by a circuit of one cell.

    Parameters
    ----------
    sample
        Which.
    """
    if sample is not LEAST:
        _measure(LEAST)
    return _measure(sample)


def _measure(sample: Sample) -> Measured:
    from bluecellab.simulation.circuit.core import CircuitSimulation

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        circuit, before = sample_circuit(sample, folder), resident_bytes()
        config = sample_config(sample, folder)
        trains = _trains(sample)
        with CircuitSimulation(config, circuit=circuit, overwrite=True) as simulation:
            began = time.process_time()
            simulation.instantiate(replay=trains, reports="all")
            build, runs = time.process_time() - began, []
            for _ in range(2):
                began = time.process_time()
                simulation.run()
                runs.append(time.process_time() - began)
            return Measured(build, min(runs), resident_bytes() - before)


def sample_config(sample: Sample, folder: Path) -> SimulationConfig:
    """Return how a circuit is simulated; it writes to ``output`` in a folder."""
    return SimulationConfig(
        network=f"{folder}/circuit_config.json",
        run=CircuitRun(tstop=sample.t_stop, dt=_STEP),
        output=Output(directory=f"{folder}/output"),
        reports=_reports(sample),
    )


def _reports(sample: Sample) -> tuple[Report, ...]:
    if not sample.report:
        return ()
    return (Report(name="v", sections="all", compartments="all", dt=_STEP, end_time=sample.t_stop),)


def _trains(sample: Sample) -> dict[CellId, np.ndarray] | None:
    if not sample.spikes:
        return None
    times = np.linspace(0.5, sample.t_stop * 0.8, sample.spikes)
    return {CellId(_FIBRES, node): times for node in range(100)}


def sample_circuit(sample: Sample, folder: Path) -> MemoryCircuit:
    """Return the circuit; its template and its morphology are written to a folder."""
    template, morphology = folder / "Measured.hoc", folder / "star.swc"
    template.write_text(_TEMPLATE % (sample.chunk, "insert hh" if sample.active else ""), encoding="ascii")
    morphology.write_text(_star(sample.branches), encoding="ascii")
    cell = HocCell(
        template_path=str(template),
        morphology_path=str(morphology),
        template_format="v6",
        emodel_properties=EmodelProperties(threshold_current=0.1, holding_current=0.0),
    )
    nodes = {_CELLS: NodeColumns(size=sample.cells), _FIBRES: NodeColumns(kind="virtual", size=100)}
    edges = {}
    if sample.synapses:
        draw, count = np.random.default_rng(1), sample.synapses
        places = {
            "afferent_section_id": draw.integers(1, 1 + sample.branches, count),
            "afferent_section_pos": draw.random(count),
        }
        numbers = {"conductance": 1e-6, "delay": 1.0, "tau1": 0.5, "tau2": 3.0, "erev": 0.0}
        columns = {**places, **{name: np.full(count, value) for name, value in numbers.items()}}
        ends = draw.integers(0, 100, count), np.sort(draw.integers(0, sample.cells, count))
        edges["synapses"] = EdgeColumns(_FIBRES, _CELLS, *ends, columns, "Exp2Syn_synapse")
    return MemoryCircuit(nodes, edges, cells={_CELLS: cell})


def _star(branches: int) -> str:
    """Return a morphology: a soma of 18 um and straight branches from one end of it."""
    rows = ["1 1 -9 0 0 10 -1", "2 1 0 0 0 10 1", "3 1 9 0 0 10 2"]
    number = 3
    for angle in np.linspace(0, 2 * np.pi, branches, endpoint=False):
        parent = 3
        for radius in np.linspace(0.0, _LENGTH, _POINTS):
            number += 1
            x, y = _SOMA / 2 + radius * np.cos(angle), radius * np.sin(angle)
            rows.append(f"{number} 3 {x:.4f} {y:.4f} 0 0.5 {parent}")
            parent = number
    return "\n".join(rows) + "\n"
