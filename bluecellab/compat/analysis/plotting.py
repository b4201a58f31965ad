"""Figures of curves, under the published names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.compat._figures import finish
from bluecellab.plotting import plot_fi, plot_iv
from bluecellab.results.measured import FICurve, IVCurve
from bluecellab.spec.base import Site

__all__ = ["plot_fi_curve", "plot_iv_curve"]


def plot_iv_curve(
    currents: npt.ArrayLike,
    voltages: npt.ArrayLike,
    injecting_section: str,
    injecting_segment: float,
    recording_section: str,
    recording_segment: float,
    show_figure: bool = True,
    save_figure: bool = False,
    output_dir: str | Path = "./",
    output_fname: str = "iv_curve.pdf",
) -> None:
    """Draw potentials in mV by currents in nA.

    Parameters
    ----------
    currents, voltages
        The curve.
    injecting_section, injecting_segment, recording_section, recording_segment
        Where.
    show_figure, save_figure, output_dir, output_fname
        What is done with the figure.

    Raises
    ------
    ValueError
        If there are not as many potentials as currents.
    """
    across, up = _checked(currents, voltages, "voltages")
    curve = IVCurve(
        across,
        up,
        Site(section=injecting_section, x=injecting_segment),
        Site(section=recording_section, x=recording_segment),
    )
    finish(plot_iv(curve), show_figure, save_figure, output_dir, output_fname)


def plot_fi_curve(
    currents: npt.ArrayLike,
    spike_count: npt.ArrayLike,
    injecting_section: str,
    injecting_segment: float,
    recording_section: str,
    recording_segment: float,
    show_figure: bool = True,
    save_figure: bool = False,
    output_dir: str | Path = "./",
    output_fname: str = "fi_curve.pdf",
) -> None:
    """Draw numbers of spikes by currents in nA; parameters and errors as of :func:`plot_iv_curve`."""
    across, up = _checked(currents, spike_count, "spike counts")
    curve = FICurve(
        across,
        up,
        np.full(len(up), np.nan),
        Site(section=injecting_section, x=injecting_segment),
        Site(section=recording_section, x=recording_segment),
    )
    finish(plot_fi(curve), show_figure, save_figure, output_dir, output_fname)


def _checked(
    currents: npt.ArrayLike, values: npt.ArrayLike, what: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    across, up = np.asarray(currents, float), np.asarray(values, float)
    if len(across) != len(up):
        raise ValueError(f"{len(across)} currents, but {len(up)} {what}: there must be as many")
    return across, up
