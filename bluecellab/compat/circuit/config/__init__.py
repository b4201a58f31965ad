"""Configurations of simulations, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.circuit.config.definition import SimulationConfig
from bluecellab.compat.circuit.config.sonata_simulation_config import SonataSimulationConfig

__all__ = ["SimulationConfig", "SonataSimulationConfig"]

__getattr__ = getter(__name__)
