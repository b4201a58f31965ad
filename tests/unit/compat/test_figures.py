"""Published graphs, dendrograms and windows; and how figures are shown."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import efel
import matplotlib as mpl
import pytest

from bluecellab.compat import Dendrogram, PlotWindow, Simulation, create_ball_stick
from bluecellab.compat._figures import finish
from bluecellab.compat.cell import CellDict
from bluecellab.compat.graph import build_graph, plot_graph
from bluecellab.compat.utils import efel_settings
from bluecellab.errors import CellError
from bluecellab.plotting import new_figure, windows
from bluecellab.spec.base import CellId

VOLTAGE = "self.soma(0.5)._ref_v"


def test_windows_are_drawn_when_a_run_ends() -> None:
    with create_ball_stick() as cell, Simulation(cell) as simulation:
        cell.add_plot_window([VOLTAGE, "self.basal[0](0.5)._ref_v"], [0, 5], [-80, 40], "title")
        (window,) = cell.plot_windows
        assert window.cell is cell
        assert not window.figure.axes[0].lines
        simulation.run(5, cvode=False)
        assert window.drawCount == 1
        (axes,) = window.figure.axes
        assert [len(line.get_xdata()) for line in axes.lines] == [201, 201]
        assert (axes.get_xlim(), axes.get_ylim(), axes.get_title()) == ((0, 5), (-80, 40), "title")
        cell.init_callbacks()  # once is enough
        simulation.run(5, cvode=False)
        assert window.drawCount == 2
        cell.delete_plottable()
        simulation.run(5, cvode=False)
        assert window.drawCount == 2
        assert cell.plot_windows == []
        cell.weights_callback()
        with pytest.raises(ValueError, match="nonsense"):
            cell.add_plot_window(["nonsense"])
    with create_ball_stick() as cell:
        window = PlotWindow([VOLTAGE], cell, [0, 1], [-80, 0], "")
    del cell
    with pytest.raises(CellError, match="is gone"):
        _ = window.cell


def test_dendrograms(tmp_path: Path) -> None:
    with create_ball_stick() as cell, Simulation(cell) as simulation:
        cell.add_dendrogram("v", active=True, save_fig_path=tmp_path / "tree.png", fig_title="title")
        assert (tmp_path / "tree.png").is_file()
        (tree,) = cell.cell_dendrograms
        first = tree.dend_figure
        simulation.run(1, cvode=False)
        assert tree.dend_figure is not first
        again = Dendrogram(cell.psections, fig_show=False)
        assert again.proot is again.psections[0]
        cell.add_dendrogram()
        idle = cell.cell_dendrograms[1].dend_figure
        cell.plot_callback()
        assert cell.cell_dendrograms[1].dend_figure is idle
        psections = list(cell.psections.values())
        with pytest.raises(CellError, match="no sections"):
            Dendrogram([])
    with pytest.raises((CellError, ReferenceError), match="no cell that is alive|deleted"):
        Dendrogram(psections)


def test_graphs() -> None:
    with create_ball_stick() as cell:
        cells = CellDict()
        for index in (3, 5):
            cells[index] = cell
        cell.connections["a"] = SimpleNamespace(pre_cell=SimpleNamespace(cell_id=CellId("", 3)), weight=0.7)
        cell.connections["b"] = SimpleNamespace(pre_cell=None, weight=0.1)
        graph = build_graph(cells)
        assert list(graph.nodes) == [CellId("", 3), CellId("", 5)]
        assert graph.edges[CellId("", 3), CellId("", 5)]["weight"] == 0.7
        assert len(graph.edges) == 2
        cell.connections.clear()
    pyplot = plot_graph(graph, node_size=200, edge_width=0.8)
    try:
        assert pyplot.gcf().axes
    finally:
        pyplot.close("all")


def test_figures_are_shown_where_that_is_possible(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    figure = new_figure()
    assert not windows.show(figure)  # no display
    assert finish(figure, True, True, tmp_path / "new", "a.png").is_file()
    shown = []
    shell = SimpleNamespace(kernel=object())
    display = SimpleNamespace(display=shown.append)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    assert windows.show(figure)
    assert shown == [figure]
    monkeypatch.undo()
    import matplotlib.pyplot as plt

    monkeypatch.setattr(mpl, "get_backend", lambda: "qtagg")
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()))
    assert windows.show(figure)
    assert len(shown) == 2
    assert plt.get_fignums() == []


def test_settings_of_efel() -> None:
    with efel_settings({"Threshold": -40.0}), efel_settings():
        assert efel.get_settings().Threshold == -40.0
    assert efel.get_settings().Threshold == -20.0
