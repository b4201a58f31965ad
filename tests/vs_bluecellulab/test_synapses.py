"""Synapses of circuits against the peer: the same streams, and the same potential within 1e-9 mV.

The peer runs in its own Python, named by the environment variable BLUECELLAB_ORACLE_PYTHON. Families of
mechanisms exclude each other, so that ours runs in a process of its own, too.
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

from bluecellab import run_isolated
from bluecellab.errors import CircuitWarning
from bluecellab.nrn.mechanisms import build
from tests.material import material
from tests.vs_bluecellulab.synapse_cases import CASES, CELLS, DIFFERENT, TSTOP, write

pytestmark = [pytest.mark.peers, pytest.mark.material, pytest.mark.timeout(600)]

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

Arrays = dict[str, Any]


def ours(path: Path, convention: str) -> Arrays:
    from bluecellab.simulation.circuit.core import CircuitSimulation

    found: Arrays = {}
    mechanisms = material().mechanisms["sscx"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)
        with CircuitSimulation(path, seeds=convention, mechanisms=mechanisms) as simulation:
            simulation.instantiate(CELLS)
            simulation.run()
            for index, cell_id in enumerate(CELLS):
                found[f"{index}/soma"] = simulation.cell(cell_id).get_soma_voltage()
                made = [s for group in simulation.synapses(cell_id) for s in group]
                names = ["{}:{}".format(*synapse.syn_id) for synapse in made]
                found[f"{index}/seeds"] = {
                    name: list(s.randseeds or (None,) * 3) for name, s in zip(names, made, strict=True)
                }
                found[f"{index}/names"] = {name: s.mech_name for name, s in zip(names, made, strict=True)}
                found[f"{index}/places"] = {name: s.x for name, s in zip(names, made, strict=True)}
    return found


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write(tmp_path_factory.mktemp("circuit"))


@pytest.fixture(scope="module")
def peer(configs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Arrays]:
    """All answers of the peer, from one process."""
    folder = tmp_path_factory.mktemp("peer")
    library = str(build(material().mechanisms["sscx"]).path)
    jobs = [{"config": str(path), "cells": CELLS, "tstop": TSTOP} for path in configs.values()]
    (folder / "jobs.json").write_text(json.dumps(jobs))
    assert _PYTHON is not None
    done = subprocess.run(
        [_PYTHON, str(Path(__file__).parent / "oracle_synapses.py"), "jobs.json", "results.npz"],
        cwd=folder,
        env={**os.environ, "BLUECELLULAB_MOD_LIBRARY_PATH": library},
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


@pytest.mark.parametrize("name", CASES)
def test_same_synapses_and_potential(configs: dict[str, Path], peer: dict[str, Arrays], name: str) -> None:
    theirs = peer[name]
    assert "error" not in theirs, theirs["error"]
    found = run_isolated(ours, configs[name], "bluecellulab")
    for key, values in found.items():
        if key.endswith("soma"):
            assert values.shape == theirs[key].shape
            assert np.abs(values - theirs[key]).max() <= 1e-9, key
        else:
            same_facts(values, json.loads(str(theirs[key])))
    assert all(np.ptp(found[f"{index}/soma"]) > 5 for index in range(len(CELLS)))


@pytest.mark.parametrize("name", DIFFERENT)
def test_documented_difference(configs: dict[str, Path], peer: dict[str, Arrays], name: str) -> None:
    theirs = peer[name]
    assert "error" not in theirs, theirs["error"]
    found = run_isolated(ours, configs[name], "bluecellulab")
    differ = [np.abs(found[f"{index}/soma"] - theirs[f"{index}/soma"]).max() for index in range(len(CELLS))]
    assert max(differ) > 0.01


def same_facts(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """The peer says less of some families, and of a helper's synapse the helper instead of the mechanism."""
    assert ours.keys() == theirs.keys()
    assert any(value is not None for value in theirs.values())
    for name, value in theirs.items():
        assert value in (None, [None] * 3, "Release", ours[name]), name


def test_the_conventions_differ(configs: dict[str, Path]) -> None:
    name = "release and minis"
    one, other = (run_isolated(ours, configs[name], kind) for kind in ("bluecellulab", "neurodamus"))
    assert any(np.abs(one[f"{index}/soma"] - other[f"{index}/soma"]).max() > 0.1 for index in range(3))
