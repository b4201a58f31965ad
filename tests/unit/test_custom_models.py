"""The custom models under examples/ work in a notebook: every cell of it may be run again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "custom_models"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))
#: As a notebook does: one process, one namespace.
NOTEBOOK = """
import shutil, sys
from pathlib import Path
from bluecellab.nrn.census import census
text = Path(sys.argv[1]).read_text()
names = {"__name__": "__main__", "__file__": sys.argv[1]}
counts = []
for turn in range(3):
    exec(compile(text, sys.argv[1], "exec"), names)
    for folder in Path().glob("*_output"):
        shutil.rmtree(folder)
    names.pop("cell", None), names.pop("made", None)
    counts.append(census())
assert counts[1] == counts[2], (counts[1], counts[2])
"""


def test_there_are_some() -> None:
    assert {"ball_and_stick", "purkinje", "hoc_arguments", "processing", "synapses", "l5pc"} == set(SCRIPTS)


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "l5pc"])
def test_again_and_again_in_one_process(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", NOTEBOOK, str(FOLDER / f"{name}.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    third = len(done.stdout.splitlines()) // 3
    lines = done.stdout.splitlines()
    assert lines[:third] == lines[third : 2 * third] == lines[2 * third :]


@pytest.mark.parametrize("isolated", [False, True])
def test_from_the_command_line(isolated: bool, tmp_path: Path) -> None:
    text = (FOLDER / "ball_and_stick.py").read_text(encoding="utf-8")
    functions = tmp_path / "my_models.py"
    functions.write_text(text[: text.index("\nfor turn")], encoding="utf-8")
    program = "import sys; from bluecellab.cli import main; sys.exit(main())"
    command = [sys.executable, "-W", "error", "-c", program, "run", str(FOLDER / "ball_and_stick.json")]
    options = ["--functions", str(functions), "--output", str(tmp_path / "output"), "--quiet"]
    done = subprocess.run(
        [*command, *options, *(["--isolated"] if isolated else [])],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output" / "soma.h5").is_file()
