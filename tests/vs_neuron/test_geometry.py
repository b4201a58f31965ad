"""The geometry of the first and of later cells is bit for bit that of NEURON's own Import3d."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab import run_isolated
from bluecellab.nrn import geometry as memory
from tests.material import material
from tests.vs_neuron.jobs import BALL, Job, bare_outcome, our_geometry, real, same

REAL = [
    "sscx_v6",
    "sscx_v6_scaled",
    "sscx_bluepyopt",
    "l5pc_v6",
    "l5pc_bluepyopt",
    "l5pc_v5",
]


def check(job: Job, folder: Path) -> None:
    theirs = bare_outcome(job, folder, cells=2, run=False)
    memory.forget()
    first = job.model.ours()  # reads the file
    of_first = our_geometry(first)
    second = job.model.ours()  # replays what was read
    first.close()
    third = job.model.ours()
    for ours, number in ((of_first, 0), (our_geometry(second), 0), (our_geometry(third), 1)):
        prefix = f"geometry/{number}/"
        same(ours, {name.removeprefix(prefix): array for name, array in theirs.items()})
    second.close()
    third.close()


def test_ball_and_stick(tmp_path: Path) -> None:
    check(Job(BALL), tmp_path)


@pytest.mark.material
@pytest.mark.parametrize("name", REAL)
def test_real(name: str, tmp_path: Path) -> None:
    material()
    run_isolated(check, Job(real(name)), tmp_path)  # families of mechanisms exclude each other
