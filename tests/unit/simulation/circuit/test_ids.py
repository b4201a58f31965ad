"""Global ids: functions of the circuit, or of what is loaded."""

from __future__ import annotations

import pytest

from bluecellab.circuit.access import NodePopulation
from bluecellab.errors import PopulationNotFoundError
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.spec.base import CellId


class Circuit:
    node_populations = {
        "NodeB": NodePopulation("NodeB", "biophysical", 2),
        "NodeA": NodePopulation("NodeA", "biophysical", 1000),
        "Input": NodePopulation("Input", "virtual", 1001),
    }


def test_neurodamus_takes_the_whole_circuit() -> None:
    ids = GlobalIds.of_circuit(Circuit(), "neurodamus", [CellId("NodeB", 1)])
    assert ids.offsets == {"Input": 0, "NodeA": 2000, "NodeB": 3000}
    assert ids.of(CellId("NodeB", 1)) == 3001


def test_bluecellulab_takes_what_is_requested() -> None:
    alone = GlobalIds.of_circuit(Circuit(), "bluecellulab", [CellId("NodeB", 1)])
    assert alone.offsets == {"Input": 0, "NodeB": 2000}
    both = GlobalIds.of_circuit(Circuit(), "bluecellulab", [CellId("NodeB", 1), CellId("NodeA", 0)])
    assert both.offsets == {"Input": 0, "NodeA": 2000, "NodeB": 3000}


def test_a_population_that_takes_no_part() -> None:
    with pytest.raises(PopulationNotFoundError, match="no global ids; there are Input"):
        GlobalIds({"Input": 0}).of(CellId("X", 0))
