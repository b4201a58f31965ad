"""Which dialect a configuration is in."""

from __future__ import annotations

import json
from pathlib import Path

from bluecellab.circuit.config import dialect_of, is_circuit_config, read_config
from bluecellab.spec.allen import AllenConfig
from bluecellab.spec.simulation import SimulationConfig
from tests.unit.circuit.config.allen.samples import write
from tests.unit.circuit.config.samples import RUN


def test_dialects(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert dialect_of(path) == dialect_of(tmp_path / "circuit.json") == "allen"
    assert isinstance(read_config(path), AllenConfig)
    assert is_circuit_config(tmp_path / "circuit.json")
    assert not is_circuit_config(path)
    # without its circuit, by what it says
    (tmp_path / "circuit.json").unlink()
    assert dialect_of(path) == "allen"
    obi = tmp_path / "obi.json"
    obi.write_text(json.dumps({"run": RUN, "inputs": {}}))
    assert dialect_of(obi) == "obi"
    assert isinstance(read_config(obi), SimulationConfig)
    nodes = [{"nodes_file": "n.h5", "node_types_file": None, "populations": {"a": {}}}]
    (tmp_path / "circuit.json").write_text(json.dumps({"networks": {"nodes": nodes, "edges": []}}))
    assert dialect_of(tmp_path / "circuit.json") == dialect_of(path) == "obi"
    assert dialect_of(tmp_path / "absent.json") == "obi"
    obi.write_text("[]")
    assert dialect_of(obi) == "obi"


def test_dialects_of_circles(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"network": "a.json", "run": {"dL": 1}}))
    assert dialect_of(path) == "allen"
