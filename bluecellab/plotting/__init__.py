"""PICTURES: the only place that imports matplotlib, and only when something is drawn.

Every function returns its figure, and neither shows nor saves it. Figures are made without pyplot: no
global state changes, no backend is chosen, nothing has to be closed. Notebooks display them.
"""

from __future__ import annotations

from bluecellab.plotting.canvas import new_axes, new_figure
from bluecellab.plotting.curves import plot_fi, plot_impedance, plot_iv
from bluecellab.plotting.dendrograms import plot_dendrogram
from bluecellab.plotting.morphology import plot_morphology
from bluecellab.plotting.networks import plot_network
from bluecellab.plotting.propagation import plot_back_propagation, plot_back_propagation_traces, plot_epsp
from bluecellab.plotting.responses import plot_response
from bluecellab.plotting.spikes import plot_raster
from bluecellab.plotting.stimuli import Curve, Series, plot_stimulus_and_response, plot_stimulus_gallery
from bluecellab.plotting.traces import plot_traces
from bluecellab.plotting.validation import validation_figures, validation_html

__all__ = [
    "Curve",
    "Series",
    "new_axes",
    "new_figure",
    "plot_back_propagation",
    "plot_back_propagation_traces",
    "plot_dendrogram",
    "plot_epsp",
    "plot_fi",
    "plot_impedance",
    "plot_iv",
    "plot_morphology",
    "plot_network",
    "plot_raster",
    "plot_response",
    "plot_stimulus_and_response",
    "plot_stimulus_gallery",
    "plot_traces",
    "validation_figures",
    "validation_html",
]
