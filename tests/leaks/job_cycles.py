"""Jobs on a resident cell, and sweeps, over and over; what stays in this process, its server and the nursery.

``python -m tests.leaks.job_cycles SCENARIO CYCLES`` prints one line of JSON: growth of memory in kB a cycle
after warm-up, of this process and of those below it, and how many descriptors, processes, zombies, threads
and temporary files there are more at the end than before.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from bluecellab.spec.protocols import Protocol

HERE = psutil.Process()


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


def memory(process: psutil.Process) -> float:
    """Return what a process has of its own, in kB: what it shares with its forks changes with them."""
    return float(process.memory_full_info().uss) / 1024


def state() -> dict[str, float]:
    """Return what there is."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    below = HERE.children(recursive=True)
    alive = [p for p in below if p.status() != psutil.STATUS_ZOMBIE]
    server = [p for p in alive if p.ppid() == HERE.pid]
    return {
        "parent_kb": memory(HERE),
        "servers_kb": sum(p.memory_info().rss for p in server) / 1024,
        "nurseries_kb": sum(p.memory_info().rss for p in alive if p not in server) / 1024,
        "descriptors": sum(p.num_fds() for p in [HERE, *alive]),
        "processes": len(alive),
        "zombies": len(below) - len(alive),
        "threads": threading.active_count(),
        "files": len(list(Path(tempfile.gettempdir()).iterdir())),
    }


def main(scenario: str, count: int) -> None:
    cycle = SCENARIOS[scenario]
    for _ in range(max(5, count // 5)):
        cycle()
    before = state()
    for _ in range(count):
        cycle()
    after = state()
    growth = {name: after[name] - before[name] for name in after}
    for name in ("parent_kb", "servers_kb", "nurseries_kb"):
        growth[name] /= count
    print(json.dumps({"cycles": count, **growth}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
