"""Traces over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import colour, entitle, legend_above, new_figure, quantity, tidy
from bluecellab.results import Trace, Traces

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["by_unit", "draw_traces", "labels_of", "plot_traces"]


def plot_traces(traces: Traces | Iterable[Trace], *, title: str = "") -> Figure:
    """Draw traces over time, those of one unit together.

    Parameters
    ----------
    traces
        What to draw.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        One panel for each unit, on one time axis.

    Raises
    ------
    ResultsError
        If there is nothing to draw.
    MissingDependencyError
        If matplotlib is not installed.
    """
    groups = by_unit(traces)
    figure = new_figure(height=1.2 + 2.4 * len(groups))
    panels: list[Axes] = []
    for index, group in enumerate(groups):
        axes = figure.add_subplot(len(groups), 1, index + 1, sharex=panels[0] if panels else None)
        draw_traces(axes, group)
        panels.append(axes)
    only_last_has_time(panels)
    entitle(figure, title)
    return figure


def by_unit(traces: Traces | Iterable[Trace]) -> list[list[Trace]]:
    """Return the traces in groups of one unit, in order of first use; refuse none."""
    chosen = list(traces.values()) if isinstance(traces, Traces) else list(traces)
    if not chosen:
        raise ResultsError("there is no trace to draw; record something and run")
    groups: dict[str, list[Trace]] = {}
    for trace in chosen:
        groups.setdefault(trace.unit, []).append(trace)
    return list(groups.values())


def labels_of(traces: Sequence[Trace]) -> list[str]:
    """Return short labels that tell the traces apart: the place, the variable, or both."""
    variables = {trace.variable for trace in traces}
    cells = {trace.site.cell for trace in traces if trace.site is not None}
    labels = []
    for trace in traces:
        site = trace.site
        if site is not None and len(cells) == 1:  # that they are of one cell goes without saying
            site = site.model_copy(update={"cell": None})
        place = str(site) if site is not None else ""
        variable = trace.variable if len(variables) > 1 or not place else ""
        labels.append(" ".join(filter(None, (place, variable))) or trace.name)
    return labels if len(set(labels)) == len(labels) else [trace.name for trace in traces]


def draw_traces(axes: Axes, traces: Sequence[Trace]) -> None:
    """Draw traces of one unit into one panel."""
    for index, (trace, label) in enumerate(zip(traces, labels_of(traces), strict=True)):
        text = f"{label} (partial)" if trace.partial else label
        axes.plot(trace.time, trace.values, color=colour(index), linewidth=1.2, label=text)
    axes.set_ylabel(quantity(traces[0].unit))
    tidy(axes)
    if len(traces) <= 10:  # beyond that a legend hides more than it tells
        legend_above(axes, len(traces))


def only_last_has_time(panels: Sequence[Axes]) -> None:
    """Name the time axis that panels share, once."""
    for axes in panels[:-1]:
        axes.tick_params(labelbottom=False)
    panels[-1].set_xlabel("time (ms)")
