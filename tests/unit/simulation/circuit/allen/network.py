"""The network of the examples, as tests want it."""

from __future__ import annotations

from pathlib import Path

from bluecellab.spec.base import CellId

CONFIG = Path(__file__).parents[5] / "examples" / "allen_network" / "simulation_config.json"
TSTOP = 200.0
CELLS = [CellId("cells", index) for index in range(5)]
"""Those with sections."""
