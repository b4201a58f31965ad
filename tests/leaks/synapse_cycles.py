"""Make, connect, run and close many synapses: scenarios of :mod:`tests.leaks.cycles`."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

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


_folders: list[Path] = []


def allen() -> None:
    """Synapses of the Allen dialect: random places, all sources and delays, merged ones, and a mistake."""
    from bluecellab.errors import SynapseError
    from bluecellab.spec.base import CellId
    from tests.unit.synapse.allen.making import circuit_in, world
    from tests.unit.synapse.allen.test_sources import potentials

    if not _folders:
        _folders.append(Path(os.environ["LEAK_FOLDER"]))
    circuit = circuit_in(_folders[0])
    pairs = [(source, node) for node in range(3) for source in range(4)]
    trains = {CellId("fibres", node): np.array([0.1, 0.5]) for node in range(4)}
    for merge in (False, True):
        signs = ["exc.json"] * 8 + ["plus.json" if merge else "exc.json"] * 4
        mistake = "plus.json" if merge else "exc.json"  # synapses of a file with a sign alone
        cells = {"nsyns": 100, "model_template": "expsyn", "dynamics_params": ["exc.json", mistake]}
        delays = np.arange(12) % 2
        circuit.connect("f_c", ("fibres", "cells"), pairs, nsyns=60, delay=delays, dynamics_params=signs)
        circuit.connect("c_c", ("cells", "cells"), [(2, 0), (0, 1)], **cells)
        with world(circuit, points=(2,) if merge else ()) as made:
            synapses = made.synapses(merge=merge)
            with suppress(SynapseError):
                synapses.recurrent(made.real)
            synapses.virtual({"fibres": np.arange(4)}, trains)
            potentials(made, synapses, 1.0)


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
