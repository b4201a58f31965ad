"""Of the published circuit layer, what cells need: their ids and their electrical properties."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.circuit.synapse_properties import SynapseProperty
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import EmodelProperties

__all__ = ["CellId", "EmodelProperties", "SynapseProperty"]

__getattr__ = getter(__name__)
