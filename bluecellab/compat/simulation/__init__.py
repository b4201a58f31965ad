"""Simulations, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.simulation.simulation import Simulation

__all__ = ["Simulation"]

__getattr__ = getter(__name__)
