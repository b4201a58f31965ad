"""What is loaded when: only what is used."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys

import pytest

import bluecellab

LAZY = (
    "bluecellab",
    "bluecellab.results",
    "bluecellab.results.measured",
    "bluecellab.simulation",
    "bluecellab.simulation.engines",
)
NOT_NEEDED_TO_RUN = (
    "IPython",
    "bluecellab.results.runs",
    "bluecellab.simulation.isolation",
    "bluecellab.simulation.sweeping",
    "bluecellab.spec.protocols",
    "cloudpickle",
    "concurrent.futures",
    "matplotlib",
    "numpy.ma",
    "pandas",
    "scipy",
)


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", LAZY)
def test_every_name_is_there(name: str) -> None:
    package = importlib.import_module(name)
    for public in package.__all__:
        assert getattr(package, public) is not None
        assert public in dir(package)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense


def test_a_run_loads_what_it_needs() -> None:
    code = (
        "import sys; from bluecellab import run_sonata, Cell; from bluecellab.nrn import runtime; runtime.start(); "
        "print('\\n'.join(sys.modules))"
    )
    loaded = set(_printed(code).split())
    assert "bluecellab.simulation.circuit.sonata" in loaded
    assert not loaded.intersection(NOT_NEEDED_TO_RUN)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was(enabled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(bluecellab), "Simulation", raising=False)
    monkeypatch.setitem(bluecellab._HOMES, "Simulation", "bluecellab.nowhere")
    before, frozen = gc.isenabled(), gc.get_freeze_count()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(ModuleNotFoundError):
            bluecellab.Simulation
        assert gc.isenabled() is enabled
        assert gc.get_freeze_count() <= frozen  # fewer, as some of it is let go
    finally:
        (gc.enable if before else gc.disable)()
