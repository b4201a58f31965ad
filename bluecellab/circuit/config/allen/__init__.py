"""Configurations of the Allen Institute / BMTK dialect of SONATA -> words."""

from __future__ import annotations

from bluecellab.circuit.config.allen.reading import read_allen_config, read_allen_layout

__all__ = ["read_allen_config", "read_allen_layout"]
