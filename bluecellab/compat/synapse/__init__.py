"""Synapses, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.synapse.synapse_factory import SynapseFactory
from bluecellab.compat.synapse.synapse_types import (
    AmpanmdaSynapse,
    Exp2Syn,
    GabaabSynapse,
    GenericSpikeSynapse,
    GluSynapse,
    Synapse,
)

__all__ = [
    "AmpanmdaSynapse",
    "Exp2Syn",
    "GabaabSynapse",
    "GenericSpikeSynapse",
    "GluSynapse",
    "Synapse",
    "SynapseFactory",
]

__getattr__ = getter(__name__)
