"""Circuits of either dialect are opened by their configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bluecellab.circuit import open_circuit
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.circuit.obi import ObiCircuit
from bluecellab.errors import CircuitFileError, ConfinementError
from tests.unit.circuit.sonata_files import write_small_circuit
from tests.unit.circuit.validation.allen.network import write_network


def test_both_dialects(tmp_path: Path) -> None:
    obi = write_small_circuit(tmp_path / "obi")
    with open_circuit(obi) as circuit:
        assert isinstance(circuit, ObiCircuit)
    path = write_network(tmp_path / "allen")
    with open_circuit(path.with_name("circuit_config.json")) as circuit:
        assert isinstance(circuit, AllenCircuit)
        assert "bio" not in circuit.node_set_names
    with open_circuit(path) as circuit:  # a simulation names its circuit
        assert isinstance(circuit, AllenCircuit)
        assert list(circuit.node_set("bio")["internal"]) == [0, 1, 2]


def test_the_folder(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    with open_circuit(tmp_path) as circuit:
        assert list(circuit.node_populations) == ["internal", "lgn"]
    path.with_name("circuit_config.json").rename(tmp_path / "config.circuit.json")
    with open_circuit(tmp_path) as circuit:
        assert list(circuit.node_populations) == ["internal", "lgn"]


def test_more_node_sets(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    (tmp_path / "more.json").write_text(json.dumps({"two": {"population": "lgn", "node_id": [1, 2]}}))
    with open_circuit(path, node_sets_file=tmp_path / "more.json") as circuit:
        assert list(circuit.node_set("two")["lgn"]) == [1, 2]


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CircuitFileError, match="cannot be read"):
        open_circuit(tmp_path / "absent.json")
    path = write_network(tmp_path / "inside")
    circuit = path.with_name("circuit_config.json")
    circuit.write_text(circuit.read_text().replace("nodes_file", "nods_file"))
    with pytest.raises(CircuitFileError, match="did you mean 'nodes_file'"):
        open_circuit(path)
    with pytest.raises(ConfinementError):
        open_circuit(write_network(tmp_path / "inside"), confine_to=tmp_path / "inside" / "network")
