"""Plastic synapses, whose published mechanism does not begin its random streams anew by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluecellab.simulation import CircuitSimulation
from bluecellab.spec.base import CellId
from tests.material import material
from tests.vs_bluecellulab.network_cases import write_plastic

pytestmark = [
    pytest.mark.material,
    pytest.mark.filterwarnings("ignore:.*the cell does not have their sections"),
]
CELL = CellId("NodeB", 0)
SPIKES = {CellId("NodeA", 0): np.array([2.0, 5.0, 9.0])}


def test_every_run_is_the_same(tmp_path: Path) -> None:
    config = write_plastic(tmp_path, material().circuit("two_cells"), newer=False)
    found = []
    for _ in range(2):
        with CircuitSimulation(config) as simulation:
            simulation.instantiate([CELL], replay=SPIKES)
            names = {name for group in simulation.synapses(CELL) for name in group.mechanisms if len(group)}
            assert "GluSynapse" in names
            for _ in range(2):
                simulation.run(15)
                found.append(simulation.get_voltage_trace(CELL))
    assert all(np.array_equal(found[0], each) for each in found[1:])
    with CircuitSimulation(config, base_seed=1) as simulation:
        simulation.instantiate([CELL], replay=SPIKES)
        simulation.run(15)
        assert not np.array_equal(found[0], simulation.get_voltage_trace(CELL))
