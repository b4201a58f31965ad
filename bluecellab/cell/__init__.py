"""LIVE CELLS: one builder for each family, the cell, its sections."""

from __future__ import annotations

from bluecellab.cell.core import Cell, create_ball_stick, living_cells

__all__ = ["Cell", "create_ball_stick", "living_cells"]
