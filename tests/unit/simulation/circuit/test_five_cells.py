"""The circuit of the examples: it is right, it is active, and its replay is exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluecellab.circuit.validation import validate
from bluecellab.simulation import CircuitResult, CircuitSimulation, run_sonata
from bluecellab.spec.base import CellId

CONFIG = Path(__file__).resolve().parents[4] / "examples" / "five_cells" / "simulation_config.json"
CELLS = [CellId("Column", node) for node in range(5)]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> CircuitResult:
    return run_sonata(CONFIG, output=tmp_path_factory.mktemp("five") / "output")


def test_nothing_is_wrong_with_it() -> None:
    assert validate(CONFIG) == []


def test_it_is_active(full: CircuitResult) -> None:
    assert all(5 <= len(full.spikes[cell_id]) <= 20 for cell_id in CELLS)
    assert set(full.reports) == {"soma", "compartments"}


@pytest.mark.parametrize("chosen", [[0], [1], [2], [3], [4], [4, 1]])
def test_replay_is_exact(full: CircuitResult, chosen: list[int]) -> None:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate([("Column", node) for node in chosen], replay=full.spikes_file)
        simulation.run()
        for cell_id in simulation.cells:
            assert np.array_equal(simulation.spikes[cell_id], full.spikes[cell_id])


def test_replay_is_exact_in_every_bit() -> None:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate()
        simulation.run()
        spikes = dict(simulation.spikes)
        voltages = {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in CELLS}
    for chosen in [*([cell_id] for cell_id in CELLS), [CELLS[4], CELLS[1]]]:
        with CircuitSimulation(CONFIG) as simulation:
            others = {source: times for source, times in spikes.items() if source not in chosen}
            simulation.instantiate(chosen, replay=others)
            simulation.run()
            for cell_id in chosen:
                assert np.array_equal(simulation.get_voltage_trace(cell_id), voltages[cell_id])
