"""Sweeps over the ranks of ``mpirun``, by the executor of mpi4py."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bluecellab.simulation import sweep
from tests.unit.simulation.sweeping.jobs import CELL, protocols

ROOT = Path(__file__).resolve().parents[2]


def mpirun() -> str:
    """Return the launcher that belongs to this Python, or any."""
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed")
    beside = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    launcher = shutil.which("mpirun", path=os.pathsep.join(beside))
    if launcher is None:
        pytest.skip("there is no mpirun; the extra mpi brings one")
    return launcher


@pytest.mark.mpi
@pytest.mark.parametrize("ranks", [2, 3])
def test_results_are_those_of_our_own_pool_bit_for_bit(tmp_path: Path, ranks: int) -> None:
    command = [mpirun(), "-n", str(ranks), sys.executable, "-m", "mpi4py.futures"]
    done = subprocess.run(
        [*command, "-m", "tests.mpi.sweeping", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "equal": True,
        "resumed": [False] * 5,
        "errors": ["WorkerCrashedError", "RemoteError", "NoneType"],
        "value": "behave",
    }
    kept = sweep(CELL, protocols(), save_to=tmp_path).collect()
    assert all(outcome.resumed for outcome in kept)
    assert [outcome.unwrap() for outcome in kept] == sweep(CELL, protocols(), processes=2).results()
