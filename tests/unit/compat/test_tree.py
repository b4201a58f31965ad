"""Every published name is importable, or says why it is not, under both names of the package."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from bluecellab import compat
from bluecellab.compat._coming import AbsentError, explain
from bluecellab.nrn import runtime
from tests.unit.compat.published import ABSENT, ABSENT_MODULES, CELL, PRESENT


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    runtime.start()


def _module(name: str, root: str = "bluecellab.compat") -> str:
    return f"{root}.{name}" if name else root


@pytest.mark.parametrize("module", PRESENT)
def test_names_are_there(module: str) -> None:
    found = importlib.import_module(_module(module))
    for name in PRESENT[module].split():
        assert getattr(found, name, None) is not None or name == "ENV_VERBOSE_LEVEL", name


def test_no_module_is_forgotten() -> None:
    """Every module of the tree is in the table."""
    root = Path(compat.__file__).parent
    there = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix("__init__").removesuffix(".")
        for path in root.rglob("*.py")
        if path.name == "__init__.py" or not path.name.startswith("_")
    }
    assert there - {"cell.hoc_stream"} == set(PRESENT)


def test_under_the_published_name() -> None:
    """In a process of its own: installed, every module is the very module of ours."""
    code = f"""
import sys, importlib
import bluecellab.compat as compat
compat.install()
assert "neuron" not in sys.modules, "NEURON has been started"
for module, names in {PRESENT!r}.items():
    published = importlib.import_module("bluecellulab." + module if module else "bluecellulab")
    assert published is importlib.import_module("bluecellab.compat." + module if module else "bluecellab.compat")
    assert published.__spec__.name == published.__name__ and published.__name__.startswith("bluecellab.compat")
    for name in names.split():
        exec("from " + ("bluecellulab." + module).rstrip(".") + " import " + name)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", CELL.split())
def test_members_of_cells_are_there(name: str) -> None:
    with compat.create_ball_stick() as cell:
        if name in {"plot_windows", "cell_dendrograms"}:
            assert getattr(cell, name) == []
        elif name in {"cell", "sonata_proxy", "post_gid", "record_dt"}:
            assert getattr(cell, name) is None
        else:
            assert getattr(cell, name) is not None


@pytest.mark.parametrize("module", ABSENT)
def test_absent_names_say_why(module: str) -> None:
    found = importlib.import_module(_module(module))
    for name in ABSENT[module].split():
        assert not hasattr(found, name)
        with pytest.raises(AttributeError, match=rf"has no .*{name}: it (was|belongs)"):
            getattr(found, name)
        with pytest.raises(ImportError, match=rf"has no .*{name}: it (was|belongs)"):
            exec(f"from {_module(module)} import {name}")


@pytest.mark.parametrize("module", ABSENT_MODULES.split())
def test_absent_modules_say_why(module: str) -> None:
    with pytest.raises(AbsentError, match="bluecellab.compat has no .*: it (was|belongs)") as caught:
        importlib.import_module(_module(module))
    assert isinstance(caught.value, ModuleNotFoundError)
    assert str(caught.value.name).startswith("bluecellulab.")


def test_unknown_names_are_unknown() -> None:
    assert explain("nonsense") is None
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'bluecellab\.compat\.nonsense'"):
        importlib.import_module("bluecellab.compat.nonsense")
    with pytest.raises(AttributeError, match="module 'bluecellab.compat' has no attribute 'nonsense'"):
        _ = compat.nonsense
    with pytest.raises(ImportError, match="cannot import name 'nonsense'"):
        exec("from bluecellab.compat import nonsense")


def test_absent_members_of_cells_say_why() -> None:
    with compat.create_ball_stick() as cell:
        with pytest.raises(AttributeError, match=r"somatic_branches: it never worked as published; use"):
            cell.somatic_branches()
        with pytest.raises(AttributeError, match="'Cell' object has no attribute 'nonsense'"):
            _ = cell.nonsense


def test_dir_lists_the_names() -> None:
    assert {"Cell", "neuron", "simulation"} <= set(dir(compat))
    assert "h" in dir(compat.neuron)
