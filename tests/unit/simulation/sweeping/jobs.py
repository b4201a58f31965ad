"""What the tests of sweeps run."""

from __future__ import annotations

import os
import time
from pathlib import Path

from bluecellab.cell import Cell
from bluecellab.spec.cells import BallStickCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import SpikeRecording, VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step
from tests.unit.simulation.test_isolation import gone

CELL = BallStickCell()


def protocols(count: int = 5) -> list[Protocol]:
    """Protocols that leave a cell in different states, conditions and integrators."""
    return [
        Protocol(
            duration=10 + number,
            stimuli=(Placed(stimulus=Step(delay=1, duration=8, amplitude=0.2 * number)),),
            recordings=(VoltageRecording(), SpikeRecording(location="soma", threshold=-10)),
            conditions=RunConditions(celsius=30 + number, v_init=-70 + number, cvode=number % 3 == 2),
            name=f"step {number}",
        )
        for number in range(count)
    ]


def double(cell: Cell, number: int) -> int:
    return 2 * number


def fail_at_two(cell: Cell, number: int) -> int:
    if number == 2:
        raise LookupError("no two")
    return number


def sleep(cell: Cell, seconds: float = 60.0, folder: str = "", number: int = 0) -> int:
    if folder:
        Path(folder, f"{os.getpid()}.pid").touch()
    time.sleep(seconds)
    return number


def numbers(count: int) -> list[dict[str, int]]:
    return [{"number": number} for number in range(count)]


def pids(folder: Path, count: int) -> list[int]:
    """Wait until so many jobs have said who they are."""
    for _ in range(1000):
        found = [int(path.stem) for path in folder.glob("*.pid")]
        if len(found) >= count:
            return found
        time.sleep(0.01)
    raise AssertionError("the jobs did not begin")


def await_gone(processes: list[int]) -> None:
    """Wait until processes are gone, for half a second each at most."""
    assert all(gone(pid) for pid in processes)
