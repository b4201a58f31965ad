"""Simulations, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.simulation.neuron_globals import (
    set_global_condition_parameters,
    set_minis_single_vesicle_values,
)
from bluecellab.compat.simulation.simulation import Simulation

__all__ = ["Simulation", "set_global_condition_parameters", "set_minis_single_vesicle_values"]

__getattr__ = getter(__name__)
