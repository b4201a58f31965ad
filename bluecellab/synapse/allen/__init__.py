"""Live synapses of circuits of the Allen dialect.

:class:`AllenSynapses` makes all of a simulation: between cells, from virtual cells and of replayed edges.
"""

from __future__ import annotations

from bluecellab.synapse.allen.models import MODELS
from bluecellab.synapse.allen.synapses import AllenEdges, AllenSynapses
from bluecellab.synapse.allen.weights import WEIGHTS, EdgeView, NodeView

__all__ = ["MODELS", "WEIGHTS", "AllenEdges", "AllenSynapses", "EdgeView", "NodeView"]
