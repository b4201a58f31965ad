"""Curves: potential and spikes by current, impedance by frequency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import colour, entitle, new_figure, tidy
from bluecellab.results.measured import FICurve, Impedance, IVCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_fi", "plot_impedance", "plot_iv"]

_WIDTH, _HEIGHT = 4.2, 3.4  # inches: a column of a journal
_FAINT = "#bbbbbb"


def plot_iv(curve: IVCurve, *, title: str = "") -> Figure:
    """Draw steady potentials by injected current.

    Parameters
    ----------
    curve
        What was measured.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Points joined by lines; currents without a steady potential (NaN) leave a gap.

    Raises
    ------
    ResultsError
        If there is no point, or there are more of one than of the other.
    MissingDependencyError
        If matplotlib is not installed.
    """
    _check("IV curve", curve.currents, curve.voltages)
    figure, axes = _panel()
    _draw(axes, curve.currents, curve.voltages)
    axes.axvline(0.0, color=_FAINT, linewidth=0.6, zorder=0)
    axes.set_xlabel(_current(curve))
    axes.set_ylabel(f"steady potential at {curve.recorded} (mV)")
    _finish(figure, axes, title)
    return figure


def plot_fi(curve: FICurve, rate: bool = False, *, title: str = "") -> Figure:
    """Draw spikes by injected current.

    Parameters
    ----------
    curve
        What was measured.
    rate
        Whether to draw spikes per second within the step rather than how many there were in the whole run.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Points joined by lines.

    Raises
    ------
    ResultsError
        If there is no point, or there are more of one than of the other.
    MissingDependencyError
        If matplotlib is not installed.
    """
    numbers = curve.rates if rate else curve.counts
    _check("FI curve", curve.currents, numbers)
    figure, axes = _panel()
    from matplotlib.ticker import MaxNLocator

    _draw(axes, curve.currents, numbers)
    axes.set_xlabel(_current(curve))
    axes.set_ylabel(f"firing rate at {curve.recorded} (Hz)" if rate else f"spikes at {curve.recorded}")
    _finish(figure, axes, title)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    if not rate:
        axes.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
    return figure


def plot_impedance(impedance: Impedance, *, title: str = "") -> Figure:
    """Draw the impedance of a cell by frequency: magnitude above phase.

    Parameters
    ----------
    impedance
        What was measured.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels on one logarithmic axis of frequencies (a linear one if it begins at 0 Hz); the resonance
        is marked where there is one.

    Raises
    ------
    ResultsError
        If there is no frequency, or numbers are not equally many.
    MissingDependencyError
        If matplotlib is not installed.
    """
    _check("impedance", impedance.frequencies, impedance.magnitude)
    _check("impedance", impedance.frequencies, impedance.phase)
    figure = new_figure(_WIDTH, 4.6)
    upper = figure.add_subplot(2, 1, 1)
    lower = figure.add_subplot(2, 1, 2, sharex=upper)
    upper.plot(impedance.frequencies, impedance.magnitude, color=colour(0), linewidth=1.4)
    upper.set_ylabel("impedance (MΩ)")
    lower.plot(impedance.frequencies, impedance.phase, color=colour(0), linewidth=1.4)
    lower.axhline(0.0, color=_FAINT, linewidth=0.6, zorder=0)
    lower.set_ylabel("phase (rad)")
    lower.set_xlabel("frequency (Hz)")
    for axes in (upper, lower):
        tidy(axes)
    if impedance.resonance_strength > 1.0:
        for axes in (upper, lower):
            axes.axvline(
                impedance.resonance_frequency, color=colour(1), linewidth=0.9, linestyle="--", zorder=0
            )
        upper.annotate(
            f"{impedance.resonance_frequency:.3g} Hz, Q = {impedance.resonance_strength:.3g}",
            (impedance.resonance_frequency, 0.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, 4),
            textcoords="offset points",
            va="bottom",
            fontsize=8,
            color=colour(1),
        )
    upper.set_ylim(bottom=0.0)
    if impedance.frequencies.min() > 0 and len(impedance.frequencies) > 1:
        upper.set_xscale("log")
    upper.tick_params(labelbottom=False)
    figure.align_ylabels()
    entitle(figure, title)
    return figure


def _check(what: str, across: np.ndarray, up: np.ndarray) -> None:
    if len(across) != len(up) or not np.isfinite(up).any():
        raise ResultsError(
            f"there is no {what} to draw: {len(across)} points and {len(up)} numbers, of which "
            f"{int(np.isfinite(up).sum())} are finite"
        )


def _panel() -> tuple[Figure, Axes]:
    figure = new_figure(_WIDTH, _HEIGHT)
    return figure, figure.add_subplot()


def _draw(axes: Axes, across: np.ndarray, up: np.ndarray) -> None:
    order = np.argsort(across, kind="stable")  # published FI curves may descend
    axes.plot(
        across[order], up[order], color=colour(0), linewidth=1.2, marker="o", markersize=4.5, clip_on=False
    )


def _current(curve: IVCurve | FICurve) -> str:
    """Return the text of an axis of currents, with what they are on top of."""
    text = f"current injected at {curve.injected} (nA)"
    return f"{text},\non top of {curve.holding_current:.3g} nA" if curve.holding_current else text


def _finish(figure: Figure, axes: Axes, title: str) -> None:
    tidy(axes)
    axes.margins(x=0.04, y=0.06)
    axes.locator_params(axis="x", nbins=6)
    entitle(figure, title)
