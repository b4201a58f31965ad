"""Ways to break a simulation of the Allen dialect."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.unit.circuit.config.allen.mistakes import put
from tests.unit.circuit.validation.allen.network import TABLES, write_network

Breakage = Callable[[Path], Path]


def config(path: str, value: Any) -> Breakage:
    """Change the configuration of the simulation."""
    return lambda folder: write_network(folder, put(path, value))


def circuit(path: str, value: Any) -> Breakage:
    """Change the configuration of the circuit."""
    return lambda folder: write_network(folder, None, put(path, value))


def after(change: Callable[[Path], object], *puts: tuple[str, Any]) -> Breakage:
    """Change the configuration, write all, and change a file."""

    def breakage(folder: Path) -> Path:
        def changes(made: dict[str, Any]) -> None:
            for path, value in puts:
                put(path, value)(made)

        written = write_network(folder, changes)
        change(folder)
        return written

    return breakage


def table(name: str, old: str, new: str) -> Breakage:
    """Replace a text in a table of types."""
    assert old in TABLES[name]
    return after(lambda folder: (folder / "network" / name).write_text(TABLES[name].replace(old, new)))


def hdf5(name: str, change: Callable[[h5py.File], object]) -> Breakage:
    """Change an HDF5 file."""

    def changes(folder: Path) -> None:
        with h5py.File(folder / name, "a") as file:
            change(file)

    return after(changes)


def column(path: str, values: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        attributes = dict(file[path].attrs)
        del file[path]
        file[path] = np.asarray(values)
        file[path].attrs.update(attributes)

    return change


def change_table(folder: Path, name: str, old: str, new: str) -> None:
    (folder / "network" / name).write_text(TABLES[name].replace(old, new))


def with_templates(folder: Path) -> Any:
    made = json.loads((folder / "circuit_config.json").read_text())
    made["components"]["templates_dir"] = "one.hoc"
    return made


def without(path: str) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[path]

    return change


def text(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content)


def truncated(folder: Path, name: str) -> Path:
    """Write everything, with one file cut in the middle."""
    path = write_network(folder)
    file = folder / name
    os.truncate(file, file.stat().st_size // 2)
    return path
