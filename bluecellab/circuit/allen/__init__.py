"""Circuits of the Allen Institute / BMTK dialect of SONATA: files -> words. No NEURON."""

from __future__ import annotations

from bluecellab.circuit.allen.circuit import AllenCircuit, open_allen
from bluecellab.circuit.allen.gaps import GapJunctions
from bluecellab.circuit.allen.writing import AllenEdges, AllenNodes, write_allen_network

__all__ = [
    "AllenCircuit",
    "AllenEdges",
    "AllenNodes",
    "GapJunctions",
    "open_allen",
    "write_allen_network",
]
