"""Morphologies: a cell in the plane or in space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import entitle, new_figure
from bluecellab.plotting.outlines import outline
from bluecellab.plotting.scales import (
    INK,
    KIND_COLOURS,
    add_colour_bar,
    checked_shape,
    draw_kinds,
    nice_length,
    number_colours,
    scale_bar,
)
from bluecellab.results.arrays import FloatArray
from bluecellab.results.measured import CellShape, SectionShape
from bluecellab.results.measured.shapes import Plane
from bluecellab.spec.base import Site

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d import Axes3D

__all__ = ["plot_morphology"]

_HAIRLINE = 0.35  # points: nothing is thinner, or thin dendrites of large cells could not be seen
_TALLEST, _LEAST = 8.0, 2.4  # inches
_LONGEST = 6.0
_IN_SPACE = (7.0, 6.0)  # whatever the cell's form: matplotlib fits it into a square
_POINTS_PER_INCH = 72.0


def plot_morphology(
    shape: CellShape,
    variable: str | None = None,
    *,
    dimensions: Literal[2, 3] = 2,
    plane: Plane = "xy",
    limits: tuple[float, float] | None = None,
    sites: Mapping[str, Site] | Iterable[Site] = (),
    title: str = "",
) -> Figure:
    """Draw a cell.

    In the plane, diameters are true to scale (though nothing is thinner than a hairline); in space they are
    as wide as they would be in the picture's scale.

    Parameters
    ----------
    shape
        What ``cell.shape()`` gives.
    variable
        Colour by this one of the shape's variables, segment by segment; grey where there is none. By default,
        sections are coloured by what they are.
    dimensions
        2 or 3.
    plane
        Of a picture in the plane: which axis goes across, and which up.
    limits
        Least and greatest value of the variable that have colours of their own; those that occur by default.
    sites
        Places to mark, or such by name: where a stimulus is, or what is recorded.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        With a scale bar instead of axes.

    Raises
    ------
    ResultsError
        If there is nothing to draw, the shape has no such variable, or there is no such plane.
    MissingDependencyError
        If matplotlib is not installed.
    """
    unit = checked_shape(shape, variable)
    if dimensions not in (2, 3):
        raise ResultsError(f"a morphology is drawn in 2 or 3 dimensions, not {dimensions!r}")
    if len(plane) != 2 or plane[0] == plane[1] or set(plane) - set("xyz"):
        raise ResultsError(f"a plane is named by two of x, y and z, such as 'xy', not by {plane!r}")
    points = np.concatenate([section.points for section in shape])
    across, up = "xyz".index(plane[0]), "xyz".index(plane[1])
    figure = new_figure(*_size(points, across, up if dimensions == 2 else None))
    colours = None if variable is None else number_colours([part.values[variable] for part in shape], limits)
    if dimensions == 2:
        axes = figure.add_subplot()
        _draw_flat(axes, shape, (across, up), variable, colours)
    else:
        axes = _draw_in_space(figure, shape, variable, colours)
    _mark(axes, shape, sites, (across, up) if dimensions == 2 else None)
    if colours is None:
        draw_kinds(axes, [section.kind for section in shape], inside=dimensions == 3)
    else:
        add_colour_bar(figure, axes, colours, str(variable), unit)
    entitle(figure, title)
    return figure


def _mark(
    axes: Axes,
    shape: CellShape,
    sites: Mapping[str, Site] | Iterable[Site],
    plane: tuple[int, int] | None,
) -> None:
    """Mark places on a cell, in the plane or in space, with their names beside them."""
    from matplotlib.patheffects import withStroke

    named = sites if isinstance(sites, Mapping) else {f"{site.section}({site.x:g})": site for site in sites}
    for name, site in named.items():
        point = shape[site.section].at(site.x)[:3]
        place = _upright(point) if plane is None else point[list(plane)]
        axes.plot(
            *([number] for number in place.tolist()), marker="o", markersize=6, markerfacecolor="white",
            markeredgecolor=INK, markeredgewidth=1.3, linestyle="none", zorder=5, label=name,
        )  # fmt: skip
        if plane is None:
            space: Axes3D = axes
            space.text(*place.tolist(), f"  {name}", fontsize=8, color=INK, zorder=6)
        else:
            axes.annotate(
                name, place.tolist(), xytext=(6, 3), textcoords="offset points", fontsize=8, color=INK,
                zorder=6, path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )  # fmt: skip


def _size(points: FloatArray, across: int, up: int | None) -> tuple[float, float]:
    """Return width and height of a figure in inches, room for a legend included."""
    if up is None:
        return _IN_SPACE
    wide, high = (float(np.ptp(points[:, axis])) for axis in (across, up))
    scale = min(_LONGEST / max(wide, 1e-9), _TALLEST / max(high, 1e-9))
    return max(_LEAST, wide * scale) + 1.7, max(_LEAST, high * scale) + 0.6


def _draw_flat(
    axes: Axes,
    shape: CellShape,
    plane: tuple[int, int],
    variable: str | None,
    colours: ScalarMappable | None,
) -> None:
    from matplotlib.collections import PolyCollection

    found = [(section, outline(section, plane)) for section in sorted(shape, key=_is_soma)]
    if variable is None or colours is None:
        for kind, colour in reversed(list(KIND_COLOURS.items())):  # the soma last, above all
            pieces = [piece for section, drawn in found if section.kind == kind for piece in drawn.pieces]
            if pieces:
                axes.add_collection(
                    PolyCollection(
                        pieces, facecolors=colour, edgecolors=colour, linewidths=_HAIRLINE, label=kind
                    )
                )
    else:
        pieces = [piece for _, drawn in found for piece in drawn.pieces]
        values = [section.values[variable][drawn.segments] for section, drawn in found]
        painted = PolyCollection(
            pieces, array=np.concatenate(values), cmap=colours.cmap, norm=colours.norm, edgecolors="face",
            linewidths=_HAIRLINE, label=variable,
        )  # fmt: skip
        axes.add_collection(painted)
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.axis("off")
    corners = np.concatenate([piece for _, drawn in found for piece in drawn.pieces])
    low, high = corners.min(axis=0), corners.max(axis=0)
    extent = high - low
    length = nice_length(float(extent.max()))
    scale_bar(axes, (float(high[0]) - length, float(low[1] - 0.05 * extent.max())), length)


def _draw_in_space(
    figure: Figure, shape: CellShape, variable: str | None, colours: ScalarMappable | None
) -> Axes3D:
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    axes = figure.add_subplot(projection="3d", computed_zorder=False)
    points = _upright(np.concatenate([section.points for section in shape])[:, :3])
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max()) or 1.0
    per_um = 5.0 * _POINTS_PER_INCH / extent  # the longest side takes about five inches
    for section in sorted(shape, key=_is_soma):
        lines, widths, segments = _pieces(section)
        drawn = Line3DCollection(
            _upright(lines), linewidths=np.maximum(widths * per_um, 0.5), capstyle="round", label=section.name
        )
        if variable is None or colours is None:
            drawn.set_color(KIND_COLOURS[section.kind])
        else:
            drawn.set_array(section.values[variable][segments])
            drawn.set_cmap(colours.cmap)
            drawn.set_norm(colours.norm)
        axes.add_collection3d(drawn)
    half = np.maximum((high - low) / 2, 0.05 * extent)
    bottom, top = (low + high) / 2 - half, (low + high) / 2 + half
    axes.set(xlim=(bottom[0], top[0]), ylim=(bottom[1], top[1]), zlim=(bottom[2], top[2]))
    axes.set_box_aspect(half, zoom=1.0)
    axes.view_init(elev=15, azim=-60)
    axes.axis("off")
    length = nice_length(extent)
    x, y, z = bottom
    axes.plot([x, x], [y, y], [z, z + length], color=INK, linewidth=2)
    axes.text(x, y, z + length / 2, f"{length:g} µm  ", ha="right", va="center", fontsize=8, color=INK)
    return axes


def _upright(points: FloatArray) -> FloatArray:
    """Return points whose y goes up, where matplotlib has its z; right-handed, as they are."""
    turned: FloatArray = points[..., [0, 2, 1]] * [1.0, -1.0, 1.0]
    return turned


def _is_soma(section: SectionShape) -> bool:
    """Whether a section is drawn last, above all others."""
    return section.kind == "soma"


def _pieces(section: SectionShape) -> tuple[FloatArray, FloatArray, list[int]]:
    """Return a section as lines, shape (n, 2, 3), their widths in um, and the segment of each."""
    count = len(section.positions)
    total = float(section.arc[-1]) or 1.0
    x = np.unique(np.concatenate([section.arc / total, np.arange(count + 1) / count]))
    points = section.at(x)
    lines = np.stack([points[:-1, :3], points[1:, :3]], axis=1)
    segments = np.clip(((x[1:] + x[:-1]) / 2 * count).astype(int), 0, count - 1)
    return lines, (points[:-1, 3] + points[1:, 3]) / 2, segments.tolist()
