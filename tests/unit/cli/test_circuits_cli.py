"""The commands validate and info, which must work on a machine without NEURON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bluecellab.cli import main
from tests.unit.circuit.validation.simulations import edit, write_simulation


@pytest.fixture
def simulation(tmp_path: Path) -> Path:
    return write_simulation(tmp_path / "here")


def test_nothing_is_wrong(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(simulation), "--confine-to", str(simulation.parent)]) == 0
    assert capsys.readouterr().out == f"{simulation}: nothing is wrong\n"
    assert main(["validate", str(simulation), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def _break(simulation: Path) -> None:
    edit(
        simulation,
        lambda c: [c.update(nod_set=1), c["run"].update(dt="x"), c["reports"]["soma"].update(cells="X")],
    )
    (simulation.parent / "points.h5").unlink()


def test_every_problem_is_told(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _break(simulation)
    assert main(["validate", str(simulation)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(simulation)
    assert lines[1].startswith("  nod_set = 1: no such key; did you mean 'node_set'?")
    assert lines[2] == "  run.dt = 'x': a number in ms is needed"
    assert lines[3] == str(simulation.parent / "circuit_config.json")
    assert lines[4].startswith("  networks.nodes[2].nodes_file = '")
    assert lines[4].endswith("no such file; the path of a file is needed")
    assert lines[5] == "3 problems"


def test_problems_as_json(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _break(simulation)
    assert main(["validate", str(simulation), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found[1] == {
        "file": str(simulation),
        "key": "run.dt",
        "value": "x",
        "message": "a number in ms is needed",
        "outside": False,
    }


def test_files_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.json"
    assert main(["validate", str(missing)]) == 1
    assert capsys.readouterr().out == f"{missing}\n  cannot be read: No such file or directory\n1 problem\n"
    assert main(["info", str(missing)]) == 1
    assert "ConfigError" in capsys.readouterr().err
    (tmp_path / "list.json").write_text("[1]")
    assert main(["info", str(tmp_path / "list.json")]) == 1
    assert "a JSON object {...} is needed" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        main(["validate"])
    assert left.value.code == 2


def test_a_path_outside(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(simulation, lambda config: config.update(network="../circuit_config.json"))
    assert main(["validate", str(simulation), "--confine-to", str(simulation.parent)]) == 1
    assert "leaves the folder" in capsys.readouterr().out
    assert main(["info", str(simulation), "--confine-to", str(simulation.parent)]) == 1
    assert "ConfinementError" in capsys.readouterr().err


def test_info_of_a_simulation(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(simulation)]) == 0
    text = capsys.readouterr().out
    blocks = [block.splitlines() for block in text.split("\n\n")]
    assert blocks[0] == [f"simulation: {simulation}", f"circuit: {simulation.parent / 'circuit_config.json'}"]
    assert [block[0].split()[0] for block in blocks[1:]] == [
        "POPULATION",
        "POPULATION",
        "NODE",
        "SETTING",
        "INPUT",
        "MODIFICATION",
        "OVERRIDE",
        "REPORT",
    ]
    assert blocks[1][1].split() == ["S1", "biophysical", "5"]
    assert blocks[2][1].split() == ["S1__S1__chemical", "chemical", "S1", "S1", "9"]
    assert "Everybody  6      S1 4, V 2" in blocks[3]
    assert "Empty      0      empty" in blocks[3]
    assert (
        "soma    compartment      Some    soma      v                     0.1    0        50     soma.h5"
        in text
    )


def test_info_of_a_circuit(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    circuit = simulation.parent / "circuit_config.json"
    edit(simulation.parent / "node_sets.json", lambda sets: sets.update(Round=["Round"]))
    assert main(["info", str(circuit), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert list(facts) == ["circuit", "nodes", "edges", "node_sets"]
    assert facts["nodes"][1] == {"population": "V", "type": "virtual", "nodes": 10}
    assert facts["edges"][1]["edges"] == 6
    by_name = {each["node set"]: each for each in facts["node_sets"]}
    assert by_name["Far"] == {"node set": "Far", "nodes": 3, "of": "S1 3"}
    assert by_name["Round"]["of"].startswith("wrong: ")


@pytest.mark.parametrize("command", ["validate", "info"])
def test_without_neuron(command: str, simulation: Path) -> None:
    text = (
        "import sys; sys.modules['neuron'] = None\n"
        "from bluecellab.cli import main\n"
        "assert main(sys.argv[1:]) == 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text, command, str(simulation)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
