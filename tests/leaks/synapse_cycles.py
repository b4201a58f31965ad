"""Make, connect, run and close many synapses: scenarios of :mod:`tests.leaks.cycles`."""

from __future__ import annotations

import numpy as np


def exponential(count: int = 2_000) -> None:
    """Synapses of NEURON's own, on the embedded cell."""
    from tests.unit.synapse.making import edges

    _cycle(edges(conductance=np.full(count, 1e-6)))


def stochastic(count: int = 20_000) -> None:
    """Synapses of the real models, on the embedded cell."""
    from bluecellab import load_mechanisms
    from tests.material import material
    from tests.unit.synapse.making import chemical

    load_mechanisms(material().mechanisms["sscx"])
    _cycle(chemical(count, 2))


def _cycle(made: object) -> None:
    from bluecellab import Simulation
    from bluecellab.synapse import Minis, SpikeSource, SynapseConditions, build_synapses
    from tests.unit.synapse.making import ball

    with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
        group = build_synapses(made, receiver, SynapseConditions(randomize_gaba_rise_time=True))
        group.connect({0: 70, 1: 71, 2: 72}, "replay")
        source.add_trains({70 + node: np.linspace(0, 1, 20) for node in range(3)})
        source.add_minis(Minis(group, np.full(len(group), 20.0)))
        simulation.attach(source)
        simulation.run(1, cvode=False)
        group.synapse(3).hsynapse.get_segment()
        group.connections_of(3)[0].set_weight_scalar(2.0)
