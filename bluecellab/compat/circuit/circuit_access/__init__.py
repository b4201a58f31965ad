"""Access to circuits, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.circuit.circuit_access.definition import CircuitAccess
from bluecellab.compat.circuit.circuit_access.parameters import get_synapse_connection_parameters
from bluecellab.compat.circuit.circuit_access.sonata_circuit_access import SonataCircuitAccess
from bluecellab.spec.cells import EmodelProperties

__all__ = ["CircuitAccess", "EmodelProperties", "SonataCircuitAccess", "get_synapse_connection_parameters"]

__getattr__ = getter(__name__)
