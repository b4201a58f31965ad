"""Reports of the Allen dialect: frames one step after the times that they are named by, in double precision.

- :func:`membrane_recorder` records variables of segments;
- :func:`netcon_recorder` those of the synapses of connections;
- :func:`clamp_recorder` the currents of clamps;
- :func:`saved_edges` gathers connections as they are, to be written as edges.
"""

from __future__ import annotations

from bluecellab.recording.allen.connections import Bundled, Connected, Grouped, connections_of
from bluecellab.recording.allen.membrane import membrane_recorder
from bluecellab.recording.allen.processes import clamp_recorder, netcon_recorder
from bluecellab.recording.allen.saved import saved_edges
from bluecellab.recording.allen.windows import AllenWords, file_names, window_of

__all__ = [
    "AllenWords",
    "Bundled",
    "Connected",
    "Grouped",
    "clamp_recorder",
    "connections_of",
    "file_names",
    "membrane_recorder",
    "netcon_recorder",
    "saved_edges",
    "window_of",
]
