"""Run by ``mpirun -n 2 python -m mpi4py.futures``: a sweep over ranks; prints what came of it as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from mpi4py.futures import MPIPoolExecutor

from bluecellab.cell import Cell
from bluecellab.simulation import map_cells, sweep
from tests.unit.simulation.sweeping.jobs import CELL, protocols


def misbehave(cell: Cell, how: str) -> str:
    if how == "crash":
        os.abort()
    if how == "raise":
        raise LookupError("so there")
    return how


def main(folder: Path) -> None:
    with MPIPoolExecutor() as executor:
        outcomes = sweep(CELL, protocols(), executor=executor, save_to=folder).collect()
        unordered = sweep(CELL, protocols(), executor=executor, ordered=False).results()
        ways = [{"how": how} for how in ("crash", "raise", "behave")]
        misbehaved = map_cells(misbehave, CELL, ways, executor=executor).collect()
    answer = {
        "equal": [outcome.unwrap() for outcome in outcomes] == unordered,
        "resumed": [outcome.resumed for outcome in outcomes],
        "errors": [type(outcome.error).__name__ for outcome in misbehaved],
        "value": misbehaved[2].value,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
