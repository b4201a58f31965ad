"""Spikes in a recorded potential."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bluecellab.results.arrays import FloatArray

__all__ = ["count_spikes", "detect_spike", "spike_times"]


def detect_spike(voltage: npt.ArrayLike, threshold: float = -20.0) -> bool:
    """Whether a potential is ever above a threshold; of no samples, it is not.

    Parameters
    ----------
    voltage
        In mV, shape (n,).
    threshold
        In mV.

    Examples
    --------
    >>> detect_spike([-65.0, 20.0, -70.0]), detect_spike([-65.0]), detect_spike([])
    (True, False, False)
    """
    values = np.asarray(voltage, float)
    return bool(len(values) and values.max() > threshold)


def spike_times(time: npt.ArrayLike, voltage: npt.ArrayLike, threshold: float = -20.0) -> FloatArray:
    """Return the times of the first samples above a threshold, each after one that was not.

    These are the crossings that NEURON's detectors report. A potential that begins above the threshold
    counts as a spike at its beginning.

    Parameters
    ----------
    time, voltage
        In ms and mV, shape (n,).
    threshold
        In mV.

    Returns
    -------
    numpy.ndarray
        In ms, shape (number of spikes,).

    Examples
    --------
    >>> spike_times([0, 1, 2, 3, 4], [-65, 10, -70, -10, 5])
    array([1., 3.])
    """
    values = np.asarray(voltage, float)
    above = values > threshold
    first = above & ~np.concatenate([[False], above[:-1]])
    found: FloatArray = np.asarray(time, float)[first]
    return found


def count_spikes(voltage: npt.ArrayLike, threshold: float = -20.0) -> int:
    """Return how often a potential crosses a threshold upwards; see :func:`spike_times`.

    Examples
    --------
    >>> count_spikes([-65, 10, -70, -10, 5])
    2
    """
    return len(spike_times(np.arange(len(np.asarray(voltage))), voltage, threshold))
