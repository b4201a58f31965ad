"""Which nodes are in which node sets, looked up once."""

from __future__ import annotations

import numpy as np

from bluecellab.circuit.access import CircuitAccess, IntArray

__all__ = ["Members"]

_NONE = np.empty(0, dtype=np.int64)


class Members:
    """Node sets of a circuit.

    Parameters
    ----------
    circuit
        The circuit.
    """

    def __init__(self, circuit: CircuitAccess) -> None:
        self._circuit = circuit
        self._sets: dict[str, dict[str, IntArray]] = {}

    def __call__(self, node_set: str, population: str) -> IntArray:
        """Return the sorted ids of a node set in a population, shape (n,).

        Raises
        ------
        NodeSetError
            If there is no such node set.
        """
        if node_set not in self._sets:
            self._sets[node_set] = dict(self._circuit.node_set(node_set))
        return self._sets[node_set].get(population, _NONE)

    def has(self, node_set: str, population: str, node: int) -> bool:
        """Whether a node is in a node set."""
        ids = self(node_set, population)
        place = int(np.searchsorted(ids, node))
        return place < len(ids) and int(ids[place]) == node
