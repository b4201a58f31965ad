"""Figures without pyplot, and the look that they share."""

from __future__ import annotations

import functools
import textwrap
from typing import TYPE_CHECKING

from bluecellab.results.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["colour", "entitle", "legend_above", "new_axes", "new_figure", "quantity", "tidy"]

#: Okabe and Ito's palette, which colour-blind readers can tell apart (https://jfly.uni-koeln.de/color).
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_INK = "#333333"
_LETTERS = 12.5  # of a title to the inch
_SIDE_BY_SIDE = 4  # entries of a legend
_QUANTITIES = {
    "mV": "potential (mV)",
    "nA": "current (nA)",
    "mA/cm2": "current density (mA/cm²)",
    "uS": "conductance (µS)",
    "S/cm2": "conductance density (S/cm²)",
    "mM": "concentration (mM)",
    "": "value",
}


def quantity(unit: str) -> str:
    """Return the text of an axis in that unit."""
    return _QUANTITIES.get(unit, unit)


def colour(index: int) -> str:
    """Return the colour of a line by its number."""
    return _PALETTE[index % len(_PALETTE)]


@functools.cache
def _figure_class() -> type[Figure]:
    """Return matplotlib's figure with what notebooks need to display it; made when first needed."""
    require("matplotlib", extra="plot", doing="a plot")
    from io import BytesIO

    from matplotlib.figure import Figure

    class NotebookFigure(Figure):
        """A figure that notebooks display without pyplot."""

        def _repr_png_(self) -> bytes:
            image = BytesIO()
            self.savefig(image, format="png", dpi=100)
            return image.getvalue()

    return NotebookFigure


def new_figure(width: float = 7.0, height: float = 4.5) -> Figure:
    """Return an empty figure that belongs to nobody but the caller.

    Parameters
    ----------
    width, height
        In inches.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    figure = _figure_class()(figsize=(width, height), layout="constrained")
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)  # attaches itself
    return figure


def new_axes() -> Axes:
    """Return the axes of a new figure, for functions that draw into axes.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    axes = new_figure().add_subplot()
    tidy(axes)
    return axes


def entitle(figure: Figure, title: str) -> None:
    """Write a title over a figure, if there is one, in as many lines as its width needs."""
    if title:
        across = max(12, int(figure.get_size_inches()[0] * _LETTERS))
        figure.suptitle("\n".join(textwrap.fill(line, across) for line in title.splitlines()), fontsize=11)


def legend_above(axes: Axes, labels: int) -> None:
    """Draw a legend over the right end of a panel, where it hides no line."""
    axes.legend(
        frameon=False, fontsize=8, labelcolor=_INK, loc="lower right", bbox_to_anchor=(1.0, 1.0),
        ncols=min(labels, _SIDE_BY_SIDE), borderaxespad=0.2, handlelength=1.5,
    )  # fmt: skip


def tidy(axes: Axes) -> None:
    """Take away what carries no information."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(_INK)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    axes.margins(x=0)
