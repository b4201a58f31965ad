"""Circuits as they lie in files or in memory, read lazily and in columns. No NEURON.

:class:`CircuitAccess` is the seam: what a simulation needs to know of a circuit. :func:`open_circuit` opens
one of files, :class:`MemoryCircuit` holds one in memory, and :func:`write_circuit` writes one.
"""

from __future__ import annotations

from bluecellab.circuit.access import CircuitAccess, CompartmentSet, EdgePopulation, Edges, NodePopulation
from bluecellab.circuit.compartments import read_compartment_sets
from bluecellab.circuit.config import read_config
from bluecellab.circuit.memory import EdgeColumns, MemoryCircuit, NodeColumns
from bluecellab.circuit.obi import ObiCircuit
from bluecellab.circuit.opening import open_circuit
from bluecellab.circuit.validation import validate
from bluecellab.circuit.writing import write_circuit, write_config
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import EmodelProperties

__all__ = [
    "CellId",
    "CircuitAccess",
    "CompartmentSet",
    "EdgeColumns",
    "EdgePopulation",
    "Edges",
    "EmodelProperties",
    "MemoryCircuit",
    "NodeColumns",
    "NodePopulation",
    "ObiCircuit",
    "open_circuit",
    "read_compartment_sets",
    "read_config",
    "validate",
    "write_circuit",
    "write_config",
]
