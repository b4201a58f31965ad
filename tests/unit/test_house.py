"""The rules of the house that no linter checks; and that these checks can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bluecellab
from tests.unit import house_rules as rules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "bluecellab"
SOURCES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {path.stem for path in PACKAGE.iterdir() if path.stem not in ("__init__", "__pycache__", "py")}

#: Signatures that are published, constructors of values, and the two calls that say all of a simulation in
#: keywords, with the number of their parameters.
LONG_SIGNATURES = {
    "core.py:__init__": 14,
    "core.py:instantiate": 10,
    "published.py:instantiate_gids": 19,
    "core.py:run": 11,
    "injection.py:add_voltage_clamp": 9,
    "factory.py:ornstein_uhlenbeck": 10,
    "factory.py:shot_noise": 13,
    "factory.py:step_noise": 10,
    "processes.py:__init__": 9,
    "protocols.py:amplitude_based": 11,
    "protocols.py:threshold_based": 12,
    "sonata.py:run_sonata": 12,
}
#: What may be imported where only, by contract of import-linter.
ONLY = {
    "NEURON and MPI only in the engine room": {"nrn"},
    "matplotlib only in plotting": {"plotting"},
    "Files of circuits only in circuit and results": {"circuit", "results"},
    "eFEL only in analysis": {"analysis"},
    "Processes only in isolation": {"simulation"},
}


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def bad(folder: Path, text: str, name: str = "bad.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 100
    assert {"cell", "nrn", "spec", "errors", "simulation"} <= ROOMS


def test_no_file_is_long(tracked: list[str], tmp_path: Path) -> None:
    assert rules.long_files(SOURCES) == {}
    assert rules.long_files(ROOT / name for name in tracked if name.endswith((".py", ".hoc"))) == {}
    assert list(rules.long_files([bad(tmp_path, "x = 1\n" * 401)]).values()) == [401]
    assert rules.long_files([bad(tmp_path, "x = 1\n" * 400)]) == {}


def test_no_function_is_long(tmp_path: Path) -> None:
    assert rules.long_functions(SOURCES) == {}
    text = 'def f():\n    """Say."""\n' + "    x = 1\n" * 61
    assert rules.long_functions([bad(tmp_path, text)]) == {"bad.py:f": 61}


def test_few_parameters(tmp_path: Path) -> None:
    ours = [path for path in SOURCES if "compat" not in path.parts]  # signatures there are all published
    assert rules.long_signatures(ours, LONG_SIGNATURES) == {}
    assert set(rules.long_signatures(ours, {})) == set(LONG_SIGNATURES)  # the list has nothing too much
    text = "def f(self, a, b, c, d, /, e, f, g, *, h, i): ...\n"
    assert rules.long_signatures([bad(tmp_path, text)], {}) == {"bad.py:f": 9}
    assert rules.long_signatures([bad(tmp_path, text)], {"bad.py:f": 8}) == {"bad.py:f": 9}


def test_neuron_is_imported_in_the_engine_room_only(tmp_path: Path) -> None:
    outside = [path for path in SOURCES if path.relative_to(PACKAGE).parts[0] != "nrn"]
    assert rules.importing(outside, {"neuron", "mpi4py"}) == []
    assert rules.importing(SOURCES, {"neuron"}) != []
    for text in (
        "import neuron",
        "from neuron import h",
        "def f():\n    import neuron.rxd",
        "import importlib\nimportlib.import_module('neuron')",
        "__import__('mpi4py')",
    ):
        assert rules.importing([bad(tmp_path, text)], {"neuron", "mpi4py"}) != [], text
    assert rules.importing([bad(tmp_path, "from bluecellab.compat import neuron")], {"neuron"}) == []


def test_nobody_inside_imports_the_face(tmp_path: Path) -> None:
    assert rules.face_imports(SOURCES, ROOMS) == []
    for text in ("import bluecellab", "from bluecellab import Cell", "from bluecellab import spec, Cell"):
        assert rules.face_imports([bad(tmp_path, text)], ROOMS) != [], text
    assert rules.face_imports([bad(tmp_path, "from bluecellab import spec")], ROOMS) == []


def test_nothing_is_left_unfinished(tmp_path: Path) -> None:
    assert rules.unfinished(SOURCES) == []
    for text in ("# TODO: later", "raise NotImplementedError", "def __del__(self): ..."):
        assert rules.unfinished([bad(tmp_path, text)]) != [], text


def test_no_foreign_models_are_committed(tracked: list[str]) -> None:
    assert rules.foreign_models(tracked) == []
    assert rules.foreign_models(["tests/Ih.mod", "bluecellab/nrn/hoc/Cell.hoc"]) == ["tests/Ih.mod"]


def test_no_machine_and_no_registry_is_named(tracked: list[str], tmp_path: Path) -> None:
    assert rules.naming_machines(ROOT, tracked) == []
    broken = ["see {}work/main", "cd {}root/x", "'{}opt/x'", "--index{}url x", "https://pypi{}org"]
    for text, mark in zip(broken, ["/", "/", "/", "-", "."], strict=True):  # this file obeys, too
        bad(tmp_path, text.format(mark), "bad.txt")
        assert rules.naming_machines(tmp_path, ["bad.txt"]) != [], text
    bad(tmp_path, "benchmarks{0}work{0}x https://example.org{0}home{0}".format("/"), "good.txt")
    assert rules.naming_machines(tmp_path, ["good.txt"]) == []


def test_everything_public_is_documented(tmp_path: Path) -> None:
    silent, seen = rules.undocumented(SOURCES)
    assert silent == []
    assert seen > 500
    text = '"""A module."""\nclass C:\n    """A class."""\n    def m(self): ...\n    def _p(self): ...\n'
    assert rules.undocumented([bad(tmp_path, text)]) == (["bad.py:C.m"], 3)


def contracts() -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["name"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


@pytest.mark.parametrize("name", ONLY)
def test_contracts_know_every_room(name: str) -> None:
    listed = {module.split(".")[1] for module in contracts()[name]["source_modules"]}
    assert listed - {"simulation"} == ROOMS - ONLY[name] - {"simulation"}


def test_contracts_know_every_module_beside_isolation() -> None:
    listed = set(contracts()["Processes only in isolation"]["source_modules"])
    beside = {path.stem for path in (PACKAGE / "simulation").iterdir()} - {
        "__init__",
        "__pycache__",
        "isolation",
    }
    assert {name for name in listed if name.count(".") == 2} == {
        f"bluecellab.simulation.{name}" for name in beside
    }


def test_contracts_know_all_that_needs_no_engine_and_all_families() -> None:
    words = contracts()["Words and results never reach the engine room"]["source_modules"]
    assert {name.split(".")[1] for name in words} == {"spec", "circuit", "results", "plotting"} & ROOMS
    families = {path.stem for path in (PACKAGE / "cell" / "builders").glob("*.py")} - {"__init__"}
    listed = contracts()["Cell families do not know each other"]["modules"]
    assert {name.rpartition(".")[2] for name in listed} == families


WITHOUT_NEURON = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"neuron", "mpi4py"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import bluecellab
for heavy in ("neuron", "pandas", "matplotlib", "numpy", "pydantic"):
    assert heavy not in sys.modules, f"import bluecellab loads {heavy}"
for name in bluecellab.__all__:
    getattr(bluecellab, name)
for heavy in ("pandas", "matplotlib", "xarray", "neo"):
    assert heavy not in sys.modules, f"the face loads {heavy}"
seen = 0
for room in ("errors", "spec", "results", "plotting", "circuit", "cli"):
    if importlib.util.find_spec(f"bluecellab.{room}") is None:
        continue
    module = importlib.import_module(f"bluecellab.{room}")
    for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"bluecellab.{room}."):
        importlib.import_module(found.name)
        seen += 1
assert seen > 15, seen
from bluecellab.results import Trace, Traces
from bluecellab.plotting import plot_traces
from bluecellab.spec.stimuli import Step
from bluecellab.stimulus import StimulusFactory, waveform_of
plot_traces(Traces([Trace("v", [0.0, 1.0], [-65.0, -64.0], "mV")])).savefig("traces.png")
waveform_of(Step(delay=1, duration=2, amplitude=0.1)), StimulusFactory(dt=0.1).step(1, 1, 1, amplitude=1.0)
assert "neuron" not in sys.modules
try:
    from bluecellab.nrn import h
except ImportError as error:
    assert "blocked" in f"{error} {error.__cause__}", error
else:
    raise SystemExit("NEURON was not blocked at all")
print("works without NEURON")
"""


def test_words_and_results_work_without_neuron(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NEURON], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "works without NEURON\n", done.stderr


def test_the_face_has_what_it_promises() -> None:
    assert set(bluecellab._HOMES) | {"__version__"} == set(bluecellab.__all__)
    for name in bluecellab.__all__:
        assert getattr(bluecellab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = bluecellab.absent
