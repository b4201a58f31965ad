"""The command plot, and validate-cell, whose page has figures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from bluecellab.cli import main
from bluecellab.results.sonata.spikes import write_spikes
from bluecellab.spec.cells import BallStickCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.stimuli import Step

Capture = pytest.CaptureFixture[str]
BEGINS = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    step = Placed(stimulus=Step(delay=5, duration=10, amplitude=0.3))
    path = tmp_path / "protocol.json"
    path.write_text(Protocol(duration=20, stimuli=(step,), name="a step").to_json())
    return path


@pytest.fixture
def spikes(tmp_path: Path) -> Path:
    first, second = ([1.0, 5.0, 2.0], [0, 0, 3]), ([4.0], [7])
    return write_spikes(tmp_path / "spikes.h5", {"first": first, "second": second})


KINDS = [
    ("response --protocol PROTOCOL", ".svg"),
    ("traces --protocol PROTOCOL --dt 0.1 --celsius 20", ".png"),
    ("morphology --variable gnabar_hh", ".pdf"),
    ("morphology --dimensions 3", ".png"),
    ("dendrogram --title Tree", ".svg"),
    ("iv --currents -0.1 0 --duration 50", ".svg"),
    ("fi --currents 0.1 1 --duration 20 --celsius 6.3", ".svg"),
    ("bap --amplitude 3 --celsius 20 --dt 0.1", ".svg"),
    ("raster SPIKES --until 4.5 --bin-width 1", ".svg"),
    ("raster SPIKES --population second", ".png"),
]


@pytest.mark.parametrize(("words", "suffix"), KINDS, ids=[words for words, _ in KINDS])
def test_kinds(
    words: str, suffix: str, protocol: Path, spikes: Path, tmp_path: Path, capsys: Capture
) -> None:
    given = {"PROTOCOL": str(protocol), "SPIKES": str(spikes)}
    written = tmp_path / f"figure{suffix}"
    arguments = ["plot", *(given.get(word, word) for word in words.split()), "--output", str(written)]
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{written} written\n"
    content = written.read_bytes()
    assert content.startswith(BEGINS[suffix])
    assert len(content) > 3000
    assert main(arguments) == 1
    assert "is there already" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.glob("*figure*")) == [written.name]


def test_a_cell_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "cell.json").write_text(BallStickCell().to_json())
    written = tmp_path / "cell.svg"
    assert main(["plot", "dendrogram", str(tmp_path / "cell.json"), "--output", str(written)]) == 0
    assert written.stat().st_size > 3000


FAILING = [
    ("response --protocol nix.json", "nix.json cannot be read"),
    ("response --protocol wrong.json", "Protocol: duration: should be"),
    ("morphology --variable nix", "nix"),
    ("dendrogram nix.json", "nix.json cannot be read"),
    ("raster nix.h5", "nix.h5"),
    ("raster wrong.json", "wrong.json"),
]


@pytest.mark.parametrize(("words", "says"), FAILING, ids=[words for words, _ in FAILING])
def test_what_cannot_be_drawn(
    words: str, says: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.json").write_text('{"duration": -1}')
    assert main(["plot", *words.split(), "--output", "figure.png"]) == 1
    shown = capsys.readouterr()
    assert says in shown.err
    assert "Traceback" not in shown.err
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.json"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "required: KIND"),
        ("nix", "invalid choice"),
        ("iv", "required: --output"),
        ("iv --output figure.gif", "must end in .png or .pdf or .svg"),
        ("bap --output figure.png", "required: --amplitude"),
        ("morphology --dimensions 4 --output figure.png", "invalid choice"),
        ("raster --output figure.png", "required: spikes.h5"),
    ],
)
def test_wrong_usage(words: str, says: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as left:
        main(["plot", *words.split()])
    assert left.value.code == 2
    assert says in capsys.readouterr().err


QUICK = ["validate-cell", "--threshold", "0.3", "--only", "hyperpolarization_test"]


def test_validation_passes(tmp_path: Path, capsys: Capture) -> None:
    written = tmp_path / "report.html"
    assert main([*QUICK, "--output", str(written), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["results"]
    assert told["passed"]
    assert told["properties"]["rheobase"] == 0.3
    assert told["results"][0]["key"] == "hyperpolarization_test"
    assert "Hyperpolarization" in written.read_text()


def test_validation_fails(tmp_path: Path, capsys: Capture) -> None:
    suite, written = tmp_path / "suite.json", tmp_path / "report.csv"
    failing = {
        "name": "huge",
        "title": "Input resistance",
        "measurement": {"type": "property", "name": "holding_current"},
        "criterion": {"type": "greater_than", "threshold": 1.0},
    }
    suite.write_text(json.dumps({"validations": [failing], "properties": []}))
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(BallStickCell().to_json())
    cells = [str(tmp_path / "one.json"), str(tmp_path / "two.json")]
    assert main(["validate-cell", *cells, "--suite", str(suite), "--output", str(written)]) == 3
    shown = capsys.readouterr().out
    assert "one: FAILED" in shown
    assert "huge" in shown
    rows = list(csv.DictReader(io.StringIO(written.read_text())))
    assert [(row["cell"], row["status"]) for row in rows] == [("one", "failed"), ("two", "failed")]


def test_validations_that_cannot_be_done(tmp_path: Path, capsys: Capture) -> None:
    written = tmp_path / "report.html"
    assert main(["validate-cell", "--only", "nix", "--output", str(written)]) == 1
    assert "no validation 'nix'" in capsys.readouterr().err
    assert main(["validate-cell", "--suite", str(tmp_path / "nix.yaml")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "cell.json").write_text(json.dumps({"type": "python", "factory": "no_such_module:make"}))
    assert main([*QUICK, str(tmp_path / "cell.json"), "--output", str(written)]) == 1
    shown = capsys.readouterr()
    assert "no_such_module" in shown.err
    assert not written.exists()
    assert main(["validate-cell", "--list", "--only", "rin_test"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "rin_test"
    for arguments, says in (
        ([str(tmp_path / "cell.json"), str(tmp_path / "a.json"), "--output", str(written)], "of one cell"),
        (["--holding", "0"], "cells of type hoc"),
        (["--only"], "expected one argument"),
    ):
        (tmp_path / "a.json").write_text(BallStickCell().to_json())
        with pytest.raises(SystemExit) as left:
            main(["validate-cell", *arguments])
        assert left.value.code == 2
        assert says in capsys.readouterr().err
