"""Files that are whole or not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bluecellab.cli import output
from bluecellab.errors import OutputError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_whole(tmp_path: Path) -> None:
    output.write(tmp_path / "a.txt", "é")
    output.write(tmp_path / "b.bin", b"\0")
    output.write(tmp_path / "c.txt", lambda path: path.write_text(path.suffix))
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "é"
    assert (tmp_path / "c.txt").read_text() == ".txt"
    assert names(tmp_path) == ["a.txt", "b.bin", "c.txt"]
    (tmp_path / "d.txt").touch()
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "d.txt").stat().st_mode


def test_what_breaks_leaves_nothing(tmp_path: Path) -> None:
    def fill(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        output.write(tmp_path / "a.txt", fill)
    assert names(tmp_path) == []
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError, match="no more"):
        output.write(tmp_path / "a.txt", fill, force=True)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_what_came_in_the_meantime_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    with pytest.raises(OutputError, match="is there already"):
        output.write(target, lambda path: (path.write_text("mine"), target.write_text("another's")))
    assert target.read_text() == "another's"
    assert names(tmp_path) == ["a.txt"]

    def no_links(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", no_links)
    output.write(tmp_path / "b.txt", "without links")
    assert (tmp_path / "b.txt").read_text() == "without links"
    assert names(tmp_path) == ["a.txt", "b.txt"]


def test_plain() -> None:
    given = {"a": np.array([1.0, np.nan]), "b": (np.float64(2), np.int64(3), "x"), 4: float("inf")}
    assert output.plain(given) == {"a": [1.0, None], "b": [2.0, 3, "x"], "4": None}


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from bluecellab.cli import main\n"
        "for command in ([], ['iv'], ['plot'], ['plot', 'response'], ['validate-cell']):\n"
        "    try:\n"
        "        main([*command, '--help'])\n"
        "    except SystemExit as left:\n"
        "        assert left.code == 0\n"
        "heavy = {'numpy', 'pydantic', 'neuron', 'matplotlib', 'pandas', 'scipy', 'efel', 'h5py'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Exit codes: 0" in done.stdout
