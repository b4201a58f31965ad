"""2800 mutated configurations, circuits, and files of edges: no crash, no hang, nothing executed.

Every case either is right or becomes problems and errors of ours. Each can be repeated alone::

    python -m tests.fuzz.child config 17 18 MASTER WORK
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.circuit.validation.allen.network import write_network
from tests.unit.circuit.validation.simulations import write_simulation

LONGEST = 30.0
ROOT = Path(__file__).resolve().parents[2]
BATCHES = [
    *(("config", first, first + 250) for first in range(0, 1000, 250)),
    *(("circuit", first, first + 200) for first in range(0, 400, 200)),
    *(("hdf5", first, first + 150) for first in range(0, 600, 150)),
    *(("allen", first, first + 200) for first in range(0, 400, 200)),
    *(("allen_circuit", first, first + 200) for first in range(0, 400, 200)),
]

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(600)]


def test_all_of_them() -> None:
    assert sum(last - first for _, first, last in BATCHES) == 2800


def run_cases(kind: str, first: int, last: int, folder: Path) -> tuple[int, list[str]]:
    """Run cases in a process of their own, and on from the next whenever one ends it; what went wrong."""
    master, work = folder / "master", folder / "work"
    if kind.startswith("allen"):
        write_network(master)
    else:
        write_simulation(master)
    work.mkdir()
    right, failures = 0, []
    while first < last:
        out, err = folder / f"out{first}", folder / f"err{first}"
        with out.open("w") as output, err.open("w") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.child", kind, str(first), str(last), master, work],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
        ended = _wait(child, out)
        lines = out.read_text().splitlines()
        right += sum(line == "right" for line in lines)
        if ended == 0 and lines[-1] == "DONE":
            break
        last_case = [line for line in lines if line.startswith("case")][-1]
        failures.append(f"{last_case}: {ended}\n{err.read_text()[-1500:]}")
        first = int(last_case.split()[2]) + 1
    return right, failures


def _wait(child: subprocess.Popen[bytes], out: Path) -> int | str:
    """Wait for a process as long as it goes on from case to case."""
    size, since = 0, time.monotonic()
    while child.poll() is None:
        time.sleep(0.05)
        if out.stat().st_size != size:
            size, since = out.stat().st_size, time.monotonic()
        elif time.monotonic() - since > LONGEST:
            child.kill()
            child.wait()
            return f"hangs for more than {LONGEST} s"
    return child.returncode


@pytest.mark.parametrize(("kind", "first", "last"), BATCHES)
def test_mutated(kind: str, first: int, last: int, tmp_path: Path) -> None:
    right, failures = run_cases(kind, first, last, tmp_path)
    assert not failures, f"{len(failures)} failures\n" + "\n".join(failures)
    assert 0 < right < (last - first) * 0.6, f"{right} are right: the mutations are too hard or too soft"
