"""Ten detailed cells with 20 000 synapses: replay is exact, whatever is loaded and in whatever order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bluecellab.circuit.validation import validate
from bluecellab.nrn.census import census
from bluecellab.results.sonata import read_report
from bluecellab.simulation import CircuitSimulation, run_sonata
from bluecellab.spec.base import CellId
from tests.material import material

pytestmark = [
    pytest.mark.material,
    pytest.mark.filterwarnings("ignore:.*the cell does not have their sections"),
]

A = [CellId("NodeA", node) for node in range(6)]
B = [CellId("NodeB", node) for node in range(4)]
CELLS = [*A, *B]


@dataclass(frozen=True)
class Outcome:
    """Potentials of somata and spikes, by cell."""

    potentials: Mapping[CellId, np.ndarray]
    spikes: Mapping[CellId, np.ndarray]


def outcome(simulation: CircuitSimulation) -> Outcome:
    simulation.run()
    potentials = {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}
    return Outcome(potentials, dict(simulation.spikes))


def run(config: Path, cells: list[CellId] | None = None, full: Outcome | None = None) -> Outcome:
    """Run some cells, with the spikes of the others if the full run is given."""
    spikes = {} if full is None else full.spikes
    others = {cell_id: times for cell_id, times in spikes.items() if cell_id not in (cells or CELLS)}
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(cells, replay=others)
        return outcome(simulation)


def check(part: Outcome, full: Outcome, cells: list[CellId]) -> None:
    """Check that every bit is the same."""
    assert list(part.potentials) == cells
    for cell_id in cells:
        assert np.array_equal(part.potentials[cell_id], full.potentials[cell_id]), cell_id
        assert np.array_equal(part.spikes[cell_id], full.spikes[cell_id]), cell_id


@pytest.fixture(scope="module")
def config() -> Path:
    return material().circuit("ten_cells") / "simulation_without_reports.json"


@pytest.fixture(scope="module")
def full(config: Path) -> Outcome:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate()
        counts = simulation.summary.synapses
        assert sum(counts.values()) > 19_900
        assert set(counts) == set(simulation.circuit.edge_populations)
        return outcome(simulation)


@pytest.fixture(scope="module")
def overridden(config: Path) -> Outcome:
    return run(config.with_name("simulation_overrides.json"))


@pytest.fixture
def nothing_left() -> Iterator[None]:
    before = census()
    yield
    assert not before.difference(census())


@pytest.mark.parametrize("name", ["ten_cells", "two_cells"])
@pytest.mark.parametrize("simulation", ["config", "without_reports", "overrides"])
def test_nothing_is_wrong(name: str, simulation: str) -> None:
    assert validate(material().circuit(name) / f"simulation_{simulation}.json") == []


def test_all_fire(full: Outcome) -> None:
    assert all(len(times) for times in full.spikes.values())


@pytest.mark.parametrize("cell_id", CELLS, ids=str)
def test_a_cell_alone(config: Path, full: Outcome, cell_id: CellId) -> None:
    check(run(config, [cell_id], full), full, [cell_id])


@pytest.mark.parametrize(
    "pair", [(A[0], A[3]), (A[5], A[1]), (A[2], B[1]), (B[3], A[4]), (B[0], B[2])], ids=str
)
def test_pairs(config: Path, full: Outcome, pair: tuple[CellId, CellId]) -> None:
    check(run(config, list(pair), full), full, list(pair))


@pytest.mark.usefixtures("nothing_left")
def test_all_of_them_in_another_order(config: Path, full: Outcome) -> None:
    order = [*B[::-1], *A[::-1]]
    check(run(config, order), full, order)


def test_what_else_is_there_does_not_matter(config: Path, full: Outcome) -> None:
    other = material().circuit("two_cells") / "simulation_without_reports.json"
    with CircuitSimulation(other) as neighbours:
        neighbours.instantiate()
        with pytest.warns(UserWarning, match="alive but not added"):
            check(run(config, [A[1]], full), full, [A[1]])


def test_without_the_others_it_is_another_potential(config: Path, full: Outcome) -> None:
    """So that the tests above can fail."""
    for cell_id in (A[0], B[0]):
        alone = run(config, [cell_id])
        assert not np.array_equal(alone.potentials[cell_id], full.potentials[cell_id])


@pytest.mark.parametrize("cells", [[A[0]], [A[1]], [B[3]], [A[4], B[0]]], ids=str)
def test_replay_with_overrides_and_modifications(
    config: Path, full: Outcome, overridden: Outcome, cells: list[CellId]
) -> None:
    part = run(config.with_name("simulation_overrides.json"), cells, overridden)
    check(part, overridden, cells)
    for cell_id in cells:
        assert not np.array_equal(part.potentials[cell_id], full.potentials[cell_id])


def test_the_command_gives_the_same(config: Path, full: Outcome, tmp_path: Path) -> None:
    result = run_sonata(config.with_name("simulation_config.json"), output=tmp_path / "output")
    for name in ("NodeA", "NodeB"):
        report = read_report(result.reports["soma"], name)
        for cell_id in (each for each in CELLS if each.population_name == name):
            expected = full.potentials[cell_id][:-1:4].astype(np.float32)  # the end is excluded
            assert np.array_equal(report.of_node(cell_id.id)[:, 0], expected)
            assert np.array_equal(result.spikes[cell_id], full.spikes[cell_id])
    with CircuitSimulation(config) as simulation:
        simulation.instantiate([B[1]], replay=result.spikes_file)
        check(outcome(simulation), full, [B[1]])
