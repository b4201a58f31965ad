"""SPACE: electric fields that act on cells.

- :func:`play_field` lets spatially uniform fields act on a cell;
- :func:`potentials` gives the potential outside of its segments without NEURON;
- :func:`displacements` says where its segments are.
"""

from __future__ import annotations

from bluecellab.fields.geometry import displacements, local_positions
from bluecellab.fields.live import LiveField, play_field
from bluecellab.fields.uniform import potentials

__all__ = ["LiveField", "displacements", "local_positions", "play_field", "potentials"]
