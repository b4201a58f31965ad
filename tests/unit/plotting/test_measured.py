"""Pictures of what was measured: points, labels, units."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from bluecellab import BallStickCell, HocCell
from bluecellab.errors import ResultsError
from bluecellab.plotting import (
    plot_back_propagation,
    plot_back_propagation_traces,
    plot_epsp,
    plot_fi,
    plot_impedance,
    plot_iv,
    plot_response,
)
from bluecellab.plotting.scales import KIND_COLOURS
from bluecellab.results import Results, Spikes, Trace, Traces
from bluecellab.results.measured import (
    BackPropagation,
    BranchAttenuation,
    EpspAttenuation,
    FICurve,
    Impedance,
    IVCurve,
)
from bluecellab.simulation import run_here
from bluecellab.spec.base import CellId, Site
from bluecellab.spec.cells import EmodelProperties
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import PointProcessRecording, VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import AlphaSynapse, Hyperpolarizing, Noise, RelativeLinear, Step
from tests.unit.plotting.measured import FI, IV, back_propagation, epsp, potential, results


def legend(axes: object) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]  # type: ignore[attr-defined]


def test_iv() -> None:
    figure = plot_iv(IV, title="IV")
    (axes,) = figure.axes
    points = axes.lines[0]
    assert points.get_xdata().tolist() == [-0.2, -0.1, 0.0]  # in order
    assert np.array_equal(points.get_ydata(), [np.nan, -75, -65], equal_nan=True)
    assert points.get_marker() == "o"
    assert axes.get_xlabel() == "current injected at soma[0](0.5) (nA)"
    assert axes.get_ylabel() == "steady potential at soma[0](0.5) (mV)"
    assert figure.get_suptitle() == "IV"
    held = IVCurve([0.1], [-70], holding_current=-0.0705)
    assert plot_iv(held).axes[0].get_xlabel().endswith("(nA),\non top of -0.0705 nA")


def test_fi() -> None:
    (axes,) = plot_fi(FI).axes
    assert axes.lines[0].get_ydata().tolist() == [0, 3, 5]
    assert axes.get_ylabel() == "spikes at soma[0](0.5)"
    assert all(float(tick).is_integer() for tick in axes.get_yticks())
    assert axes.get_ylim()[0] <= 0
    dend = FICurve([0.1], [1], [2.0], recorded=Site(section="dend[0]"))
    (axes,) = plot_fi(dend, rate=True).axes
    assert axes.lines[0].get_ydata().tolist() == [2.0]
    assert axes.get_ylabel() == "firing rate at dend[0](0.5) (Hz)"


def test_impedance() -> None:
    curve = Impedance([1, 10, 100], [50, 60, 20], [0.1, 0.0, -1.0], 10.0, 1.2)
    magnitude, phase = curve.plot(title="Z").axes
    assert magnitude.lines[0].get_ydata().tolist() == [50, 60, 20]
    assert phase.lines[0].get_ydata().tolist() == [0.1, 0.0, -1.0]
    assert (magnitude.get_ylabel(), phase.get_ylabel()) == ("impedance (MΩ)", "phase (rad)")
    assert (magnitude.get_xlabel(), phase.get_xlabel()) == ("", "frequency (Hz)")
    assert magnitude.get_xscale() == phase.get_xscale() == "log"
    assert magnitude.texts[0].get_text() == "10 Hz, Q = 1.2"
    assert magnitude.lines[1].get_xdata() == [10.0, 10.0]
    magnitude, _ = plot_impedance(Impedance([0, 10], [50, 20], [0, -1], 0.0, 1.0)).axes
    assert magnitude.get_xscale() == "linear"
    assert not magnitude.texts


def test_back_propagation() -> None:
    figure = plot_back_propagation(back_propagation(), title="bAP")
    (axes,) = figure.axes
    basal, apical, soma = axes.collections
    assert basal.get_offsets().tolist() == [[50, 70], [100, 45]]
    assert apical.get_offsets().tolist() == [[400, 20]]
    assert soma.get_offsets().tolist() == [[0, 100]]
    assert tuple(basal.get_facecolor()[0]) == to_rgba(KIND_COLOURS["basal"])
    first, second = axes.lines
    assert first.get_ydata()[[0, -1]] == pytest.approx([100, 90 * np.exp(-1) + 10])
    assert first.get_xdata()[-1] == 100
    assert second.get_ydata()[0] == pytest.approx(105)
    assert legend(axes) == [
        "basal dendrite", "90.0 exp(-x / 100 µm) + 10.0 mV", "apical dendrite",
        "110.0 exp(-x / 200 µm) - 5.0 mV", "soma",
    ]  # fmt: skip
    assert axes.get_xlabel() == "path distance from the soma (µm)"
    assert axes.get_ylabel() == "amplitude (mV)"
    assert not plot_back_propagation(back_propagation(fit=False)).axes[0].lines
    assert not plot_back_propagation(back_propagation(), fit=False).axes[0].lines
    flat = BranchAttenuation(("dend",), [10], [7], (5.0, 0.0, 2.0))
    assert "7.0 mV" in legend(plot_back_propagation(BackPropagation(7, flat, None, results())).axes[0])


def test_traces_of_back_propagation() -> None:
    basal, apical, bar = plot_back_propagation_traces(back_propagation()).axes
    far, near, soma = basal.lines
    assert [line.get_ydata().max() for line in (far, near, soma)] == [-25, 0, 30]
    assert soma.get_color() == KIND_COLOURS["soma"]
    assert far.get_color() != near.get_color() != apical.lines[0].get_color()
    assert legend(basal) == ["soma"]
    assert basal.get_xlim() == (999.9, 1030.0)
    assert (basal.get_ylabel(), apical.get_ylabel()) == ("basal, potential (mV)", "apical, potential (mV)")
    assert (basal.get_xlabel(), apical.get_xlabel()) == ("", "time (ms)")
    assert bar.get_ylabel() == "path distance from the soma (µm)"
    axes = plot_back_propagation_traces(back_propagation(), window=(990, 1010)).axes[0]
    assert axes.get_xlim() == (990, 1010)


def test_epsp() -> None:
    figure = epsp().plot(title="EPSP")
    (axes,) = figure.axes
    dend, soma = axes.lines
    assert (dend.get_ydata().max(), soma.get_ydata().max()) == (-68, -69.5)
    assert legend(axes) == ["dend[5](0.5): 2 mV", "soma[0](0.5): 0.5 mV"]
    assert axes.get_legend().get_title().get_text() == "attenuation 4, delay 3.25 ms"
    assert axes.get_xlim()[0] == 290
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (ms)", "potential (mV)")


def test_nothing_to_draw() -> None:
    nothing = BackPropagation(1.0, None, None, results())
    alone = results(potential("soma[0]"))
    for draw in (
        lambda: plot_iv(IVCurve([], [])),
        lambda: plot_iv(IVCurve([1.0], [np.nan])),
        lambda: plot_iv(IVCurve([1.0, 2.0], [1.0])),
        lambda: plot_fi(FICurve([], [], [])),
        lambda: plot_impedance(Impedance([], [], [], 0, 0)),
        lambda: plot_back_propagation(nothing),
        lambda: plot_back_propagation_traces(nothing),
        lambda: plot_back_propagation_traces(BackPropagation(1.0, back_propagation().basal, None, alone)),
        lambda: plot_epsp(EpspAttenuation(1, 1, 1, 0, alone)),
        lambda: plot_response(results()),
    ):
        with pytest.raises(ResultsError, match="there is no"):
            draw()


def test_response() -> None:
    figure = results(potential("soma[0]"), potential("dend[0]")).plot()
    stimulus, response = figure.axes
    assert stimulus.lines[0].get_ydata().max() == 3
    assert stimulus.get_ylabel() == "current (nA)"
    assert len(response.lines) == 2
    assert figure.get_suptitle() == "made"
    (only,) = plot_response(results(potential("soma[0]"), stimuli=()), title="").axes
    assert only.get_ylabel() == "potential (mV)"
    (only,) = plot_response(results(potential("soma[0]")), stimuli=()).axes
    assert only.get_ylabel() == "potential (mV)"


def test_names_of_stimuli() -> None:
    """By their names, else by their kind; several of a kind by their size."""
    one, two = (Step(delay=0, duration=500, amplitude=amplitude) for amplitude in (0.25, -0.5))
    for names, expected in (
        (("holding", "step"), ["holding", "step"]),
        (("", "probe"), ["step", "probe"]),
        (("", ""), ["step 0.25 nA", "step -0.5 nA"]),
    ):
        stimuli = tuple(
            Placed(stimulus=step, name=name) for step, name in zip((one, two), names, strict=True)
        )
        assert legend(plot_response(results(potential("soma[0]"), stimuli=stimuli)).axes[0]) == expected


def test_sums_of_stimuli() -> None:
    """A sum of currents is one line; with a conductance in it, each part is its own."""
    step = Step(delay=0, duration=500, amplitude=0.25)
    conductance = AlphaSynapse(onset=300, tau=10, gmax=1e-4)
    seen = results(potential("soma[0]"), stimuli=(Placed(stimulus=step + step),))
    assert plot_response(seen).axes[0].lines[0].get_ydata().max() == 0.5
    seen = results(potential("soma[0]"), stimuli=(Placed(stimulus=step + conductance),))
    current, synaptic, _ = plot_response(seen).axes
    assert current.lines[0].get_ydata().max() == 0.25
    assert synaptic.get_ylabel() == "conductance (µS)"


def test_long_titles_are_broken() -> None:
    title = "Simulatable Neuron Back-propagating Action Potential Validation"
    shown = plot_back_propagation(back_propagation(), title=title).get_suptitle()
    assert shown.split() == title.split()
    assert shown.count("\n") == 1


def test_relative_stimuli_need_the_currents_of_the_cell() -> None:
    """In nA, of the cell's specification, or of what is given; refused where neither is known."""
    placed = (
        Placed(stimulus=RelativeLinear(delay=100, duration=500, percent_start=150)),
        Placed(stimulus=Hyperpolarizing(delay=0, duration=1100)),
    )
    seen = results(potential("soma[0]"), stimuli=placed, cell=BallStickCell())
    step, holding = plot_response(seen).axes[0].lines
    assert step.get_ydata().max() == pytest.approx(1.5 * 0.184062)
    assert holding.get_ydata().min() == pytest.approx(-0.070557)
    step, holding = plot_response(seen, threshold_current=1.0, holding_current=-0.5).axes[0].lines
    assert (step.get_ydata().max(), holding.get_ydata().min()) == (1.5, -0.5)
    properties = EmodelProperties(threshold_current=0.4, holding_current=-0.1)
    spec = HocCell(template_path="a.hoc", morphology_path="a.asc", emodel_properties=properties)
    step, holding = plot_response(results(potential("soma[0]"), stimuli=placed, cell=spec)).axes[0].lines
    assert (step.get_ydata().max(), holding.get_ydata().min()) == (pytest.approx(0.6), -0.1)
    for cell in (None, HocCell(template_path="a.hoc", morphology_path="a.asc")):
        with pytest.raises(
            ResultsError, match=r"'made' cannot be drawn: .* threshold current.* threshold_current="
        ):
            plot_response(results(potential("soma[0]"), stimuli=placed, cell=cell))


def test_random_stimuli_are_drawn_as_they_were_played() -> None:
    noise = Noise(delay=1, duration=8, mean=0.1, variance=0.01)
    protocol = Protocol(
        duration=10,
        stimuli=(Placed(stimulus=noise, name="noise"),),
        recordings=(VoltageRecording(), PointProcessRecording(target="noise", variable="i")),
        conditions=RunConditions(base_seed=7),
    )
    seen = run_here(BallStickCell(id=CellId("S1", 5)), protocol)
    line = plot_response(seen).axes[0].lines[0]
    (current,) = (trace for trace in seen.traces.values() if trace.unit == "nA")
    inside = (current.time > 1.5) & (current.time < 8.5)
    halfway = current.time - 0.0125  # where in a step NEURON computes its current
    drawn = np.interp(halfway, line.get_xdata(), line.get_ydata())
    assert np.ptp(drawn[inside]) > 0
    assert drawn[inside] == pytest.approx(current.values[inside], abs=1e-9)


def test_traces_and_spikes_draw_themselves() -> None:
    traces = Traces([Trace("a", [0, 1], [1, 2], "mV", Site(cell=CellId("S1", 1)), "v")])
    (axes,) = traces.plot(title="t").axes
    assert legend(axes) == ["soma[0](0.5)"]  # that it is S1/1's goes without saying
    both = [*traces.values(), Trace("b", [0, 1], [1, 2], "mV", Site(cell=CellId("S1", 2)), "v")]
    (axes,) = Traces(both).plot().axes
    assert legend(axes) == ["S1/1 soma[0](0.5)", "S1/2 soma[0](0.5)"]
    (axes,) = Spikes({"soma": [1.0]}, t_stop=2).plot().axes
    assert axes.lines[0].get_xdata().tolist() == [1.0]
    step = Placed(stimulus=Step(delay=0, duration=1, amplitude=1))
    seen = Results(traces, Spikes({}, t_stop=1), Protocol(duration=1, stimuli=(step,)))
    assert len(seen.plot(title="x").axes) == 2
    assert back_propagation().plot().axes
    assert IV.plot(title="x").get_suptitle() == "x"
    assert FI.plot(rate=True).axes[0].lines[0].get_ydata().tolist() == [0, 6, 10]
