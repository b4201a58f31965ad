"""The command line for mechanism libraries, with a stand-in for the compiler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bluecellab.cli import main
from bluecellab.nrn.mechanisms import cache, library


@pytest.fixture(autouse=True)
def mods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def compile_into(
        sources: object, tools: object, target: Path, flags: tuple[str, ...]
    ) -> tuple[str, float]:
        (target / "libnrnmech.so").write_bytes(b"library")
        return "libnrnmech.so", 0.5

    monkeypatch.setattr(library, "compile_into", compile_into)
    monkeypatch.setenv("BLUECELLAB_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "mods").mkdir()
    (tmp_path / "mods" / "leak.mod").write_text("NEURON { SUFFIX leak }")
    return tmp_path / "mods"


def test_build_list_clear(mods: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mechanisms", "list"]) == 0
    assert capsys.readouterr().out.startswith("no mechanism libraries in ")
    assert main(["mechanisms", "build", str(mods)]) == 0
    path, summary = capsys.readouterr().out.splitlines()
    assert Path(path).is_file()
    assert summary.startswith("1 mechanism in ")
    assert summary.endswith(": leak")
    assert main(["mechanisms", "list"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "KEY",
        "MECHANISMS",
        "MB",
        "COMPILED",
        "NEURON",
        "ENGINE",
        "FLAGS",
        "STATE",
        "FROM",
    ]
    assert row.endswith(f"ready  {mods}")
    assert main(["mechanisms", "clear", "--older-than", "2"]) == 0
    assert capsys.readouterr().out == "removed 0 libraries (0.0 MB)\n"
    assert main(["mechanisms", "clear"]) == 0
    assert capsys.readouterr().out == "removed 1 library (0.0 MB)\n"


def test_json(mods: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mechanisms", "build", "--json", str(mods / "leak.mod")]) == 0
    built = json.loads(capsys.readouterr().out)
    assert built["names"] == ["leak"]
    assert main(["mechanisms", "list", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["key"], entry["path"], entry["state"]) == (built["key"], built["path"], "ready")
    with cache.entry_lock(entry["key"]):
        assert main(["mechanisms", "clear", "--json"]) == 1
    cleared = json.loads(capsys.readouterr().out)
    assert cleared["removed"] == []
    assert "compiling" in cleared["kept"][0]["reason"]


def test_what_is_kept_is_said(mods: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mechanisms", "build", str(mods)]) == 0
    (entry,) = cache.entries()
    with cache.entry_lock(entry.key):
        assert main(["mechanisms", "clear"]) == 1
    assert f"kept {entry.key}: Another process" in capsys.readouterr().out


def test_errors_and_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mechanisms", "build", str(tmp_path / "nowhere")]) == 1
    assert "MechanismError: Mechanisms were asked for from" in capsys.readouterr().err
    for wrong in (["build"], [], ["clear", "--older-than", "-1"], ["clear", "--older-than", "soon"]):
        with pytest.raises(SystemExit) as caught:
            main(["mechanisms", *wrong])
        assert caught.value.code == 2
