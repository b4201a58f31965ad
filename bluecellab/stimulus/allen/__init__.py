"""Clamps of the Allen dialect of SONATA: ``IClamp`` from numbers or files, and ``SEClamp``."""

from __future__ import annotations

from bluecellab.stimulus.allen.clamps import Clamp, add_clamp, stream_of_clamp
from bluecellab.stimulus.allen.places import Clamped, place_of

__all__ = ["Clamp", "Clamped", "add_clamp", "place_of", "stream_of_clamp"]
