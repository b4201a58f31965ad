"""Signals that spread along a cell: back-propagating spikes and synaptic potentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import colour, entitle, new_figure, quantity, tidy
from bluecellab.plotting.scales import INK, KIND_COLOURS, add_colour_bar, number_colours
from bluecellab.results import Trace
from bluecellab.results.measured import BackPropagation, BranchAttenuation, EpspAttenuation
from bluecellab.results.measured.shapes import Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_back_propagation", "plot_back_propagation_traces", "plot_epsp"]

_BEFORE, _AFTER = 0.1, 30.0  # ms around the start of the stimulus, as published
_POINTS = 200  # of a fitted curve


def plot_back_propagation(propagation: BackPropagation, *, fit: bool = True, title: str = "") -> Figure:
    """Draw the amplitude of a back-propagating action potential by distance from the soma.

    Parameters
    ----------
    propagation
        What was measured.
    fit
        Whether to draw the exponentials that fit it, where they converged.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Basal and apical dendrites in one panel, with the soma at 0.

    Raises
    ------
    ResultsError
        If there is no branch.
    MissingDependencyError
        If matplotlib is not installed.
    """
    branches = _branches(propagation)
    if not branches:
        raise ResultsError("there is no branch to draw: the cell has neither basal nor apical dendrites")
    figure = new_figure(4.8, 3.6)
    axes = figure.add_subplot()
    for kind, branch in branches:
        shade = KIND_COLOURS[kind]
        axes.scatter(
            branch.distances, branch.amplitudes, s=14, color=shade, linewidths=0, label=f"{kind} dendrite"
        )
        if fit and branch.fit is not None:
            a, b, c = branch.fit
            x = np.linspace(0.0, float(branch.distances.max()), _POINTS)
            axes.plot(x, a * np.exp(-b * x) + c, color=shade, linewidth=1.2, label=_formula(a, b, c))
    axes.scatter(
        [0.0], [propagation.soma_amplitude], s=36, marker="D", color=KIND_COLOURS["soma"], linewidths=0,
        label="soma", clip_on=False, zorder=3,
    )  # fmt: skip
    axes.set_xlabel("path distance from the soma (µm)")
    axes.set_ylabel("amplitude (mV)")
    tidy(axes)
    axes.set_xlim(left=0.0)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    entitle(figure, title)
    return figure


def plot_back_propagation_traces(
    propagation: BackPropagation, *, window: tuple[float, float] | None = None, title: str = ""
) -> Figure:
    """Draw the traces of a back-propagating action potential, coloured by distance from the soma.

    Parameters
    ----------
    propagation
        What was measured.
    window
        Times to draw in ms; by default from 0.1 ms before the first stimulus to 30 ms after its start.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each kind of dendrites, the potential of the soma in black in each.

    Raises
    ------
    ResultsError
        If there is no trace of a branch.
    MissingDependencyError
        If matplotlib is not installed.
    """
    by_section = {
        trace.site.section: trace
        for trace in propagation.results.traces.values()
        if trace.site is not None and trace.unit == "mV"
    }
    panels = []
    for kind, branch in _branches(propagation):
        there = [
            (by_section[name], float(distance))
            for name, distance in zip(branch.sections, branch.distances, strict=True)
            if name in by_section
        ]
        if there:
            panels.append((kind, there))
    if not panels:
        raise ResultsError(
            "there is no trace of a branch to draw; the results hold no potential of any section"
        )
    figure = new_figure(5.2, 0.6 + 2.4 * len(panels))
    colours = number_colours([np.array([0.0, *(far for _, far in there)]) for _, there in panels], None)
    drawn: list[Axes] = []
    for index, (kind, there) in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, index + 1, sharex=drawn[0] if drawn else None)
        for trace, far in sorted(there, key=lambda pair: -pair[1]):
            axes.plot(trace.time, trace.values, color=colours.to_rgba(np.array(far)), linewidth=0.8)
        soma = next((trace for name, trace in by_section.items() if name.startswith("soma")), None)
        if soma is not None:
            axes.plot(soma.time, soma.values, color=KIND_COLOURS["soma"], linewidth=1.4, label="soma")
            axes.legend(frameon=False, fontsize=8, loc="upper right", labelcolor=INK)
        axes.set_ylabel(f"{kind}, {quantity('mV')}")
        tidy(axes)
        drawn.append(axes)
    drawn[0].set_xlim(*(window or _window(propagation)))
    for axes in drawn[:-1]:
        axes.tick_params(labelbottom=False)
    drawn[-1].set_xlabel("time (ms)")
    add_colour_bar(figure, drawn, colours, "path distance from the soma", "um")
    entitle(figure, title)
    return figure


def plot_epsp(epsp: EpspAttenuation, *, title: str = "") -> Figure:
    """Draw a synaptic potential at its dendrite and at the soma.

    Parameters
    ----------
    epsp
        What was measured.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Both potentials, and in the legend their amplitudes; attenuation and delay below.

    Raises
    ------
    ResultsError
        If there are no two traces of potentials.
    MissingDependencyError
        If matplotlib is not installed.
    """
    traces = [
        trace for trace in epsp.results.traces.values() if trace.unit == "mV" and trace.site is not None
    ]
    soma, dendrite = _both(traces)
    figure = new_figure(4.8, 3.4)
    axes = figure.add_subplot()
    for trace, shade, amplitude in (
        (dendrite, colour(1), epsp.dendrite_amplitude),
        (soma, KIND_COLOURS["soma"], epsp.soma_amplitude),
    ):
        label = f"{trace.site}: {amplitude:.3g} mV"
        axes.plot(trace.time, trace.values, color=shade, linewidth=1.3, label=label)
    axes.set_xlabel("time (ms)")
    axes.set_ylabel(quantity("mV"))
    tidy(axes)
    start = _start(epsp.results.protocol.stimuli)
    if start > 0:
        axes.set_xlim(max(0.0, start - 10.0), float(soma.time[-1]))
    legend = axes.legend(
        frameon=False, fontsize=8, loc="upper right", labelcolor=INK,
        title=f"attenuation {epsp.attenuation:.3g}, delay {epsp.delay:.3g} ms", title_fontsize=8,
    )  # fmt: skip
    legend.get_title().set_color(INK)
    entitle(figure, title)
    return figure


def _formula(a: float, b: float, c: float) -> str:
    """Return a fit as it is printed."""
    if b == 0:
        return f"{a + c:.1f} mV"
    return f"{a:.1f} exp(-x / {1 / b:.0f} µm) {'-' if c < 0 else '+'} {abs(c):.1f} mV"


def _branches(propagation: BackPropagation) -> list[tuple[Kind, BranchAttenuation]]:
    kinds: Sequence[tuple[Kind, BranchAttenuation | None]] = (
        ("basal", propagation.basal),
        ("apical", propagation.apical),
    )
    return [(kind, branch) for kind, branch in kinds if branch is not None and len(branch.distances)]


def _both(traces: Sequence[Trace]) -> tuple[Trace, Trace]:
    soma = [trace for trace in traces if trace.site is not None and trace.site.section.startswith("soma")]
    others = [trace for trace in traces if trace not in soma]
    if not soma or not others:
        raise ResultsError(
            f"there is no pair of potentials to draw, of a soma and of a dendrite; there are {len(soma)} and "
            f"{len(others)}"
        )
    return soma[0], others[0]


def _window(propagation: BackPropagation) -> tuple[float, float]:
    protocol = propagation.results.protocol
    start = _start(protocol.stimuli)
    return max(0.0, start - _BEFORE), min(start + _AFTER, protocol.duration)


def _start(stimuli: Sequence[object]) -> float:
    """Return when the first stimulus begins that does not last for the whole run, in ms."""
    found = []
    for placed in stimuli:
        stimulus = getattr(placed, "stimulus", None)
        for name in ("delay", "onset"):
            begin = getattr(stimulus, name, None)
            if isinstance(begin, int | float) and begin > 0:
                found.append(float(begin))
    return min(found, default=0.0)
