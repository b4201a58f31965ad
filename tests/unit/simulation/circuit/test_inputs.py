"""Every module of inputs acts on the cells of a circuit, where its block says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab.circuit.config.inputs import MODULES
from bluecellab.simulation.circuit.core import CircuitSimulation
from bluecellab.spec.base import CellId
from tests.unit.simulation.circuit.small import SIZE, write_network

Potentials = dict[CellId, np.ndarray]

SHOTS = {"rise_time": 0.4, "decay_time": 4.0}
FIELDS: dict[str, dict[str, Any]] = {
    "linear": {"amp_start": 0.1, "amp_end": 0.2},
    "relative_linear": {"percent_start": 80},
    "pulse": {"amp_start": 0.3, "width": 1, "frequency": 400},
    "sinusoidal": {"amp_start": 0.1, "frequency": 100, "dt": 0.05},
    "subthreshold": {"percent_less": 20},
    "hyperpolarizing": {},
    "noise": {"mean": 0.1, "variance": 0.01},
    "shot_noise": {**SHOTS, "rate": 500, "amp_mean": 0.05, "amp_var": 0.001},
    "absolute_shot_noise": {**SHOTS, "mean": 0.1, "sigma": 0.03},
    "relative_shot_noise": {**SHOTS, "mean_percent": 60, "sd_percent": 20},
    "ornstein_uhlenbeck": {"tau": 3, "mean": 0.1, "sigma": 0.05},
    "relative_ornstein_uhlenbeck": {"tau": 3, "mean_percent": 50, "sd_percent": 20},
    "seclamp": {"input_type": "voltage_clamp", "voltage": -50, "series_resistance": 1},
    "spatially_uniform_e_field": {
        "input_type": "extracellular_stimulation",
        "fields": [{"Ex": 100, "Ey": 0, "Ez": 0}],
    },
}
CONDUCTANCE = {
    name: {**FIELDS[name], **fields}
    for name, fields in {
        "shot_noise": {"amp_mean": 0.005, "amp_var": 1e-5},
        "absolute_shot_noise": {"mean": 0.01, "sigma": 0.003},
        "relative_shot_noise": {},
        "ornstein_uhlenbeck": {"mean": 0.01, "sigma": 0.002},
        "relative_ornstein_uhlenbeck": {},
    }.items()
}
CASES = [(name, fields, fields.get("input_type", "current_clamp")) for name, fields in FIELDS.items()]
CASES += [(name, {**fields, "reversal": 10}, "conductance") for name, fields in CONDUCTANCE.items()]
PLACES = {"places": {"population": "A", "compartment_set": [[1, 0, 0.5], [3, 1, 0.25], [3, 2, 0.75]]}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_network(tmp_path_factory.mktemp("network"), reports={})
    with h5py.File(path.with_name("nodes.h5"), "a") as file:
        file["nodes/A/0/rotation_angle_yaxis"] = np.zeros(SIZE)
        file["nodes/A/0/dynamics_params/input_resistance"] = np.full(SIZE, 120.0)
    path.with_name("places.json").write_text(json.dumps(PLACES))
    return path.parent


def run(folder: Path, block: dict[str, Any] | None) -> tuple[Potentials, int]:
    """Return the potentials of 10 ms, and how many stimuli played."""
    values = json.loads((folder / "simulation_config.json").read_text())
    values["inputs"] = {"block": block} if block else {}
    values["compartment_sets_file"] = "places.json"
    path = folder / "other.json"
    path.write_text(json.dumps(values))
    with CircuitSimulation(path) as simulation:
        simulation.instantiate(synapses="none")
        simulation.run(10)
        found = {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}
        return found, simulation.summary.inputs


@pytest.fixture(scope="module")
def quiet(folder: Path) -> Potentials:
    return run(folder, None)[0]


def test_all_modules_are_here() -> None:
    assert {*FIELDS, "synapse_replay"} == set(MODULES)
    assert {name for name, module in MODULES.items() if "conductance" in module.input_types} == {*CONDUCTANCE}


@pytest.mark.parametrize(("name", "fields", "kind"), CASES, ids=[f"{case[0]} {case[2]}" for case in CASES])
def test_a_module(folder: Path, quiet: Potentials, name: str, fields: dict[str, Any], kind: str) -> None:
    for places in (False, True):
        if not places or name != "spatially_uniform_e_field":  # which acts on whole cells
            _check(folder, quiet, {**fields, "module": name, "input_type": kind}, places=places)


def _check(folder: Path, quiet: Potentials, block: dict[str, Any], *, places: bool) -> None:
    target = {"compartment_set": "places"} if places else {"node_set": "Two"}
    delay = 0 if block["module"] == "seclamp" else 1
    found, count = run(folder, {**block, "delay": delay, "duration": 6, **target})
    assert count == (3 if places else 2)
    for cell_id, values in found.items():
        difference = np.abs(values - quiet[cell_id])
        if cell_id.id in (1, 3):
            assert difference[: int(delay / 0.025)].max(initial=0) < 1e-3  # nothing before its delay
            assert difference.max() > 0.3
        else:
            assert difference.max() < 1e-9
