"""Connection overrides, gap junctions and neuromodulation of whole circuits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import load_mechanisms
from bluecellab.errors import (
    AssignmentError,
    CircuitWarning,
    MissingMechanismError,
    SimulationError,
    SynapseError,
)
from bluecellab.nrn import objects, runtime
from bluecellab.simulation import CircuitSimulation
from bluecellab.spec.base import CellId
from tests.material import material
from tests.unit.circuit.sonata_files import write_edges
from tests.unit.simulation.circuit.small import INPUTS, SIZE, virtual_spikes, write_network

CELLS = [CellId("A", node) for node in range(SIZE)]
EVERY = {"source": "All", "target": "All"}
PLACES = {"afferent_section_id": [0, 1, 1, 2], "afferent_section_pos": [0.5, 0.3, 0.7, 0.2]}

Voltages = dict[CellId, np.ndarray]


def overridden(folder: Path, *blocks: dict[str, Any]) -> Path:
    named = [{"name": f"block {number}", **EVERY, **block} for number, block in enumerate(blocks)]
    return write_network(folder, connection_overrides=named)


def voltages(config: Path, t_stop: float | None = None, **options: Any) -> tuple[Voltages, Any]:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(**{"replay": virtual_spikes(), "minis": False, **options})
        simulation.run(t_stop)
        found = {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}
        return found, dict(simulation.spikes)


def with_population(
    config: Path, name: str, kind: str, ends: tuple[str, str], nodes: tuple[Any, Any], columns: dict[str, Any]
) -> None:
    """Add a population of edges to a circuit; ``nodes`` are its sources and its targets."""
    sizes = {"A": SIZE, "V": INPUTS}
    folder = config.parent
    path = folder / f"{name}.h5"
    write_edges(path, name, ends, *nodes, columns, sizes=(sizes[ends[0]], sizes[ends[1]]))
    circuit = json.loads((folder / "circuit_config.json").read_text())
    circuit["networks"]["edges"].append({"edges_file": path.name, "populations": {name: {"type": kind}}})
    (folder / "circuit_config.json").write_text(json.dumps(circuit))


def test_connections_that_are_switched_on_later(tmp_path: Path) -> None:
    always, _ = voltages(overridden(tmp_path / "always"))
    never, _ = voltages(overridden(tmp_path / "never", {"weight": 0}))
    config = overridden(tmp_path / "late", {"weight": 0}, {"weight": 1, "delay": 20})
    late, spikes = voltages(config)
    early = int(20 / 0.025)
    changed = 0
    for cell_id in CELLS:
        assert np.array_equal(late[cell_id][:early], never[cell_id][:early])
        changed += not np.array_equal(late[cell_id], never[cell_id])
        assert not np.array_equal(late[cell_id], always[cell_id])
    assert changed
    others = {cell_id: times for cell_id, times in spikes.items() if cell_id != CELLS[2]}
    alone, _ = voltages(config, cells=[CELLS[2]], replay=virtual_spikes() | others)
    assert np.array_equal(alone[CELLS[2]], late[CELLS[2]])
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(replay=virtual_spikes(), minis=False)
        for _ in range(2):
            simulation.run()
            assert all(np.array_equal(simulation.get_voltage_trace(cell), late[cell]) for cell in CELLS)


def test_what_overrides_configure(tmp_path: Path) -> None:
    config = overridden(
        tmp_path,
        {"synapse_configure": "%s.tau2 = 9; %s.e = 1", "synapse_delay_override": 3},
        {"source": "Two", "synapse_configure": "%s.tau2 *= 2", "weight": 0.5},
    )
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(CELLS[0], synapses="A__A")
        (group,) = simulation.synapses(CELLS[0])
        for synapse in group:
            halved = synapse.pre_gid in (1, 3)
            assert synapse.hsynapse.tau2 == (18 if halved else 9)
            assert synapse.hsynapse.e == 1
            assert synapse.weight == (0.5 if halved else 1)
            assert synapse.delay == 3
    wrong = overridden(tmp_path / "wrong", {"synapse_configure": "%s.mg = 1"})
    with CircuitSimulation(wrong) as simulation, pytest.raises(AssignmentError, match="no parameter 'mg'"):
        simulation.instantiate()
    assert objects.listing("Exp2Syn").count() == 0


def with_gaps(folder: Path) -> Path:
    config = write_network(folder)
    columns = PLACES | {
        "conductance": [2.0, 2.0, 1.0, 1.0],
        "afferent_junction_id": [0, 1, 2, 3],
        "efferent_junction_id": [1, 0, 3, 2],
    }
    with_population(config, "gaps", "electrical", ("A", "A"), ([1, 0, 2, 1], [0, 1, 1, 2]), columns)
    return config


def test_gap_junctions(tmp_path: Path) -> None:
    config = with_gaps(tmp_path)
    chemical = ["A__A", "V__A"]
    if not hasattr(runtime.raw_h(), "Gap"):
        with CircuitSimulation(config) as simulation, pytest.raises(MissingMechanismError, match="Gap"):
            simulation.instantiate()
    load_mechanisms(material().mechanisms["sscx"])
    coupled, _ = voltages(config)
    apart, _ = voltages(config, synapses=chemical)
    again, _ = voltages(config)
    for cell_id in CELLS:
        assert np.array_equal(coupled[cell_id], again[cell_id])
        assert cell_id.id > 2 or not np.array_equal(coupled[cell_id], apart[cell_id])
    with CircuitSimulation(config) as simulation:
        simulation.instantiate()
        with pytest.raises(SimulationError, match="2 gap junctions, which need a fixed step"):
            simulation.run(5, cvode=True)
    with CircuitSimulation(config) as simulation:
        with pytest.warns(CircuitWarning, match="1 of 3 ends of gap junctions are left out"):
            simulation.instantiate([CELLS[0], CELLS[1]])
        simulation.run(5)
    assert objects.listing("Gap").count() == 0


def test_neuromodulation_of_mechanisms_that_know_none(tmp_path: Path) -> None:
    config = write_network(tmp_path)
    (tmp_path / "edges.h5").unlink()
    columns = {
        "delay": np.full(60, 1.0),
        "conductance": np.full(60, 0.001),
        "tau1": np.full(60, 0.5),
        "tau2": np.full(60, 3.0),
        "erev": np.zeros(60),
        "afferent_section_id": np.arange(60) % 3,
        "afferent_section_pos": np.linspace(0, 1, 60),
    }
    nodes = np.arange(60) % SIZE, np.arange(60) // 12
    write_edges(tmp_path / "edges.h5", "A__A", ("A", "A"), *nodes, columns, sizes=(SIZE, SIZE))
    modulating = {
        "delay": [1.0],
        "neuromod_strength": [0.3],
        "neuromod_dtc": [75.0],
        "afferent_section_id": [0],
        "afferent_section_pos": [columns["afferent_section_pos"][3] + 0.01],
    }
    with_population(config, "modulation", "neuromodulatory", ("V", "A"), ([0], [0]), modulating)
    with CircuitSimulation(config) as simulation:  # nothing sends spikes, so nothing is modulated
        simulation.instantiate(minis=False)
    with (
        CircuitSimulation(config) as simulation,
        pytest.raises(SynapseError, match="knows no neuromodulation"),
    ):
        simulation.instantiate(replay=virtual_spikes())
