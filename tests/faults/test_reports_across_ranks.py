"""Reports of several ranks when one of them has a full disk, is killed, or an older result is in the way."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.results.sonata import read_report
from tests.mpi.ranked import Ran, ranked
from tests.unit.simulation.circuit.small import simulation, write_network

pytestmark = [pytest.mark.faults, pytest.mark.mpi]

SCRIPT = """
from tests.mpi.reporting import main
main(os.environ["CONFIG"], *sys.argv[1:])
"""
RANKS = 2


@pytest.fixture
def config(tmp_path: Path) -> Path:
    report = {"type": "compartment", "cells": "All", "variable_name": "v", "dt": 0.025, "start_time": 0}
    path = write_network(
        tmp_path / "net",
        reports={"soma": {**report, "end_time": 20}, "all": {**report, "sections": "all", "end_time": 20}},
    )
    values = json.loads(path.read_text())
    values["run"] = {**simulation()["run"], "tstop": 20.0}  # type: ignore[dict-item]
    path.write_text(json.dumps(values))
    return path


def parts(ran: Ran, config: Path) -> dict[str, int]:
    """Return how many frames each part has, all of which must be readable and marked as incomplete."""
    assert ran.code != 0
    output = config.parent / "output"
    names = {path.name for path in output.iterdir()}
    assert not [name for name in names if name.endswith(".h5")]
    found = {}
    for name in sorted(names):
        if ".partial-" not in name:
            continue
        with h5py.File(output / name) as file:
            assert file.attrs["complete"] == 0
        report = read_report(output / name, "A")
        assert np.isfinite(report.data).all()
        found[name] = len(report.times)
    return found


def test_a_full_disk_on_one_rank_ends_all(tmp_path: Path, config: Path) -> None:
    ran = ranked(tmp_path, RANKS, SCRIPT, "full disk", CONFIG=str(config))
    assert "No space left on device" in ran.err
    assert f"rank {RANKS - 1}: Traceback" in ran.err
    found = parts(ran, config)
    assert set(found) == {f"{name}.h5.partial-{rank}" for name in ("soma", "all") for rank in range(RANKS)}
    assert all(count > 0 for count in found.values())


def test_no_space_for_the_whole(tmp_path: Path, config: Path) -> None:
    ran = ranked(tmp_path, RANKS, SCRIPT, "no whole", CONFIG=str(config))
    assert "No space left on device" in ran.err
    found = parts(ran, config)
    assert len(found) == 2 * RANKS
    assert set(found.values()) == {800}  # everything, in parts


def test_a_rank_that_is_killed(tmp_path: Path, config: Path) -> None:
    ran = ranked(tmp_path, RANKS, SCRIPT, "killed", CONFIG=str(config))
    found = parts(ran, config)
    assert found
    assert any(name.endswith(f"-{RANKS - 1}") and count > 0 for name, count in found.items())


def test_an_older_result_is_kept(tmp_path: Path, config: Path) -> None:
    output = config.parent / "output"
    output.mkdir()
    (output / "soma.h5").write_text("older")
    ran = ranked(tmp_path, RANKS, SCRIPT, CONFIG=str(config))
    assert ran.code != 0
    assert "is not empty" in ran.err
    assert [path.name for path in output.iterdir()] == ["soma.h5"]
    assert (output / "soma.h5").read_text() == "older"
