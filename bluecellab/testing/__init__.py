"""For the tests of users: a suite that any source of circuits must pass, and a census of NEURON.

The census is in :mod:`bluecellab.testing.census`, which needs pytest.
"""

from __future__ import annotations

from bluecellab.testing.circuit_suite import CIRCUIT_CHECKS, check_circuit

__all__ = ["CIRCUIT_CHECKS", "check_circuit"]
