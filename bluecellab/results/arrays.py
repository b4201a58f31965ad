"""Arrays that nobody can write to, and how they compare."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["FloatArray", "evenly_spaced", "frozen", "same_bits"]

FloatArray = npt.NDArray[np.float64]


def frozen(numbers: npt.ArrayLike) -> FloatArray:
    """Return numbers as a one-dimensional read-only array.

    An array that is read-only already and owns its data is shared, anything else is copied: so
    traces on one time axis hold one array, and no later change elsewhere reaches a result.

    Parameters
    ----------
    numbers
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64, read-only.

    Raises
    ------
    ValueError
        If the numbers are not one-dimensional.
    """
    if (
        isinstance(numbers, np.ndarray)
        and numbers.dtype == np.float64
        and numbers.ndim == 1
        and numbers.flags.owndata
        and not numbers.flags.writeable
    ):
        return numbers
    array = np.array(numbers, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"one-dimensional numbers are needed, not of shape {array.shape}")
    array.setflags(write=False)
    return array


def same_bits(first: FloatArray, second: FloatArray) -> bool:
    """Whether two arrays agree in every bit: NaN equals the same NaN, and 0.0 differs from -0.0."""
    if first is second:
        return True
    return first.shape == second.shape and bool(
        np.array_equal(
            np.ascontiguousarray(first).view(np.uint64),
            np.ascontiguousarray(second).view(np.uint64),
        )
    )


def evenly_spaced(time: FloatArray) -> float | None:
    """Return the sampling period in ms, or None if the times are not evenly spaced.

    NEURON adds up its steps, so that times are even only up to the rounding of the largest.
    """
    if len(time) < 2:
        return None
    period = float(time[-1] - time[0]) / (len(time) - 1)
    grid = time[0] + period * np.arange(len(time))
    return period if period > 0 and bool(np.all(np.abs(time - grid) < 1e-6 * period)) else None
