"""The table of dialects."""

from __future__ import annotations

from bluecellab.simulation.circuit.dialect import Dialect
from bluecellab.simulation.circuit.request import AnyConfig
from bluecellab.spec.simulation import SimulationConfig

__all__ = ["dialect_of"]


def dialect_of(config: AnyConfig) -> Dialect:
    """Return the dialect of a configuration; only that one is loaded."""
    if isinstance(config, SimulationConfig):
        from bluecellab.simulation.circuit.obi import ObiDialect

        return ObiDialect(config)
    from bluecellab.simulation.circuit.allen import AllenDialect

    return AllenDialect(config)
