"""Stimuli, alone and with what they cause."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import colour, entitle, legend_above, new_figure, quantity, tidy
from bluecellab.plotting.traces import by_unit, draw_traces, only_last_has_time
from bluecellab.results import Trace, Traces
from bluecellab.results.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Curve", "Series", "plot_stimulus_and_response", "plot_stimulus_gallery"]


class Curve(Protocol):
    """A waveform, as :class:`bluecellab.stimulus.Waveform` is one."""

    @property
    def times(self) -> FloatArray:
        """Times in ms, shape (n,)."""

    @property
    def values(self) -> FloatArray:
        """Values, shape (n,)."""

    @property
    def unit(self) -> str:
        """Unit of the values."""

    @property
    def label(self) -> str:
        """What it is."""

    @property
    def interpolation(self) -> str:
        """``"linear"`` or ``"hold"``."""


@runtime_checkable
class Series(Protocol):
    """A time series of current in nA, as :class:`bluecellab.stimulus.StimulusFactory` makes them."""

    @property
    def time(self) -> FloatArray:
        """Times in ms, shape (n,)."""

    @property
    def current(self) -> FloatArray:
        """Current in nA, shape (n,)."""


class _Line:
    """What is drawn of a curve or a series."""

    def __init__(self, shape: Curve | Series, label: str = "") -> None:
        if isinstance(shape, Series):
            self.times, self.values, self.unit = shape.time, shape.current, "nA"
            self.label = label or type(shape).__name__
            self.style = "default"
        else:
            self.times, self.values, self.unit = shape.times, shape.values, shape.unit
            self.label = label or shape.label
            self.style = "steps-post" if shape.interpolation == "hold" else "default"

    def draw(self, axes: Axes, until: float, line_colour: str, *, width: float = 1.2) -> None:
        """Draw it from 0 to ``until`` ms; beyond its ends it keeps its first and last value."""
        times = np.concatenate([[min(0.0, *self.times[:1])], self.times, [max(until, *self.times[-1:])]])
        values = np.concatenate([self.values[:1], self.values, self.values[-1:]])
        axes.plot(times, values, color=line_colour, linewidth=width, drawstyle=self.style, label=self.label)


def _lines(shapes: Iterable[Curve | Series]) -> list[_Line]:
    lines = [line for line in map(_Line, shapes) if len(line.times)]
    if not lines:
        raise ResultsError("there is no stimulus to draw")
    return lines


def plot_stimulus_and_response(
    stimuli: Sequence[Curve | Series], traces: Traces | Iterable[Trace], *, title: str = ""
) -> Figure:
    """Draw stimuli above the traces recorded under them.

    Parameters
    ----------
    stimuli
        Waveforms, such as ``stimulus.waveform`` of what was added to a cell.
    traces
        What was recorded.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        A low panel for each unit of the stimuli, and one for each unit of the traces, on one time axis.

    Raises
    ------
    ResultsError
        If there is nothing to draw.
    MissingDependencyError
        If matplotlib is not installed.
    """
    lines, groups = _lines(stimuli), by_unit(traces)
    units = list(dict.fromkeys(line.unit for line in lines))
    ends = [trace.time[-1] for group in groups for trace in group if len(trace)]
    until = max(ends, default=max(line.times[-1] for line in lines))
    heights = [1.0] * len(units) + [2.5] * len(groups)
    figure = new_figure(height=1.0 + 1.0 * sum(heights))
    rows = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    panels: list[Axes] = []
    for row in range(len(heights)):
        axes = figure.add_subplot(rows[row], sharex=panels[0] if panels else None)
        panels.append(axes)
        if row >= len(units):
            draw_traces(axes, groups[row - len(units)])
            continue
        mine = [line for line in lines if line.unit == units[row]]
        for index, line in enumerate(mine):
            line.draw(axes, until, "#333333" if len(mine) == 1 else colour(index))
        axes.set_ylabel(quantity(units[row]))
        tidy(axes)
        if len(mine) > 1:
            legend_above(axes, len(mine))
    panels[0].set_xlim(0.0, until)
    only_last_has_time(panels)
    figure.align_ylabels()
    entitle(figure, title)
    return figure


def plot_stimulus_gallery(
    stimuli: Sequence[Curve | Series] | Mapping[str, Curve | Series], *, columns: int = 4, title: str = ""
) -> Figure:
    """Draw each of many stimuli into a small panel of its own.

    Parameters
    ----------
    stimuli
        Waveforms or time series, or such by name.
    columns
        How many stand side by side.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        One panel for each, coloured by unit.

    Raises
    ------
    ResultsError
        If there is nothing to draw.
    MissingDependencyError
        If matplotlib is not installed.
    """
    if isinstance(stimuli, Mapping):
        lines = [_Line(shape, name) for name, shape in stimuli.items() if len(_Line(shape).times)]
    else:
        lines = _lines(stimuli)
    if not lines or columns < 1:
        raise ResultsError("there is no stimulus to draw, or no column to draw it in")
    units = list(dict.fromkeys(line.unit for line in lines))
    wide = min(columns, len(lines))
    high = math.ceil(len(lines) / wide)
    figure = new_figure(width=2.6 * wide, height=0.4 * bool(title) + 1.7 * high)
    for index, line in enumerate(lines):
        axes = figure.add_subplot(high, wide, index + 1)
        line.draw(axes, 1.03 * float(line.times[-1]), colour(units.index(line.unit)), width=0.9)
        axes.set_title(line.label, fontsize=9, loc="left")
        axes.set_ylabel(line.unit.replace("uS", "µS"), fontsize=8)
        tidy(axes)
        axes.tick_params(labelsize=7)
        axes.margins(y=0.12)
        if index >= len(lines) - wide:
            axes.set_xlabel("time (ms)", fontsize=8)
    entitle(figure, title)
    return figure
