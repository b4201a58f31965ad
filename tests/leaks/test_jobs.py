"""Jobs on resident cells and sweeps leave nothing: in this process, in the servers, on the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.leaks.cycles import ROOT
from tests.material import material

pytestmark = [pytest.mark.leaks, pytest.mark.timeout(900)]

LIMITS = {"parent_kb": 30.0, "steady_kb": 3.0, "servers_kb": 0.5, "nurseries_kb": 1.0}  # a cycle
ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}  # else each thread of a pool has one, and they fill unevenly
NOTHING = ("descriptors", "processes", "zombies", "threads", "files")


def check(scenario: str, count: int, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.leaks.job_cycles", scenario, str(count)],
        cwd=ROOT,
        env=os.environ | ONE_HEAP | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=850,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(figures)
    assert all(figures[name] <= limit for name, limit in LIMITS.items()), figures
    assert all(figures[name] <= 0 for name in NOTHING), figures


@pytest.mark.parametrize(
    ("scenario", "count"),
    [("jobs", 300), ("failing_jobs", 100), ("sweeps", 50), ("cancelled_sweeps", 50), ("cells", 100)],
)
def test_jobs_on_residents(scenario: str, count: int, tmp_path: Path) -> None:
    check(scenario, count, tmp_path)


@pytest.mark.material
def test_jobs_on_a_detailed_resident(tmp_path: Path) -> None:
    assert material()
    check("detailed_jobs", 100, tmp_path)
