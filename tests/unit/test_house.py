"""The rules of the house that no linter checks."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bluecellab

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "bluecellab"
SOURCES = sorted(PACKAGE.rglob("*.py"))

#: Published signatures, and constructors of values, that have more than eight parameters.
LONG_SIGNATURES = {
    "run",
    "add_voltage_clamp",
    "amplitude_based",
    "ornstein_uhlenbeck",
    "shot_noise",
    "step_noise",
    "threshold_based",
    "pulse",
}
#: These are ours, though of a kind that is otherwise only fetched.
OWN_MODELS = re.compile(r"bluecellab/nrn/hoc/[^/]+\.hoc|tests/vs_neuron/[^/]+\.hoc")


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    documented = ast.get_docstring(node) is not None
    first = node.body[1].lineno if documented and len(node.body) > 1 else node.body[0].lineno
    return (node.end_lineno or first) - first + 1


def test_no_function_is_long() -> None:
    long = {
        f"{path.name}:{node.name}": _code_lines(node)
        for path in SOURCES
        for node in functions(path)
        if _code_lines(node) > 60
    }
    assert long == {}


def test_few_parameters() -> None:
    many = {}
    for path in SOURCES:
        for node in functions(path):
            arguments = node.args
            names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
            count = len([name for name in names if name not in ("self", "cls")])
            allowed = node.name in LONG_SIGNATURES or (
                node.name == "__init__" and path.name in ("core.py", "processes.py")
            )
            if count > 8 and not allowed and "compat" not in path.parts:
                many[f"{path.name}:{node.name}"] = count
    assert many == {}


def test_neuron_is_imported_in_the_engine_room_only() -> None:
    pattern = re.compile(r"^\s*(from neuron|import neuron|from mpi4py|import mpi4py)\b", re.MULTILINE)
    found = [
        path
        for path in SOURCES
        if "nrn" not in path.parts and pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_finalizers_of_pythons_own() -> None:
    found = [path for path in SOURCES if "def __del__" in path.read_text(encoding="utf-8")]
    assert found == []


def test_no_foreign_models_and_no_machine_in_what_is_committed() -> None:
    foreign, named = [], []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix.lower() in {".mod", ".asc", ".swc", ".hoc", ".h5"} and not OWN_MODELS.fullmatch(name):
            foreign.append(name)
        if path.suffix in {".png", ".svg"} or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if re.search(r"/work/(main|tmp|shared)|/root/|simple/ |index-url", text):
            named.append(name)
    assert foreign == []
    assert named == []


WITHOUT_NEURON = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"neuron", "mpi4py"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import bluecellab, bluecellab.errors
import bluecellab.spec.protocols, bluecellab.spec.cells, bluecellab.spec.stimuli, bluecellab.spec.recordings
import bluecellab.results, bluecellab.plotting, bluecellab.cli
from bluecellab.results import Trace, Traces
from bluecellab.plotting import plot_traces
from bluecellab.spec.stimuli import Step
from bluecellab.stimulus import StimulusFactory, waveform_of
plot_traces(Traces([Trace("v", [0.0, 1.0], [-65.0, -64.0], "mV")]))
waveform_of(Step(delay=1, duration=2, amplitude=0.1)), StimulusFactory(dt=0.1).step(1, 1, 1, amplitude=1.0)
assert "neuron" not in sys.modules
print("works without NEURON")
"""


def test_words_and_results_work_without_neuron(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NEURON], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "works without NEURON\n", done.stderr


def _modules() -> Iterator[str]:
    for module in pkgutil.walk_packages([str(PACKAGE)], "bluecellab."):
        if not any(part.startswith("_") for part in module.name.split(".")):
            yield module.name


def test_everything_public_is_documented() -> None:
    silent = []
    for name in _modules():
        if name.endswith(".server") or ".compat." in name:
            continue
        module = importlib.import_module(name)
        for public in getattr(module, "__all__", ()):
            thing = getattr(module, public)
            if inspect.getmodule(thing) is not module or not (
                inspect.isclass(thing) or inspect.isfunction(thing)
            ):
                continue
            if not inspect.getdoc(thing):
                silent.append(f"{name}.{public}")
    assert silent == []


def test_the_face_has_what_it_promises() -> None:
    assert set(bluecellab._HOMES) | {"__version__"} == set(bluecellab.__all__)
    for name in bluecellab.__all__:
        assert getattr(bluecellab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = bluecellab.absent
