"""What ``extracellular`` does to NEURON ends with it."""

from __future__ import annotations

from contextlib import ExitStack, suppress

import numpy as np

from bluecellab import Simulation, create_ball_stick
from bluecellab.errors import EngineError


def potentials(count, *, outside=False, cvode=False):
    """Of so many cells that know nothing of each other."""
    with ExitStack() as stack:
        simulation = stack.enter_context(Simulation())
        cells = [stack.enter_context(create_ball_stick()) for _ in range(count)]
        for cell in cells:
            simulation.add_cell(cell)
            cell.add_step(2, 15, 0.3)
            for section in cell.raw_sections() if outside else ():
                section.insert("extracellular")
        simulation.run(20, cvode=cvode)
        return [cell.get_soma_voltage() for cell in cells]


def test_cells_are_alone_again_when_extracellular_has_gone():
    (expected,) = potentials(1)
    for cvode in (False, True):
        with suppress(*([EngineError] if cvode else [])):  # NEURON's IDA may not find where to begin
            potentials(2, outside=True, cvode=cvode)
        for count in (1, 3):
            for found in potentials(count):
                assert np.array_equal(found, expected)
