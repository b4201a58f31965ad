"""Live synapses: point processes, their connections, replayed spikes and minis.

:func:`build_synapses` makes all synapses that a population of edges has on a cell, as one
:class:`SynapseGroup`. ``group.connect`` connects them to cells that are simulated, or to a
:class:`SpikeSource`, which plays recorded spikes and :class:`Minis`.
"""

from __future__ import annotations

from bluecellab.synapse.build import build_synapses
from bluecellab.synapse.conditions import Receiver, SynapseConditions
from bluecellab.synapse.configuring import shared_globals
from bluecellab.synapse.delayed import change_weights, keep_silent
from bluecellab.synapse.gap import GapJunctions
from bluecellab.synapse.group import SynapseGroup
from bluecellab.synapse.handle import Connection, Synapse
from bluecellab.synapse.minis import Minis
from bluecellab.synapse.neuromodulation import modulate
from bluecellab.synapse.overrides import resolve
from bluecellab.synapse.placing import drive, place_edge, place_synapse
from bluecellab.synapse.replay import SpikeSource
from bluecellab.synapse.resolved import ResolvedOverrides

__all__ = [
    "Connection",
    "GapJunctions",
    "Minis",
    "Receiver",
    "ResolvedOverrides",
    "SpikeSource",
    "Synapse",
    "SynapseConditions",
    "SynapseGroup",
    "build_synapses",
    "change_weights",
    "drive",
    "keep_silent",
    "modulate",
    "place_edge",
    "place_synapse",
    "resolve",
    "shared_globals",
]
