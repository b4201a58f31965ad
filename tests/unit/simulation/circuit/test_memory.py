"""Circuits in memory are simulated, with cells of every family, as those of files are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from neuron import h

from bluecellab.circuit.memory import EdgeColumns, MemoryCircuit, NodeColumns
from bluecellab.circuit.writing import write_circuit
from bluecellab.errors import CircuitError
from bluecellab.simulation import CircuitSimulation, Isolation
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell, BallStickCell, EmodelProperties, HocCell, PythonCell
from bluecellab.spec.simulation import CircuitInput, CircuitRun, Output, Report, SimulationConfig
from bluecellab.spec.stimuli import Linear
from tests.unit.simulation.circuit.small import MORPHOLOGY, TEMPLATE

SIZE = 4
CELLS = [CellId("A", node) for node in range(SIZE)]
FIBRE = CellId("V", 0)
STICK = PythonCell(factory="tests.unit.simulation.circuit.test_memory:stick", arguments={"length": 150})


def stick(length: float) -> object:
    """Make a soma and a dendrite."""

    class Stick:
        def __init__(self) -> None:
            self.soma, self.dend = h.Section(name="soma", cell=self), h.Section(name="dend", cell=self)
            self.dend.connect(self.soma(1))
            self.soma.L = self.soma.diam = 20
            self.dend.L, self.dend.diam = length, 2
            for section in (self.soma, self.dend):
                section.insert("hh")
            self.all = [self.soma, self.dend]

    return Stick()


def synapses(count: int) -> dict[str, object]:
    columns = {"conductance": 0.05, "delay": 2.0, "tau1": 0.5, "tau2": 3.0, "erev": 0.0}
    places = {"afferent_section_id": [1] * count, "afferent_section_pos": [0.3] * count}
    return {**{name: [value] * count for name, value in columns.items()}, **places}


def chain(cells: object) -> MemoryCircuit:
    """Make four cells, each of which excites the next; a fibre excites the first."""
    kind = "Exp2Syn_synapse"
    return MemoryCircuit(
        {"A": NodeColumns(size=SIZE), "V": NodeColumns(kind="virtual", size=1)},
        {
            "A__A": EdgeColumns("A", "A", [0, 1, 2], [1, 2, 3], synapses(3), kind),
            "V__A": EdgeColumns("V", "A", [0], [0], synapses(1), kind),
        },
        node_sets={"All": {"population": "A"}, "First": {"population": "A", "node_id": [0]}},
        cells=cells,
    )


def config(folder: Path, **more: object) -> SimulationConfig:
    given = {
        "network": "",
        "run": CircuitRun(tstop=30.0),
        "output": Output(directory=str(folder / "output")),
        "node_set": "All",
    }
    return SimulationConfig(**{**given, **more})


Result = tuple[dict[CellId, list[float]], dict[CellId, np.ndarray]]


def run(circuit: object, folder: Path, replay: object = None, cells: object = None, **more: object) -> Result:
    """Return spikes and potentials of a run."""
    given = {FIBRE: np.array([5.0])} if replay is None else replay
    with CircuitSimulation(config(folder, **more), circuit=circuit) as simulation:
        simulation.instantiate(cells, replay=given)
        simulation.run()
        voltages = {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}
        return {cell_id: times.tolist() for cell_id, times in simulation.spikes.items()}, voltages


def mixed(cell_id: CellId) -> AnyCell:
    return STICK if cell_id.id % 2 else BallStickCell()


@pytest.mark.parametrize(
    "cells",
    [{"A": BallStickCell()}, {"A": STICK}, {"A": STICK, CellId("A", 0): BallStickCell()}, mixed],
    ids=["ball and stick", "Python", "by id", "by function"],
)
def test_excitation_goes_along_a_chain(cells: object, tmp_path: Path) -> None:
    spikes, voltages = run(chain(cells), tmp_path)
    first = [spikes[cell_id][0] for cell_id in CELLS]
    assert first[0] > 6
    assert (np.diff(first) > 2).all()  # each later than the one before by more than the delay
    silent, _ = run(chain(cells), tmp_path, replay={})
    assert silent == {cell_id: [] for cell_id in CELLS}

    others = {cell_id: np.array(times) for cell_id, times in spikes.items() if cell_id != CELLS[2]}
    alone, again = run(chain(cells), tmp_path, others, [CELLS[2]])
    assert alone == {CELLS[2]: spikes[CELLS[2]]}
    assert np.array_equal(again[CELLS[2]], voltages[CELLS[2]])


def test_inputs_and_reports(tmp_path: Path) -> None:
    stimulus = Linear(delay=3, duration=20, amp_start=0.5)
    report = {"name": "soma", "type": "compartment", "variable_name": "v", "dt": 0.1, "cells": "First"}
    changed = config(
        tmp_path,
        inputs=(CircuitInput(name="step", stimulus=stimulus, node_set="First"),),
        reports=(Report.from_dict({**report, "start_time": 0, "end_time": 30}),),
    )
    with CircuitSimulation(changed, circuit=chain({"A": BallStickCell()})) as simulation:
        simulation.instantiate(reports="all")
        simulation.run()
        assert all(len(simulation.spikes[cell_id]) for cell_id in CELLS)
        expected = simulation.get_voltage_trace(CELLS[0], t_step=0.1)
        assert np.abs(simulation.get_mainsim_voltage_trace(CELLS[0]) - expected[:300]).max() < 1e-4


def test_memory_and_files_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "small.hoc").write_text(TEMPLATE)
    (tmp_path / "m.swc").write_text(MORPHOLOGY)
    cell = HocCell(
        template_path=str(tmp_path / "small.hoc"),
        morphology_path=str(tmp_path / "m.swc"),
        template_format="v6",
        emodel_properties=EmodelProperties(threshold_current=0.2, holding_current=0.0),
    )
    circuit = chain({"A": cell})
    spikes, voltages = run(circuit, tmp_path)
    assert len(spikes[CELLS[3]])
    path = write_circuit(circuit, tmp_path / "circuit")
    read, again = run(None, tmp_path, network=str(path))
    assert read == spikes
    assert all(np.array_equal(again[cell_id], voltages[cell_id]) for cell_id in CELLS)


def test_a_circuit_goes_into_a_process_of_its_own(tmp_path: Path) -> None:
    circuit = chain({"A": BallStickCell()})
    spikes, voltages = run(circuit, tmp_path)
    apart, there = Isolation(time_limit=100).run(run, circuit, tmp_path)
    assert apart == spikes
    assert all(np.array_equal(there[cell_id], voltages[cell_id]) for cell_id in CELLS)


def test_it_is_not_closed_with_the_simulation(tmp_path: Path) -> None:
    circuit = chain({"A": BallStickCell()})
    run(circuit, tmp_path)
    assert len(circuit.edges("A__A", 1)) == 1


def test_mistakes(tmp_path: Path) -> None:
    """Nothing is left of a network that cannot be built; the census sees to it."""
    with pytest.raises(CircuitError, match="does not know how cell A/2 is built"):
        run(chain({cell_id: BallStickCell() for cell_id in CELLS[:2]}), tmp_path)
