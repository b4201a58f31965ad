"""Reports of several ranks: the files that one process writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab.results.sonata import read_report
from tests.mpi.ranked import ranked
from tests.unit.simulation.circuit.allen.network import CONFIG
from tests.unit.simulation.circuit.small import simulation, write_network

pytestmark = pytest.mark.mpi

SCRIPT = """
from tests.mpi.reporting import main
main(os.environ["CONFIG"], *sys.argv[1:])
"""
T_STOP = 20.0


def obi(folder: Path) -> Path:
    """Reports of every type; cells 1 and 3 alone are on at most two ranks."""
    base = {"cells": "All", "variable_name": "v", "dt": 0.1, "start_time": 0, "end_time": T_STOP}
    reports = {
        "soma": {**base, "type": "compartment"},
        "all": {**base, "type": "compartment", "sections": "all", "dt": 0.5, "start_time": 5},
        "two": {**base, "type": "compartment", "cells": "Two", "variable_name": "hh.m"},
        "current": {**base, "type": "summation", "variable_name": "i_membrane,IClamp", "sections": "all"},
        "synapses": {
            **base, "type": "synapse", "variable_name": "Exp2Syn.g", "sections": "all", "start_time": 10,
        },
        "places": {**base, "type": "compartment_set", "compartment_set": "ends"},
    }  # fmt: skip
    path = write_network(folder, reports=reports, compartment_sets_file="places.json")
    places = [[4, 0, 0.5], [1, 1, 0.25], [1, 1, 0.9], [0, 2, 1.0]]
    places = sorted(places)
    (folder / "places.json").write_text(json.dumps({"ends": {"population": "A", "compartment_set": places}}))
    return changed(path, run={**simulation()["run"], "tstop": T_STOP})  # type: ignore[dict-item]


def allen(folder: Path) -> Path:
    shutil.copytree(CONFIG.parent, folder, ignore=shutil.ignore_patterns("output"))
    values = json.loads((folder / CONFIG.name).read_text())
    everywhere = {"module": "membrane_report", "cells": "detailed", "sections": "all"}
    reports = {
        **values["reports"],
        "calcium": {**everywhere, "variable_name": "m_hh", "cells": "first_two"},
        "imem": {**everywhere, "variable_name": "i_membrane", "dt": 0.5, "start_time": 3.0},
        "g": {"module": "netcon_report", "cells": "detailed", "variable_name": "g", "syn_type": None},
        "clamps": {"module": "clamp_report", "cells": "detailed", "variable_name": "ic"},
        "saved": {"module": "save_synapses", "network_dir": "$HERE/output/saved"},
        "field": {**values["reports"]["field"], "contributions_dir": "parts", "file_name_nwb": "field.nwb"},
    }
    run = {**values["run"], "tstop": T_STOP}
    return changed(folder / CONFIG.name, reports=reports, run=run)


def changed(path: Path, **sections: Any) -> Path:
    path.write_text(json.dumps({**json.loads(path.read_text()), **sections}))
    return path


DIALECTS = {"obi": obi, "allen": allen}


def simulated(tmp_path: Path, dialect: str, count: int, *how: str) -> Path:
    """Return the output folder of a simulation on so many ranks."""
    config = DIALECTS[dialect](tmp_path / f"{dialect}_{count}")
    ran = ranked(tmp_path, count, SCRIPT, *how, CONFIG=str(config))
    assert ran.code == 0, ran.err
    return config.parent / "output"


def content(path: Path) -> dict[str, Any]:
    """Return every data set and attribute of a file, but what is different in each NWB file."""
    found: dict[str, Any] = {}

    def note(name: str, item: h5py.Group | h5py.Dataset) -> None:
        for title, value in item.attrs.items():
            if title != "object_id" and not isinstance(value, h5py.Reference):
                found[f"{name}@{title}"] = value
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf":
            found[name] = (item.dtype, item[()])

    with h5py.File(path) as file:
        note("", file)
        file.visititems(note)
    return found


def assert_equal(one: Path, other: Path, *, summed: bool = False) -> None:
    ours, theirs = content(one), content(other)
    assert list(ours) == list(theirs), one.name
    for name, value in ours.items():
        if not isinstance(value, tuple):
            assert np.array_equal(value, theirs[name]), (one.name, name)
        elif summed and name.endswith("/data"):
            scale = np.abs(value[1]).max()
            np.testing.assert_allclose(value[1], theirs[name][1], rtol=0, atol=1e-12 * scale)
        else:
            assert value[0] == theirs[name][0], (one.name, name)
            assert np.array_equal(value[1], theirs[name][1]), (one.name, name)


def files_of(output: Path) -> set[str]:
    kept = {".h5", ".nwb"}
    found = {str(path.relative_to(output)) for path in output.rglob("*") if path.is_file()}
    assert not [name for name in found if ".partial" in name]
    return {name for name in found if Path(name).suffix in kept}


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("obi", {"soma.h5", "all.h5", "two.h5", "current.h5", "synapses.h5", "places.h5", "out.h5"}),
        (
            "allen",
            {
                "soma.h5", "everywhere.h5", "calcium.h5", "imem.h5", "g.h5", "clamps.h5", "spikes.h5",
                "field.h5", "field.nwb", "saved/cells_cells_edges.h5", "saved/fibres_cells_edges.h5",
                *(f"parts/{gid}.h5" for gid in range(5)),
            },
        ),
    ],
)  # fmt: skip
def test_files_are_those_of_one_process(tmp_path: Path, dialect: str, expected: set[str]) -> None:
    alone = simulated(tmp_path, dialect, 1)
    assert files_of(alone) == expected
    for count in (2, 4):
        together = simulated(tmp_path, dialect, count)
        assert files_of(together) == expected
        for name in sorted(expected):
            assert_equal(alone / name, together / name, summed=name.startswith("field"))


def test_a_continued_run(tmp_path: Path) -> None:
    reports = {
        "soma": {
            "type": "compartment", "cells": "All", "variable_name": "v", "dt": 0.1, "start_time": 0,
            "end_time": T_STOP,
        }
    }  # fmt: skip
    outputs = []
    for count in (1, 2):
        config = write_network(tmp_path / str(count), reports=reports)
        ran = ranked(tmp_path, count, SCRIPT, "continued", CONFIG=str(config))
        assert ran.code == 0, ran.err
        outputs.append(config.parent / "output")
        assert [path.name for path in outputs[-1].iterdir()] == ["soma.h5"]
    assert_equal(outputs[0] / "soma.h5", outputs[1] / "soma.h5")
    assert len(read_report(outputs[0] / "soma.h5", "A").times) == 200


def test_nothing_is_there_of_any_rank(tmp_path: Path) -> None:
    """What is missing is so on no rank; and what one rank lacks is no error."""
    config = obi(tmp_path / "net")
    report = {"type": "compartment", "variable_name": "nothing", "cells": "Two", "dt": 0.1}
    changed(config, reports={"bad": {**report, "sections": "all", "start_time": 0, "end_time": 5}})
    ran = ranked(tmp_path, 4, SCRIPT, CONFIG=str(config))
    assert ran.code != 0
    assert "no variable 'nothing' at" in ran.err
