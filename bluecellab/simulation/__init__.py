"""TIME: simulations in this process, and in others.

Names are loaded on first use: a run in this process needs nothing of what runs in others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bluecellab.files.late import loaded_late

if TYPE_CHECKING:
    from bluecellab.results import Results
    from bluecellab.simulation.circuit.core import CircuitSimulation
    from bluecellab.simulation.circuit.graphs import build_graph
    from bluecellab.simulation.circuit.sonata import run_sonata
    from bluecellab.simulation.circuit.summary import CircuitResult, Summary
    from bluecellab.simulation.conditions import (
        NeuronGlobalParams,
        NeuronGlobals,
        set_neuron_globals,
    )
    from bluecellab.simulation.core import Hook, Simulation
    from bluecellab.simulation.isolation import Executor, IsolatedProcess, Isolation, run_isolated
    from bluecellab.simulation.protocol import run_here, run_on, run_protocol
    from bluecellab.simulation.stepping import integrates_with_cvode
    from bluecellab.simulation.sweeping import Sweep, SweepKeywords, SweepOptions, map_cells, sweep

_HOMES = {
    "CircuitResult": "bluecellab.simulation.circuit.summary",
    "CircuitSimulation": "bluecellab.simulation.circuit.core",
    "Executor": "bluecellab.simulation.isolation",
    "Hook": "bluecellab.simulation.core",
    "IsolatedProcess": "bluecellab.simulation.isolation",
    "Isolation": "bluecellab.simulation.isolation",
    "NeuronGlobalParams": "bluecellab.simulation.conditions",
    "NeuronGlobals": "bluecellab.simulation.conditions",
    "Results": "bluecellab.results",
    "Simulation": "bluecellab.simulation.core",
    "Summary": "bluecellab.simulation.circuit.summary",
    "Sweep": "bluecellab.simulation.sweeping",
    "SweepKeywords": "bluecellab.simulation.sweeping",
    "SweepOptions": "bluecellab.simulation.sweeping",
    "build_graph": "bluecellab.simulation.circuit.graphs",
    "integrates_with_cvode": "bluecellab.simulation.stepping",
    "map_cells": "bluecellab.simulation.sweeping",
    "run_here": "bluecellab.simulation.protocol",
    "run_isolated": "bluecellab.simulation.isolation",
    "run_on": "bluecellab.simulation.protocol",
    "run_protocol": "bluecellab.simulation.protocol",
    "run_sonata": "bluecellab.simulation.circuit.sonata",
    "set_neuron_globals": "bluecellab.simulation.conditions",
    "sweep": "bluecellab.simulation.sweeping",
}

__all__ = [
    "CircuitResult",
    "CircuitSimulation",
    "Executor",
    "Hook",
    "IsolatedProcess",
    "Isolation",
    "NeuronGlobalParams",
    "NeuronGlobals",
    "Results",
    "Simulation",
    "Summary",
    "Sweep",
    "SweepKeywords",
    "SweepOptions",
    "build_graph",
    "integrates_with_cvode",
    "map_cells",
    "run_here",
    "run_isolated",
    "run_on",
    "run_protocol",
    "run_sonata",
    "set_neuron_globals",
    "sweep",
]

__getattr__, __dir__ = loaded_late(__name__, _HOMES)
