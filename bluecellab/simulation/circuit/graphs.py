"""Who is connected to whom among the live cells of a circuit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bluecellab.results.graphs import graph_of_connections
from bluecellab.simulation.circuit.core import CircuitSimulation
from bluecellab.spec.base import CellId

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["build_graph", "connections_between"]


def build_graph(simulation: CircuitSimulation) -> nx.DiGraph:
    """Return the connections between the cells of a circuit simulation as a directed graph.

    Among several ranks all of them call it, and it is of all cells.

    Parameters
    ----------
    simulation
        One whose cells have been instantiated.

    Returns
    -------
    networkx.DiGraph
        All of its cells, with ``population``; and an edge from each cell to each that it sends spikes to,
        with ``weight`` of the last connection between the two as it is now, ``total`` of all, and ``count``,
        how many there are. Replayed spikes and minis come from no cell, and so are no edges; nor are gap
        junctions.

    Raises
    ------
    SimulationError
        If no cells have been instantiated.
    ClosedError
        If the simulation is closed.
    MissingDependencyError
        If networkx is not installed.
    """
    parts = simulation.gathered(lambda own: list(connections_between(own)))
    return graph_of_connections((each for part in parts for each in part), simulation.everyone)


def connections_between(simulation: CircuitSimulation) -> Iterator[tuple[CellId, CellId, float]]:
    """Yield each connection to a cell of this rank from another cell: from, to, and its weight as it is now.

    Parameters
    ----------
    simulation
        One whose cells have been instantiated.
    """
    for cell_id in simulation.cells:
        for group in simulation.synapses(cell_id):
            source = group.edges.population.source
            for bundle in group.bundles:
                if bundle.kind != "real":
                    continue
                item = bundle.connections.o
                for position, node in enumerate(group.sources[bundle.members].tolist()):
                    yield CellId(source, node), cell_id, float(item(position).weight[0])
