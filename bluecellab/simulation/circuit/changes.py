"""What a configuration changes: GLOBALs of mechanisms while the simulation runs, and its cells for good."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.cell import Cell
from bluecellab.circuit.access import CircuitAccess
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import SimulationConfig

__all__ = ["modify", "settings_of"]
