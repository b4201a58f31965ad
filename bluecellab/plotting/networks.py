"""Networks: who is connected to whom."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import colour, entitle, new_figure
from bluecellab.plotting.scales import INK

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_network"]

FloatArray = npt.NDArray[np.float64]

_THIN, _THICK = 0.5, 3.0  # points
_ARROWS = 400  # edges beyond which arrows are blots
_NAMED = 40  # nodes that have their names
_BEND = 0.35  # of the way from the middle of a chord to the centre
_STEPS = 24  # of a bent line


def plot_network(graph: nx.DiGraph, *, title: str = "") -> Figure:
    """Draw who is connected to whom: cells on a circle, population by population.

    Parameters
    ----------
    graph
        What :func:`bluecellab.simulation.build_graph` gives: nodes may have a ``population``, edges a
        ``weight``.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Nodes coloured by population; edges of the colour of the cell before them, as wide as the magnitude of
        their weight, with arrow heads where there are not more than 400.

    Raises
    ------
    ResultsError
        If the graph has no node.
    MissingDependencyError
        If matplotlib is not installed.
    """
    nodes = list(graph.nodes)
    if not nodes:
        raise ResultsError("there is no cell in the graph to draw")
    populations = {node: str(graph.nodes[node].get("population", "")) for node in nodes}
    names = list(dict.fromkeys(populations.values()))
    nodes.sort(key=lambda node: names.index(populations[node]))  # sorted is stable
    places = _circle(nodes, populations)
    colours = {node: colour(names.index(populations[node])) for node in nodes}
    figure = new_figure(5.6, 5.0)
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.axis("off")
    weights = _draw_edges(axes, graph, places, colours)
    size = 130.0 if len(nodes) <= _NAMED else max(6.0, 4000.0 / len(nodes))
    for name in names:
        mine = np.array([places[node] for node in nodes if populations[node] == name])
        axes.scatter(
            mine[:, 0], mine[:, 1], s=size, color=colour(names.index(name)), edgecolors="white",
            linewidths=0.8, zorder=3, label=name or "cells",
        )  # fmt: skip
    if len(nodes) <= _NAMED:
        for node in nodes:
            _name_node(axes, node, places[node])
    axes.set_xlim(-1.35, 1.35)
    axes.set_ylim(-1.35, 1.35)
    _draw_legend(axes, names, weights)
    entitle(figure, title)
    return figure


def _circle(nodes: list[Hashable], populations: dict[Hashable, str]) -> dict[Hashable, FloatArray]:
    """Return a place on the unit circle for each node, with gaps between populations."""
    borders = [
        populations[node] != populations[before]
        for before, node in zip([nodes[-1], *nodes[:-1]], nodes, strict=True)
    ]
    gap = 1.0 if len(nodes) < _NAMED else 0.02 * len(nodes)
    steps = np.cumsum([1.0 + gap * border for border in borders])
    angles = np.pi / 2 - 2 * np.pi * (steps - steps[0]) / float(steps[-1])  # from the top, clockwise
    return {
        node: np.array([np.cos(angle), np.sin(angle)])
        for node, angle in zip(nodes, angles.tolist(), strict=True)
    }


def _draw_edges(
    axes: Axes, graph: nx.DiGraph, places: dict[Hashable, FloatArray], colours: dict[Hashable, str]
) -> tuple[float, float] | None:
    """Draw the edges; return the least and greatest magnitude of their weights."""
    from matplotlib.collections import LineCollection
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    edges = list(graph.edges(data="weight", default=1.0))
    if not edges:
        return None
    sizes = np.abs([float(weight) for _, _, weight in edges])
    greatest = float(sizes.max())
    widths = _THIN + (_THICK - _THIN) * (sizes / greatest if greatest > 0 else np.zeros(len(sizes)))
    lines = [_bent(places[before], places[behind]) for before, behind, _ in edges]
    shades = [colours[before] for before, _, _ in edges]
    if len(edges) > _ARROWS:
        faint = 0.5 * (_ARROWS / len(edges)) ** 0.5  # so that many still show where most are
        axes.add_collection(
            LineCollection(lines, colors=shades, linewidths=widths, alpha=faint, label="edges")
        )
        return float(sizes.min()), greatest
    for line, width, shade in zip(lines, widths.tolist(), shades, strict=True):
        axes.add_patch(
            FancyArrowPatch(
                path=Path(line), arrowstyle="-|>", mutation_scale=6.0 + 2.0 * width, color=shade, alpha=0.75,
                linewidth=width, shrinkA=6.0, shrinkB=6.0, zorder=1,
            )
        )  # fmt: skip
    return float(sizes.min()), greatest


def _bent(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return a line that bends towards the centre, to its right; of a node to itself, a loop outside."""
    t = np.linspace(0.0, 1.0, _STEPS)[:, None]
    if np.array_equal(start, end):
        outwards = start / np.linalg.norm(start)
        aside = np.array([-outwards[1], outwards[0]])
        one, two = start + 0.34 * outwards + 0.2 * aside, start + 0.34 * outwards - 0.2 * aside
        loop: FloatArray = (
            (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * one + 3 * (1 - t) * t**2 * two + t**3 * end
        )
        return loop
    chord = end - start
    across = np.array([chord[1], -chord[0]])
    control = (start + end) / 2 * (1 - _BEND) + 0.12 * across  # both directions of a pair can be seen
    bent: FloatArray = (1 - t) ** 2 * start + 2 * (1 - t) * t * control + t**2 * end
    return bent


def _name_node(axes: Axes, node: Hashable, place: FloatArray) -> None:
    number = getattr(node, "id", None)
    axes.annotate(
        str(node) if number is None else str(number),
        tuple(1.13 * place),
        ha="center",
        va="center",
        fontsize=8,
        color=INK,
    )


def _draw_legend(axes: Axes, names: list[str], weights: tuple[float, float] | None) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker="o", linestyle="none", color=colour(index), label=name or "cells")
        for index, name in enumerate(names)
    ]
    if weights is not None:
        least, greatest = weights
        shown = [greatest] if least == greatest else [least, greatest]
        for size in shown:
            width = _THIN + (_THICK - _THIN) * (size / greatest if greatest else 0.0)
            handles.append(Line2D([], [], color=INK, linewidth=width, label=f"weight {size:.3g}"))
    axes.legend(
        handles=handles,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )
