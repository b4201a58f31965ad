"""What a connection of a point cell is."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PointProcessConnParameters"]


class PointProcessConnParameters(NamedTuple):
    """Number of the source, delay in ms, and weight in the unit of the target."""

    sgid: int
    delay: float
    weight: float
