"""Circuits, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.circuit.circuit_access import CircuitAccess, SonataCircuitAccess
from bluecellab.compat.circuit.simulation_access import SimulationAccess, SonataSimulationAccess
from bluecellab.compat.circuit.synapse_properties import SynapseProperty
from bluecellab.compat.circuit.validate import SimulationValidator
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import EmodelProperties

__all__ = [
    "CellId",
    "CircuitAccess",
    "EmodelProperties",
    "SimulationAccess",
    "SimulationValidator",
    "SonataCircuitAccess",
    "SonataSimulationAccess",
    "SynapseProperty",
]

__getattr__ = getter(__name__)
