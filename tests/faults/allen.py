"""The network of the examples, copied and changed, for lines of the Allen dialect."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.harness import ROOT

EXAMPLE = ROOT / "examples" / "allen_network"
TYPES = "fibres_to_cells_edge_types.csv"
EDGES = "fibres_to_cells_edges.h5"
BETWEEN = "cells_to_cells_edges.h5"


@contextmanager
def network(changes: Mapping[str, Any] | None = None) -> Iterator[Path]:
    """Copy the network, put values at places of the configuration of its simulation, and give its path."""
    with tempfile.TemporaryDirectory() as path:
        yield copied(Path(path).resolve(), changes)


def copied(folder: Path, changes: Mapping[str, Any] | None = None) -> Path:
    """Copy the network to a folder; return the configuration of its simulation, with these changes."""
    from tests.unit.circuit.config.allen.mistakes import put

    here = folder / "network"
    shutil.copytree(EXAMPLE, here, ignore=shutil.ignore_patterns("output"))
    config = here / "simulation_config.json"
    values = json.loads(config.read_text())
    values["run"]["tstop"] = 30.0
    for place, value in (changes or {}).items():
        put(place, value)(values)
    config.write_text(json.dumps(values))
    return config


def replace(config: Path, name: str, old: str, new: str) -> None:
    """Replace a text in a file of the network."""
    file = config.parent / name
    text = file.read_text()
    assert old in text, text
    file.write_text(text.replace(old, new))


def edit(config: Path, name: str, act: Callable[[Any], object]) -> None:
    """Change an HDF5 file of the network."""
    import h5py

    with h5py.File(config.parent / "network" / name, "a") as file:
        act(file)


def traces(config: Path, cells: Any = None, t_stop: float = 30.0, **options: Any) -> dict[Any, np.ndarray]:
    """Build, run, and return the potentials of all cells with sections."""
    from bluecellab.simulation import CircuitSimulation

    with CircuitSimulation(config) as simulation:
        simulation.instantiate(cells, **options)
        simulation.run(t_stop)
        return {
            cell_id: simulation.get_voltage_trace(cell_id)
            for cell_id, cell in simulation.cells.items()
            if cell.artificial is None
        }


def same(first: Mapping[Any, np.ndarray], second: Mapping[Any, np.ndarray]) -> bool:
    """Return whether all potentials of the cells that both have are bitwise the same."""
    both = set(first) & set(second)
    assert both
    return all(np.array_equal(first[cell_id], second[cell_id]) for cell_id in both)
