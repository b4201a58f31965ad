"""Reports and spikes of a whole simulation: the same content as the peer's files.

The peer writes compartment reports of the middles of sections, for node sets that name their population.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bluecellab import run_sonata
from bluecellab.results.sonata import read_report, read_spikes
from tests.unit.simulation.circuit.small import write_network

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

TSTOP = 40.0
CELLS = [["A", node] for node in range(5)]
_TIMES = {"start_time": 0.0, "end_time": TSTOP, "dt": 0.1}
_V = {"type": "compartment", "cells": "All", "variable_name": "v", "compartments": "center"}
REPORTS = {
    "soma": {**_V, **_TIMES, "sections": "soma"},
    "dendrites": {**_V, **_TIMES, "sections": "dend"},
    "late": {**_V, "sections": "apic", "start_time": 5.0, "end_time": 25.0, "dt": 0.5},
    "two": {**_V, **_TIMES, "cells": "Two", "sections": "soma", "variable_name": "hh.m", "unit": "1"},
    "every_step": {**_V, **_TIMES, "dt": 0.025, "file_name": "another_name"},
    "places": {
        "type": "compartment_set", "compartment_set": "places", "variable_name": "v", **_TIMES,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the peer's files, and of ours."""
    folder = tmp_path_factory.mktemp("reports")
    # edges that both take without helpers: the peer makes Exp2Syn only by an override
    override = {
        "name": "model",
        "source": "Everything",
        "target": "All",
        "modoverride": "Exp2Syn",
        "weight": 1.0,
    }
    override["spont_minis"] = 0.0  # which the peer is not asked for
    config = write_network(
        folder,
        run={"tstop": TSTOP, "dt": 0.025, "random_seed": 3},
        reports=REPORTS,
        connection_overrides=[override],
        compartment_sets_file="compartments.json",
        node_sets_file="node_sets.json",
        inputs={
            "step": {
                "module": "linear", "input_type": "current_clamp", "amp_start": 0.3, "delay": 5,
                "duration": 60, "node_set": "All",
            }
        },
    )  # fmt: skip
    sets = folder / "node_sets.json"
    everything = {"Virtual": {"population": "V"}, "Everything": ["All", "Virtual"]}
    sets.write_text(json.dumps({**json.loads(sets.read_text()), **everything}))
    places = [[0, 0, 0.5], [0, 1, 0.2], [1, 1, 0.5], [4, 2, 0.9]]
    (folder / "compartments.json").write_text(
        json.dumps({"places": {"population": "A", "compartment_set": places}})
    )
    job = json.dumps({"config": str(config), "cells": CELLS, "tstop": TSTOP})
    assert _PYTHON is not None
    done = subprocess.run(
        [_PYTHON, str(Path(__file__).parent / "oracle_reports.py"), job],
        cwd=folder, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    ours = run_sonata(config, output=folder / "ours", seeds="bluecellulab").output
    return folder / "output", ours


@pytest.mark.parametrize("name", REPORTS)
def test_same_report(outputs: tuple[Path, Path], name: str) -> None:
    file = f"{REPORTS[name].get('file_name', name)}.h5"
    theirs, ours = (read_report(folder / file, "A") for folder in outputs)
    assert np.array_equal(ours.layout.node_ids, theirs.layout.node_ids)
    assert np.array_equal(ours.layout.element_ids, theirs.layout.element_ids)
    assert np.array_equal(ours.layout.index_pointers, theirs.layout.index_pointers)
    assert (ours.start, ours.dt, ours.unit) == (theirs.start, theirs.dt, theirs.unit)
    assert ours.data.shape == theirs.data.shape
    assert np.ptp(ours.data) > 0
    assert np.array_equal(ours.data, theirs.data)


def test_same_spikes(outputs: tuple[Path, Path]) -> None:
    theirs, ours = (read_spikes(folder / "out.h5")["A"] for folder in outputs)
    assert len(ours[0]) > 10
    # ours are sorted by id where times are the same
    assert [row[np.lexsort(ours[::-1])].tolist() for row in ours] == [
        row[np.lexsort(theirs[::-1])].tolist() for row in theirs
    ]
