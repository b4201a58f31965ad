"""Pictures of networks: rasters, rates, graphs."""

from __future__ import annotations

import math
import sys

import networkx as nx
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from bluecellab import CellId
from bluecellab.errors import MissingDependencyError, ResultsError
from bluecellab.plotting import plot_network, plot_raster
from bluecellab.plotting.canvas import colour
from bluecellab.results import Spikes
from bluecellab.results.graphs import graph_of_connections

A, B = [CellId("A", node) for node in range(3)], [CellId("B", node) for node in range(2)]


def spikes() -> Spikes:
    return Spikes({A[1]: [10, 20], B[0]: [5], A[0]: [1, 99], A[2]: [], B[1]: [50, 60, 70]}, t_stop=100)


def test_raster() -> None:
    figure = plot_raster(spikes(), title="Five")
    (axes,) = figure.axes
    first, second, border = axes.lines
    assert border.get_ydata() == [2.5, 2.5]
    assert first.get_xdata().tolist() == [1, 99, 10, 20]  # by id
    assert first.get_ydata().tolist() == [0, 0, 1, 1]
    assert second.get_ydata().tolist() == [3, 4, 4, 4]  # silent cells have a row, too
    assert first.get_color() != second.get_color()
    assert [text.get_text() for text in axes.get_yticklabels()] == ["A/0", "A/1", "A/2", "B/0", "B/1"]
    assert axes.get_xlim() == (0, 100)
    assert axes.get_xlabel() == "time (ms)"
    assert figure.get_suptitle() == "Five"


def test_raster_of_names() -> None:
    (axes,) = plot_raster(Spikes({"soma": [1], "axon[1]": []}, t_stop=math.inf)).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["soma", "axon[1]"]
    assert axes.get_xlim() == (0, 1)


def test_raster_of_many_cells() -> None:
    times = {CellId(name, node): np.arange(0, 1000, 2.0) for name in "AB" for node in range(50)}
    axes, rates = plot_raster(Spikes(times, t_stop=1000), bin_width=100).axes
    labels = axes.get_yticklabels()
    assert [text.get_text() for text in labels] == ["A", "B"]
    assert axes.get_yticks().tolist() == [24.5, 74.5]
    assert labels[1].get_color() == axes.lines[1].get_color() == colour(1)
    assert all(line.get_rasterized() for line in axes.lines[:2])
    assert not plot_raster(spikes()).axes[0].lines[0].get_rasterized()
    assert rates.get_legend() is None  # the raster names them
    (axes,) = plot_raster(Spikes({str(n): [n] for n in range(30)}, t_stop=30)).axes
    assert axes.get_ylabel() == "source"


def test_rates() -> None:
    raster, rates = plot_raster(spikes(), bin_width=50).axes
    first, second = rates.patches
    values, edges, _ = first.get_data()
    assert edges.tolist() == [0, 50, 100]
    assert values == pytest.approx([3 / 0.05 / 3, 1 / 0.05 / 3])
    assert second.get_data()[0] == pytest.approx([1 / 0.05 / 2, 3 / 0.05 / 2])
    assert (rates.get_ylabel(), rates.get_xlabel(), raster.get_xlabel()) == (
        "rate per cell (Hz)",
        "time (ms)",
        "",
    )
    assert [text.get_text() for text in rates.get_legend().get_texts()] == ["A", "B"]
    _, rates = plot_raster(spikes(), bin_width=30).axes
    values, edges, _ = rates.patches[0].get_data()
    assert edges.tolist() == [0, 30, 60, 90, 100]
    assert values[-1] == pytest.approx(1 / 0.01 / 3)  # of the ten ms that are left


def test_nothing_to_draw() -> None:
    for draw in (
        lambda: plot_raster(Spikes({}, t_stop=1)),
        lambda: plot_raster(spikes(), bin_width=0),
        lambda: plot_raster(Spikes({"a": [1]}, t_stop=math.inf), bin_width=1),
        lambda: plot_network(nx.DiGraph()),
    ):
        with pytest.raises(ResultsError):
            draw()


def test_graph() -> None:
    graph = graph_of_connections([(A[0], B[0], 1.0), (A[0], B[0], 2.0), (B[0], A[0], -4.0)], [*A, *B])
    assert list(graph.nodes) == [*A, *B]
    assert graph.nodes[B[1]] == {"population": "B"}
    assert dict(graph.edges) == {
        (A[0], B[0]): {"weight": 2.0, "total": 3.0, "count": 2},
        (B[0], A[0]): {"weight": -4.0, "total": -4.0, "count": 1},
    }
    assert graph_of_connections([(A[0], A[1], 1)]).nodes[A[1]] == {"population": "A"}
    assert len(graph_of_connections([])) == 0


def test_missing_networkx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(MissingDependencyError, match=r"bluecellab\[graph\]"):
        graph_of_connections([])


def test_network() -> None:
    edges = [(A[0], B[0], 1.0), (B[0], A[0], -4.0), (A[1], A[1], 2.0)]
    figure = plot_network(graph_of_connections(edges, [B[0], *A, B[1]]), title="Net")
    (axes,) = figure.axes
    first, second = axes.collections  # a population each
    assert (first.get_label(), second.get_label()) == ("B", "A")
    assert (len(first.get_offsets()), len(second.get_offsets())) == (2, 3)
    places = np.concatenate([first.get_offsets(), second.get_offsets()])
    assert np.linalg.norm(places, axis=1) == pytest.approx(np.ones(5))
    assert tuple(second.get_facecolor()[0]) == to_rgba(colour(1))
    arrows = axes.patches
    assert [arrow.get_linewidth() for arrow in arrows] == [3.0, 1.125, 1.75]  # by magnitude, B/0 first
    shades = [arrow.get_edgecolor()[:3] for arrow in arrows]  # that of the cell before
    assert shades == [to_rgba(colour(index))[:3] for index in (0, 1, 1)]
    assert {text.get_text() for text in axes.texts} == {"0", "1", "2"}
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["B", "A", "weight 1", "weight 4"]
    assert figure.get_suptitle() == "Net"


def test_network_of_many_edges() -> None:
    cells = [CellId("A", node) for node in range(50)]
    graph = graph_of_connections((one, two, 1.0) for one in cells for two in cells)
    lines, nodes = plot_network(graph).axes[0].collections
    assert len(lines.get_segments()) == 2500
    assert len(nodes.get_offsets()) == 50
    assert not plot_network(graph).axes[0].texts  # names would be a blot


def test_network_of_anything() -> None:
    graph = nx.DiGraph([("a", "b"), ("b", "c")])
    (axes,) = plot_network(graph).axes
    assert {text.get_text() for text in axes.texts} == {"a", "b", "c"}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["cells", "weight 1"]
    (axes,) = plot_network(nx.DiGraph({"alone": []})).axes
    assert not axes.patches
