"""Spikes of many cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import colour, entitle, new_figure, tidy
from bluecellab.plotting.scales import INK
from bluecellab.results import Spikes
from bluecellab.results.arrays import FloatArray
from bluecellab.results.spikes import SpikeSource
from bluecellab.spec.base import CellId

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_raster"]

_NAMED = 24  # sources that each have their name
_MANY = 20_000  # spikes beyond which they are an image, also in a PDF
_POINTS = 72.0
_HEIGHT = 3.2  # inches, of a raster of many cells


def plot_raster(spikes: Spikes, *, bin_width: float | None = None, title: str = "") -> Figure:
    """Draw a row of spikes for each source, populations one above the other.

    Parameters
    ----------
    spikes
        By cell or name. Sources without a spike have a row, too.
    bin_width
        Draw the rate of each population below, in bins of this width in ms; only spikes by default.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Coloured by population, the first source at the bottom. Beyond twenty thousand spikes a raster is an
        image also in vector formats.

    Raises
    ------
    ResultsError
        If there is no source, the bins are of no width, or the run has no end while rates are asked for.
    MissingDependencyError
        If matplotlib is not installed.
    """
    if not len(spikes):
        raise ResultsError("there is no source of spikes to draw; record spikes, or load cells, and run")
    if bin_width is not None and not math.isfinite(spikes.t_stop):
        raise ResultsError("rates need a run that ends; these spikes have t_stop=inf")
    if bin_width is not None and not (bin_width > 0 and math.isfinite(bin_width)):
        raise ResultsError(f"rates need bins that are wide, in ms, not {bin_width:g}")
    groups = _populations(spikes)
    height = _HEIGHT if len(spikes) > _NAMED else 1.0 + 0.16 * len(spikes)
    rates = 0.0 if bin_width is None else 1.5
    figure = new_figure(6.6, height + rates + 0.4 * bool(title))
    rows = figure.add_gridspec(2 if rates else 1, 1, height_ratios=[height, rates] if rates else [1])
    axes = figure.add_subplot(rows[0])
    _draw_rows(axes, spikes, groups, height)
    stop = _end(spikes)
    axes.set_xlim(spikes.t_start, stop)
    last = axes
    if bin_width is not None:
        last = figure.add_subplot(rows[1], sharex=axes)
        _draw_rates(last, spikes, groups, (stop, bin_width))
        axes.tick_params(labelbottom=False)
        figure.align_ylabels()
    last.set_xlabel("time (ms)")
    entitle(figure, title)
    return figure


def _populations(spikes: Spikes) -> dict[str, list[SpikeSource]]:
    """Return the sources by population, cells in order of their ids, names as they come."""
    found: dict[str, list[SpikeSource]] = {}
    for source in spikes:
        found.setdefault(source.population_name if isinstance(source, CellId) else "", []).append(source)
    for sources in found.values():
        if all(isinstance(source, CellId) for source in sources):
            sources.sort(key=lambda source: source[1])
    return found


def _end(spikes: Spikes) -> float:
    if math.isfinite(spikes.t_stop):
        return spikes.t_stop
    return max((float(times.max()) for times in spikes.values() if len(times)), default=spikes.t_start + 1.0)


def _draw_rows(axes: Axes, spikes: Spikes, groups: dict[str, list[SpikeSource]], height: float) -> None:
    total = len(spikes)
    count = sum(map(len, spikes.values()))
    mark = max(1.0, min(9.0, 0.8 * height * _POINTS / total))
    high = mark > 2.0  # points; below that a stroke is no more than a dot
    first = 0
    borders: list[tuple[int, int]] = []
    names: list[str] = []
    for index, (population, sources) in enumerate(groups.items()):
        times = np.concatenate([spikes[source] for source in sources])
        rows = np.repeat(first + np.arange(len(sources)), [len(spikes[source]) for source in sources])
        axes.plot(
            times, rows, linestyle="none", marker="|" if high else ".", markersize=mark if high else 1.6,
            markeredgewidth=0.9 if high else 0.0, color=colour(index), label=population or "spikes",
            rasterized=count > _MANY,
        )  # fmt: skip
        names.extend(_name(source, len(groups)) for source in sources)
        borders.append((first, first + len(sources)))
        first += len(sources)
    axes.set_ylim(-0.6, total - 0.4)
    tidy(axes)
    if total <= _NAMED:
        axes.set_yticks(range(total), names)
    elif len(groups) > 1 or next(iter(groups)):
        axes.set_yticks([(low + high - 1) / 2 for low, high in borders], [name or "other" for name in groups])
        axes.tick_params(axis="y", length=0)
        for index, label in enumerate(axes.get_yticklabels()):
            label.set_color(colour(index))
    else:
        axes.set_ylabel("source")
    for low, _ in borders[1:]:
        axes.axhline(low - 0.5, color="#bbbbbb", linewidth=0.5)


def _name(source: SpikeSource, populations: int) -> str:
    if isinstance(source, CellId) and populations == 1:
        return str(source.id) if not source.population_name else str(source)
    return str(source)


def _draw_rates(
    axes: Axes, spikes: Spikes, groups: dict[str, list[SpikeSource]], bins: tuple[float, float]
) -> None:
    stop, width = bins
    edges = _edges(spikes.t_start, stop, width)
    for index, (population, sources) in enumerate(groups.items()):
        counts, _ = np.histogram(np.concatenate([spikes[source] for source in sources]), edges)
        rates = counts / (np.diff(edges) * 1e-3 * len(sources))
        axes.stairs(
            rates, edges, color=colour(index), linewidth=1.1, baseline=None, label=population or "all"
        )
    axes.set_ylabel("rate per cell (Hz)")
    tidy(axes)
    axes.set_ylim(0.0, max(1.0, 1.1 * axes.get_ylim()[1]))
    if len(groups) > 1 and len(spikes) <= _NAMED:  # else the raster names them in their colours
        axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _edges(start: float, stop: float, width: float) -> FloatArray:
    """Return borders of bins; the last bin is narrower where the run does not divide evenly."""
    edges = np.arange(start, stop, width)
    if len(edges) > 1 and stop - edges[-1] < 1e-9 * max(1.0, abs(stop)):
        edges = edges[:-1]
    return np.append(edges, stop)
