"""Experiments, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter

__getattr__ = getter(__name__)
