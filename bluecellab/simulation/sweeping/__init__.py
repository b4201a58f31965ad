"""Many jobs: cells times protocols, or cells times parameters of a measurement, side by side.

:func:`sweep` runs protocols on cells, :func:`map_cells` calls a function with live cells. Both give
a :class:`Sweep`, an iterator of outcomes.
"""

from __future__ import annotations

from bluecellab.simulation.sweeping.core import Sweep
from bluecellab.simulation.sweeping.making import map_cells, sweep
from bluecellab.simulation.sweeping.options import SweepKeywords, SweepOptions
from bluecellab.simulation.sweeping.seams import AnyExecutor, AnyFuture

__all__ = ["AnyExecutor", "AnyFuture", "Sweep", "SweepKeywords", "SweepOptions", "map_cells", "sweep"]
