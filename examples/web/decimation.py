"""Fewer samples of a trace, without losing a spike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["decimated"]

FloatArray = npt.NDArray[np.float64]


def decimated(time: FloatArray, values: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    """Return at most so many samples: of each of equal stretches of time, the smallest and the largest.

    First and last sample are always there. Times need not be evenly spaced.

    Parameters
    ----------
    time, values
        The samples, each of shape (n,).
    points
        At most so many, at least 4.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(1000.0)
    >>> values = np.zeros(1000)
    >>> values[567] = 40.0
    >>> decimated(time, values, 10)[1].max()
    np.float64(40.0)
    """
    count = len(time)
    if count <= points:
        return time, values
    stretches = max(1, (points - 2) // 2)
    edges = np.linspace(time[0], time[-1], stretches + 1)[:-1]
    starts = np.unique(np.searchsorted(time, edges))
    kept = {0, count - 1}
    for first, end in zip(starts, [*starts[1:], count], strict=True):
        kept.update((first + int(values[first:end].argmin()), first + int(values[first:end].argmax())))
    index = np.array(sorted(kept))
    return time[index], values[index]
