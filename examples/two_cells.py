"""Two cells at once: each has its own stimuli and recordings, and neither disturbs the other."""

import warnings

import numpy as np

from bluecellab import CellId, Simulation, create_ball_stick
from bluecellab.errors import UnaddedCellWarning
from bluecellab.spec.stimuli import Hyperpolarizing, OrnsteinUhlenbeck, Step

with (
    create_ball_stick(CellId("cortex", 1)) as first,
    create_ball_stick(CellId("cortex", 2)) as second,
    Simulation(celsius=22) as simulation,
):
    simulation.add_cell(first)
    simulation.add_cell(second)
    first.add_stimulus(Step(delay=10, duration=50, amplitude="250 pA"))
    # a + b plays both at the same place; relative stimuli refer to the cell's own currents
    second.add_stimulus(
        Hyperpolarizing(duration=100) + OrnsteinUhlenbeck(delay=10, duration=80, tau=3, mean=0.2, sigma=0.05)
    )
    simulation.run(100, cvode=False)
    together = first.get_soma_voltage()
    print(f"{first}: {together.max():.1f} mV; {second}: {second.get_soma_voltage().max():.1f} mV")

# Alone, the first cell gives the same numbers, bit for bit.
with create_ball_stick(CellId("cortex", 1)) as alone, Simulation(celsius=22) as simulation:
    simulation.add_cell(alone)
    alone.add_stimulus(Step(delay=10, duration=50, amplitude=0.25))
    simulation.run(100, cvode=False)
    assert np.array_equal(alone.get_soma_voltage(), together)

    # A cell that lives without having been added is integrated by NEURON all the same: you are told.
    with create_ball_stick(CellId("cortex", 7)), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        simulation.run(10, cvode=False)
    assert told[0].category is UnaddedCellWarning
    print(told[0].message)
