"""ObiCircuit on circuits that are right."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.obi import ObiCircuit, open_circuit
from bluecellab.errors import CircuitWarning, ClosedError
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import HocCell, PointCell
from tests.unit.circuit.sonata_files import write_small_circuit


@pytest.fixture
def circuit(tmp_path: Path) -> Iterator[ObiCircuit]:
    with open_circuit(write_small_circuit(tmp_path, mechanisms=True)) as opened:
        yield opened


def test_populations(circuit: ObiCircuit) -> None:
    assert isinstance(circuit, CircuitAccess)
    assert list(circuit.node_populations) == ["S1", "V", "P"]
    assert circuit.node_populations["S1"].size == 5
    assert circuit.node_populations["V"].virtual
    assert "@dynamics:threshold_current" in circuit.node_populations["S1"].columns
    edges = circuit.edge_populations["V__S1__chemical"]
    assert (edges.source, edges.target, edges.size, edges.kind) == ("V", "S1", 6, "chemical")
    assert [each.name for each in circuit.mechanism_folders] == ["mod"]
    assert [each.name for each in circuit.helper_folders] == ["hoc", "mod"]


def test_nodes(circuit: ObiCircuit) -> None:
    got = circuit.nodes("S1", np.array([3, 0, 3]), ["mtype", "x", "layer", "@dynamics:AIS_scaler"])
    assert got["mtype"].tolist() == ["L23_PC", "L5_TPC", "L23_PC"]
    assert got["layer"].tolist() == ["23", "5", "23"]
    assert got["x"].tolist() == [30, 0, 30]
    everything = circuit.nodes("S1")
    assert set(everything) == set(circuit.node_populations["S1"].columns)
    assert all(len(values) == 5 for values in everything.values())
    assert circuit.nodes("S1", np.array([], dtype=int), ["mtype"])["mtype"].shape == (0,)


def test_edges_by_target(circuit: ObiCircuit) -> None:
    edges = circuit.edges("S1__S1__chemical", 3)
    assert edges.sources.tolist() == [0, 1, 2, 4]
    assert edges.numbers.tolist() == [0, 1, 2, 3]
    assert edges.columns["conductance"].tolist() == pytest.approx([0.6, 0.7, 0.8, 0.9])
    assert len(circuit.edges("S1__S1__chemical", 2)) == 0
    assert list(circuit.edges("S1__S1__chemical", 0, ["delay"]).columns) == ["delay"]
    scattered = circuit.edges("V__S1__chemical", 2)
    assert scattered.sources.tolist() == [0, 2, 4]
    assert scattered.columns["conductance"].tolist() == [0.0, 0.2, 0.4]


def test_node_sets(circuit: ObiCircuit) -> None:
    def ids(name: str) -> dict[str, list[int]]:
        return {population: found.tolist() for population, found in circuit.node_set(name).items()}

    assert "Mosaic" in circuit.node_set_names
    assert ids("Mosaic") == {"S1": [0, 1, 2, 3, 4]}
    assert ids("L5") == {"S1": [0, 2]}
    assert ids("Both") == {"S1": [0, 1, 2, 4]}
    assert ids("Two") == {"S1": [1, 3]}
    assert ids("Far") == {"S1": [2, 3, 4]}
    assert ids("Like") == {"S1": [0, 1, 2, 4]}
    assert ids("Everybody") == {"S1": [0, 1, 2, 4], "V": [0, 1]}


def test_cells(circuit: ObiCircuit, tmp_path: Path) -> None:
    cell = circuit.cell(CellId("S1", 4))
    assert isinstance(cell, HocCell)
    assert cell.template_path == str(tmp_path / "hoc" / "small.hoc")
    assert cell.morphology_path == str(tmp_path / "morphologies" / "m.3.swc")
    assert cell.template_format == "v6"
    assert cell.id == ("S1", 4)
    properties = cell.emodel_properties
    assert properties is not None
    assert (properties.threshold_current, properties.holding_current) == (0.5, -0.5)
    assert (properties.AIS_scaler, properties.soma_scaler) == (1.5, 1.0)
    point = circuit.cell(CellId("P", 1))
    assert point == PointCell(mechanism="IntFire1", parameters={"tau": 6.0}, id=CellId("P", 1))


def test_closed(tmp_path: Path) -> None:
    circuit = ObiCircuit(write_small_circuit(tmp_path))
    circuit.nodes("S1")
    circuit.close()
    circuit.close()
    with pytest.raises(ClosedError):
        circuit.nodes("S1")


def test_the_simulations_node_sets_win(tmp_path: Path) -> None:
    other = tmp_path / "mine.json"
    other.write_text('{"L5": {"population": "S1", "node_id": [4]}, "Mine": ["L5", "Two"]}')
    with open_circuit(write_small_circuit(tmp_path), node_sets_file=other) as circuit:
        assert circuit.node_set("L5")["S1"].tolist() == [4]
        assert circuit.node_set("Mine")["S1"].tolist() == [1, 3, 4]
        assert circuit.node_set("Both")["S1"].tolist() == [1, 4]


def test_populations_that_lack_an_attribute_are_skipped_with_one_warning(tmp_path: Path) -> None:
    other = tmp_path / "mine.json"
    other.write_text('{"Loose": {"mtype": "L5_TPC"}}')
    with open_circuit(write_small_circuit(tmp_path), node_sets_file=other) as circuit:
        with pytest.warns(CircuitWarning, match="2 populations.*V has no mtype; P has no mtype"):
            assert circuit.node_set("Loose")["S1"].tolist() == [0, 2]
        assert circuit.node_set("Loose")["S1"].tolist() == [0, 2]


def open_files(folder: Path) -> int:
    here = Path("/proc/self/fd")
    if not here.is_dir():
        pytest.skip("needs /proc")
    return sum(str(each.resolve()).startswith(str(folder)) for each in list(here.iterdir()))


def test_files_are_let_go_when_closed_or_dropped(tmp_path: Path) -> None:
    path = write_small_circuit(tmp_path)
    gc.disable()  # nothing may need it
    try:
        for close in (True, False):
            circuit = open_circuit(path)
            circuit.node_set("Both")
            circuit.edges("S1__S1__chemical", 0)
            populations = circuit.node_populations
            assert populations["S1"].size == 5
            assert open_files(tmp_path) >= 2
            if close:
                circuit.close()
            del circuit, populations
            assert open_files(tmp_path) == 0
    finally:
        gc.enable()
