"""Reports, under the published names: recorded by cells, gathered, and then written."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.reports import manager, utils, writers

__all__ = ["manager", "utils", "writers"]

__getattr__ = getter(__name__)
