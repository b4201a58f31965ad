"""Simulations of circuits of the Allen Institute / BMTK dialect."""

from __future__ import annotations

from bluecellab.simulation.circuit.allen.dialect import AllenDialect

__all__ = ["AllenDialect"]
