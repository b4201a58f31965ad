"""Connections of point cells, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.point.connection_params import PointProcessConnParameters
from bluecellab.compat.point.point_connection import PointProcessConnection

__all__ = ["PointProcessConnParameters", "PointProcessConnection"]

__getattr__ = getter(__name__)
