"""Dendrograms: the tree of a cell, by path length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import entitle, new_figure
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
from bluecellab.results.measured import CellShape, SectionShape
from bluecellab.results.measured.shapes import Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_dendrogram"]

FloatArray = npt.NDArray[np.float64]

_HAIRLINE = 0.25  # points
_GAP = 1.4  # between neighbouring tips, in diameters of a thick dendrite
_THICK = 95.0  # percentile of diameters
_ORDER: tuple[Kind, ...] = ("axon", "myelin", "basal", "other", "apical", "soma")


class _Tree:
    """Where sections are: across by their order in the tree, up by path length from the soma."""

    def __init__(self, shape: CellShape) -> None:
        self.children: dict[str, list[SectionShape]] = {"": []}
        for section in shape:
            self.children[section.name] = []
            self.children[section.parent].append(section)
        for several in self.children.values():  # sorted is stable: otherwise in the cell's own order
            several.sort(key=lambda child: _ORDER.index(child.kind))
        self.bottoms = self._bottoms(shape)
        widths = np.concatenate([part.diameters for part in shape if part.kind != "soma"] or [np.ones(1)])
        self.apart = _GAP * float(np.percentile(widths, _THICK))
        self.across = self._across(shape)

    def _bottoms(self, shape: CellShape) -> Mapping[str, float]:
        """Return the path length at the beginning of each section; a root has its middle at 0."""
        found: dict[str, float] = {}
        by_name: dict[str, SectionShape] = {}
        for section in shape:
            parent = by_name.get(section.parent)
            if parent is None:
                found[section.name] = -section.length / 2
            elif not parent.parent:
                found[section.name] = abs(section.parent_x - 0.5) * parent.length
            else:
                found[section.name] = (
                    found[parent.name] + abs(section.parent_x - parent.start) * parent.length
                )
            by_name[section.name] = section
        return found

    def _across(self, shape: CellShape) -> Mapping[str, float]:
        """Give every tip a place of its own, and every other section the middle of its children."""
        found: dict[str, float] = {}
        tips = 0
        waiting = list(reversed(self.children[""]))  # no recursion: a branch may have thousands of sections
        while waiting:
            section = waiting.pop()
            if not self.children[section.name]:
                found[section.name] = tips * self.apart
                tips += 1
            waiting.extend(reversed(self.children[section.name]))
        for section in reversed(shape.sections):  # children before parents
            if self.children[section.name]:
                places = [found[child.name] for child in self.children[section.name]]
                found[section.name] = (min(places) + max(places)) / 2
        return found

    def boxes(self, section: SectionShape) -> FloatArray:
        """Return the corners of a box for each segment, as wide as its diameter: shape (k, 4, 2)."""
        count = len(section.positions)
        edges = self.bottoms[section.name] + section.length * np.arange(count + 1) / count
        low, high = edges[:-1], edges[1:]
        widths = section.diameters if section.start == 0.0 else section.diameters[::-1]
        middle = self.across[section.name]
        left, right = middle - widths / 2, middle + widths / 2
        corners = [
            np.stack(pair, axis=-1) for pair in ((left, low), (left, high), (right, high), (right, low))
        ]
        return np.stack(corners, axis=1)

    def joint(self, section: SectionShape) -> FloatArray | None:
        """Return the line from a section's beginning to its parent, shape (2, 2)."""
        if not section.parent:
            return None
        height = self.bottoms[section.name]
        return np.array([[self.across[section.parent], height], [self.across[section.name], height]])


def plot_dendrogram(
    shape: CellShape,
    variable: str | None = None,
    *,
    limits: tuple[float, float] | None = None,
    title: str = "",
) -> Figure:
    """Draw the tree of a cell: upwards by path length from the middle of the soma, side by side by order.

    Parameters
    ----------
    shape
        What ``cell.shape()`` gives.
    variable
        Colour by this one of the shape's variables, segment by segment; grey where there is none. By default,
        sections are coloured by what they are.
    limits
        Least and greatest value of the variable that have colours of their own; those that occur by default.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Boxes as high as segments are long and as wide as their diameters, in a scale of its own; with bars
        for both scales instead of axes.

    Raises
    ------
    ResultsError
        If there is nothing to draw, or the shape has no such variable.
    MissingDependencyError
        If matplotlib is not installed.
    """
    unit = checked_shape(shape, variable)
    if not any(section.length > 0 for section in shape):
        raise ResultsError(f"there is no section of {shape.name} to draw that has a length")
    tree = _Tree(shape)
    boxes = [tree.boxes(section) for section in shape]
    tips = sum(1 for section in shape if not tree.children[section.name])
    figure = new_figure(width=min(10.0, max(3.0, 2.2 + 0.07 * tips)), height=4.8)
    axes = figure.add_subplot()
    from matplotlib.collections import LineCollection, PolyCollection

    joints = [joint for section in shape if (joint := tree.joint(section)) is not None]
    axes.add_collection(LineCollection(joints, colors=INK, linewidths=0.5, zorder=1, label="joints"))
    if variable is None:
        for kind, colour in KIND_COLOURS.items():
            mine = [rows for section, rows in zip(shape, boxes, strict=True) if section.kind == kind]
            if mine:
                drawn = PolyCollection(
                    list(np.concatenate(mine)),
                    facecolors=colour,
                    edgecolors=colour,
                    linewidths=_HAIRLINE,
                    label=kind,
                )
                axes.add_collection(drawn)
        draw_kinds(axes, [section.kind for section in shape])
    else:
        rows = [_upwards(section, section.values[variable]) for section in shape]
        colours = number_colours(rows, limits)
        drawn = PolyCollection(
            list(np.concatenate(boxes)), array=np.concatenate(rows), cmap=colours.cmap, norm=colours.norm,
            edgecolors="face", linewidths=_HAIRLINE, label=variable,
        )  # fmt: skip
        axes.add_collection(drawn)
        add_colour_bar(figure, axes, colours, variable, unit)
    _scale(axes, np.concatenate(boxes))
    entitle(figure, title)
    return figure


def _upwards(section: SectionShape, values: FloatArray) -> FloatArray:
    """Return numbers of segments from the end that is connected to the other."""
    return values if section.start == 0.0 else values[::-1]


def _scale(axes: Axes, boxes: FloatArray) -> None:
    """Show all boxes, and draw the bars of both scales."""
    low, high = boxes.min(axis=(0, 1)), boxes.max(axis=(0, 1))
    extent = high - low
    axes.set_xlim(low[0] - 0.12 * extent[0], high[0] + 0.02 * extent[0])
    axes.set_ylim(low[1] - 0.08 * extent[1], high[1] + 0.02 * extent[1])
    axes.axis("off")
    corner = (float(low[0] - 0.05 * extent[0]), float(low[1] - 0.02 * extent[1]))
    length = nice_length(float(extent[1]))
    scale_bar(axes, corner, length, upright=True)
    width = nice_length(float(extent[0]) * 0.5)
    scale_bar(axes, corner, width, label=f"{width:g} µm diameter")
