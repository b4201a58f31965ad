"""``install()``, each in a process of its own, because it is for the whole process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def _run(code: str, folder: Path | None = None, **environment: str) -> str:
    import os

    variables = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=folder,
        env=variables,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_compat_starts_no_neuron_and_installs_nothing() -> None:
    _run(
        """
import sys, importlib.util
import bluecellab.compat
assert "neuron" not in sys.modules and "bluecellulab" not in sys.modules
assert not any(type(finder).__module__.endswith("_alias") for finder in sys.meta_path)
"""
    )


def test_refuses_when_the_real_one_is_imported(tmp_path: Path) -> None:
    (tmp_path / "bluecellulab.py").write_text("")
    text = _run(
        """
import bluecellulab
import bluecellab.compat
from bluecellab.errors import BluecellabError
try:
    bluecellab.compat.install()
except ImportError as error:
    assert isinstance(error, BluecellabError)
    print(error)
""",
        tmp_path,
        PYTHONPATH=str(tmp_path),
    )
    assert "has already been imported from" in text
    assert "install() before" in text


def test_wins_over_one_that_is_merely_installed(tmp_path: Path) -> None:
    (tmp_path / "bluecellulab.py").write_text("raise SystemError('the real one')")
    _run(
        """
import bluecellab.compat
bluecellab.compat.install()
bluecellab.compat.install()
import bluecellulab, bluecellulab.cell.core as core
from bluecellulab.cell import core as again
assert core is again is bluecellab.compat.cell.core
assert bluecellulab is bluecellab.compat
import bluecellab.cell  # the face has a room of the same name
assert bluecellab.cell.Cell is not bluecellulab.Cell
""",
        tmp_path,
        PYTHONPATH=str(tmp_path),
    )


def test_from_many_threads() -> None:
    _run(
        """
import importlib, sys, threading
import bluecellab.compat
found, errors = [], []
barrier = threading.Barrier(16)
names = ["bluecellulab.cell.core", "bluecellulab.stimulus.circuit_stimulus_definitions", "bluecellulab.utils"]
def work(index):
    try:
        barrier.wait()
        bluecellab.compat.install()
        found.append((index % 3, importlib.import_module(names[index % 3])))
    except BaseException as error:
        errors.append(error)
threads = [threading.Thread(target=work, args=(index,)) for index in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert not errors, errors
assert len({(index, id(module)) for index, module in found}) == 3
assert sum(type(finder).__module__ == "bluecellab.compat._alias" for finder in sys.meta_path) == 1
"""
    )


def test_unknown_modules() -> None:
    _run(
        """
import bluecellab.compat
bluecellab.compat.install()
for name, words in {"bluecellulab.nonsense": "stands in for bluecellulab", "bluecellulab.circuit.iotools": "bluepy"}.items():
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        assert words in str(error) and error.name == name, (error, error.name)
    else:
        raise AssertionError(name)
"""
    )


def test_level_of_logging_from_the_environment() -> None:
    code = "import bluecellab.compat as c, logging; print(c.VERBOSE_LEVEL, logging.getLogger('bluecellulab').level)"
    assert _run(code, BLUECELLULAB_VERBOSE_LEVEL="2").split() == ["2", "30"]
    assert _run(code, BLUECELLULAB_VERBOSE_LEVEL="7").split()[1] == "10"


@pytest.mark.parametrize("level", ["loud", "1.5"])
def test_a_level_that_is_no_number(level: str) -> None:
    code = "import pytest\nwith pytest.raises(ValueError, match='must be an integer'):\n    import bluecellab.compat"
    _run(code, BLUECELLULAB_VERBOSE_LEVEL=level)
