"""The small network with chemical synapses between its cells."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.unit.circuit.sonata_files import write_edges
from tests.unit.simulation.circuit.small import SIZE, write_network

TARGETS = [0, 1, 1, 1, 3]


def write_chemical(folder: Path, **changes: object) -> Path:
    """Write it with two more populations of edges, one of which is plastic."""
    path = write_network(folder, **changes)
    count = len(TARGETS)
    common = {
        "conductance": np.linspace(0.1, 0.5, count),
        "delay": np.linspace(0.51, 2.51, count),
        "u_syn": np.full(count, 0.5),
        "depression_time": np.full(count, 100.0),
        "facilitation_time": np.full(count, 10.0),
        "decay_time": np.full(count, 1.7),
        "syn_type_id": np.array([0, 100, 1, 113, 116]),
        "afferent_section_id": np.array([0, 1, 2, 1, 0]),
        "afferent_section_pos": np.full(count, 0.25),
        "n_rrp_vesicles": np.array([1.0, 2.0, 1.0, 3.0, 1.0]),
        "something_else": np.arange(count) / 2,
    }
    plastic = {"rho0_GB": np.zeros(count), "volume_CR": np.ones(count)}
    populations = {}
    for name, columns in {"chemical": common, "plastic": {**common, **plastic}}.items():
        write_edges(
            folder / f"{name}.h5", name, ("A", "A"), [4, 3, 2, 1, 0], TARGETS, columns, sizes=(SIZE, SIZE)
        )
        populations[name] = {"edges_file": f"{name}.h5", "populations": {name: {"type": "chemical"}}}
    config = folder / "circuit_config.json"
    circuit = json.loads(config.read_text())
    circuit["networks"]["edges"] += populations.values()
    config.write_text(json.dumps(circuit))
    return path
