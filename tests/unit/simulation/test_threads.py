"""Runs of several threads: the same bits, and one thread afterwards whatever happens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab import (
    CircuitSimulation,
    Simulation,
    create_ball_stick,
    load_mechanisms,
    run_isolated,
    run_sonata,
)
from bluecellab.cell import Cell
from bluecellab.errors import EngineError, HookError, SimulationError, UnsupportedByEngineError
from bluecellab.nrn import objects, runtime, threads
from bluecellab.spec.stimuli import Noise
from tests.material import material
from tests.unit.simulation.circuit.allen.network import CONFIG
from tests.unit.simulation.circuit.small import virtual_spikes, write_network
from tests.unit.simulation.engines.cells import has_library
from tests.unit.synapse.test_gap import network as gap_junctions

pytestmark = pytest.mark.threads

COUNT = 5
Voltages = list[np.ndarray]


@contextmanager
def connected(cells: list[Cell], delay: float) -> Iterator[None]:
    """Let every cell excite the dendrite of each other, at delays from that on."""
    made: list[object] = []
    for index, cell in enumerate(cells):
        for other in range(1, COUNT):
            synapse = objects.point_process("ExpSyn", cell.sections["dend[0]"].raw(0.2 * other))
            synapse.tau = 2.0
            source = cells[(index + other) % COUNT].soma.raw
            connection = objects.net_con(source(0.5), synapse)
            connection.threshold = -20.0
            connection.delay = delay + 0.1 * other
            connection.weight[0] = 0.003
            made += [connection, synapse]
    try:
        yield
    finally:
        made.clear()
        del connection, synapse


@pytest.fixture
def cells() -> Iterator[list[Cell]]:
    made = [create_ball_stick() for _ in range(COUNT)]
    for index, cell in enumerate(made):
        cell.sections["dend[0]"].raw.nseg = 5 + 2 * index
        cell.add_step(1 + 0.3 * index, 18, 0.3 + 0.1 * index)  # first played after 0 ms
    yield made
    for cell in made:
        cell.close()


@pytest.fixture
def simulation(cells: list[Cell]) -> Iterator[Simulation]:
    with Simulation() as made:
        for cell in cells:
            made.add_cell(cell)
        yield made


def run(simulation: Simulation, count: int) -> Voltages:
    simulation.run(20, cvode=False, threads=count)
    assert threads.count() == 1
    return [cell.get_soma_voltage() for cell in simulation.cells]


def same(first: Voltages, second: Voltages) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_neuron_need_not_look_for_the_threads_of_recordings(
    cells: list[Cell], simulation: Simulation
) -> None:
    """A point process without a current says it, for the time of a run; one for each cell."""
    for cell in cells:
        cell.add_voltage_recording(cell.sections["dend[0]"], 0.9)
    stims = [int(objects.listing("IClamp").count())]
    simulation.add_hook(lambda _: stims.append(int(objects.listing("IClamp").count())), 5.0)
    run(simulation, 1)
    assert set(stims) == {stims[0]}
    run(simulation, 2)
    assert stims[-1] == stims[0] + COUNT
    assert int(objects.listing("IClamp").count()) == stims[0]
    run(simulation, 1)
    assert stims[-1] == stims[0]


def test_every_bit_is_the_same(cells: list[Cell], simulation: Simulation) -> None:
    cells[1].add_stimulus(Noise(delay=2.5, duration=10, mean=0.1, variance=0.01), cells[1].soma(0.5))
    alone = run(simulation, 1)
    with connected(cells, 1.0):
        one = run(simulation, 1)
        assert not same(one, alone)
        for count in (2, 2, 2, 3, COUNT + 3, 1):
            assert same(run(simulation, count), one), count


def test_variable_step_afterwards(simulation: Simulation) -> None:
    simulation.run(20, cvode=True)
    times, voltage = simulation.cells[0].get_time(), simulation.cells[0].get_soma_voltage()
    run(simulation, 2)
    simulation.run(20, cvode=True)
    assert np.array_equal(simulation.cells[0].get_time(), times)
    assert np.array_equal(simulation.cells[0].get_soma_voltage(), voltage)


def test_what_several_threads_cannot(cells: list[Cell], simulation: Simulation) -> None:
    one = run(simulation, 1)
    with pytest.raises(UnsupportedByEngineError, match="CVODE") as refused:
        simulation.run(20, cvode=True, threads=2)
    assert refused.value.offenders == ("CVODE",)
    clamp = objects.point_process("VClamp", cells[0].soma.raw(0.5))
    with pytest.raises(UnsupportedByEngineError, match="VClamp: .*SEClamp") as refused:
        simulation.run(20, cvode=False, threads=2)
    assert refused.value.offenders == ("VClamp",)
    del clamp
    with (
        connected(cells, -0.1),
        pytest.raises(UnsupportedByEngineError, match="delays of connections of at least two steps"),
    ):
        simulation.run(20, cvode=False, threads=2)
    assert threads.count() == 1
    assert same(run(simulation, 1), one)
    assert same(run(simulation, 2), one)
    with pytest.raises(SimulationError, match="threads=2 cannot be continued"):
        simulation.continue_run(30)


def test_threads_of_other_code_come_back(simulation: Simulation) -> None:
    one = run(simulation, 1)
    context = objects.parallel_context()
    context.nthread(3)
    try:
        simulation.run(20, cvode=False, threads=2)
        assert threads.count() == 3
    finally:
        context.nthread(1)
    assert same([cell.get_soma_voltage() for cell in simulation.cells], one)
    assert same(run(simulation, 1), one)
    with pytest.raises(EngineError, match="NEURON printed"), runtime.guard("asking"):
        runtime.raw_h()("nonsense(")  # what it prints comes through Python again
        raise RuntimeError("refused")
    assert same(run(simulation, 2), one)


def test_a_hook_that_raises(simulation: Simulation) -> None:
    one = run(simulation, 1)

    def fail(time: float) -> None:
        if time > 5:
            raise ValueError("enough")

    simulation.add_hook(fail, 1.0)
    with pytest.raises(HookError, match="enough"):
        simulation.run(20, cvode=False, threads=2)
    assert threads.count() == 1
    simulation.hooks.clear()
    assert same(run(simulation, 2), one)


def test_processes_can_be_made_afterwards(simulation: Simulation) -> None:
    one = run(simulation, 1)
    run(simulation, 2)
    child = os.fork()
    if child == 0:
        os._exit(0 if same(run(simulation, 2), one) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert run_isolated(threads_elsewhere, 2) == run_isolated(threads_elsewhere, 1)


def threads_elsewhere(count: int) -> bytes:
    with create_ball_stick() as first, create_ball_stick() as second, Simulation() as simulation:
        for cell in (first, second):
            cell.add_step(2, 18, 0.5)
            simulation.add_cell(cell)
        return b"".join(voltage.tobytes() for voltage in run(simulation, count))


def test_a_circuit(tmp_path: Path) -> None:
    outcomes = []
    with CircuitSimulation(write_network(tmp_path)) as simulation:
        simulation.instantiate(replay=virtual_spikes())
        for count in (1, 2, 3):
            simulation.run(threads=count)
            potentials = [simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells]
            outcomes.append((potentials, [*dict(simulation.spikes).values()]))
    for potentials, spikes in outcomes[1:]:
        assert same(potentials, outcomes[0][0])
        assert same(spikes, outcomes[0][1])


def test_a_circuit_of_the_allen_dialect(tmp_path: Path) -> None:
    one = run_sonata(CONFIG, output=tmp_path / "one")
    two = run_sonata(CONFIG, output=tmp_path / "two", threads=2)
    assert one.reports.keys() == two.reports.keys()
    pairs = [*zip(one.spikes_files, two.spikes_files, strict=True)]
    pairs += [(one.reports[name], two.reports[name]) for name in one.reports]
    for first, second in pairs:
        if first.suffix == ".h5":
            assert contents(first) == contents(second)


def contents(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()].tobytes()}) if hasattr(item, "shape") else None
        )
    return found


@pytest.mark.material
def test_gap_junctions() -> None:
    load_mechanisms(material().mechanisms["sscx"])
    with gap_junctions() as (_, simulation, gaps):
        gaps.connect()
        one = run(simulation, 1)
        assert same(run(simulation, 2), one)
        assert same(run(simulation, 3), one)


@pytest.mark.material
@pytest.mark.filterwarnings("ignore:.*the cell does not have their sections")
def test_detailed_cells_with_minis_replay_and_reports(tmp_path: Path) -> None:
    config = material().circuit("two_cells") / "simulation_config.json"
    one = run_sonata(config, output=tmp_path / "one")
    two = run_sonata(config, output=tmp_path / "two", threads=2)
    assert sum(one.summary.synapses.values()) > 200
    assert len(one.reports) > 0
    pairs = [(one.reports[name], two.reports[name]) for name in one.reports]
    for first, second in (*pairs, *zip(one.spikes_files, two.spikes_files, strict=True)):
        assert contents(first) == contents(second)


@pytest.mark.material
@pytest.mark.skipif(not has_library(), reason="this NEURON brings no CoreNEURON along")
def test_globals_that_a_mechanism_assigns_to(cells: list[Cell], simulation: Simulation) -> None:
    load_mechanisms(material().mechanisms["sscx"])
    for index, cell in enumerate(cells):
        cell.soma.insert("KdShu2007")
        cell.soma.raw.gkbar_KdShu2007 = 0.002 * (index + 1)
    one = run(simulation, 1)
    assert same(run(simulation, 2), one)
    for count in (1, 2):
        simulation.run(20, cvode=False, threads=count, engine="coreneuron")
        for cell, voltage in zip(cells, one, strict=True):
            assert np.abs(cell.get_soma_voltage() - voltage).max() < 1e-6
