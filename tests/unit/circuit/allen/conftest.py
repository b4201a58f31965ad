"""A network of the Allen dialect in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab.circuit.allen import (
    AllenCircuit,
    open_allen,
)
from bluecellab.circuit.allen import (
    edges as edges_module,
)
from tests.unit.circuit.allen.networks import write_network


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_network(tmp_path)


@pytest.fixture
def circuit(config: Path) -> AllenCircuit:
    return open_allen(config)


@pytest.fixture
def not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read edges as those of a population that is too large to be kept."""
    monkeypatch.setattr(edges_module, "_KEPT", 2)
    monkeypatch.setattr(edges_module, "_AT_ONCE", 2)
