"""Cells of a circuit: replay is exact, streams depend on the circuit alone, misuse is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluecellab.errors import (
    CircuitError,
    CircuitWarning,
    ClosedError,
    NodeNotFoundError,
    NodeSetError,
    NotRecordedError,
    PopulationNotFoundError,
    SimulationError,
)
from bluecellab.nrn.census import census
from bluecellab.simulation import CircuitSimulation, run_sonata
from bluecellab.spec.base import CellId
from tests.unit.simulation.circuit.small import SIZE, T_STOP, virtual_spikes, write_network

CELLS = [CellId("A", node) for node in range(SIZE)]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network"))


def run_all(config: Path, **options: object) -> tuple[dict, dict]:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(**{"replay": virtual_spikes(), **options})
        simulation.run()
        voltages = {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}
        return voltages, dict(simulation.spikes)


@pytest.fixture(scope="module")
def full(config: Path) -> tuple[dict, dict]:
    return run_all(config)


@pytest.mark.parametrize("chosen", [[0], [4], [1, 3], [3, 1]])
def test_replay_is_exact(config: Path, full: tuple[dict, dict], chosen: list[int]) -> None:
    voltages, spikes = full
    assert sum(map(len, spikes.values())) > 10
    cells = [CELLS[node] for node in chosen]
    others = {cell_id: times for cell_id, times in spikes.items() if cell_id not in cells}
    again, _ = run_all(config, cells=cells, replay=virtual_spikes() | others)
    assert list(again) == cells
    for cell_id in cells:
        assert np.array_equal(again[cell_id], voltages[cell_id])


def test_replay_of_what_the_finished_simulation_has_written(tmp_path: Path) -> None:
    config = write_network(tmp_path)
    result = run_sonata(config)
    with CircuitSimulation(config) as simulation:
        simulation.instantiate([CELLS[1], CELLS[2]], replay="output")
        simulation.run()
        assert all(np.array_equal(simulation.spikes[c], result.spikes[c]) for c in simulation.cells)
        for cell_id in simulation.cells:
            finished = simulation.get_mainsim_voltage_trace(cell_id, 10, 50, 0.5)
            again = simulation.get_voltage_trace(cell_id, 10, 50, 0.5)
            assert np.array_equal(again.astype(np.float32), finished.astype(np.float32))
        assert np.allclose(simulation.get_mainsim_time_trace(1.0), np.arange(0, T_STOP))
    with CircuitSimulation(config) as simulation:
        simulation.instantiate([CELLS[1]], replay=result.spikes_file)
        simulation.run()
        assert np.array_equal(simulation.spikes[CELLS[1]], result.spikes[CELLS[1]])


def test_the_replay_matters(config: Path, full: tuple[dict, dict]) -> None:
    """Without the others' spikes the voltage is another one, so that the test above can fail."""
    alone, _ = run_all(config, cells=[CELLS[0]])
    assert not np.array_equal(alone[CELLS[0]], full[0][CELLS[0]])


def test_order_of_cells_does_not_matter(config: Path, full: tuple[dict, dict]) -> None:
    voltages, _ = run_all(config, cells=CELLS[::-1])
    assert all(np.array_equal(voltages[cell_id], full[0][cell_id]) for cell_id in CELLS)


def test_runs_are_repeatable(config: Path, full: tuple[dict, dict]) -> None:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(replay=virtual_spikes())
        for _ in range(2):
            simulation.run()
            assert all(np.array_equal(simulation.get_voltage_trace(c), full[0][c]) for c in CELLS)


def test_not_connected_cells_can_be_replayed(config: Path, full: tuple[dict, dict]) -> None:
    voltages, spikes = full
    again, _ = run_all(config, connect=False, replay=virtual_spikes() | spikes)
    assert all(np.array_equal(again[cell_id], voltages[cell_id]) for cell_id in CELLS)


def test_minis_change_the_voltage_and_seeds_change_minis(config: Path) -> None:
    def last(minis: bool, seed: int | None = None) -> float:
        with CircuitSimulation(config, base_seed=seed) as simulation:
            simulation.instantiate([CELLS[0]], stimuli="none", minis=minis)
            simulation.run(30)
            return float(simulation.get_voltage_trace(CELLS[0])[-1])

    assert len({last(False), last(True), last(True, 4)}) == 3
    assert last(True) == last(True)
    assert last(False) == last(False, 4)


def test_parts_of_the_synapses(config: Path) -> None:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(synapses="A__A", stimuli=["step"], sources=[("A", 1)], minis=False)
        counts = simulation.summary.synapses
        assert set(counts) == {"A__A"}
        assert 0 < counts["A__A"] < 60
        assert simulation.summary.inputs == SIZE


def test_windows_of_traces(config: Path) -> None:
    with CircuitSimulation(config, record_dt=0.1) as simulation:
        simulation.instantiate([CELLS[0]], synapses="none")
        simulation.run(10)
        times = simulation.get_time_trace(2, 4, 0.5)
        assert np.allclose(times, [2, 2.5, 3, 3.5, 4])
        assert simulation.get_voltage_trace(CELLS[0], 2, 4, 0.5).shape == (5,)
        with pytest.raises(SimulationError, match="no multiple of the interval"):
            simulation.get_time_trace(t_step=0.25)
        with pytest.raises(NotRecordedError, match="was not instantiated; there is A/0"):
            simulation.get_voltage_trace(CELLS[1])


def test_variable_step(config: Path) -> None:
    with CircuitSimulation(config, dt=0.005) as simulation:
        simulation.instantiate(replay=virtual_spikes(), minis=False)
        simulation.run(cvode=True)
        variable = dict(simulation.spikes)
        simulation.run()
        fixed = dict(simulation.spikes)
    assert [len(variable[c]) for c in CELLS] == [len(fixed[c]) for c in CELLS]


def test_misuse(config: Path) -> None:
    with CircuitSimulation(config) as simulation:
        with pytest.raises(SimulationError, match=r"call instantiate\(\) first"):
            simulation.run()
        with pytest.raises(NodeNotFoundError, match="no node 5 in population 'A', which has 0 to 4"):
            simulation.instantiate([("A", 5)])
        with pytest.raises(PopulationNotFoundError, match="no population of nodes 'B'; the circuit has A, V"):
            simulation.instantiate([("B", 0)])
        with pytest.raises(NodeSetError, match="Nobody"):
            simulation.instantiate("Nobody")
        with pytest.raises(PopulationNotFoundError, match="the circuit has A__A, V__A"):
            simulation.instantiate(synapses=["B__A"])
        with pytest.raises(SimulationError, match="no input 'other'"):
            simulation.instantiate(stimuli=["other"])
        with pytest.raises(SimulationError, match="nothing to replay"):
            simulation.instantiate(synapses="none", replay=virtual_spikes())
        with pytest.raises(SimulationError, match="from 0 on"):
            simulation.instantiate(replay={("V", 0): [-1.0]})
        with (
            pytest.warns(CircuitWarning, match="virtual nodes"),
            pytest.raises(SimulationError, match="no cells"),
        ):
            simulation.instantiate([("V", 0)])
        simulation.instantiate([0, 1])  # one population of cells: integers will do
        assert list(simulation.cells) == CELLS[:2]
        with pytest.raises(SimulationError, match="instantiated already"):
            simulation.instantiate([2])
        with pytest.raises(SimulationError, match="the time step is 0.025 ms"):
            simulation.run(10, dt=0.05)
    with pytest.raises(ClosedError):
        simulation.run()


def test_spikes_of_a_cell_that_is_there(config: Path) -> None:
    with CircuitSimulation(config) as simulation, pytest.raises(SimulationError, match="connected itself"):
        simulation.instantiate(replay={CELLS[0]: [1.0]})


def test_nothing_is_left_of_a_failure(config: Path) -> None:
    before = census()
    with CircuitSimulation(config) as simulation:
        with pytest.raises(CircuitError):
            simulation.instantiate([("A", 0), ("A", 9)])
        with pytest.raises(SimulationError, match="connected itself"):
            simulation.instantiate(replay={CELLS[0]: [1.0]})
        assert not before.difference(census())
        simulation.instantiate([CELLS[0]])
        simulation.run(5)
    assert not before.difference(census())


def test_two_circuits_at_once(config: Path, full: tuple[dict, dict]) -> None:
    """Both are right; the one that is not run is named."""
    with CircuitSimulation(config) as first, CircuitSimulation(config) as second:
        first.instantiate(replay=virtual_spikes())
        second.instantiate([CELLS[2]], synapses="none")
        with pytest.warns(UserWarning, match="alive but not added to this simulation: Cell A/2"):
            first.run()
        assert all(np.array_equal(first.get_voltage_trace(c), full[0][c]) for c in CELLS)
        assert len(first.get_time()) == T_STOP / 0.025 + 1
