"""Shapes of cells, and figures of them, over and over."""

from __future__ import annotations

import gc

__all__ = ["figures", "shapes"]


def shapes() -> None:
    """Make a cell, take its shape, and close it."""
    from bluecellab import create_ball_stick

    with create_ball_stick() as cell:
        cell.shape(["v", "gnabar_hh", "hh.gnabar"])


def figures() -> None:
    """Draw a cell and a response, and forget them."""
    from bluecellab import create_ball_stick
    from bluecellab.results import Spikes, Trace

    with create_ball_stick() as cell:
        cell.plot("v").canvas.draw()
        cell.plot_dendrogram().canvas.draw()
    Spikes({"soma": [1.0, 2.0]}, t_stop=3.0).plot(bin_width=1.0).canvas.draw()
    from bluecellab.plotting import plot_traces

    plot_traces([Trace("v", [0, 1], [0, 1], "mV")]).canvas.draw()
    gc.collect()  # figures are circles of references, which come and go in heaps otherwise
