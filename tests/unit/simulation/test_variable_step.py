"""Runs whose integrator with variable step cannot go on."""

from __future__ import annotations

import pytest

from bluecellab.cell import create_ball_stick
from bluecellab.errors import EngineError
from bluecellab.simulation import Simulation


def test_an_integrator_that_gives_up_is_an_error() -> None:
    """NEURON's psolve then returns as if it had come to the end."""
    with create_ball_stick() as cell, Simulation() as simulation:
        cell.add_step(2, 20, 0.3)
        simulation.add_cell(cell)
        with pytest.raises(EngineError, match="integrating with CVODE .* variable step integrator error"):
            simulation.run(30, cvode=True, cvode_minstep=0.1)
        assert cell.get_time()[-1] < 30
        simulation.run(30, cvode=True, cvode_minstep=0.0001)
        assert cell.get_time()[-1] == 30
