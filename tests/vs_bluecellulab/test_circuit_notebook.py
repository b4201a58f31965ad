"""One script about a circuit in published names, run by BlueCelluLab and by bluecellab.compat: they agree.

Where they do not, docs/migrating.md says why. BlueCelluLab's Python is named by the environment
variable BLUECELLAB_ORACLE_PYTHON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bluecellab import run_isolated
from bluecellab.nrn.mechanisms import build
from tests.material import material

pytestmark = [pytest.mark.peers, pytest.mark.material, pytest.mark.timeout(600)]

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

SCRIPT = Path(__file__).with_name("circuit_notebook.py")
TOLERANCE = 1e-9  # mV, nA, ms, uS
TSTOP = 30.0
PLACES = [[0, 0, 0.5], [0, 3, 0.25], [0, 50, 0.9]]
PARTS = ("access", "configuration", "service", "finished", "psp", "plasticity", "web")

Answer = dict[str, Any]


def finish(config: Path, seeds: Any) -> None:
    """Run what both read the results of."""
    import warnings

    from bluecellab import run_sonata
    from bluecellab.errors import CircuitWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)
        run_sonata(config, seeds=seeds)


def write(folder: Path) -> None:
    """Write a configuration for each, and run the one that is finished."""
    circuit = material().circuit("two_cells")
    config = json.loads((circuit / "simulation_without_reports.json").read_text())
    config["network"] = str(circuit / "circuit_config.json")
    config["inputs"]["fibres"]["spike_file"] = str(circuit / "fibres.h5")
    config["run"]["tstop"] = TSTOP
    places = {"Places": {"population": "NodeB", "compartment_set": PLACES}}
    (folder / "places.json").write_text(json.dumps(places))
    config["compartment_sets_file"] = str(folder / "places.json")
    shared = {"variable_name": "v", "unit": "mV", "dt": 0.1, "start_time": 0.0, "end_time": TSTOP}
    soma = {"type": "compartment", "cells": "A", "sections": "soma", **shared}
    everywhere = {"type": "compartment_set", "compartment_set": "Places", **shared}
    for name in ("peer", "ours"):
        (folder / name).mkdir()
        output = {"output_dir": str(folder / name / "output"), "spikes_file": "spikes.h5"}
        own = {**config, "output": output, "reports": {"soma": soma, "places": everywhere}}
        (folder / name / "simulation.json").write_text(json.dumps(own))
        # the peer counts time steps in reports as if each step of the run were there
        output = {"output_dir": str(folder / "finished"), "spikes_file": "spikes.h5"}
        own = {**config, "output": output, "reports": {"soma": {**soma, "dt": config["run"]["dt"]}}}
        (folder / name / "simulation_finished.json").write_text(json.dumps(own))
    run_isolated(finish, folder / "ours" / "simulation_finished.json", "bluecellulab")


def run(python: str, config: Path, *more: str) -> Answer:
    """Have a Python run the script."""
    library = build(material().mechanisms["sscx"]).path
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, str(SCRIPT), str(config), *more],
        cwd=config.parent,
        env={**environment, "BLUECELLULAB_MOD_LIBRARY_PATH": str(library)},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    answer: Answer = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("circuit_notebook")
    write(folder)
    return folder


@pytest.fixture(scope="module")
def peer(folder: Path) -> Answer:
    return run(str(_PYTHON), folder / "peer" / "simulation.json")


@pytest.fixture(scope="module")
def ours(folder: Path) -> Answer:
    return run(sys.executable, folder / "ours" / "simulation.json", "compat")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All that is no container, by where it is; empty containers too."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not items and isinstance(value, dict | list):
        yield path, value
    elif not isinstance(value, dict | list):
        yield path, value
    for key, item in items:
        yield from leaves(item, f"{path}/{key}")


@pytest.mark.parametrize("part", PARTS)
def test_answers_agree(ours: Answer, peer: Answer, part: str, folder: Path) -> None:
    found, wanted = dict(leaves(ours[part])), dict(leaves(peer[part]))
    if part == "configuration":  # each has its own folder
        found = {path: _anywhere(value, folder / "ours") for path, value in found.items()}
        wanted = {path: _anywhere(value, folder / "peer") for path, value in wanted.items()}
    if part == "psp":  # the peer loses the last point where samples are not at each step
        last = {"/v/30", "/i/30"}
        assert found.keys() == wanted.keys() | last
        assert [ours[part]["lengths"], peer[part]["lengths"]] == [[301, 301], [300, 300]]
        found = {path: value for path, value in found.items() if path in wanted}
        found.update({path: value for path, value in wanted.items() if path.startswith("/lengths")})
    assert found.keys() == wanted.keys()
    assert len(wanted) > 50
    wrong = [
        f"{path}: {found[path]!r}, not {value!r}"
        for path, value in wanted.items()
        if not _same(found[path], value)
    ]
    assert not wrong, "\n".join(wrong)


def _anywhere(value: Any, folder: Path) -> Any:
    return value.replace(str(folder), "folder") if isinstance(value, str) else value


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and isinstance(found, float):
        return abs(found - wanted) <= TOLERANCE + 1e-12 * abs(wanted)
    return type(found) is type(wanted) and bool(found == wanted)


def test_something_happened(peer: Answer) -> None:
    """Cells spike, and synapses work."""
    cells = [peer["service"][f"{name}:0"] for name in ("NodeA", "NodeB")]
    assert all(cell["spikes"] and cell["synapses"] and cell["pre gids"] for cell in cells)
    assert all(max(cell["v"]) - min(cell["v"]) > 1 for cell in cells)
    assert peer["finished"]["spikes"]
    assert peer["web"]["missing"] == 4


def test_signatures_agree(ours: Answer, peer: Answer) -> None:
    """Parameters have the published names and order; more of them may follow."""
    found, wanted = ours["signatures"], peer["signatures"]
    wrong = {
        name: (found.get(name), parameters)
        for name, parameters in wanted.items()
        if found.get(name, [])[: len(parameters)] != parameters
    }
    assert not wrong
