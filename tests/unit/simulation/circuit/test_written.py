"""Circuits that are written run as those they were written from."""

from __future__ import annotations

import json
from pathlib import Path

import bluepysnap
import numpy as np
import pytest

from bluecellab.circuit.obi import open_circuit
from bluecellab.circuit.writing import write_circuit
from bluecellab.simulation import CircuitSimulation
from tests.material import material

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "five_cells"


def potentials(path: Path, until: float) -> dict[object, np.ndarray]:
    with CircuitSimulation(path) as simulation:
        simulation.instantiate()
        simulation.run(until)
        assert sum(simulation.summary.synapses.values())
        return {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}


def moved(path: Path, network: Path, folder: Path) -> Path:
    """Write a simulation again, of another circuit."""
    config = json.loads(path.read_text())
    config |= {"network": str(network), "reports": {}, "output": {"output_dir": str(folder / "output")}}
    for block in config["inputs"].values():
        if "spike_file" in block:
            block["spike_file"] = str(path.parent / block["spike_file"])
    target = folder / "simulation_config.json"
    target.write_text(json.dumps(config))
    return target


def test_five_cells(tmp_path: Path) -> None:
    with open_circuit(EXAMPLE) as circuit:
        written = write_circuit(circuit, tmp_path / "circuit")
    path = EXAMPLE / "simulation_config.json"
    first, second = potentials(path, 80), potentials(moved(path, written, tmp_path), 80)
    assert list(first) == list(second)
    assert all(np.array_equal(first[cell_id], second[cell_id]) for cell_id in first)


@pytest.mark.material
@pytest.mark.filterwarnings("ignore:.*the cell does not have their sections")
def test_detailed_cells(tmp_path: Path) -> None:
    folder = material().circuit("two_cells")
    with open_circuit(folder) as circuit:
        written = write_circuit(circuit, tmp_path / "circuit")
    snap, original = bluepysnap.Circuit(str(written)), bluepysnap.Circuit(str(folder / "circuit_config.json"))
    for name in original.nodes.population_names:
        ours, theirs = (each.nodes[name].get() for each in (snap, original))
        assert ours[theirs.columns].equals(theirs)
    for name in original.edges.population_names:
        properties = sorted(original.edges[name].property_names - {"edge_type_id"})
        ours, theirs = (
            each.edges[name].afferent_edges(0, properties=properties) for each in (snap, original)
        )
        assert ours.equals(theirs)
        assert len(ours)
    path = folder / "simulation_without_reports.json"
    first, second = potentials(path, 10), potentials(moved(path, written, tmp_path), 10)
    assert all(np.array_equal(first[cell_id], second[cell_id]) for cell_id in first)
