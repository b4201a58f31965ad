"""Circuits of detailed cells against the peer: the same spikes, and potentials within 1e-9 mV.

The peer runs in its own Python, named by the environment variable BLUECELLAB_ORACLE_PYTHON; ours in a process of its
own, too, as families of mechanisms exclude each other.
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
from tests.vs_bluecellulab.network_cases import (
    CASES,
    DIFFERENT,
    PLASTICITY,
    TSTOP,
    Case,
    write,
    write_plastic,
)

pytestmark = [pytest.mark.peers, pytest.mark.material, pytest.mark.timeout(900)]

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

Arrays = dict[str, Any]
WITHOUT_EFFECT = ("everything", "the other way round")


def run(path: Path, case: Case) -> Arrays:
    """Our answer to a case."""
    from bluecellab.simulation.circuit.core import CircuitSimulation

    arguments = dict(case.ours)
    if case.trains:
        arguments["replay"] = {(name, node): np.array(times) for name, node, times in case.trains}
    with CircuitSimulation(path, seeds="bluecellulab") as simulation:
        simulation.instantiate(case.cells, **arguments)
        simulation.run(TSTOP)
        found: Arrays = {"time": simulation.get_time()}
        for index, cell_id in enumerate(case.cells):
            made = [synapse for group in simulation.synapses(cell_id) for synapse in group]
            found[f"{index}/soma"] = simulation.cell(cell_id).get_soma_voltage()
            found[f"{index}/spikes"] = simulation.spikes[simulation.cell(cell_id).cell_id]
            found[f"{index}/seeds"] = {
                "{}:{}".format(*synapse.syn_id): list(synapse.randseeds or (None,) * 3) for synapse in made
            }
    return found


def run_all(jobs: dict[str, tuple[Path, Case]]) -> dict[str, Arrays]:
    """Our answers, from one process; of a case that fails the error."""
    answers: dict[str, Arrays] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)
        for name, job in jobs.items():
            try:
                answers[name] = run(*job)
            except Exception as error:
                answers[name] = {"error": f"{type(error).__name__}: {error}"}
    return answers


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    circuits = {name: material().circuit(name) for name in ("two_cells", "ten_cells")}
    return write(tmp_path_factory.mktemp("circuits"), circuits)


@pytest.fixture(scope="module")
def ours(configs: dict[str, Path]) -> dict[str, Arrays]:
    cases = {**CASES, **DIFFERENT}
    answers: dict[str, Arrays] = run_isolated(
        run_all, {name: (path, cases[name]) for name, path in configs.items()}
    )
    return answers


@pytest.fixture(scope="module")
def peer(configs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Arrays]:
    """All answers of the peer, from one process."""
    folder = tmp_path_factory.mktemp("peer")
    cases = {**CASES, **DIFFERENT}
    # in the peer, the globals of mechanisms that conditions set stay, and the step: these cases come last
    order = sorted(
        configs,
        key=lambda name: (
            "dt" in cases[name].changes.get("run", {}),
            "mechanisms" in cases[name].changes.get("conditions", {}),
        ),
    )
    jobs = [job_of(configs[name], cases[name]) for name in order]
    return dict(zip(order, ask(jobs, folder, material().mechanisms["sscx"]), strict=True))


def ask(jobs: list[dict[str, Any]], folder: Path, mechanisms: Path) -> list[Arrays]:
    """Have the peer do jobs, all in one process."""
    (folder / "jobs.json").write_text(json.dumps(jobs))
    assert _PYTHON is not None
    done = subprocess.run(
        [_PYTHON, str(Path(__file__).parent / "oracle_circuits.py"), "jobs.json", "results.npz"],
        cwd=folder,
        env={**os.environ, "BLUECELLULAB_MOD_LIBRARY_PATH": str(build(mechanisms).path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(folder / "results.npz") as arrays:
        return [
            {key.partition("/")[2]: arrays[key] for key in arrays.files if key.startswith(f"{index}/")}
            for index in range(len(jobs))
        ]


def job_of(path: Path, case: Case) -> dict[str, Any]:
    return {
        "config": str(path),
        "cells": case.cells,
        "flags": dict(case.flags),
        "trains": case.trains,
        "t_stop": TSTOP,
    }


@pytest.mark.parametrize("name", CASES)
def test_same_spikes_and_potentials(ours: dict[str, Arrays], peer: dict[str, Arrays], name: str) -> None:
    same(ours[name], peer[name], CASES[name])


def same(found: Arrays, theirs: Arrays, case: Case) -> None:
    assert "error" not in theirs, theirs["error"]
    assert "error" not in found, found["error"]
    assert np.abs(found["time"] - theirs["time"]).max() < 1e-9
    for index in range(len(case.cells)):
        assert found[f"{index}/seeds"] == json.loads(str(theirs[f"{index}/seeds"]))
        assert np.abs(found[f"{index}/soma"] - theirs[f"{index}/soma"]).max() <= 1e-9, index
        assert np.array_equal(found[f"{index}/spikes"], theirs[f"{index}/spikes"])


@pytest.mark.parametrize("name", [name for name in CASES if name not in WITHOUT_EFFECT])
def test_cases_differ(peer: dict[str, Arrays], name: str) -> None:
    """Whatever a case is about has an effect."""
    plain = CASES["everything"]
    if CASES[name].circuit != plain.circuit:
        return
    pairs = [(index, plain.cells.index(cell_id)) for index, cell_id in enumerate(CASES[name].cells)]
    assert any(
        not np.array_equal(peer[name][f"{one}/{key}"], peer["everything"][f"{other}/{key}"])
        for one, other in pairs
        for key in ("soma", "spikes")
    )


@pytest.mark.parametrize("name", DIFFERENT)
def test_documented_difference(ours: dict[str, Arrays], peer: dict[str, Arrays], name: str) -> None:
    found, theirs = ours[name], peer[name]
    assert "error" not in theirs, theirs["error"]
    assert "error" not in found, found["error"]
    assert any(
        np.abs(found[f"{index}/soma"] - theirs[f"{index}/soma"]).max() > 0.01
        for index in range(len(DIFFERENT[name].cells))
    )


def test_plasticity(tmp_path: Path) -> None:
    """GluSynapse, by an override."""
    path = write_plastic(tmp_path, material().circuit("two_cells"))
    (theirs,) = ask([job_of(path, PLASTICITY)], tmp_path, tmp_path / "circuit" / "mod")
    found = run_isolated(run_all, {"plasticity": (path, PLASTICITY)})["plasticity"]
    same(found, theirs, PLASTICITY)
