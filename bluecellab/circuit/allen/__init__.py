"""Circuits of the Allen Institute / BMTK dialect of SONATA: files -> words. No NEURON."""

from __future__ import annotations

from bluecellab.circuit.allen.circuit import AllenCircuit, open_allen
from bluecellab.circuit.allen.gaps import GapJunctions

__all__ = ["AllenCircuit", "GapJunctions", "open_allen"]
