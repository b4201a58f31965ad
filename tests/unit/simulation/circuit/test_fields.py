"""Electric fields in circuits: each cell feels them as it is turned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab import Simulation
from bluecellab.cell import Cell
from bluecellab.circuit.obi import open_circuit
from bluecellab.errors import StimulusError
from bluecellab.fields import play_field
from bluecellab.nrn.census import census
from bluecellab.simulation.circuit.core import CircuitSimulation
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import ElectricField, SpatiallyUniformField
from tests.unit.simulation.circuit.small import SIZE, write_network

ANGLES = np.linspace(0.0, np.pi, SIZE)
BLOCK = {
    "module": "spatially_uniform_e_field",
    "input_type": "extracellular_stimulation",
    "delay": 1,
    "duration": 8,
    "node_set": "All",
    "fields": [{"Ex": 100, "Ey": 20, "Ez": 30, "frequency": 100}],
}
FIRST = SpatiallyUniformField(
    delay=1, duration=8, fields=(ElectricField(Ex=100, Ey=20, Ez=30, frequency=100),)
)
SECOND = SpatiallyUniformField(delay=3, duration=2, ramp_up_time=1, fields=(ElectricField(Ex=-50),))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    second = {
        **BLOCK,
        "delay": 3,
        "duration": 2,
        "ramp_up_time": 1,
        "fields": [{"Ex": -50, "Ey": 0, "Ez": 0}],
    }
    path = write_network(
        tmp_path_factory.mktemp("network"),
        inputs={"one": BLOCK, "two": {**second, "node_set": "Two"}},
        reports={},
    )
    with h5py.File(path.with_name("nodes.h5"), "a") as file:
        file["nodes/A/0/rotation_angle_zaxis"] = ANGLES
    return path


def run(config: Path, **options: Any) -> dict[CellId, np.ndarray]:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(**{"synapses": "none", **options})
        simulation.run(12)
        return {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}


def test_as_cells_on_their_own(config: Path) -> None:
    found = run(config)
    assert len(found) == SIZE
    for node, angle in enumerate(ANGLES):
        with open_circuit(config.with_name("circuit_config.json")) as circuit:
            spec = circuit.cell(CellId("A", node))
        sine, cosine = np.sin(angle), np.cos(angle)
        turn = [[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]
        with Cell.from_spec(spec) as cell, Simulation(cell, v_init=-65, celsius=22) as simulation:
            play_field([FIRST, SECOND] if node in (1, 3) else [FIRST], cell, turn)
            simulation.run(12, cvode=False)
            assert np.abs(cell.get_soma_voltage() - found[CellId("A", node)]).max() < 1e-9
    assert np.abs(found[CellId("A", 0)] - found[CellId("A", SIZE - 1)]).max() > 0.1


def test_others_do_not_matter(config: Path) -> None:
    whole, some = run(config), run(config, cells=[("A", 3), ("A", 0)])
    # but for rounding: with extracellular NEURON solves the equations of all cells together
    assert all(np.abs(values - whole[cell_id]).max() < 1e-10 for cell_id, values in some.items())


def test_fields_can_be_left_out(config: Path) -> None:
    one, none = run(config, stimuli=["one"]), run(config, stimuli="none")
    assert np.abs(one[CellId("A", 1)] - run(config)[CellId("A", 1)]).max() > 0.01
    assert np.ptp(none[CellId("A", 1)]) < np.ptp(one[CellId("A", 1)])


def test_no_variable_step(config: Path) -> None:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(("A", 1), synapses="none")
        with pytest.raises(StimulusError, match="cvode=False"):
            simulation.run(12, cvode=True)


def test_cells_that_are_nowhere(tmp_path: Path) -> None:
    before = census()
    path = write_network(tmp_path / "network", inputs={"one": BLOCK}, reports={})
    with pytest.raises(
        StimulusError, match="input 'one' to Cell A/0: .* does not say how its cells are turned"
    ):
        run(path)
    values = json.loads(path.read_text())
    values["inputs"]["one"].pop("node_set")
    values["inputs"]["one"]["compartment_set"] = "places"
    values["compartment_sets_file"] = "places.json"
    path.write_text(json.dumps(values))
    places = {"places": {"population": "A", "compartment_set": [[0, 0, 0.5]]}}
    path.with_name("places.json").write_text(json.dumps(places))
    with pytest.raises(ValueError, match="acts on whole cells"):
        run(path)
    assert not before.difference(census())
