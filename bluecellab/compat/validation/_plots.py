"""Figures of recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bluecellab.compat._figures import finish
from bluecellab.compat.analysis.inject_sequence import Recording
from bluecellab.plotting import plot_traces as draw
from bluecellab.results import Trace

__all__ = ["plot_trace", "plot_traces"]


def plot_trace(
    recording: Recording, out_dir: str | Path, fname: str, title: str, plot_current: bool = True
) -> Path:
    """Draw the potential of a recording, and the current, into a file; return its path.

    Parameters
    ----------
    recording
        What was recorded.
    out_dir, fname
        Where.
    title
        Title of the figure.
    plot_current
        Whether to draw the current.
    """
    traces = [Trace("potential", recording.time, recording.voltage, "mV")]
    if plot_current:
        traces.append(Trace("current", recording.time, recording.current, "nA"))
    return finish(draw(traces, title=title), False, True, out_dir, fname)


def plot_traces(
    recordings: Sequence[Recording],
    out_dir: str | Path,
    fname: str,
    title: str,
    labels: Sequence[str] | None = None,
    xlim: tuple[float, float] | None = None,
) -> Path:
    """Draw the potentials of recordings, and the current of the first, into a file; return its path.

    Parameters
    ----------
    recordings
        What was recorded.
    out_dir, fname
        Where.
    title
        Title of the figure.
    labels
        Names of the recordings.
    xlim
        Which times in ms.
    """
    names = labels or [f"recording {index}" for index in range(len(recordings))]
    traces = [Trace(name, one.time, one.voltage, "mV") for name, one in zip(names, recordings, strict=True)]
    traces += [Trace("current", one.time, one.current, "nA") for one in recordings[:1]]
    figure = draw(traces, title=title)
    if xlim is not None:
        for axes in figure.axes:
            axes.set_xlim(*xlim)
    return finish(figure, False, True, out_dir, fname)
