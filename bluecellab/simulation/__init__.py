"""TIME: simulations in this process, and in others."""

from __future__ import annotations

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
