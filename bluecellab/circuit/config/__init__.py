"""``simulation_config.json`` of the Blue Brain / Open Brain SONATA dialect: read, and checked all at once."""

from __future__ import annotations

from bluecellab.circuit.config.problems import Problem, raise_problems
from bluecellab.circuit.config.reading import read_config

__all__ = ["Problem", "raise_problems", "read_config"]
