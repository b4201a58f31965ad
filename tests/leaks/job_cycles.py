"""Jobs on a resident cell, and sweeps, over and over; what stays in this process, its server and the nursery.

``python -m tests.leaks.job_cycles SCENARIO CYCLES`` prints one line of JSON: growth of memory in kB a cycle
after warm-up, of this process and of those below it, and how many descriptors, processes, zombies, threads
and temporary files there are more at the end than before. The cycles are looked at in ten stretches;
``steady_kb`` is the growth of this process in the median stretch, which a step (Python takes memory a megabyte
at a time) does not touch, but a leak does.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil

from bluecellab.spec.protocols import Protocol

HERE = psutil.Process()
STRETCHES = 10
PATIENCE = 100  # looks, each 0.05 s after the one before


def _protocol() -> Protocol:
    return Protocol.of_step(0.5, 1.0, 3.0, 1.0)


def jobs() -> None:
    from bluecellab.simulation.isolation import Isolation
    from bluecellab.simulation.protocol import run_on
    from bluecellab.spec.cells import BallStickCell

    Isolation(cell=BallStickCell()).run(run_on, _protocol())


def detailed_jobs() -> None:
    from bluecellab.simulation.isolation import Isolation
    from bluecellab.simulation.protocol import run_on
    from bluecellab.spec.cells import HocCell
    from tests.material import material

    model = material().cell("sscx_bluepyopt")
    spec = HocCell(
        template_path=str(model.template),
        morphology_path=str(model.morphology),
        template_format=model.template_format,
        emodel_properties=model.emodel_properties,
        mechanisms=str(model.mechanisms),
    )
    Isolation(cell=spec).run(run_on, _protocol())


def failing_jobs() -> None:
    from bluecellab.errors import WorkerError
    from bluecellab.simulation.isolation import Isolation
    from bluecellab.spec.cells import BallStickCell

    for die in (lambda cell: os.abort(), lambda cell: cell, lambda cell: 1 / 0):
        try:
            Isolation(cell=BallStickCell(), time_limit=20.0).run(die)
        except WorkerError:
            continue
        raise AssertionError


def sweeps() -> None:
    from bluecellab.simulation.sweeping import sweep
    from bluecellab.spec.cells import BallStickCell

    assert all(outcome.ok for outcome in sweep(BallStickCell(), [_protocol()] * 4, processes=2))


def cancelled_sweeps() -> None:
    from bluecellab.simulation.sweeping import map_cells
    from bluecellab.spec.cells import BallStickCell

    with map_cells(
        lambda cell, n: time.sleep(0.05 * n), BallStickCell(), [{"n": n} for n in range(9)]
    ) as some:
        next(some)


def cells() -> None:
    """Many cells: a nursery for each, most of which end again."""
    from bluecellab.simulation.sweeping import map_cells
    from bluecellab.spec.base import CellId
    from bluecellab.spec.cells import BallStickCell

    several = [BallStickCell(id=CellId("", number)) for number in range(6)]
    assert map_cells(lambda cell: cell.cell_id.id, several, processes=2).results() == list(range(6))


SCENARIOS: dict[str, Callable[[], None]] = {
    "jobs": jobs,
    "detailed_jobs": detailed_jobs,
    "failing_jobs": failing_jobs,
    "sweeps": sweeps,
    "cancelled_sweeps": cancelled_sweeps,
    "cells": cells,
}


def memory(processes: list[psutil.Process]) -> float:
    """Return what processes have written to memory, in kB.

    Pages of files (the code of libraries) are not counted: a process has those that it has come by, and
    a nursery of a minute ago has some more of them than one that still looks after its first worker.
    """
    total = 0
    for process in processes:
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just gone
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
            total += sum(map(int, re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", status, re.MULTILINE)))
    return float(total)


def look() -> dict[str, float]:
    """Return what there is."""
    alive, zombies, descriptors = [], 0, HERE.num_fds()
    for process in HERE.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() == psutil.STATUS_ZOMBIE:
                zombies += 1
            else:
                descriptors += process.num_fds()
                alive.append(process)
    servers = [process for process in alive if process.ppid() == HERE.pid]
    return {
        "parent_kb": memory([HERE]),
        "servers_kb": memory(servers),
        "nurseries_kb": memory([process for process in alive if process not in servers]),
        "descriptors": descriptors,
        "processes": len(alive),
        "zombies": zombies,
        "threads": threading.active_count(),
        "files": len(list(Path(tempfile.gettempdir()).iterdir())),
    }


def state() -> dict[str, float]:
    """Return what there is when all have come to rest: who has an answer does not wait for its worker to go."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    now, before = look(), None
    for _ in range(PATIENCE):
        if now == before:
            break
        time.sleep(0.05)
        now, before = look(), now
    return now


def main(scenario: str, count: int) -> None:
    cycle = SCENARIOS[scenario]
    for _ in range(max(5, count // 5)):
        cycle()
    states = [state()]
    for _ in range(STRETCHES):
        for _ in range(count // STRETCHES):
            cycle()
        states.append(state())
    growth = {name: states[-1][name] - states[0][name] for name in states[0]}
    for name in ("parent_kb", "servers_kb", "nurseries_kb"):
        growth[name] /= count
    steps = [after["parent_kb"] - before["parent_kb"] for before, after in pairwise(states)]
    growth["steady_kb"] = statistics.median(steps) / (count // STRETCHES)
    print(json.dumps({"cycles": count, **growth}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
