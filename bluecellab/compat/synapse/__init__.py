"""Synapses, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
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
]

__getattr__ = getter(__name__)
