"""TIME: simulations in this process, and in others."""

from __future__ import annotations

from bluecellab.simulation.conditions import (
    NeuronGlobalParams,
    NeuronGlobals,
    set_neuron_globals,
)
from bluecellab.simulation.core import Hook, Simulation

__all__ = [
    "Hook",
    "NeuronGlobalParams",
    "NeuronGlobals",
    "Simulation",
    "set_neuron_globals",
]
