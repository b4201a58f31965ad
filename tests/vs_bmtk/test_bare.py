"""The network ``one`` against a hand-written script, also where BMTK does not do what a configuration says.

BMTK's voltage clamps hold 0 mV in the first step of a run and begin a step late, and for extracellular potentials it
inserts a mechanism that changes voltages.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.vs_bmtk.comparing import potential_of, report_of, spikes_of
from tests.vs_bmtk.configs import config
from tests.vs_bmtk.files import files
from tests.vs_bmtk.networks import PYTHON, ask, library, need_peer, networks, write_config
from tests.vs_bmtk.ours import simulate
from tests.vs_bmtk.variants import CASES, Block, Case

pytestmark = [pytest.mark.peers, pytest.mark.material, pytest.mark.timeout(300)]
need_peer()

ELECTRODES: Block = {
    "module": "extracellular",
    "cells": "cortex",
    "electrode_positions": "$FILES/line.csv",
    "file_name": "ecp.h5",
}
WHAT = {
    "plain": CASES["one"],
    "clamped": CASES["seclamp"],
    "electrodes": Case("one", tstop=60.0, reports={"ecp": ELECTRODES}),
}


@pytest.mark.parametrize("what", WHAT)
def test_same(tmp_path: Path, what: str) -> None:
    root = networks()
    ours = simulate(write_config(config(WHAT[what], root), tmp_path))
    result = tmp_path / "bare.npz"
    script = Path(__file__).with_name("bare.py")
    electrodes = files(root) / "line.csv"
    ask([PYTHON, *map(str, (script, library(root), root, what, electrodes, result))], tmp_path)
    with np.load(result) as bare:
        voltages = report_of(ours / "soma.h5")["cortex"]["data"][:, 0]
        assert np.abs(voltages - bare["v"]).max() <= 1e-9
        _, times = spikes_of(ours / "spikes.h5")["cortex"]
        assert len(times) == len(bare["spikes"]) > 0
        assert np.abs(times - bare["spikes"]).max() <= 1e-9
        if what == "electrodes":
            found, _ = potential_of(ours / "ecp.h5")
            assert np.abs(found - bare["ecp"]).max() <= 1e-9 * np.abs(bare["ecp"]).max()
