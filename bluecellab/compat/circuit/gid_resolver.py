"""Numbers of nodes over all populations."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.spec.base import CellId

__all__ = ["GidNamespace"]


class GidNamespace:
    """Numbers nodes over all populations: offset of the population + id.

    Parameters
    ----------
    pop_offset
        First number of each population.

    Examples
    --------
    >>> GidNamespace({"NodeA": 0, "NodeB": 1000}).global_gid("NodeB", 1)
    1001
    """

    def __init__(self, pop_offset: Mapping[str, int]) -> None:
        self.pop_offset = dict(pop_offset)

    def global_gid(self, pop: str, local_id: int) -> int:
        """Return the number of a node.

        Raises
        ------
        PopulationNotFoundError
            A KeyError, if the population has no offset.
        """
        return GlobalIds(self.pop_offset).of(CellId(pop, int(local_id)))
