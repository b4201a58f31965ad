"""What pictures of cells share: colours of kinds and of numbers, and bars that tell lengths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import quantity
from bluecellab.results.arrays import FloatArray
from bluecellab.results.measured import CellShape
from bluecellab.results.measured.shapes import Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

__all__ = [
    "INK",
    "KIND_COLOURS",
    "add_colour_bar",
    "checked_shape",
    "draw_kinds",
    "nice_length",
    "number_colours",
    "scale_bar",
]

INK = "#333333"
#: As NeuroM has them, in Okabe and Ito's colours: red basal, purple apical, blue axon.
KIND_COLOURS: Mapping[Kind, str] = {
    "soma": "#000000",
    "basal": "#D55E00",
    "apical": "#CC79A7",
    "axon": "#0072B2",
    "myelin": "#56B4E9",
    "other": "#009E73",
}
_LABELS: Mapping[Kind, str] = {"basal": "basal dendrite", "apical": "apical dendrite"}
_MISSING = "#d0d0d0"  # where a variable has no value
_MAP = "viridis"
_STEPS = (5.0, 2.0, 1.0)


def checked_shape(shape: CellShape, variable: str | None) -> str:
    """Return the unit of a variable (``""`` for none); refuse what cannot be drawn."""
    if not len(shape):
        raise ResultsError(f"there is no section of {shape.name} to draw; an artificial cell has no shape")
    if variable is None:
        return ""
    if variable not in shape.units:
        raise ResultsError(
            f"the shape of {shape.name} has no values of {variable!r}; it has "
            f"{', '.join(shape.units) or 'none'}. Ask for them: cell.shape([{variable!r}])"
        )
    return shape.units[variable]


def number_colours(numbers: Iterable[FloatArray], limits: tuple[float, float] | None) -> ScalarMappable:
    """Return what gives numbers their colours; those that are NaN get a light grey.

    Parameters
    ----------
    numbers
        All that are drawn.
    limits
        Least and greatest number that have colours of their own; those of the finite numbers by default.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    every = np.concatenate([np.ravel(row) for row in numbers])
    finite = every[np.isfinite(every)]
    if not len(finite):
        raise ResultsError("there is no finite number to draw")
    least, greatest = limits if limits is not None else (float(finite.min()), float(finite.max()))
    if not (math.isfinite(least) and math.isfinite(greatest) and least <= greatest):
        raise ResultsError(f"limits of colours ascend, unlike {least:g} and {greatest:g}")
    if least == greatest:  # one number alone: in the middle of the bar
        margin = abs(least) * 0.05 or 1.0
        least, greatest = least - margin, greatest + margin
    return ScalarMappable(Normalize(least, greatest), colormaps[_MAP].with_extremes(bad=_MISSING))


def add_colour_bar(
    figure: Figure, axes: Axes | list[Axes], colours: ScalarMappable, variable: str, unit: str
) -> None:
    """Draw the bar that tells what the colours mean."""
    bar = figure.colorbar(colours, ax=axes, shrink=0.6, aspect=24, pad=0.02)
    name = "membrane potential" if variable == "v" else variable
    bar.set_label(f"{name} ({_pretty(unit)})" if unit else name, color=INK, fontsize=9)
    bar.ax.tick_params(labelsize=8, colors=INK)
    bar.outline.set_visible(False)


def _pretty(unit: str) -> str:
    """Return a unit as it is printed, ``"S/cm²"`` for ``"S/cm2"``."""
    written = quantity(unit)
    return written[written.rindex("(") + 1 : -1] if written.endswith(")") else unit.replace("um", "µm")


def draw_kinds(axes: Axes, kinds: Iterable[Kind], *, inside: bool = False) -> None:
    """Draw a legend of the kinds that there are, beside the axes or inside."""
    from matplotlib.patches import Patch

    there = set(kinds)
    handles = [
        Patch(color=colour, label=_LABELS.get(kind, kind))
        for kind, colour in KIND_COLOURS.items()
        if kind in there
    ]
    axes.legend(
        handles=handles, frameon=False, fontsize=8, labelcolor=INK, handlelength=0.9, borderaxespad=0.0,
        loc="upper right" if inside else "upper left", bbox_to_anchor=(1.0, 1.0),
    )  # fmt: skip


def nice_length(extent: float) -> float:
    """Return a length of one digit 1, 2 or 5 that is at most a fifth of an extent.

    Examples
    --------
    >>> nice_length(1100.0), nice_length(230.0), nice_length(0.7)
    (200.0, 20.0, 0.1)
    """
    if not (extent > 0 and math.isfinite(extent)):
        return 1.0
    most = extent / 5
    power: float = 10.0 ** math.floor(math.log10(most))
    return float(f"{next(step * power for step in _STEPS if step * power <= most * (1 + 1e-9)):.12g}")


def scale_bar(
    axes: Axes, start: tuple[float, float], length: float, *, upright: bool = False, label: str = ""
) -> None:
    """Draw a bar of a length in units of the axes, and its length beside it."""
    x, y = start
    end = (x, y + length) if upright else (x + length, y)
    axes.plot([x, end[0]], [y, end[1]], color=INK, linewidth=2.0, solid_capstyle="butt", clip_on=False)
    axes.annotate(
        label or f"{length:g} µm",
        ((x + end[0]) / 2, (y + end[1]) / 2),
        xytext=(-5, 0) if upright else (0, -4),
        textcoords="offset points",
        ha="right" if upright else "center",
        va="center" if upright else "top",
        rotation=90 if upright else 0,
        fontsize=8,
        color=INK,
        annotation_clip=False,
    )
