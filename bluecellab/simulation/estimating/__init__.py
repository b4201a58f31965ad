"""Estimates: how large a simulation is and what it will take, before anything is built."""

from __future__ import annotations

from bluecellab.simulation.estimating.core import estimate
from bluecellab.simulation.estimating.result import Estimate, RankEstimate
from bluecellab.simulation.sizing.costs import BUILT_IN, Costs, calibration_file, read_costs, write_costs

__all__ = [
    "BUILT_IN",
    "Costs",
    "Estimate",
    "RankEstimate",
    "calibration_file",
    "estimate",
    "read_costs",
    "write_costs",
]
