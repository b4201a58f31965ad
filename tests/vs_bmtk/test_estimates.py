"""What is estimated of the network of sixty cells is what comes out when it is built and run."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab.circuit.config import read_config
from bluecellab.simulation import run_isolated
from bluecellab.simulation.estimating import estimate
from tests.unit.simulation.estimating.test_estimates import built, check
from tests.vs_bmtk.configs import config, trains_of
from tests.vs_bmtk.networks import need_peer, networks, write_config
from tests.vs_bmtk.variants import SOMA, Case, membrane

pytestmark = pytest.mark.peers

need_peer()


def test_sixty_cells(tmp_path: Path) -> None:
    reports = {"soma": SOMA, "all": membrane("v", [0, 12, 24], "all")}
    case = Case("sixty", plain=True, inputs=trains_of("sixty"), reports=reports, tstop=20.0)
    read = read_config(write_config(config(case, networks()), tmp_path))
    found = estimate(read)
    assert found.exact
    check(found, *run_isolated(built, read, str(tmp_path / "output")))
