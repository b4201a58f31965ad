"""Inputs and modifications of circuits against the peer: the same potential within 1e-9 mV.

The peer runs in its own Python, named by the environment variable BLUECELLAB_ORACLE_PYTHON.
"""

from __future__ import annotations

import json
import os
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab.errors import CircuitWarning
from bluecellab.nrn.mechanisms import build
from bluecellab.simulation.circuit.core import CircuitSimulation
from tests.material import material
from tests.vs_bluecellulab import real_cases
from tests.vs_bluecellulab.circuit_cases import CELLS, DIFFERENT, EQUAL, INPUTS, TSTOP, TWICE, write

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

SECTIONS = ["dend[0]", "apic[0]"]
Arrays = dict[str, Any]


def run(
    path: Path, convention: Any = "bluecellulab", cells: Any = CELLS, mechanisms: Path | None = None
) -> Arrays:
    found = {}
    with (
        CircuitSimulation(path, seeds=convention, mechanisms=mechanisms) as simulation,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", CircuitWarning)
        simulation.instantiate(cells)
        for cell in simulation.cells.values():
            for name in SECTIONS:
                cell.add_voltage_recording(cell.sections[name], 0.5)
        simulation.run()
        for index, cell_id in enumerate(cells):
            cell = simulation.cell(cell_id)
            found[f"{index}/soma"] = cell.get_soma_voltage()
            for name in SECTIONS:
                found[f"{index}/{name}"] = cell.get_voltage_recording(cell.sections[name], 0.5)
    return found


def ask(
    configs: dict[str, Path], cells: Any, until: float, folder: Path, mechanisms: Path | None = None
) -> dict[str, Arrays]:
    """Have the peer run configurations, all in one process."""
    environment = dict(os.environ)
    if mechanisms is not None:
        environment["BLUECELLULAB_MOD_LIBRARY_PATH"] = str(build(mechanisms).path)
    jobs = [
        {"config": str(path), "cells": cells, "sections": SECTIONS, "tstop": until}
        for path in configs.values()
    ]
    (folder / "jobs.json").write_text(json.dumps(jobs))
    assert _PYTHON is not None
    done = subprocess.run(
        [_PYTHON, str(Path(__file__).parent / "oracle_inputs.py"), "jobs.json", "results.npz"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(folder / "results.npz") as arrays:
        return {
            name: {key.partition("/")[2]: arrays[key] for key in arrays.files if key.startswith(f"{index}/")}
            for index, name in enumerate(configs)
        }


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write(tmp_path_factory.mktemp("circuit"))


@pytest.fixture(scope="module")
def peer(configs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Arrays]:
    """All answers of the peer."""
    return ask(configs, CELLS, TSTOP, tmp_path_factory.mktemp("peer"))


@pytest.mark.parametrize("name", EQUAL)
def test_same_potential(configs: dict[str, Path], peer: dict[str, Arrays], name: str) -> None:
    theirs = peer[name]
    assert "error" not in theirs, theirs["error"]
    ours = run(configs[name])
    assert ours.keys() == theirs.keys()
    for key, values in ours.items():
        assert values.shape == theirs[key].shape
        assert np.abs(values - theirs[key]).max() <= 1e-9, key
    assert any(np.ptp(values) > 1 for values in ours.values())


@pytest.mark.parametrize("name", [name for name in INPUTS if "order" in name])
def test_the_conventions_differ(configs: dict[str, Path], name: str) -> None:
    ours, other = run(configs[name]), run(configs[name], "neurodamus")
    assert all(np.abs(ours[key] - other[key]).max() > 0.1 for key in ours)


@pytest.mark.parametrize("name", DIFFERENT)
def test_documented_difference(configs: dict[str, Path], peer: dict[str, Arrays], name: str) -> None:
    theirs = peer[name]
    assert "error" not in theirs, theirs["error"]
    ours = run(configs[name])
    assert np.abs(ours["0/soma"] - theirs["0/soma"]).max() > 0.01


def test_places_in_one_segment(configs: dict[str, Path], peer: dict[str, Arrays]) -> None:
    """The peer changes a segment once for each place in it: how a section is cut then changes the cell."""
    once, spelt_out = TWICE
    theirs, ours = peer[once], run(configs[spelt_out])
    assert all(np.abs(values - theirs[key]).max() <= 1e-9 for key, values in ours.items())
    assert np.abs(run(configs[once])["1/soma"] - theirs["1/soma"]).max() > 0.1


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Path], dict[str, Arrays], Path]:
    """Configurations of a circuit of one real cell, the answers of the peer, and the mechanisms."""
    found = material().cell("sscx_v6")
    configs = real_cases.write(tmp_path_factory.mktemp("real"), found)
    folder = tmp_path_factory.mktemp("answers")
    return configs, ask(configs, [("A", 0)], real_cases.TSTOP, folder, found.mechanisms), found.mechanisms


@pytest.mark.parametrize("name", real_cases.CASES)
def test_same_potential_of_a_real_cell(
    real: tuple[dict[str, Path], dict[str, Arrays], Path], name: str
) -> None:
    configs, peer, mechanisms = real
    theirs = peer[name]
    assert "error" not in theirs, theirs["error"]
    ours = run(configs[name], cells=[("A", 0)], mechanisms=mechanisms)
    for key, values in ours.items():
        assert values.shape == theirs[key].shape
        assert np.abs(values - theirs[key]).max() <= 1e-9, key
    if name != "plain":
        assert np.abs(theirs["0/soma"] - peer["plain"]["0/soma"]).max() > 0.1
