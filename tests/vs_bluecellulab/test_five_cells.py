"""The circuit of the examples against the peer: bit for bit the same.

Two things are changed for the peer: it makes Exp2Syn only where an override says so, and noise of Ornstein and
Uhlenbeck that begins late is another one there (see test_circuit_inputs). It also needs compiled mechanisms,
for replayed spikes.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bluecellab import CircuitSimulation
from bluecellab.nrn.mechanisms import build
from tests.material import material

pytestmark = [pytest.mark.peers, pytest.mark.material, pytest.mark.timeout(300)]

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "five_cells"
TSTOP = 150.0
CELLS = [("Column", node) for node in range(5)]
OVERRIDE = {
    "name": "model",
    "source": "Everything",
    "target": "Column",
    "modoverride": "Exp2Syn",
    "weight": 1.0,
}


def test_five_cells(tmp_path: Path) -> None:
    config = json.loads((EXAMPLE / "simulation_config.json").read_text())
    config["network"] = str(EXAMPLE / "circuit_config.json")
    config["inputs"]["replay"]["spike_file"] = str(EXAMPLE / "input_spikes.h5")
    config["inputs"]["noise"]["delay"] = 0.0
    config |= {"reports": {}, "connection_overrides": [OVERRIDE], "output": {"output_dir": "output"}}
    path = tmp_path / "simulation_config.json"
    path.write_text(json.dumps(config))
    flags = {"add_synapses": True, "add_projections": True, "add_stimuli": True}
    job = {"config": str(path), "cells": CELLS, "flags": flags, "trains": [], "t_stop": TSTOP}
    (tmp_path / "jobs.json").write_text(json.dumps([job]))
    assert _PYTHON is not None
    done = subprocess.run(
        [_PYTHON, str(Path(__file__).parent / "oracle_circuits.py"), "jobs.json", "results.npz"],
        cwd=tmp_path,
        env={**os.environ, "BLUECELLULAB_MOD_LIBRARY_PATH": str(build(material().mechanisms["sscx"]).path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(tmp_path / "results.npz") as theirs, CircuitSimulation(path, seeds="bluecellulab") as ours:
        assert "0/error" not in theirs, theirs["0/error"]
        ours.instantiate(CELLS, minis=False)
        ours.run(TSTOP)
        for index, cell_id in enumerate(ours.cells):
            assert np.array_equal(ours.get_voltage_trace(cell_id), theirs[f"0/{index}/soma"])
            assert np.array_equal(ours.spikes[cell_id], theirs[f"0/{index}/spikes"])
            assert len(ours.spikes[cell_id]) > 3
