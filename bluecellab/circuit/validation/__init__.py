"""Everything that is wrong with a simulation, found at once and before NEURON starts."""

from __future__ import annotations

from bluecellab.circuit.validation.dialects import check, validate

__all__ = ["check", "validate"]
