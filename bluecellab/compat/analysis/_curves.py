"""IV and FI curves, under the published names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bluecellab.analysis.curves import CurveSettings, fi_curve, iv_curve
from bluecellab.analysis.steps import StepTimes
from bluecellab.cell import Cell
from bluecellab.compat import _running
from bluecellab.compat._running import validate_section_and_segment
from bluecellab.compat.analysis.plotting import plot_fi_curve, plot_iv_curve
from bluecellab.compat.tools import calculate_rheobase
from bluecellab.results.measured import FICurve, IVCurve
from bluecellab.simulation.conditions import NeuronGlobals
from bluecellab.spec.base import Site

__all__ = ["compute_plot_fi_curve", "compute_plot_iv_curve"]

FloatArray = npt.NDArray[np.float64]
Found = TypeVar("Found", IVCurve, FICurve)


def compute_plot_iv_curve(
    cell: Cell,
    injecting_section: str = "soma[0]",
    injecting_segment: float = 0.5,
    recording_section: str = "soma[0]",
    recording_segment: float = 0.5,
    stim_start: float = 100.0,
    duration: float = 500.0,
    post_delay: float = 100.0,
    threshold_voltage: float = -20,
    nb_bins: int = 11,
    rheobase: float | None = None,
    show_figure: bool = True,
    save_figure: bool = False,
    output_dir: str | Path = "./",
    output_fname: str = "iv_curve.pdf",
    n_processes: int | None = None,
    celsius: float | None = None,
    v_init: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Measure and draw the potential at the end of steps, from 2 nA to 0.1 nA below the rheobase.

    Parameters
    ----------
    cell
        What is built again; it is not touched.
    injecting_section, injecting_segment, recording_section, recording_segment
        Where current is injected and the potential recorded.
    stim_start, duration, post_delay
        When the step begins, how long it is, and how long a run goes on after it, in ms.
    threshold_voltage
        Potential in mV above which is a spike.
    nb_bins
        Number of steps.
    rheobase
        In nA; measured if left out.
    show_figure, save_figure, output_dir, output_fname
        What is done with the figure.
    n_processes
        How many steps at once; by default as many as there are processors but one.
    celsius, v_init
        Temperature in degC and initial potential in mV; those of this process by default.

    Returns
    -------
    numpy.ndarray
        Currents in nA, on top of the holding current.
    numpy.ndarray
        Potentials in mV; NaN where the cell spikes.

    Raises
    ------
    ValueError
        If there is no such section, or a rheobase is needed of a cell without properties.

    See Also
    --------
    bluecellab.analysis.iv_curve
    """
    injected, recorded = (injecting_section, injecting_segment), (recording_section, recording_segment)
    times = StepTimes(delay=stim_start, duration=duration, post_delay=post_delay)
    settings = _settings(cell, injected, recorded, times, threshold_voltage, celsius, v_init)
    threshold = _rheobase(cell, rheobase, injected)
    levels = np.linspace(threshold - 2.0, threshold - 0.1, nb_bins)
    found = _measured(iv_curve, cell, levels, settings, n_processes)
    currents, voltages = np.array(found.currents), np.array(found.voltages)
    plot_iv_curve(
        currents, voltages, *injected, *recorded, show_figure, save_figure, output_dir, output_fname
    )
    return currents, voltages


def compute_plot_fi_curve(
    cell: Cell,
    injecting_section: str = "soma[0]",
    injecting_segment: float = 0.5,
    recording_section: str = "soma[0]",
    recording_segment: float = 0.5,
    stim_start: float = 100.0,
    duration: float = 500.0,
    post_delay: float = 100.0,
    max_current: float = 0.8,
    threshold_voltage: float = -20,
    nb_bins: int = 11,
    rheobase: float | None = None,
    show_figure: bool = True,
    save_figure: bool = False,
    output_dir: str | Path = "./",
    output_fname: str = "fi_curve.pdf",
    n_processes: int | None = None,
    celsius: float | None = None,
    v_init: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Measure and draw the number of spikes, from steps of the rheobase to ``max_current`` in nA.

    Parameters as of :func:`compute_plot_iv_curve`.

    Returns
    -------
    numpy.ndarray
        Currents in nA, on top of the holding current.
    numpy.ndarray
        Numbers of spikes in the whole runs: counts, not rates.

    See Also
    --------
    bluecellab.analysis.fi_curve
    """
    injected, recorded = (injecting_section, injecting_segment), (recording_section, recording_segment)
    times = StepTimes(delay=stim_start, duration=duration, post_delay=post_delay)
    settings = _settings(cell, injected, recorded, times, threshold_voltage, celsius, v_init)
    threshold = _rheobase(cell, rheobase, injected)
    levels = np.linspace(threshold, max_current, nb_bins)
    found = _measured(fi_curve, cell, levels, settings, n_processes)
    currents, counts = np.array(found.currents), np.array(found.counts)
    plot_fi_curve(currents, counts, *injected, *recorded, show_figure, save_figure, output_dir, output_fname)
    return currents, counts


def _settings(
    cell: Cell,
    injected: tuple[str, float],
    recorded: tuple[str, float],
    times: StepTimes,
    threshold: float,
    celsius: float | None,
    v_init: float | None,
) -> CurveSettings:
    """Return how each point is measured."""
    for place in (injected, recorded):
        validate_section_and_segment(cell, *place)
    now = NeuronGlobals.get_instance()
    conditions = _running.conditions(_running.template_of(cell)).model_copy(
        update={
            "celsius": now.temperature if celsius is None else float(celsius),
            "v_init": now.v_init if v_init is None else float(v_init),
        }
    )
    return CurveSettings(
        times=times,
        injected=Site(section=injected[0], x=injected[1]),
        recorded=Site(section=recorded[0], x=recorded[1]),
        spike_threshold=threshold,
        holding_current=_running.holding_of(cell),
        conditions=conditions,
    )


def _rheobase(cell: Cell, given: float | None, injected: tuple[str, float]) -> float:
    if given is not None:
        return given
    section, segment = injected
    return calculate_rheobase(cell, section=section, segx=segment)


def _measured(
    measure: Callable[..., Found],
    cell: Cell,
    levels: FloatArray,
    settings: CurveSettings,
    processes: int | None,
) -> Found:
    spec = _running.specification(_running.template_of(cell))
    with _running.workers(processes, len(levels)) as keywords:
        return measure(spec, levels, settings=settings, **keywords)
