"""Figures: returned, not shown, made without global state, and showing what they were given."""

from __future__ import annotations

import inspect
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bluecellab import plotting
from bluecellab.errors import MissingDependencyError, ResultsError
from bluecellab.plotting import (
    canvas,
    new_axes,
    new_figure,
    plot_stimulus_and_response,
    plot_stimulus_gallery,
    plot_traces,
)
from bluecellab.results import Spikes, Trace, Traces
from bluecellab.results.graphs import graph_of_connections
from bluecellab.results.measured import Impedance, ValidationReport, ValidationResult
from bluecellab.spec.base import CellId, Site
from tests.unit.plotting import measured
from tests.unit.plotting.test_cells import cell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TIME = np.linspace(0, 100, 401)


class Waveform:
    """What a stimulus gives."""

    def __init__(self, unit: str = "nA", label: str = "step", interpolation: str = "linear") -> None:
        self.times = np.array([20.0, 20.0, 80.0, 80.0])
        self.values = np.array([0.0, 0.1, 0.1, 0.0])
        self.unit, self.label, self.interpolation = unit, label, interpolation


class Series:
    """What the factory of stimuli gives."""

    def __init__(self, n: int = 11) -> None:
        self.time, self.current = np.arange(n) * 0.1, np.ones(n)


def traces() -> Traces:
    soma, dend = Site(), Site(section="dend[0]", x=0.9)
    return Traces(
        [
            Trace("a", TIME, np.sin(TIME), "mV", soma, "v"),
            Trace("b", TIME, np.cos(TIME), "mV", dend, "v"),
            Trace("c", TIME, np.cos(TIME), "mA/cm2", soma, "ina", partial=True),
            Trace("d", TIME, np.cos(TIME), "mA/cm2", soma, "ik", partial=True),
        ]
    )


def test_traces_by_unit() -> None:
    figure = plot_traces(traces(), title="both")
    potential, current = figure.axes
    assert potential.get_ylabel() == "potential (mV)"
    assert current.get_ylabel() == "current density (mA/cm²)"
    assert (potential.get_xlabel(), current.get_xlabel()) == ("", "time (ms)")
    assert np.array_equal(potential.lines[0].get_ydata(), traces()["a"].values)
    assert [text.get_text() for text in potential.get_legend().get_texts()] == [
        "soma[0](0.5)",
        "dend[0](0.9)",
    ]
    assert [text.get_text() for text in current.get_legend().get_texts()] == [
        "soma[0](0.5) ina (partial)",
        "soma[0](0.5) ik (partial)",
    ]
    assert figure.get_suptitle() == "both"


def test_labels_fall_back_on_names() -> None:
    twice = [Trace(name, TIME, TIME, "mV", Site(), "v") for name in ("one", "two")]
    (axes,) = plot_traces(twice).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]
    (axes,) = plot_traces([Trace("x", [0, 1], [0, 1])]).axes
    assert axes.get_legend().get_texts()[0].get_text() == "x"
    many = [Trace(f"{index}", TIME, TIME, "mV") for index in range(11)]
    (axes,) = plot_traces(many).axes
    assert axes.get_legend() is None


def test_stimulus_and_response() -> None:
    figure = plot_stimulus_and_response([Waveform()], traces(), title="x")
    stimulus, *_ = figure.axes
    assert len(figure.axes) == 3
    assert stimulus.get_ylabel() == "current (nA)"
    assert stimulus.lines[0].get_xdata().tolist() == [0.0, 20.0, 20.0, 80.0, 80.0, 100.0]
    assert stimulus.lines[0].get_ydata().tolist() == [0.0, 0.0, 0.1, 0.1, 0.0, 0.0]
    assert stimulus.get_xlim() == (0.0, 100.0)


def test_stimuli_of_several_units() -> None:
    figure = plot_stimulus_and_response(
        [Waveform(label="a"), Waveform("uS"), Waveform(label="b"), Series()], traces()
    )
    current, conductance, *_ = figure.axes
    assert len(current.lines) == 3
    assert conductance.get_ylabel() == "conductance (µS)"
    assert [text.get_text() for text in current.get_legend().get_texts()] == ["a", "b", "Series"]


def test_gallery() -> None:
    shapes = {"one": Waveform(), "two": Series(), "three": Waveform("uS", interpolation="hold")}
    figure = plot_stimulus_gallery(shapes, columns=2, title="all")
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(shapes)
    assert figure.axes[2].lines[0].get_drawstyle() == "steps-post"
    assert figure.axes[0].lines[0].get_color() != figure.axes[2].lines[0].get_color()
    figure = plot_stimulus_gallery([Waveform(label="named"), Series()])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["named", "Series"]


def test_nothing_to_draw() -> None:
    for draw in (
        lambda: plot_traces(Traces()),
        lambda: plot_stimulus_and_response([], traces()),
        lambda: plot_stimulus_and_response([Waveform()], []),
        lambda: plot_stimulus_gallery([]),
        lambda: plot_stimulus_gallery({"empty": Series(0)}),
        lambda: plot_stimulus_gallery([Waveform()], columns=0),
    ):
        with pytest.raises(ResultsError, match="there is no"):
            draw()


def test_figures_can_be_saved_and_displayed() -> None:
    figure = plot_stimulus_and_response([Waveform()], traces())
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert new_axes().figure is not None


def draw_everything() -> list[Figure]:
    """Draw a figure of each kind."""
    shape = cell()
    graph = graph_of_connections([(CellId("A", 0), CellId("A", 1), 1.0)])
    report = ValidationReport("x", (ValidationResult("iv_test", "IV", "passed", "", {}, measured.IV),), {})
    return [
        plotting.plot_traces(traces()),
        plotting.plot_stimulus_and_response([Waveform()], traces()),
        plotting.plot_stimulus_gallery([Waveform()]),
        plotting.plot_response(measured.results(measured.potential("soma[0]"))),
        plotting.plot_iv(measured.IV),
        plotting.plot_fi(measured.FI),
        plotting.plot_impedance(Impedance([1, 10], [50, 20], [0, -1], 1.0, 1.0)),
        plotting.plot_back_propagation(measured.back_propagation()),
        plotting.plot_back_propagation_traces(measured.back_propagation()),
        plotting.plot_epsp(measured.epsp()),
        plotting.plot_raster(Spikes({"soma": [1.0]}, t_stop=2.0)),
        plotting.plot_network(graph),
        plotting.plot_morphology(shape, "g"),
        plotting.plot_morphology(shape, dimensions=3),
        plotting.plot_dendrogram(shape, "g"),
        *plotting.validation_figures(report).values(),
    ]


def test_no_global_state() -> None:
    """No pyplot, no change of settings, no figure that has to be closed."""
    code = (
        "import matplotlib, sys\n"
        "settings = lambda: {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != 'backend'}\n"
        "before = settings()\n"
        "from tests.unit.plotting.test_plotting import draw_everything\n"
        "for figure in draw_everything():\n"
        "    figure.canvas.draw()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert settings() == before\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_every_function_is_drawn_here() -> None:
    assert {name for name in plotting.__all__ if name.startswith("plot_")} <= set(
        re.findall(r"plotting\.(plot_\w+)", inspect.getsource(draw_everything))
    )


def test_missing_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"shape": cell(), "graph": graph_of_connections([(CellId("A", 0), CellId("A", 1), 1.0)])}
    calls = re.findall(r"(plotting\.plot_\w+\(.*\)),\n", inspect.getsource(draw_everything))
    assert len(calls) > 10
    for call in calls:
        eval(call, globals(), names)
    canvas._figure_class.cache_clear()
    for module in [known for known in sys.modules if known.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    for call in calls:
        with pytest.raises(MissingDependencyError, match=r"bluecellab\[plot\]"):
            eval(call, globals(), names)
    monkeypatch.undo()
    canvas._figure_class.cache_clear()


def test_missing_matplotlib_for_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    report = ValidationReport("x", (ValidationResult("iv_test", "IV", "passed", "", {}, measured.IV),), {})
    canvas._figure_class.cache_clear()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (lambda: plotting.validation_html(report), new_figure, new_axes):
        with pytest.raises(MissingDependencyError, match=r"bluecellab\[plot\]"):
            draw()
    canvas._figure_class.cache_clear()
