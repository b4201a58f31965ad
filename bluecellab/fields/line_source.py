r"""Potential of currents that leave the membrane evenly along straight segments, in a homogeneous medium.

.. math:: R = \frac{1}{4 \pi \sigma \ell} \ln \frac{u + \sqrt{u^2 + r_t^2}}{l + \sqrt{l^2 + r_t^2}}

where :math:`\ell` is the length of a segment, :math:`r_t` the distance of the electrode from the line through
it, :math:`u, l = h \pm \ell / 2`, and *h* the distance from its centre to the electrode's foot on the line.

References
----------
Holt & Koch, https://doi.org/10.1023/A:1008832702585; BioNet, https://doi.org/10.1371/journal.pcbi.1008386
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError

__all__ = ["CONDUCTIVITY", "line_source"]

FloatArray = npt.NDArray[np.float64]

CONDUCTIVITY = 0.3
"""Of the extracellular medium, in S/m."""

_BLOCK = 2**17  # pairs of electrode and segment that are computed together


def line_source(
    electrodes: npt.ArrayLike,
    starts: npt.ArrayLike,
    ends: npt.ArrayLike,
    *,
    conductivity: float = CONDUCTIVITY,
    minimum_distance: npt.ArrayLike | None = None,
) -> FloatArray:
    """Return the potential at electrodes for each unit of current out of segments.

    Parameters
    ----------
    electrodes
        In um, shape (m, 3).
    starts, ends
        Of the segments in um, shape (n, 3).
    conductivity
        Of the medium, in S/m.
    minimum_distance
        In um: an electrode beside a segment, or nearly so, counts as not nearer to its line than that. A
        number, or one for each segment, shape (n,).

    Returns
    -------
    ndarray
        In mV/nA, shape (m, n).

    Raises
    ------
    ReportError
        If an electrode lies in a segment, where the potential has no end; or shapes do not fit.

    Examples
    --------
    Far away a segment is as good as a point, of potential I / (4 pi sigma r):

    >>> matrix = line_source([[0, 0, 1000]], [[-5, 0, 0]], [[5, 0, 0]])
    >>> round(float(matrix[0, 0] * 4 * np.pi * 0.3 * 1000), 4)
    1.0
    """
    places = np.atleast_2d(np.asarray(electrodes, dtype=np.float64))
    first, last = (np.asarray(array, dtype=np.float64).reshape(-1, 3) for array in (starts, ends))
    if places.ndim != 2 or places.shape[1] != 3 or first.shape != last.shape:
        raise ReportError(
            f"electrodes of shape {places.shape} and segments from {first.shape} to {last.shape}: all are "
            "places with three coordinates, and segments have two ends"
        )
    least = None
    if minimum_distance is not None:
        least = np.broadcast_to(np.asarray(minimum_distance, dtype=np.float64), len(first))
    made = np.empty((len(places), len(first)))
    rows = max(1, _BLOCK // max(1, len(first)))
    for begin in range(0, len(places), rows):
        made[begin : begin + rows] = _resistances(places[begin : begin + rows], first, last, least)
    wrong = np.argwhere(~np.isfinite(made))
    if len(wrong):
        electrode = int(wrong[0, 0])
        raise ReportError(
            f"electrode {electrode} at {places[electrode].tolist()} um lies on a segment, where the "
            "potential has no end; move it, or say how near it may come: minimum_distance"
        )
    return made / (4.0 * np.pi * conductivity)


def _resistances(
    places: FloatArray, first: FloatArray, last: FloatArray, least: FloatArray | None
) -> FloatArray:
    """Return the logarithm divided by the length, in 1/um, shape (m, n)."""
    along = last - first
    length = np.linalg.norm(along, axis=1)
    point = length == 0
    unit = along / np.where(point, 1.0, length)[:, None]
    away = places[:, None, :] - (first + last) / 2
    foot = np.abs(np.einsum("mnk,nk->mn", away, unit))
    beside = np.maximum(np.einsum("mnk,mnk->mn", away, away) - foot**2, 0.0)
    upper, lower = foot + length / 2, foot - length / 2
    if least is not None:
        beside = np.where(lower < least, np.maximum(beside, least**2), beside)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(lower**2 + beside)
        # where the foot lies in the segment, the plain sum would lose digits
        below = np.where(lower < 0, beside / (root - lower), lower + root)
        made: FloatArray = np.log((upper + np.sqrt(upper**2 + beside)) / below) / length
        if point.any():
            made[:, point] = 1.0 / np.sqrt(foot[:, point] ** 2 + beside[:, point])
    return made
