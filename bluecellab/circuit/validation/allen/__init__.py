"""Everything that is wrong with a simulation of the Allen dialect, found at once and before NEURON starts."""

from __future__ import annotations

from bluecellab.circuit.validation.allen.validating import check_allen, validate_allen

__all__ = ["check_allen", "validate_allen"]
