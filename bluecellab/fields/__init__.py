"""SPACE: electric fields that act on cells.

- :func:`play_field` lets spatially uniform fields act on a cell;
- :func:`play_sources` lets electrodes and fields that COMSOL computed act on all cells of a simulation;
- :func:`potentials` gives the potential outside of its segments without NEURON;
- :func:`displacements` says where its segments are.
"""

from __future__ import annotations

from bluecellab.fields.geometry import displacements, local_positions
from bluecellab.fields.live import LiveField, play_field
from bluecellab.fields.sources import LiveSources, play_sources
from bluecellab.fields.uniform import potentials

__all__ = [
    "LiveField",
    "LiveSources",
    "displacements",
    "local_positions",
    "play_field",
    "play_sources",
    "potentials",
]
