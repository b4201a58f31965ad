"""What is wrong with a simulation of the Allen dialect: all of it, and nothing that is right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bluecellab.circuit import validate
from bluecellab.circuit.config import Problem, read_config
from bluecellab.circuit.validation import check
from bluecellab.cli import main
from bluecellab.errors import ConfigError, ConfinementError
from bluecellab.spec.allen import AllenConfig
from bluecellab.spec.functions import (
    CELL_PROCESSORS,
    SYNAPSE_MODELS,
    WEIGHT_FUNCTIONS,
    add_cell_processor,
    add_synapse_model,
    add_weight_function,
)
from tests.unit.circuit.config.allen.mistakes import put
from tests.unit.circuit.validation.allen.breakages import BREAKAGES
from tests.unit.circuit.validation.allen.breaking import table, truncated
from tests.unit.circuit.validation.allen.network import TABLES, write_network


def test_nothing_is_wrong(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    assert validate(path) == []
    assert validate(path, confine_to=tmp_path) == []
    config = read_config(path)
    assert isinstance(config, AllenConfig)
    check(config)
    check(config, confine_to=tmp_path)
    check(AllenConfig.from_json(config.to_json()))


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_breakage(name: str, tmp_path: Path) -> None:
    breakage, key, words = BREAKAGES[name]
    path = breakage(tmp_path)
    found = validate(path)
    blamed = [each for each in found if (not key or each.key == key) and words in str(each)]
    assert blamed, found
    assert len(found) <= 4, found
    try:
        config = read_config(path)
    except ConfigError:
        return  # reading it was enough
    with pytest.raises(ConfigError) as caught:
        check(config)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "network/internal_nodes.h5",
        "network/recurrent.h5",
        "lgn_spikes.h5",
        "circuit_config.json",
        "simulation_config.json",
        "components/cells/fit.json",
        "network/internal_types.csv",
    ],
)
def test_truncated(name: str, tmp_path: Path) -> None:
    path = truncated(tmp_path, name)
    found = validate(path)
    assert found
    assert all(isinstance(each, Problem) and each.message for each in found)


def test_all_at_once(tmp_path: Path) -> None:
    def change(made: Any) -> None:
        for path, value in (
            ("inputs/lgn/input_file", "absent.h5"),
            ("inputs/step/node_set", "nobody"),
            ("reports/some/dt", 0.25),
            ("reports/ecp/electrode_positions", "absent.csv"),
        ):
            put(path, value)(made)

    path = write_network(tmp_path, change)
    (tmp_path / "components" / "cells" / "fit.json").unlink()
    types = tmp_path / "network" / "recurrent_types.csv"
    types.write_text(TABLES["recurrent_types.csv"].replace("wmax", "other"))
    found = validate(path)
    text = "\n".join(map(str, found))
    for words in ("absent.h5", "nobody", "0.25", "absent.csv", "fit.json", "other"):
        assert words in text
    assert len(found) == 7, text  # two kinds of cells need the absent file


def test_what_is_registered(tmp_path: Path) -> None:
    path = table("recurrent_types.csv", "wmax", "my_weight")(tmp_path)
    types = tmp_path / "network" / "lgn_internal_types.csv"
    types.write_text(types.read_text().replace("Exp2Syn", "my_synapse"))
    types = tmp_path / "network" / "internal_types.csv"
    types.write_text(types.read_text().replace("aibs_perisomatic cell.swc", "aibs_perisomatic,mine cell.swc"))
    assert len(validate(path)) == 3
    add_weight_function(lambda *_: 1.0, "my_weight")
    add_synapse_model(lambda *_: None, "my_synapse")
    add_cell_processor(lambda hobj, *_: hobj, "mine")
    try:
        assert validate(path) == []
    finally:
        WEIGHT_FUNCTIONS.remove("my_weight")
        SYNAPSE_MODELS.remove("my_synapse")
        CELL_PROCESSORS.remove("mine")


def test_leaving_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = write_network(inside)
    (tmp_path / "lgn_spikes.h5").write_bytes((inside / "lgn_spikes.h5").read_bytes())
    (inside / "lgn_spikes.h5").unlink()
    (inside / "lgn_spikes.h5").symlink_to(tmp_path / "lgn_spikes.h5")
    config = read_config(path)
    assert isinstance(config, AllenConfig)
    check(config)
    with pytest.raises(ConfinementError, match=r"inputs\.lgn\.input_file.*leaves the folder"):
        check(config, confine_to=inside)
    assert any(each.outside for each in validate(path, confine_to=inside))


def test_folders_that_nothing_needs_may_be_absent(tmp_path: Path) -> None:
    path = write_network(tmp_path, None, put("components/filter_models_dir", "absent"))
    assert validate(path) == []


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_network(tmp_path, put("reports/soma/sectoins", "all"))
    assert main(["validate", str(path)]) == 1
    assert "did you mean 'sections'" in capsys.readouterr().out
    path = write_network(tmp_path)
    assert main(["validate", str(path)]) == 0
    assert main(["info", str(path)]) == 0
    out = capsys.readouterr().out
    for words in ("internal", "lgn_to_internal", "current_clamp", "soma.h5", "34 degC", "bio"):
        assert words in out
    assert main(["info", "--json", str(tmp_path / "circuit_config.json")]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [each["nodes"] for each in facts["nodes"]] == [5, 4]
    assert [each["edges"] for each in facts["edges"]] == [5, 12]


def test_functions_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table("recurrent_types.csv", "wmax", "from_a_file")(tmp_path)
    functions = tmp_path / "functions.py"
    functions.write_text(
        "from bluecellab.spec.functions import synaptic_weight\n"
        "@synaptic_weight\ndef from_a_file(edge, source, target): return 1.0\n"
    )
    try:
        assert main(["validate", "--functions", str(functions), str(path)]) == 0
    finally:
        WEIGHT_FUNCTIONS.remove("from_a_file")
    capsys.readouterr()
    assert main(["validate", str(path)]) == 1


def test_neuron_is_not_needed(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    code = (
        "import sys; sys.modules['neuron'] = sys.modules['pandas'] = None\n"
        "from bluecellab.circuit import validate\n"
        f"assert validate({str(path)!r}) == []\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
