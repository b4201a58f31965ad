"""Circuits by CoreNEURON: the same spikes, and the same reports within rounding."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab import run_isolated
from bluecellab.circuit.config import read_config
from bluecellab.errors import SimulationError, UnsupportedByEngineError
from bluecellab.simulation import CircuitSimulation, run_sonata
from bluecellab.simulation.circuit.summary import CircuitResult
from bluecellab.simulation.request import engine_of
from tests.material import material
from tests.mpi.test_reports import obi
from tests.unit.simulation.engines.cells import has_library

pytestmark = [
    pytest.mark.skipif(not has_library(), reason="this NEURON brings no CoreNEURON along"),
    pytest.mark.threads,
]

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"


def arrays(path: Path) -> dict[str, np.ndarray]:
    """Return every dataset of numbers in a file."""
    found: dict[str, np.ndarray] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf":
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def check(found: CircuitResult, wanted: CircuitResult) -> None:
    """Fail unless files of spikes are the same, and reports within rounding."""
    assert wanted.summary.spikes > 0
    assert found.reports.keys() == wanted.reports.keys()
    for first, second in zip(found.spikes_files, wanted.spikes_files, strict=True):
        spikes, others = arrays(first), arrays(second)
        assert spikes.keys() == others.keys()
        assert all(np.array_equal(spikes[name], others[name]) for name in others)
    for name, path in wanted.reports.items():
        columns, others = arrays(found.reports[name]), arrays(path)
        assert columns.keys() == others.keys()
        for key, values in others.items():
            assert np.allclose(columns[key], values, rtol=1e-6, atol=1e-6), (name, key)


def provenance(result: CircuitResult) -> Mapping[str, Any]:
    facts: Mapping[str, Any] = json.loads(result.provenance_file.read_text())
    return facts


@pytest.fixture
def five(tmp_path: Path) -> Path:
    """The configuration of the example, for CoreNEURON."""
    folder = tmp_path / "five_cells"
    shutil.copytree(EXAMPLES / "five_cells", folder)
    config = folder / "simulation_config.json"
    values = json.loads(config.read_text())
    values["target_simulator"] = "CORENEURON"
    config.write_text(json.dumps(values))
    return config


def test_the_configuration_chooses(five: Path, tmp_path: Path) -> None:
    wanted = run_sonata(five, output=tmp_path / "neuron", engine="neuron")
    found = run_sonata(five, output=tmp_path / "coreneuron")
    check(found, wanted)
    facts = provenance(found)
    assert facts["engine"] == "coreneuron"
    assert facts["engine_library"] == {"key": "neuron", "flags": [], "changes": []}
    assert found.summary.engine == "coreneuron"
    assert any("coreneuron, 1 thread" in line for line in found.summary.lines())
    assert provenance(wanted)["engine"] == "neuron"
    assert provenance(wanted)["engine_library"] is None


def test_several_threads(five: Path, tmp_path: Path) -> None:
    wanted = run_sonata(five, output=tmp_path / "neuron", engine="neuron")
    check(run_sonata(five, output=tmp_path / "coreneuron", threads=2), wanted)


def test_reports_of_every_type(tmp_path: Path) -> None:
    config = obi(tmp_path / "circuit")
    wanted = run_sonata(config, output=tmp_path / "neuron")
    assert len(wanted.reports) == 6
    check(run_sonata(config, output=tmp_path / "coreneuron", engine="coreneuron"), wanted)


def test_target_simulator(five: Path) -> None:
    assert engine_of(read_config(five), None) == "coreneuron"
    assert engine_of(read_config(five), "neuron") == "neuron"
    allen = read_config(EXAMPLES / "allen_network" / "simulation_config.json")
    assert engine_of(allen, None) == "neuron"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threads": 0}, "threads is a positive whole number"),
        ({"engine": "genesis"}, "engine is one of neuron"),
    ],
)
def test_what_there_is_not_is_refused_before_anything_is_built(
    five: Path, tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(SimulationError, match=said):
        run_sonata(five, output=tmp_path / "output", **wrong)
    assert not (tmp_path / "output").exists()


def test_what_it_cannot_do_is_refused_before_anything_is_written(five: Path, tmp_path: Path) -> None:
    with CircuitSimulation(five) as simulation:
        simulation.instantiate()
        with pytest.raises(UnsupportedByEngineError, match="a variable step"):
            simulation.run(10.0, cvode=True)
        simulation.run(10.0, cvode=True, engine="neuron")


def _both(config: Path, folder: Path, mechanisms: Path) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*the cell does not have their sections")
        wanted = run_sonata(config, output=folder / "neuron", mechanisms=mechanisms)
        for threads in (1, 2):
            output = folder / f"coreneuron {threads}"
            found = run_sonata(
                config, output=output, mechanisms=mechanisms, engine="coreneuron", threads=threads
            )
            check(found, wanted)
            assert provenance(found)["engine_library"]["key"] != "neuron"


def _potentials(config: Path, mechanisms: Path) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*the cell does not have their sections")
        with CircuitSimulation(config, mechanisms=mechanisms) as simulation:
            simulation.instantiate()
            simulation.run()
            wanted = {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}
            for threads in (1, 2):
                simulation.run(engine="coreneuron", threads=threads)
                for cell_id, potentials in wanted.items():
                    assert np.ptp(potentials) > 1
                    assert np.abs(simulation.get_voltage_trace(cell_id) - potentials).max() < 1e-6


@pytest.mark.material
@pytest.mark.timeout(900)  # their mechanisms are compiled when they have not been yet
def test_detailed_cells_with_inputs_and_reports(tmp_path: Path) -> None:
    found = material()
    config = found.circuit("two_cells") / "simulation_config.json"
    run_isolated(_both, config, tmp_path, found.mechanisms["sscx"])


@pytest.mark.material
@pytest.mark.timeout(900)
def test_detailed_cells_with_minis_and_overrides() -> None:
    found = material()
    config = found.circuit("two_cells") / "simulation_overrides.json"
    run_isolated(_potentials, config, found.mechanisms["sscx"])
