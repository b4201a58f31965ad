"""A small circuit with a simulation of it that has nothing wrong, to break one thing at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.unit.circuit.config.samples import full, write
from tests.unit.circuit.sonata_files import write_small_circuit


def write_spikes(path: Path, spikes: Mapping[str, tuple[Sequence[float], Sequence[int]]]) -> Path:
    with h5py.File(path, "w") as file:
        for population, (times, ids) in spikes.items():
            group = file.create_group(f"spikes/{population}")
            group["timestamps"] = np.asarray(times, dtype=float)
            group["node_ids"] = np.asarray(ids, dtype=np.uint64)
    return path


def write_simulation(folder: Path, change: Callable[[Any], object] | None = None) -> Path:
    """Write everything; return the path of the configuration of the simulation."""
    write_small_circuit(folder)
    with h5py.File(folder / "nodes.h5", "a") as file:
        inner = file["nodes/S1/0"]
        inner["y"] = inner["z"] = np.zeros(5)
        inner["rotation_angle_yaxis"] = np.zeros(5)
    write_spikes(folder / "replay.h5", {"V": ([1.0, 2.5, 2.0], [0, 3, 9]), "S1": ([], [])})
    sets = {"Some": {"population": "S1", "node_id": [0, 1]}, "Empty": {"population": "S1", "node_id": []}}
    rewrite(folder / "node_sets_of_simulation.json", sets)
    places = {"places": {"population": "S1", "compartment_set": [[0, 0, 0.5], [1, 0, 0.5]]}}
    rewrite(folder / "compartment_sets.json", places)

    def changes(config: Any) -> None:
        config["node_sets_file"] = "node_sets_of_simulation.json"
        if change is not None:
            change(config)

    return write(folder, full(changes))


def rewrite(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def edit(path: Path, change: Callable[[Any], object]) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    rewrite(path, value)
