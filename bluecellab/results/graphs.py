"""Graphs of who is connected to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bluecellab.results.extras import require
from bluecellab.spec.base import CellId

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["graph_of_connections"]


def graph_of_connections(
    connections: Iterable[tuple[CellId, CellId, float]], cells: Iterable[CellId] = ()
) -> nx.DiGraph:
    """Return connections as a directed graph.

    Parameters
    ----------
    connections
        Of each the cell before it, the cell behind it and its weight.
    cells
        Those that are in the graph even if nothing connects them.

    Returns
    -------
    networkx.DiGraph
        Cells, with ``population``; and edges from the cell before to the cell behind, with ``weight`` of the
        last connection (as published), ``total`` of all, and ``count``, how many there are.

    Raises
    ------
    MissingDependencyError
        If networkx is not installed.

    Examples
    --------
    >>> one, two = CellId("A", 1), CellId("A", 2)
    >>> graph = graph_of_connections([(one, two, 0.5), (one, two, 0.75)])
    >>> graph.edges[one, two]
    {'weight': 0.75, 'total': 1.25, 'count': 2}
    """
    graph = require("networkx", extra="graph", doing="a graph of connections").DiGraph()
    for cell in cells:
        graph.add_node(CellId(*cell), population=cell[0])
    for before, behind, weight in connections:
        for cell in (before, behind):
            if cell not in graph:
                graph.add_node(CellId(*cell), population=cell[0])
        known = graph.edges[before, behind] if graph.has_edge(before, behind) else {"total": 0.0, "count": 0}
        graph.add_edge(
            before,
            behind,
            weight=float(weight),
            total=known["total"] + float(weight),
            count=known["count"] + 1,
        )
    found: nx.DiGraph = graph
    return found
