"""One script in published names, run by BlueCelluLab and by bluecellab.compat: the numbers agree.

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

import numpy as np
import pytest

from bluecellab.compat._coming import explain

pytestmark = pytest.mark.peers

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

SCRIPT = Path(__file__).with_name("notebook.py")
TOLERANCE = 1e-9  # mV, nA, mA/cm2
DIFFERENT = {"late OU", "noise that ends"}
SAMPLE = 40 * 0.025  # ms between the samples that the script prints


def _run(*command: str, folder: Path) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _run(str(_PYTHON), str(SCRIPT), folder=tmp_path_factory.mktemp("peer"))


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _run(sys.executable, str(SCRIPT), "compat", folder=tmp_path_factory.mktemp("ours"))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}/{index}")
    else:
        yield path, value


def _assert_agree(ours: Any, peer: Any) -> None:
    found, wanted = dict(_leaves(ours)), dict(_leaves(peer))
    assert found.keys() == wanted.keys()
    for path, value in wanted.items():
        if isinstance(value, float):
            assert found[path] == pytest.approx(value, rel=1e-12, abs=TOLERANCE), path
        else:
            assert found[path] == value, path


def test_traces_agree(ours: dict[str, Any], peer: dict[str, Any]) -> None:
    assert ours["played"].keys() == peer["played"].keys()
    assert len(ours["played"]) > 25
    for name in ours["played"].keys() - DIFFERENT:
        _assert_agree({name: ours["played"][name]}, {name: peer["played"][name]})
        if name != "nothing":
            assert ours["played"][name]["v"] != ours["played"]["nothing"]["v"], name


@pytest.mark.parametrize("group", ["signals", "facts"])
def test_the_rest_agrees(group: str, ours: dict[str, Any], peer: dict[str, Any]) -> None:
    _assert_agree(ours[group], peer[group])


def test_signatures_agree(ours: dict[str, Any], peer: dict[str, Any]) -> None:
    """Parameters have the published names and order; more of them may follow."""
    found, wanted = ours["signatures"], peer["signatures"]
    for name, parameters in wanted.items():
        if name in found:
            assert found[name][: len(parameters)] == parameters, name
        else:
            owner, _, method = name.partition(".")
            assert owner == "Cell", name
            assert explain(f"cell.core.Cell.{method}"), name


def test_process_begins_at_its_delay(ours: dict[str, Any], peer: dict[str, Any]) -> None:
    """BlueCelluLab injects the mean of the process from the beginning of the run on."""
    start = int(20 / SAMPLE)
    found, theirs = (np.array(one["played"]["late OU"]["v"]) for one in (ours, peer))
    rest = np.array(ours["played"]["nothing"]["v"])
    assert np.array_equal(found[:start], rest[:start])
    assert np.abs(theirs[:start] - rest[:start]).max() > 1


def test_noise_ends(ours: dict[str, Any], peer: dict[str, Any]) -> None:
    """BlueCelluLab's noise does not end, but goes on as the line through its last two samples."""
    end = int(20 / SAMPLE)
    found, theirs = (np.array(one["played"]["noise that ends"]["v"]) for one in (ours, peer))
    assert np.abs(found[:end] - theirs[:end]).max() < TOLERANCE
    assert np.abs(found[end:] - theirs[end:]).max() > 1
