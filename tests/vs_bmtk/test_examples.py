"""The examples of the Allen dialect through BMTK, their functions too: the same spikes and potentials.

BMTK runs in its own Python, named by the environment variable BLUECELLAB_BMTK_PYTHON.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab import run_sonata
from bluecellab.nrn.mechanisms import build
from bluecellab.results.sonata import read_report, read_spikes
from tests.material import material

pytestmark = [pytest.mark.peers, pytest.mark.material, pytest.mark.timeout(300)]

_PYTHON = os.environ.get("BLUECELLAB_BMTK_PYTHON")
if not _PYTHON:
    pytest.skip("BLUECELLAB_BMTK_PYTHON does not name a Python that has bmtk", allow_module_level=True)

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CUSTOM = ("ball_and_stick", "purkinje", "hoc_arguments", "processing", "synapses")
REGISTER = """
import sys
import bluecellab
run_sonata = bluecellab.run_sonata
class Registered(Exception): pass
def simulate(*arguments, **options): raise Registered
bluecellab.run_sonata = bluecellab.CircuitSimulation = simulate
folder, script, config = sys.argv[1:]
try:
    exec(compile(open(f"{folder}/{script}").read(), script, "exec"), {"__file__": f"{folder}/{script}"})
except Registered:
    run_sonata(f"{folder}/{config}", output="ours")
"""


def ask(folder: Path, script: str, config: str) -> None:
    """Have BMTK simulate; its files are in the folder ``output``, wherever the configuration puts that."""
    assert _PYTHON is not None
    library = build(material().mechanisms["bmtk"]).path
    arguments = [str(library), str(folder), script, config]
    done = subprocess.run(
        [_PYTHON, str(Path(__file__).with_name("oracle_examples.py")), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def copy(name: str, to: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / name, to / name, ignore=shutil.ignore_patterns("*output", "__*")))


def spikes_of(path: Path) -> dict[str, list[tuple[float, int]]]:
    return {
        name: sorted(zip(np.round(times, 6).tolist(), ids.tolist(), strict=True))
        for name, (times, ids) in read_spikes(path).items()
    }


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What we write of the network."""
    output = tmp_path_factory.mktemp("network") / "ours"
    return run_sonata(EXAMPLES / "allen_network" / "simulation_config.json", output=output).output


def test_network(ours: Path, tmp_path: Path) -> None:
    folder = copy("allen_network", tmp_path)
    path = folder / "simulation_config.json"
    config = json.loads(path.read_text())
    del config["reports"]["field"]  # for which BMTK inserts a mechanism that changes potentials
    path.write_text(json.dumps(config))
    ask(folder, "", path.name)
    theirs = folder / "output"
    assert spikes_of(ours / "spikes.h5") == spikes_of(theirs / "spikes.h5")
    assert {node for _, node in spikes_of(ours / "spikes.h5")["cells"]} == set(range(6))
    for name in ("soma.h5", "everywhere.h5"):
        one, two = (read_report(folder / name, "cells") for folder in (ours, theirs))
        for part in ("node_ids", "element_ids", "index_pointers"):
            assert np.array_equal(getattr(one.layout, part), getattr(two.layout, part))
        assert one.data.shape == two.data.shape
        assert np.abs(one.data - two.data).max() < 1e-9


def test_field(ours: Path, tmp_path: Path) -> None:
    """As far as BMTK's mechanism lets potentials of the membrane be the same."""
    folder = copy("allen_network", tmp_path)
    ask(folder, "", "simulation_config.json")
    with h5py.File(ours / "field.h5") as one, h5py.File(folder / "output" / "field.h5") as two:
        difference = np.abs(one["ecp/data"][:] - two["ecp/data"][:]).max()
        assert difference < 1e-3 * np.abs(two["ecp/data"][:]).max()


@pytest.mark.parametrize("name", CUSTOM)
def test_custom_models(name: str, tmp_path: Path) -> None:
    folder = copy("custom_models", tmp_path)
    ask(folder, f"{name}.py", f"{name}.json")
    arguments = [str(EXAMPLES / "custom_models"), f"{name}.py", f"{name}.json"]
    subprocess.run([sys.executable, "-c", REGISTER, *arguments], cwd=tmp_path, check=True, timeout=100)
    ours, theirs = tmp_path / "ours", folder / "output"
    assert spikes_of(ours / "spikes.h5") == spikes_of(theirs / "spikes.h5")
    assert spikes_of(ours / "spikes.h5")["cells"]
    one, two = (read_report(path / "soma.h5", "cells") for path in (ours, theirs))
    assert np.abs(one.data - two.data).max() < 1e-9
