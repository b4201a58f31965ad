"""Cells of the Allen dialect: a template makes them, processors change them."""

from __future__ import annotations

from bluecellab.cell.builders.allen.building import build_allen
from bluecellab.cell.builders.allen.node import CellNode

__all__ = ["CellNode", "build_allen"]
