"""Networks of cells with sections and artificial cells, both ways, and replayed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bluecellab.simulation.circuit.core import CircuitSimulation
from bluecellab.spec.base import CellId
from tests.faults.hocs import SWC, template, write
from tests.unit.circuit.sonata_files import write_edges, write_small_circuit

EDGES = {
    "S1__P": ("point_process", [0, 1, 2], [0, 0, 1]),
    "P__P": ("point_process", [0, 1], [1, 2]),
    "V__P": ("point_process", [3, 4], [2, 1]),
    "P__S1": ("Exp2Syn_synapse", [0, 1], [3, 4]),
}
SIZES = {"S1": 5, "P": 3, "V": 10}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = write_small_circuit(tmp_path)
    write(tmp_path / "hoc" / "small.hoc", template("small", biophysics="forsec all { insert hh }"))
    for name in ("m1", "m2", "m.3"):
        write(tmp_path / "morphologies" / f"{name}.swc", SWC)
    values = json.loads(path.read_text())
    values["networks"]["edges"] = [{"edges_file": "points_edges.h5", "populations": {}}]
    for name, (kind, sources, targets) in EDGES.items():
        source, target = name.split("__")
        columns = {"conductance": [2.0, 2.5, 1.5], "delay": [1.0, 1.5, 2.0]}
        if kind != "point_process":
            columns |= {"tau1": [0.2] * 3, "tau2": [2.0] * 3, "erev": [0.0] * 3}
            columns |= {"afferent_section_id": [0] * 3, "afferent_section_pos": [0.5] * 3}
        few = {key: each[: len(sources)] for key, each in columns.items()}
        sizes = SIZES[source], SIZES[target]
        write_edges(tmp_path / "points_edges.h5", name, (source, target), sources, targets, few, sizes=sizes)
        values["networks"]["edges"][0]["populations"][name] = {"type": kind}
    path.write_text(json.dumps(values))
    current = {
        "module": "linear",
        "input_type": "current_clamp",
        "delay": 2,
        "duration": 30,
        "amp_start": 1.5,
    }
    simulation = {
        "network": path.name,
        "node_sets_file": "more_sets.json",
        "node_set": "Cells",
        "run": {"tstop": 30, "dt": 0.025, "random_seed": 1},
        "conditions": {"v_init": -65},
        "inputs": {"current": {**current, "node_set": "Mosaic"}},
    }
    write(tmp_path / "more_sets.json", json.dumps({"Cells": {"population": ["S1", "P"]}}))
    return write(tmp_path / "simulation_config.json", json.dumps(simulation))


def test_both_ways(config: Path) -> None:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(synapses=["S1__P", "P__P", "P__S1"])
        simulation.run()
        spikes = simulation.spikes
        first = spikes[CellId("S1", 0)][0]
        assert spikes[CellId("P", 0)][0] == pytest.approx(min(first + 1, spikes[CellId("S1", 1)][0] + 1.5))
        assert len(spikes[CellId("P", 1)]) > 0
        assert len(spikes[CellId("S1", 3)]) > len(spikes[CellId("S1", 0)])
        assert len(simulation.cells[CellId("P", 0)].sections) == 0


@pytest.mark.parametrize("node", [0, 1, 2])
def test_replay_is_exact(config: Path, node: int) -> None:
    trains = {CellId("V", 3): np.arange(3.0, 28, 1.3), CellId("V", 4): np.array([5.0, 12.5])}
    alone = CellId("P", node)
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(synapses="all", replay=trains)
        simulation.run()
        spikes = {cell: np.array(times) for cell, times in simulation.spikes.items()}
    assert len(spikes[CellId("P", 1)]) > 1
    with CircuitSimulation(config) as simulation:
        simulation.instantiate([alone], synapses="all", replay={**trains, **spikes})
        simulation.run()
        assert np.array_equal(simulation.spikes[alone], spikes[alone])
