"""Showing figures: in a notebook, or in a window where there is a display."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from bluecellab.results.extras import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["hand_to_pyplot", "show"]

_WINDOWLESS = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


def hand_to_pyplot(figure: Figure) -> ModuleType:
    """Make a figure that belongs to nobody pyplot's current one, for scripts that go on with pyplot.

    Whoever does that has to close it: ``pyplot.close()``.

    Returns
    -------
    module
        ``matplotlib.pyplot``.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    pyplot = require("matplotlib.pyplot", extra="plot", doing="handing a figure to pyplot")
    try:
        pyplot.figure(figure)
    except (TypeError, ValueError):  # before matplotlib 3.11 it takes its own only: show it a picture
        numpy = require("numpy", extra="plot", doing="drawing")
        figure.canvas.draw()
        axes = pyplot.figure(figsize=figure.get_size_inches()).add_axes((0, 0, 1, 1))
        axes.imshow(numpy.asarray(getattr(figure.canvas, "buffer_rgba")()))  # noqa: B009 - of Agg's canvas
        axes.axis("off")
    return pyplot


def show(figure: Figure) -> bool:
    """Show a figure that belongs to nobody, if there is where to show it.

    Notebooks display it. In an interactive session or a script with a display it gets a window, and the
    script waits until that is closed. Without a display, nothing happens.

    Parameters
    ----------
    figure
        Of any function of this package.

    Returns
    -------
    bool
        Whether it could be shown.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None and getattr(shell, "kernel", None) is not None:
        require("IPython.display", extra="plot", doing="displaying a figure").display(figure)
        return True
    mpl = require("matplotlib", extra="plot", doing="showing a figure")
    if mpl.get_backend().lower() in _WINDOWLESS or "inline" in mpl.get_backend():
        return False
    pyplot = hand_to_pyplot(figure)
    pyplot.show()
    pyplot.close()
    return True
