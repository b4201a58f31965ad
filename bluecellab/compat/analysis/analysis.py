"""Curves and back-propagation, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.analysis._bpap import BPAP
from bluecellab.compat.analysis._curves import compute_plot_fi_curve, compute_plot_iv_curve
from bluecellab.compat.analysis.inject_sequence import run_stimulus
from bluecellab.compat.analysis.plotting import plot_fi_curve, plot_iv_curve
from bluecellab.compat.analysis.utils import exp_decay

__all__ = [
    "BPAP",
    "compute_plot_fi_curve",
    "compute_plot_iv_curve",
    "exp_decay",
    "plot_fi_curve",
    "plot_iv_curve",
    "run_stimulus",
]

__getattr__ = getter(__name__)
