"""How large cells are and what their parts cost, from files alone: for estimates, and to spread cells."""

from __future__ import annotations

from bluecellab.simulation.sizing.cells import CellSize, Sizes
from bluecellab.simulation.sizing.costs import Costs, read_costs

__all__ = ["CellSize", "Costs", "Sizes", "read_costs"]
