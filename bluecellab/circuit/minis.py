"""How often the synapses of a cell release spontaneously."""

from __future__ import annotations

import numpy as np

from bluecellab.circuit.access import CircuitAccess
from bluecellab.errors import CircuitError
from bluecellab.spec.base import CellId

__all__ = ["mini_frequencies"]

_SPELLINGS = (("exc_mini_frequency", "inh_mini_frequency"), ("exc-mini_frequency", "inh-mini_frequency"))


def mini_frequencies(circuit: CircuitAccess, cell_id: CellId) -> tuple[float, float] | None:
    """Return the rates of minis at excitatory and inhibitory synapses of a cell, in Hz.

    Both spellings in use are understood.

    Returns
    -------
    tuple or None
        None if the population has no such attributes.

    Raises
    ------
    CircuitError
        If a rate is negative or not a number, or only one of the two is there.
    """
    columns = circuit.node_populations[cell_id.population_name].columns
    for names in _SPELLINGS:
        there = [name for name in names if name in columns]
        if len(there) == 1:
            raise CircuitError(
                f"population {cell_id.population_name!r} has {there[0]} without its counterpart; "
                f"minis need both, {names[0]} and {names[1]}"
            )
        if there:
            values = circuit.nodes(cell_id.population_name, np.array([cell_id.id]), names)
            excitatory, inhibitory = (float(values[name][0]) for name in names)
            if not (0 <= excitatory < np.inf and 0 <= inhibitory < np.inf):
                raise CircuitError(
                    f"cell {cell_id}: mini frequencies {excitatory} and {inhibitory} Hz make no sense"
                )
            return excitatory, inhibitory
    return None
