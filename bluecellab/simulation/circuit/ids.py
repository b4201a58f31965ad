"""Global ids of nodes: one number for each node of a circuit, which enters its random streams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bluecellab.circuit.access import CircuitAccess
from bluecellab.errors import PopulationNotFoundError
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation.conditions import SeedConvention

__all__ = ["GlobalIds"]

_BLOCK = 1000


class GlobalIds:
    """Numbers the nodes of several populations.

    Populations follow each other by name, and each begins at the next multiple of 1000:
    ``gid = offset(population) + node id``.

    Parameters
    ----------
    offsets
        First number of each population.

    Examples
    --------
    >>> GlobalIds({"NodeA": 0, "NodeB": 1000}).of(CellId("NodeB", 1))
    1001
    """

    def __init__(self, offsets: Mapping[str, int]) -> None:
        self.offsets = dict(offsets)

    @classmethod
    def of_circuit(
        cls, circuit: CircuitAccess, convention: SeedConvention, requested: Iterable[CellId]
    ) -> GlobalIds:
        """Return the numbers of a circuit's nodes.

        With ``"neurodamus"`` they are a function of the circuit alone. With ``"bluecellulab"`` only virtual
        populations and those of requested cells take part, the latter with their largest id that is
        requested, so that numbers depend on what is loaded.

        Parameters
        ----------
        circuit
            The circuit.
        convention
            Whose rule.
        requested
            The cells that are going to be loaded.
        """
        sizes = {name: population.size for name, population in circuit.node_populations.items()}
        if convention == "bluecellulab":
            largest: dict[str, int] = {}
            for name, node in requested:
                largest[name] = max(node + 1, largest.get(name, 0))
            virtual = {name for name, population in circuit.node_populations.items() if population.virtual}
            sizes = {name: sizes[name] for name in virtual} | {
                name: size for name, size in largest.items() if name not in virtual
            }
        offsets: dict[str, int] = {}
        following = 0
        for name in sorted(sizes):
            offsets[name] = following
            following = -(-(following + sizes[name]) // _BLOCK) * _BLOCK
        return cls(offsets)

    def of(self, cell_id: CellId) -> int:
        """Return the number of a node.

        Raises
        ------
        PopulationNotFoundError
            If its population takes no part.
        """
        try:
            return self.offsets[cell_id.population_name] + cell_id.id
        except KeyError:
            raise PopulationNotFoundError(
                f"population {cell_id.population_name!r} has no global ids; there are "
                f"{', '.join(self.offsets) or 'none'}",
                cell_id.population_name,
            ) from None
