"""Graphs of the connections of a circuit simulation."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bluecellab import CellId, CircuitSimulation
from bluecellab.errors import ClosedError, SimulationError
from bluecellab.simulation import build_graph
from tests.unit.simulation.circuit.small import SIZE, write_network


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network"))


def test_graph(config: Path) -> None:
    with CircuitSimulation(config) as simulation:
        with pytest.raises(SimulationError, match="instantiate"):
            build_graph(simulation)
        simulation.instantiate(reports="none")
        graph = build_graph(simulation)
        expected: Counter[tuple[CellId, CellId]] = Counter()
        last: dict[tuple[CellId, CellId], float] = {}
        for cell_id in simulation.cells:
            for group in simulation.synapses(cell_id):
                if group.edges.population.name == "A__A":
                    pairs = [(CellId("A", source), cell_id) for source in group.sources.tolist()]
                    expected.update(pairs)
                    last.update(zip(pairs, group.weights.tolist(), strict=True))
    assert set(graph.nodes) == {CellId("A", node) for node in range(SIZE)}  # no virtual ones: replayed
    assert {pair: data["count"] for pair, data in graph.edges.items()} == expected
    assert sum(expected.values()) == 60
    assert {pair: data["weight"] for pair, data in graph.edges.items()} == last
    with pytest.raises(ClosedError):
        build_graph(simulation)


def test_graph_of_some(config: Path) -> None:
    chosen = [CellId("A", 1), CellId("A", 3)]
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(chosen, connect=False)
        graph = build_graph(simulation)
    assert list(graph.nodes) == chosen
    assert not graph.edges
