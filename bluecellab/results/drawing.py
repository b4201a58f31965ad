"""The way from a value up to its picture, the only one: plotting stands above, and is loaded to draw."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["drawn", "new_axes"]

_HOME = "bluecellab.plotting"


def drawn(function: str, *what: object, **how: object) -> Figure:
    """Return the figure that a function of :mod:`bluecellab.plotting` makes.

    Parameters
    ----------
    function
        Its name.
    what, how
        What it is to draw, and how.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    return cast("Figure", getattr(importlib.import_module(_HOME), function)(*what, **how))


def new_axes() -> Axes:
    """Return the axes of a new figure.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    return cast("Axes", importlib.import_module(_HOME).new_axes())
