"""PICTURES: the only place that imports matplotlib, and only when something is drawn.

Every function returns its figure, and neither shows nor saves it. Figures are made without pyplot: no
global state changes, no backend is chosen, nothing has to be closed. Notebooks display them.
"""

from __future__ import annotations

from bluecellab.plotting.canvas import new_axes, new_figure
from bluecellab.plotting.stimuli import Curve, Series, plot_stimulus_and_response, plot_stimulus_gallery
from bluecellab.plotting.traces import plot_traces

__all__ = [
    "Curve",
    "Series",
    "new_axes",
    "new_figure",
    "plot_stimulus_and_response",
    "plot_stimulus_gallery",
    "plot_traces",
]
