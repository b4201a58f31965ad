"""``simulation_config.json`` of the Blue Brain / Open Brain SONATA dialect -> words.

What goes beyond this one file is checked in :mod:`bluecellab.circuit.validation`.
"""

from __future__ import annotations

from bluecellab.circuit.config.problems import Problem, raise_problems
from bluecellab.circuit.config.reading import is_circuit_config, read_config

__all__ = ["Problem", "is_circuit_config", "raise_problems", "read_config"]
