"""Temperature and initial potential that simulations fall back on."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.simulation.conditions import NeuronGlobalParams, NeuronGlobals, set_neuron_globals

__all__ = ["NeuronGlobalParams", "NeuronGlobals", "set_neuron_globals"]

__getattr__ = getter(__name__)
__path__: list[str] = []  # lets `from ... import name` say why an absent name is absent
