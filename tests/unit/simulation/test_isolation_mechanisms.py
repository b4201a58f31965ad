"""Mechanism libraries in jobs: loaded beforehand in their server, not in this process."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bluecellab.errors import CompileError, MechanismConflictError, MechanismError
from bluecellab.nrn import mechanisms
from bluecellab.nrn.mechanisms.loading import OWN_VARIABLE
from bluecellab.simulation.isolation import Isolation, client, run_isolated
from bluecellab.spec.cells import PythonCell

MOD = """
NEURON {{ SUFFIX isolated RANGE level }}
PARAMETER {{ level = {level} }}
"""

pytestmark = pytest.mark.skipif(not (shutil.which("g++") and shutil.which("make")), reason="needs a compiler")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUECELLAB_CACHE_DIR", str(cache))


def folder_of(path: Path, level: int) -> Path:
    path.mkdir()
    (path / "isolated.mod").write_text(MOD.format(level=level))
    return path


def level() -> float:
    from bluecellab.nrn import runtime

    h = runtime.raw_h()
    section = h.Section(name="soma")
    section.insert("isolated")
    return float(section(0.5).isolated.level)


def test_libraries_are_loaded_beforehand_and_not_here(tmp_path: Path) -> None:
    one = Isolation(mechanisms=[folder_of(tmp_path / "one", 1)])
    two = Isolation(mechanisms=[folder_of(tmp_path / "two", 2)])
    assert [one.run(level), two.run(level), one.run(level)] == [1.0, 2.0, 1.0]  # one name, two mechanisms
    with pytest.raises(ValueError, match="isolated"):
        run_isolated(level)
    (tmp_path / "one" / "isolated.mod").write_text(MOD.format(level=2))
    assert one.run(level) == 2.0  # what the folder says now
    assert not [names for names in _names_here() if "isolated" in names]


def _names_here() -> list[tuple[str, ...]]:
    if "neuron" not in sys.modules:
        return []
    return [library.names for library in mechanisms.loaded()]


def test_libraries_that_are_not_there_or_do_not_compile(tmp_path: Path) -> None:
    servers = len(client._servers)
    with pytest.raises(MechanismError, match="nowhere"):
        Isolation(mechanisms=[tmp_path / "nowhere"]).run(level)
    bad = folder_of(tmp_path / "bad", 1)
    (bad / "isolated.mod").write_text("NEURON { SUFFIX isolated ")
    with pytest.raises(CompileError):
        Isolation(mechanisms=[bad]).run(level)
    conflict = [folder_of(tmp_path / "one", 1), folder_of(tmp_path / "two", 2)]
    with pytest.raises(MechanismConflictError, match="already defined"):
        Isolation(mechanisms=conflict).run(level)
    assert len(client._servers) == servers


def test_published_pool_has_the_mechanisms_of_this_process(tmp_path: Path) -> None:
    """In a process of its own, because NEURON cannot unload a library."""
    folder_of(tmp_path / "one", 1)
    script = """
from bluecellab import load_mechanisms
from bluecellab.simulation.isolation import IsolatedProcess, run_isolated
from tests.unit.simulation.test_isolation_mechanisms import level
with IsolatedProcess() as before:
    load_mechanisms("one")
    with IsolatedProcess() as pool:
        print(pool.apply(level))
    try:
        before.apply(level)
    except ValueError:
        print("not before")
"""
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r})\n{script}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split("\n")[:2] == ["1.0", "not before"], done.stderr


def test_libraries_of_the_environment_are_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path / "one", 1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BLUECELLAB_MECHANISMS", "one")
    client.stop_servers()
    try:
        assert run_isolated(level) == 1.0
    finally:
        client.stop_servers()


def test_libraries_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="isolated"):
        run_isolated(level)
    folder_of(tmp_path / "one", 3)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(OWN_VARIABLE, "one")
    assert run_isolated(level) == 3.0
    monkeypatch.delenv(OWN_VARIABLE)
    with pytest.raises(ValueError, match="isolated"):
        run_isolated(level)


FACTORY = """
class Sphere:
    def __init__(self):
        from neuron import h
        self.soma = h.Section(name="soma", cell=self)
        self.soma.insert("isolated")
"""


def test_a_resident_cell_is_built_with_its_mechanisms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path / "one", 1)
    (tmp_path / "spheres_with_mechanisms.py").write_text(FACTORY)
    monkeypatch.syspath_prepend(str(tmp_path))
    cell = PythonCell(factory="spheres_with_mechanisms:Sphere", mechanisms=str(folder))
    isolation = Isolation(cell=cell)
    assert isolation.run(lambda cell: cell.soma(0.5).isolated.level) == 1.0
    (folder / "isolated.mod").write_text(MOD.format(level=2))
    assert isolation.run(lambda cell: cell.soma(0.5).isolated.level) == 2.0
    assert "isolated" not in {name for names in _names_here() for name in names}
