"""The commands rheobase, iv and fi."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from bluecellab.analysis.curves import CurveSettings, fi_curve, iv_curve
from bluecellab.analysis.rheobase import rheobase
from bluecellab.analysis.steps import StepTimes
from bluecellab.cli import main
from bluecellab.spec.cells import BallStickCell
from bluecellab.spec.simulation import RunConditions
from tests.material import material

CELL = BallStickCell()
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def cells(tmp_path: Path) -> Callable[..., list[str]]:
    def write(*names: str) -> list[str]:
        for name in names:
            (tmp_path / f"{name}.json").write_text(CELL.to_json())
        return [str(tmp_path / f"{name}.json") for name in names]

    return write


def test_rheobase_of_the_default_cell(capsys: Capture) -> None:
    assert main(["rheobase", "--precision", "50 pA", "--celsius", "22"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    heading, row = shown.out.splitlines()
    assert heading.split() == "CELL RHEOBASE nA NO SPIKE AT nA HOLDING nA TRIED".split()
    expected = rheobase(CELL, precision=0.05, conditions=RunConditions(celsius=22, cvode="auto"))
    assert row.split()[:3] == ["ball_stick", f"{expected.current:.4f}", f"{expected.below:.4f}"]


def test_rheobase_of_several_cells_as_json_and_csv(
    cells: Callable[..., list[str]], tmp_path: Path, capsys: Capture
) -> None:
    written = tmp_path / "found.csv"
    options = ["--json", "--output", str(written), "--precision", "0.2", "--holding", "0", "--dt", "0.1"]
    assert main(["rheobase", *cells("one", "two"), *options, "--processes", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["command"] == "rheobase"
    assert told["units"]["rheobase"] == "nA"
    assert (told["conditions"]["dt"], told["conditions"]["cvode"]) == (0.1, False)
    assert told["provenance"]["versions"]["neuron"]
    one, two = told["results"]
    assert (one["name"], two["name"]) == ("one", "two")
    assert BallStickCell.from_dict(one["cell"]) == CELL
    assert one["rheobase"] == two["rheobase"]
    assert 0 < one["rheobase"] - one["below"] <= one["precision"] == 0.2
    assert one["holding_current"] == 0
    rows = list(csv.DictReader(io.StringIO(written.read_text())))
    assert [row["cell"] for row in rows] == ["one", "two"]
    assert float(rows[0]["rheobase_nA"]) == one["rheobase"]


def test_one_cell_that_fails_among_others(cells: Callable[..., list[str]], capsys: Capture) -> None:
    good, bad = cells("good", "bad")
    Path(bad).write_text(json.dumps({"type": "python", "factory": "no_such_module:make"}))
    assert main(["rheobase", bad, good, "--json", "--precision", "0.2"]) == 1
    shown = capsys.readouterr()
    failed, fine = json.loads(shown.out)["results"]
    assert "rheobase" not in failed
    assert "no_such_module" in failed["error"]["message"]
    assert fine["rheobase"] > 0
    assert shown.err.startswith("bluecellab: bad: ")
    assert "Traceback" not in shown.err


def test_a_place_that_is_not_there(capsys: Capture) -> None:
    assert main(["rheobase", "--site", "dend[7]"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("bluecellab: ball_stick: SectionNotFoundError: No section 'dend[7]'")


def test_iv(tmp_path: Path, capsys: Capture) -> None:
    written = tmp_path / "iv.json"
    arguments = ["iv", "--currents", "-0.1", "0", "--duration", "200", "--output", str(written)]
    assert main([*arguments, "--processes", "1"]) == 0
    shown = capsys.readouterr()
    assert (shown.err, len(shown.out.splitlines())) == ("", 3)
    told = json.loads(written.read_text())
    settings = CurveSettings.from_dict({**told["settings"], "conditions": told["conditions"]})
    assert settings.times.duration == 200
    curve = iv_curve(CELL, [-0.1, 0], settings=settings)
    assert told["results"][0]["potentials"] == curve.voltages.tolist()
    assert told["units"] == {"currents": "nA", "potentials": "mV", "holding_current": "nA"}


def test_iv_where_there_is_no_steady_potential(tmp_path: Path, capsys: Capture) -> None:
    written = tmp_path / "iv.csv"
    short = ["iv", "--currents", "1", "--duration", "20", "--celsius", "6.3"]
    assert main([*short, "--json", "--output", str(written)]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["results"][0]["potentials"] == [None]
    assert "no steady potential" in shown.err
    assert written.read_text().splitlines()[1] == "ball_stick,1.0,"
    assert main(short) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-1] == "-"


def test_fi_of_several_cells(cells: Callable[..., list[str]], tmp_path: Path, capsys: Capture) -> None:
    written = tmp_path / "fi.csv"
    options = ["--threshold", "0.3", "--bins", "2", "--max-current", "1", "--output", str(written)]
    options += ["--celsius", "6.3", "--duration", "50", "--post-delay", "0"]
    assert main(["fi", *cells("one", "two"), *options]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    settings = CurveSettings(
        times=StepTimes(duration=50, post_delay=0), conditions=RunConditions(celsius=6.3, cvode="auto")
    )
    curve = fi_curve(CELL, [0.3, 1.0], settings=settings)
    assert curve.counts[1] > 1
    rows = list(csv.DictReader(io.StringIO(written.read_text())))
    assert [int(row["spikes"]) for row in rows] == [*curve.counts, *curve.counts]
    assert [float(row["rate_Hz"]) for row in rows[:2]] == curve.rates.tolist()
    assert [row["cell"] for row in rows] == ["one", "one", "two", "two"]


def test_recorded_elsewhere(capsys: Capture) -> None:
    options = ["--currents", "-0.1", "--injected", "dend[0](1)", "--recorded", "dend[0]", "--json"]
    assert main(["iv", *options, "--cvode", "--v-init", "-70"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["settings"]["injected"]["x"], told["settings"]["recorded"]["x"]) == (1, 0.5)
    assert (told["conditions"]["cvode"], told["conditions"]["v_init"]) == (True, -70)
    assert math.isfinite(told["results"][0]["potentials"][0])
    assert main(["iv", "--currents", "0", "--recorded", "axon[7]"]) == 1
    assert "axon[7]" in capsys.readouterr().err


USAGE = [
    (["rheobase", "--precision", "0"], "a positive number in nA is needed"),
    (["rheobase", "--precision", "5 mV"], "wrong unit"),
    (["rheobase", "--celsius", "nan"], "a finite number in degC"),
    (["rheobase", "--site", "soma[0](2)"], "0 to 1 in the brackets"),
    (["rheobase", "--processes", "0"], "whole number of at least 1"),
    (["rheobase", "--cvode", "--dt", "0.1"], "not allowed with"),
    (["rheobase", "--morphology", "cell.asc"], "--morphology needs --template"),
    (["rheobase", "--template", "cell.hoc"], "--template needs --morphology"),
    (["rheobase", "a.json", "--template", "cell.hoc"], "write it into a.json"),
    (["rheobase", "a.json", "a.json"], "given twice"),
    (["rheobase", "--output", "found.xlsx"], "must end in .json or .csv"),
    (["rheobase", "--force"], "--force needs --output"),
    (["iv", "--currents"], "expected at least one argument"),
    (["iv", "--currents", "much"], "not a quantity"),
    (["fi", "--bins", "-3"], "whole number"),
    (["fi", "--max-current", "inf"], "finite number"),
]


@pytest.mark.parametrize(("arguments", "says"), USAGE, ids=lambda each: " ".join(each))
def test_wrong_usage(arguments: list[str], says: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.out == ""


NO_CELLS = [
    ("", "is not JSON"),
    ("{", "is not JSON"),
    ("[]", "is needed"),
    ('{"type": "nix"}', "ball_stick"),
    ("{}", "type"),
    ('{"type": "hoc", "template_path": "a.hoc"}', "morphology_path: is needed"),
    ('{"type": "ball_stick", "colour": 3}', "no such field"),
    ("\udcff", "is not JSON"),
]


@pytest.mark.parametrize(("text", "says"), NO_CELLS)
def test_files_that_are_no_cells(text: str, says: str, tmp_path: Path, capsys: Capture) -> None:
    path, written = tmp_path / "cell.json", tmp_path / "found.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    assert main(["rheobase", str(path), "--output", str(written)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"bluecellab: InvalidSpecError: {path} is not")
    assert says in shown.err
    assert not written.exists()


def test_missing_files(tmp_path: Path, capsys: Capture) -> None:
    assert main(["iv", str(tmp_path / "nix.json")]) == 1
    assert "No such file" in capsys.readouterr().err
    model = {"template": tmp_path / "cell.hoc", "morphology": tmp_path / "cell.asc"}
    named = [text for name, path in model.items() for text in (f"--{name}", str(path))]
    assert main(["iv", *named, "--currents", "0"]) == 1
    assert "cell.hoc" in capsys.readouterr().err


def test_paths_are_relative_to_the_file(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "models").mkdir()
    spec = {"type": "hoc", "template_path": "cell.hoc", "morphology_path": "cell.asc"}
    (tmp_path / "models" / "cell.json").write_text(json.dumps(spec))
    assert main(["rheobase", str(tmp_path / "models" / "cell.json")]) == 1
    assert str(tmp_path / "models" / "cell.hoc") in capsys.readouterr().err


def test_files_are_not_overwritten(tmp_path: Path, capsys: Capture) -> None:
    written = tmp_path / "iv.csv"
    written.write_text("precious")
    arguments = ["iv", "--currents", "0", "--output", str(written)]
    assert main(arguments) == 1
    assert "is there already" in capsys.readouterr().err
    assert written.read_text() == "precious"
    assert main([*arguments, "--force"]) == 0
    assert written.read_text().startswith("cell,current_nA")
    assert main(["iv", "--output", str(tmp_path / "nix" / "iv.csv")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    (tmp_path / "folder.csv").mkdir()
    assert main(["iv", "--output", str(tmp_path / "folder.csv"), "--force"]) == 1
    assert "is a folder" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv", "iv.csv"]


@pytest.mark.material
def test_a_real_cell(tmp_path: Path, capsys: Capture) -> None:
    model = material().cell("l5pc_v6")
    template = ["--template", str(model.template), "--morphology", str(model.morphology)]
    options = ["--format", model.template_format, "--mechanisms", str(model.mechanisms), "--holding", "-0.05"]
    short = ["--currents", "-0.1", "0", "--delay", "20", "--duration", "50", "--v-init", "-80"]
    assert main(["iv", *template, *options, *short, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["results"]
    lower, upper = told["potentials"]
    assert -95 < lower < upper < -60
    assert told["holding_current"] == -0.05
    cell = tmp_path / "cell.json"
    cell.write_text(json.dumps(told["cell"]))
    assert main(["iv", str(cell), *short, "--json", "--processes", "1"]) == 0
    (again,) = json.loads(capsys.readouterr().out)["results"]
    assert again["potentials"] == told["potentials"]


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    for module in ("progress", "measuring"):
        monkeypatch.setattr(f"bluecellab.cli.{module}.shows_progress", lambda: True)
    short = ["iv", "--currents", "-0.1", "0", "--duration", "20", "--json"]
    assert main(short) == 0
    shown = capsys.readouterr()
    assert len(json.loads(shown.out)["results"][0]["potentials"]) == 2
    assert "simulations [" in shown.err
    assert main(["rheobase", "--precision", "0.5"]) == 0
    assert "1/1" in capsys.readouterr().err
