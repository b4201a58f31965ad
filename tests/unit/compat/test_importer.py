"""Mechanism libraries where scripts expect them; each in a process of its own."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bluecellab.nrn.mechanisms import build

MOD = "NEURON { SUFFIX compatleak NONSPECIFIC_CURRENT i }\nASSIGNED { v (mV) i (mA/cm2) }\nBREAKPOINT { i = 0 }\n"
CODE = """
import warnings
from bluecellab.compat import importer
from bluecellab.nrn import mechanisms
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    where = importer.import_mod_lib(importer.neuron)
    again = importer.import_mod_lib(importer.neuron)
assert where == again
print(where)
for one in caught:
    print(one.category.__name__, one.message)
print("loaded" if any("compatleak" in library.names for library in mechanisms.loaded()) else "not loaded")
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compat")
    (folder / "mods").mkdir()
    (folder / "mods" / "compatleak.mod").write_text(MOD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BLUECELLAB_CACHE_DIR", str(folder / "cache"))
        library = build(folder / "mods").path
    assert library is not None
    work = folder / "work" / platform.machine()
    work.mkdir(parents=True)
    shutil.copy(library, work / library.name)
    return folder


def _lines(home: Path, where: str, **environment: str) -> list[str]:
    (home / "empty").mkdir(exist_ok=True)
    variables = {**os.environ, "BLUECELLAB_CACHE_DIR": str(home / "cache"), **environment}
    variables.pop("BLUECELLAB_MECHANISMS", None)
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=home / where,
        env=variables,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_library_of_the_working_directory_is_loaded_and_said(home: Path) -> None:
    where, warning, loaded = _lines(home, "work")
    assert where == str(home / "work" / platform.machine())
    assert warning.startswith(
        f"MechanismWarning loaded the mechanism library {platform.machine()} of the working directory"
    )
    assert loaded == "loaded"


def test_library_of_the_environment(home: Path) -> None:
    mods = str(home / "mods")
    assert _lines(home, "empty", BLUECELLULAB_MOD_LIBRARY_PATH=mods) == [mods, "loaded"]


def test_no_library(home: Path) -> None:
    assert _lines(home, "empty") == ["", "not loaded"]


def test_decorated_functions() -> None:
    from bluecellab.compat.importer import import_hoc, load_mod_files, print_header

    @load_mod_files
    def double(number: int) -> int:
        """Return twice the number."""
        return 2 * number

    assert double(3) == 6
    assert double.__name__ == "double"
    import_hoc(None)
    print_header(None, "")
