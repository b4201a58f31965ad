"""Circuits on several ranks: bit for bit what one process does, in both dialects."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tests.material import material
from tests.mpi.ranked import ROOT, mpirun

pytestmark = [pytest.mark.mpi, pytest.mark.timeout(900)]

#: What is run in one job, as starting one takes seconds.
ALONE = (
    "shares",
    "published",
    "few",
    "another_run",
    "graph",
    "by_index",
    "by_load",
    "generated",
    "failing",
    "five_cells",
    "allen_network",
    "allen_merged",
)
OF_MATERIAL = ("small", "settings", "ten_cells")
OF_NETWORKS = ("allen_gaps", "allen_inputs", "sixty")
EXTRACELLULAR = ("allen_kinds",)


def launch(arguments: list[str], ranks: int, *, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run Python on so many ranks; without a launcher on one."""
    launcher = [mpirun(), "-n", str(ranks)] if ranks > 1 else []
    return subprocess.run(
        [*launcher, sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@functools.cache
def done(cases: tuple[str, ...], ranks: int) -> dict[str, np.ndarray]:
    """Return what came of some cases on so many ranks; in one process without a launcher for one."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "found.npz"
        arguments = ["-m", "tests.mpi.circuits", folder, str(output), *cases]
        answer = launch(arguments, ranks, timeout=800)
        assert answer.returncode == 0, answer.stderr[-4000:]
        with np.load(output, allow_pickle=False) as found:
            return dict(found)


def compare(cases: tuple[str, ...], ranks: int, name: str) -> None:
    wanted, found = done(cases, 1), done(cases, ranks)
    keys = sorted(key for key in wanted if key.startswith(f"{name}: "))
    assert keys == sorted(key for key in found if key.startswith(f"{name}: "))
    assert any(key.startswith(f"{name}: v ") for key in keys)
    assert not [key for key in keys if not np.array_equal(wanted[key], found[key])]


@pytest.mark.parametrize("ranks", [2, 4])
@pytest.mark.parametrize("name", ALONE)
def test_the_same_on_any_number_of_ranks(name: str, ranks: int) -> None:
    compare(ALONE, ranks, name)


@pytest.mark.material
@pytest.mark.parametrize("ranks", [2, 4])
@pytest.mark.parametrize("name", OF_MATERIAL)
def test_the_same_of_detailed_cells(name: str, ranks: int) -> None:
    material()
    compare(OF_MATERIAL, ranks, name)


@pytest.mark.material
@pytest.mark.parametrize("ranks", [2, 4])
@pytest.mark.parametrize("name", OF_NETWORKS)
def test_the_same_of_networks(name: str, ranks: int) -> None:
    need_networks()
    compare(OF_NETWORKS, ranks, name)


@pytest.mark.material
def test_extracellular_cells_agree_to_rounding() -> None:
    """NEURON solves all cells of a rank together as soon as one of them is ``extracellular``."""
    need_networks()
    wanted, found = done(EXTRACELLULAR, 1), done(EXTRACELLULAR, 2)
    spikes = [key for key in wanted if ": s " in key]
    assert sum(len(wanted[key]) for key in spikes)
    assert all(np.array_equal(wanted[key], found[key]) for key in spikes)
    for key in wanted:
        if ": v " in key:
            assert np.abs(wanted[key] - found[key]).max() < 1e-6


def need_networks() -> None:
    root = material().root.parent / "allen_networks"
    if not (root / "stamp").is_file():
        pytest.skip(f"no networks in {root}: run the tests in tests/vs_bmtk")


@pytest.mark.parametrize("ranks", [2, 7])
def test_whole_simulations(tmp_path: Path, ranks: int) -> None:
    """Everything that is written is what one process writes; rank 0 writes, all return it."""
    config = Path(__file__).resolve().parents[2] / "examples" / "five_cells" / "simulation_config.json"
    short = json.loads(config.read_text())
    short["run"]["tstop"] = 20.0
    short["network"] = str(config.with_name("circuit_config.json"))
    short["inputs"]["replay"]["spike_file"] = str(config.with_name("input_spikes.h5"))
    short["output"]["log_file"] = "log.txt"
    path = tmp_path / "simulation_config.json"
    path.write_text(json.dumps(short))
    code = (
        "import sys; from bluecellab.simulation import run_sonata; from bluecellab.nrn.parallel import ranks\n"
        "result = run_sonata(sys.argv[1], output=sys.argv[2])\n"
        "told = ranks().gathered((result.spikes, result.spikes_files, dict(result.reports), result.summary))\n"
        "assert all(other == told[0] for other in told)\n"
    )
    for count in (1, ranks):
        answer = launch(["-c", code, str(path), str(tmp_path / str(count))], count, timeout=600)
        assert answer.returncode == 0, answer.stderr[-4000:]
    one, several = tmp_path / "1", tmp_path / str(ranks)
    assert sorted(found.name for found in one.iterdir()) == sorted(found.name for found in several.iterdir())
    for found in one.glob("*.h5"):
        assert found.read_bytes() == (several / found.name).read_bytes(), found.name
    facts = json.loads((several / "provenance.json").read_text())
    assert (facts["ranks"], facts["threads"], facts["engine"], facts["cells"]) == (ranks, 1, "neuron", 5)
    assert facts["balance"] >= 1
    log = (several / "log.txt").read_text()
    assert log.count("bluecellab runs") == 1
    assert f"ranks        {ranks}" in log


def test_an_output_that_is_there_ends_all_ranks(tmp_path: Path) -> None:
    """The verdict of rank 0 is that of all, and nothing is touched."""
    config = Path(__file__).resolve().parents[2] / "examples" / "five_cells" / "simulation_config.json"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "soma.h5").write_text("older")
    code = (
        "import sys; from bluecellab.simulation import run_sonata\n"
        "from bluecellab.nrn.parallel import ranks\n"
        "try:\n"
        "    run_sonata(sys.argv[1], output=sys.argv[2])\n"
        "except Exception as error:\n"
        "    told = ranks().gathered((type(error).__name__, 'soma.h5' in str(error)))\n"
        "    assert told == [('OutputError', True), ('RankError', True)], told\n"
        "    sys.exit(0)\n"
        "sys.exit(5)\n"
    )
    answer = launch(["-c", code, str(config), str(tmp_path / "out")], 2, timeout=200)
    assert answer.returncode == 0, answer.stderr[-4000:]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["soma.h5"]
    assert (tmp_path / "out" / "soma.h5").read_text() == "older"


def test_a_cell_that_two_ranks_ask_for(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from bluecellab.errors import SimulationError\n"
        "from bluecellab.nrn.parallel import ranks\n"
        "from bluecellab.simulation import CircuitSimulation\n"
        "config = Path('examples/five_cells/simulation_config.json')\n"
        "with CircuitSimulation(config) as simulation:\n"
        "    try:\n"
        "        simulation.instantiate([('Column', 1), ('Column', 2 + ranks().id)])\n"
        "    except SimulationError as error:\n"
        "        assert 'ranks 0 and 1 both ask for cell Column/1' in str(error), error\n"
        "        sys.exit(0)\n"
        "sys.exit(5)\n"
    )
    answer = launch(["-c", code], 2, timeout=200)
    assert answer.returncode == 0, answer.stderr[-4000:]
