"""The census for users' own tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bluecellab import create_ball_stick
from bluecellab.testing.census import unchanged_census

TESTS = """
from bluecellab import create_ball_stick
KEPT = []

def test_clean():
    with create_ball_stick():
        pass

def test_leaky():
    KEPT.append(create_ball_stick())
"""


def test_it_passes_what_is_closed_and_fails_what_is_not() -> None:
    with unchanged_census():
        create_ball_stick().close()
    cell = None
    with pytest.raises(AssertionError, match=r"sections \+2.*close\(\)"), unchanged_census():
        cell = create_ball_stick()
    assert cell is not None
    cell.close()


def test_as_a_fixture(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from bluecellab.testing.census import census_unchanged\n")
    (tmp_path / "test_mine.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "2 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "ERROR test_mine.py::test_leaky" in done.stdout
    assert "sections +2" in done.stdout
