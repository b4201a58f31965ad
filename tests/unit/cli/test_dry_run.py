"""Dry runs check everything and write nothing; calibrations are told and kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bluecellab.cli import main

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture
def simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BLUECELLAB_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "five"
    shutil.copytree(EXAMPLES / "five_cells", folder, ignore=shutil.ignore_patterns("output"))
    return folder / "simulation_config.json"


def everything(folder: Path) -> dict[str, float]:
    return {str(path): path.stat().st_mtime for path in folder.rglob("*")}


@pytest.mark.parametrize("more", [[], ["--ranks", "2", "--threads", "2", "--engine", "coreneuron"]])
def test_nothing_is_written(
    simulation: Path, tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(tmp_path)
    assert main(["run", "--dry-run", str(simulation), *more]) == 0
    assert everything(tmp_path) == before
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "cells        5 (37 sections, 141 segments): Small 5"
    assert lines[6].endswith(
        "2 ranks, 2 threads each, coreneuron" if more else "1 rank, 1 thread each, neuron"
    )
    assert lines[-1] == f"output       {simulation.parent / 'output'} would be made"


def test_neuron_is_not_started(simulation: Path) -> None:
    code = "import sys; from bluecellab.cli import main; main(); print('neuron' in sys.modules)"
    command = [sys.executable, "-c", code, "run", "--dry-run", str(simulation), "--ranks", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(("rank", "lines"), [("0", 13), ("1", 0)])
def test_as_a_rank_the_first_one_tells(
    simulation: Path,
    rank: str,
    lines: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PMI_RANK", rank)
    monkeypatch.setenv("PMI_SIZE", "2")
    assert main(["run", "--dry-run", str(simulation)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == lines
    assert not told or "2 ranks" in told[6]


def test_as_json(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--dry-run", str(simulation), "--json", "--ranks", "3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["segments"] == 141
    assert len(found["per_rank"]) == 3
    assert found["output"] == str(simulation.parent / "output")


def test_an_older_result_is_told(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = simulation.parent / "output"
    output.mkdir()
    (output / "soma.h5").write_text("old")
    assert main(["run", "--dry-run", str(simulation)]) == 1
    assert "is not empty; it has soma.h5" in capsys.readouterr().err
    assert main(["run", "--dry-run", str(simulation), "--overwrite"]) == 0
    assert f"{output} is there and may be written to" in capsys.readouterr().out
    assert (output / "soma.h5").read_text() == "old"


def test_a_folder_that_cannot_be(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = simulation.parent / "file"
    file.write_text("")
    assert main(["run", "--dry-run", str(simulation), "--output", str(file / "out")]) == 1
    assert f"cannot be written to: {file} is a file. Choose another one." in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    closed = simulation.parent / "closed"
    closed.mkdir(mode=0o555)
    assert main(["run", "--dry-run", str(simulation), "--output", str(closed / "out")]) == 1
    assert f"{closed} may not be written to" in capsys.readouterr().err


def test_mistakes_are_told(simulation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = json.loads(simulation.read_text())
    config["run"]["dt"] = -1
    config["node_set"] = "Nobody"
    simulation.write_text(json.dumps(config))
    assert main(["run", "--dry-run", str(simulation)]) == 1
    assert "run.dt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ranks", "0"], "ranks is a positive whole number, not 0"),
        (["--ranks", "-2"], "ranks is a positive whole number, not -2"),
        (["--threads", "0"], "threads is a positive whole number, not 0"),
        (["--mechanisms", "nowhere"], "there is no folder of .mod files, or library, nowhere"),
    ],
)
def test_wrong_input(
    simulation: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--dry-run", str(simulation), *options]) == 1
    assert said in capsys.readouterr().err


def test_calibration(simulation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--quick"]) == 0
    said = capsys.readouterr()
    assert "measuring: many segments" in said.err
    assert said.out.splitlines()[0].split() == ["WHAT", "COST", "UNIT"]
    assert said.out.splitlines()[-1] == f"written to {tmp_path / 'cache' / 'calibration.json'}"
    assert main(["run", "--dry-run", str(simulation)]) == 0
    assert "costs        measured on" in capsys.readouterr().out
    (tmp_path / "cache" / "calibration.json").write_text("{}")
    assert main(["run", "--dry-run", str(simulation)]) == 1
    assert "make it anew: bluecellab calibrate" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--mechanisms", "folder"], ["--cells", "0"]])
def test_calibration_of_nothing(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["calibrate", *options])
    assert caught.value.code == 2
    assert options[0] in capsys.readouterr().err


def test_calibration_of_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [
        "calibrate",
        "--quick",
        "--config",
        str(tmp_path / "no.json"),
        "--output",
        str(tmp_path / "c.json"),
    ]
    assert main(given) == 1
    assert "no.json" in capsys.readouterr().err
    assert not (tmp_path / "c.json").exists()
