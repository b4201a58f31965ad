"""``Simulation`` at its published place."""

from __future__ import annotations

from bluecellab.simulation import Simulation

__all__ = ["Simulation"]
