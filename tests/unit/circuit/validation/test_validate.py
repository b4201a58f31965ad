"""validate finds everything that is wrong, all at once, and blames nothing that is right."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab.circuit.config import Problem, read_config
from bluecellab.circuit.validation import check, validate
from bluecellab.errors import ConfigError, ConfinementError
from tests.unit.circuit.config.samples import OVERRIDE, REPORT
from tests.unit.circuit.validation.breakages import CIRCUIT, WRONG
from tests.unit.circuit.validation.simulations import edit, write_simulation


@pytest.fixture
def simulation(tmp_path: Path) -> Path:
    return write_simulation(tmp_path / "here")


def test_nothing_is_wrong(simulation: Path) -> None:
    assert validate(simulation) == []
    assert validate(simulation, confine_to=simulation.parent) == []
    check(read_config(simulation), confine_to=simulation.parent)
    assert not (simulation.parent / "results").exists()


@pytest.mark.parametrize("name", WRONG)
def test_one_thing_is_wrong(name: str, simulation: Path) -> None:
    broken, file, key, words = WRONG[name]
    folder = simulation.parent
    broken(folder)
    found = validate(simulation)
    assert found
    matching = [
        each
        for each in found
        if each.key == key and words in str(each) and (not file or each.file == str(folder / file))
    ]
    assert matching, "\n".join(map(str, found))
    with pytest.raises(ConfigError):
        check(read_config(simulation))


def test_all_at_once(simulation: Path) -> None:
    names = [
        "no spikes",
        "set of an input",
        "cells of a report",
        "target",
        "report between steps",
        "a place on no node",
        "no orientation",
        "no template",
        "skipped altogether",
    ]
    for name in names:
        WRONG[name][0](simulation.parent)
    edit(simulation, lambda config: config.update(nodeset="Some"))
    found = validate(simulation)
    for name in names:
        assert any(WRONG[name][3] in str(each) for each in found), name
    assert found[0].key == "nodeset"
    assert all(isinstance(each, Problem) for each in found)
    assert len({str(each) for each in found}) == len(found)


def test_a_broken_part_does_not_hide_the_rest(simulation: Path) -> None:
    edit(
        simulation,
        lambda config: [config["run"].update(tstop="x"), config["inputs"]["z9_linear"].update(node_set="X")],
    )
    keys = [each.key for each in validate(simulation)]
    assert keys == ["run.tstop", "inputs.z9_linear.node_set"]


def test_what_is_disabled_is_not_looked_at(simulation: Path) -> None:
    def change(config: Any) -> None:
        config["reports"]["off"] = {**REPORT, "enabled": False, "cells": "Nobody", "dt": 0.0333}
        config["reports"]["lfp"] = {"type": "lfp", "enabled": False}

    edit(simulation, change)
    assert validate(simulation) == []


def test_unknown_keys_of_the_circuit_are_tolerated(simulation: Path) -> None:
    edit(
        simulation.parent / "circuit_config.json",
        lambda c: [c.update(more=1), c["components"].update(else_=2)],
    )
    assert validate(simulation) == []


def test_made_in_python(simulation: Path) -> None:
    config = read_config(simulation)
    check(config)
    bad = config.model_copy(update={"node_set": "Nobody"})
    with pytest.raises(ConfigError, match=r"node_set = 'Nobody': no such node set"):
        check(bad)


class TestConfinement:
    def _outside(self, simulation: Path, key: str) -> None:
        found = validate(simulation, confine_to=simulation.parent)
        assert [(each.key, each.outside) for each in found if each.outside] == [(key, True)]

    def test_the_circuit_s_files(self, simulation: Path) -> None:
        folder = simulation.parent
        shutil.move(folder / "edges.h5", folder.parent / "edges.h5")
        edit(folder / CIRCUIT, lambda c: c["networks"]["edges"][0].update(edges_file="../edges.h5"))
        assert validate(simulation) == []
        self._outside(simulation, "networks.edges[0].edges_file")
        with pytest.raises(ConfinementError):
            check(read_config(simulation), confine_to=folder)

    def test_a_link(self, simulation: Path) -> None:
        folder = simulation.parent
        shutil.move(folder / "nodes.h5", folder.parent / "nodes.h5")
        (folder / "nodes.h5").symlink_to(folder.parent / "nodes.h5")
        assert validate(simulation) == []
        self._outside(simulation, "networks.nodes[0].nodes_file")

    def test_a_morphology_through_a_name(self, simulation: Path) -> None:
        folder = simulation.parent
        (folder.parent / "out.swc").write_text("1 1 0 0 0 5 -1\n")
        with h5py.File(folder / "nodes.h5", "a") as file:
            del file["nodes/S1/0/morphology"]
            file["nodes/S1/0/morphology"] = np.array(["../../out"] * 5, dtype=h5py.string_dtype())
        assert any(each.outside for each in validate(simulation, confine_to=folder))

    def test_a_simulation_made_in_python(self, simulation: Path) -> None:
        config = read_config(simulation)
        output = config.output.model_copy(update={"directory": "/somewhere"})
        with pytest.raises(ConfinementError, match=r"output\.output_dir"):
            check(config.model_copy(update={"output": output}), confine_to=simulation.parent)
        with pytest.raises(ConfinementError):
            check(config, confine_to=simulation.parent / "deeper")


def test_without_neuron(simulation: Path) -> None:
    text = (
        "import sys; sys.modules['neuron'] = None\n"
        "from bluecellab.circuit.validation import validate\n"
        "problems = validate(sys.argv[1])\n"
        "assert problems == [], problems\n"
        "assert not any(name.startswith('bluecellab.nrn') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", text, simulation], check=True)
    assert OVERRIDE["source"] == "Some"
