"""Cells, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.cell.ballstick import create_ball_stick
from bluecellab.compat.cell.cell_dict import CellDict
from bluecellab.compat.cell.core import Cell
from bluecellab.compat.cell.morphio_wrapper import MorphIOWrapper
from bluecellab.compat.cell.sonata_proxy import SonataProxy

__all__ = ["Cell", "CellDict", "MorphIOWrapper", "SonataProxy", "create_ball_stick"]

__getattr__ = getter(__name__)
