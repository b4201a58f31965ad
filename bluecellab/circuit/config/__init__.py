"""Configurations of simulations and circuits, in either SONATA dialect -> words.

The Blue Brain / Open Brain dialect is read here, that of the Allen Institute in
:mod:`bluecellab.circuit.config.allen`. What goes beyond the configuration is checked in
:mod:`bluecellab.circuit.validation`.
"""

from __future__ import annotations

from bluecellab.circuit.config.dialects import dialect_of, read_config
from bluecellab.circuit.config.problems import Problem, raise_problems
from bluecellab.circuit.config.reading import is_circuit_config, read_obi_config

__all__ = ["Problem", "dialect_of", "is_circuit_config", "raise_problems", "read_config", "read_obi_config"]
