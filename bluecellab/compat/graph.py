"""Networks as graphs, under the published names."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, cast

import numpy as np

from bluecellab.compat.cell.cell_dict import CellDict
from bluecellab.compat.cell.core import Cell
from bluecellab.plotting import plot_network
from bluecellab.plotting.windows import hand_to_pyplot
from bluecellab.results.extras import require

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["build_graph", "plot_graph"]

_NODE_SIZE = 400
_EDGE_WIDTH = 0.4


def build_graph(cells: CellDict) -> nx.DiGraph:
    """Return which of some cells are connected to which.

    Parameters
    ----------
    cells
        By their ids.

    Returns
    -------
    networkx.DiGraph
        Nodes are ids of cells, with their ``population``; an edge goes from the cell before the
        synapses to that behind them, and its ``weight`` is that of the last of their connections.

    Raises
    ------
    MissingDependencyError
        If networkx is not installed.
    """
    graph: nx.DiGraph = require("networkx", extra="graph", doing="graphs of networks").DiGraph()
    for cell_id in cells:
        graph.add_node(cell_id, population=cell_id.population_name)
    for cell_id, cell in cells.items():
        for connection in cast("Cell", cell).connections.values():
            before = getattr(connection, "pre_cell", None)
            if before is not None:
                graph.add_edge(before.cell_id, cell_id, weight=connection.weight)
    return graph


def plot_graph(
    G: nx.Graph,
    node_size: float = _NODE_SIZE,
    edge_width: float = _EDGE_WIDTH,
    node_distance: float = 1.6,  # noqa: ARG001 - published
) -> ModuleType:
    """Draw a graph of :func:`build_graph`, and return pyplot, whose current figure it is.

    Cells are on a circle, so that their distance cannot be chosen.

    Parameters
    ----------
    G
        The graph.
    node_size, edge_width
        How large nodes and how wide edges are, compared to 400 and 0.4.
    node_distance
        Without effect.

    Raises
    ------
    ResultsError
        If there is no cell.
    MissingDependencyError
        If matplotlib is not installed.
    """
    figure = plot_network(G)
    (axes,) = figure.axes
    for drawn in (*axes.collections, *axes.patches):
        now = drawn.properties()
        if "sizes" in now:
            drawn.set(sizes=now["sizes"] * (node_size / _NODE_SIZE))
        else:
            drawn.set(linewidth=np.asarray(now["linewidth"]) * (edge_width / _EDGE_WIDTH))
    return hand_to_pyplot(figure)
