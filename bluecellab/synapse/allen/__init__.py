"""Live synapses of circuits of the Allen dialect.

:class:`AllenSynapses` makes all of a simulation: between cells, from virtual cells and of replayed edges.
"""

from __future__ import annotations

from bluecellab.synapse.allen.connections import AllenConnection
from bluecellab.synapse.allen.models import MODELS
from bluecellab.synapse.allen.seams import Activity, AllenEdges
from bluecellab.synapse.allen.synapses import AllenSynapses
from bluecellab.synapse.allen.weights import WEIGHTS, EdgeView, NodeView

__all__ = [
    "MODELS",
    "WEIGHTS",
    "Activity",
    "AllenConnection",
    "AllenEdges",
    "AllenSynapses",
    "EdgeView",
    "NodeView",
]
