"""The outline of a soma as a stack of discs, in the way the Blue Brain simulators do it for .h5 files."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bluecellab.errors import MorphologyError

__all__ = ["contour_to_discs", "point_to_ring"]

Floats = npt.NDArray[np.floating]

_SAMPLES = 101  # points around the outline
_DISCS = 21


def point_to_ring(centre: Floats, diameter: float) -> npt.NDArray[np.float64]:
    """Return the ring of 20 points by which a soma given as one point is represented.

    The ring is not turned into discs afterwards: that is what BlueCelluLab and neurodamus do, and is
    kept so that results agree.

    Parameters
    ----------
    centre
        x, y, z in um.
    diameter
        In um.

    Returns
    -------
    numpy.ndarray
        x, y, z and diameter in um; shape (20, 4). The diameters are the radius.
    """
    radius = diameter / 2
    angles = 2 * np.pi * np.arange(20) / 19
    ring = np.empty((20, 4))
    ring[:, 0] = centre[0] + radius * np.cos(angles)
    ring[:, 1] = centre[1] + radius * np.sin(angles)
    ring[:, 2] = centre[2]
    ring[:, 3] = radius
    return ring


def contour_to_discs(outline: Floats) -> npt.NDArray[np.float64]:
    r"""Return discs along the major axis of an outline.

    The outline is sampled at 101 points at equal distances. Its principal axes are the eigenvectors of
    :math:`q^T q`, where q are the samples relative to their mean. Along the major axis 21 discs are
    placed, each as wide as the outline is there along the minor axis.

    Parameters
    ----------
    outline
        x, y, z in um; shape (n, 3), n at least 3.

    Returns
    -------
    numpy.ndarray
        x, y, z and diameter in um; shape (21, 4).

    Raises
    ------
    MorphologyError
        If the outline encloses no area.
    """
    samples = _sampled(outline)
    mean = samples.mean(axis=0)
    return _discs(mean, samples - mean)


def _discs(mean: Floats, relative: Floats) -> npt.NDArray[np.float64]:
    """Return the discs of an outline that is given by its centre and its samples relative to it."""
    major, minor = _axes(relative)
    sides = _sides(relative @ major, relative @ minor)
    if any(len(side) < 2 for side in sides):
        raise MorphologyError("the outline of the soma encloses no area")
    places = np.sort(np.concatenate([side[:, 0] for side in sides]))
    along = np.linspace(places[1], places[-2], _DISCS)
    widths = np.abs(np.subtract(*(np.interp(along, side[:, 0], side[:, 1]) for side in sides)))
    widths[0] = (widths[0] + widths[1]) / 2
    widths[-1] = (widths[-1] + widths[-2]) / 2
    discs = np.empty((_DISCS, 4))
    discs[:, :3] = mean + along[:, np.newaxis] * major
    discs[:, 3] = widths
    return discs


def _sampled(outline: Floats) -> Floats:
    """Return points at equal distances, measured in the xy plane, from the first point to the last."""
    steps = np.hypot(*np.diff(outline[:, :2], axis=0).T)
    places = np.concatenate([[0.0], np.cumsum(steps, dtype=float)])
    wanted = np.linspace(0, places[-1], _SAMPLES)
    return np.stack([np.interp(wanted, places, axis) for axis in outline.T], axis=1)


def _axes(relative: Floats) -> tuple[Floats, Floats]:
    """Return the major axis, and the minor one with its z left out."""
    _, vectors = np.linalg.eigh(relative.T @ relative)  # eigenvalues ascend
    major, minor = vectors[:, 2], vectors[:, 1].copy()
    if major[np.argmax(np.abs(major))] < 0:
        major = -major  # as NEURON's Import3d orients it
    minor[2] = 0
    if np.linalg.norm(minor) < 1e-6:
        raise MorphologyError("the outline of the soma has no width in the xy plane")
    return major, minor


def _sides(along: Floats, across: Floats) -> tuple[Floats, Floats]:
    """Return the two halves of an outline, as rows (along, across) with ``along`` ascending."""
    first, second = _halves(along, across)
    return _ascending(first), _ascending(second)


def _halves(along: Floats, across: Floats) -> tuple[Floats, Floats]:
    """Return the two halves of an outline, which may turn back on their ways."""
    points = np.stack([along, across], axis=1)
    points = np.roll(points, -int(np.argmax(points[:, 0])), axis=0)
    lowest = int(np.argmin(points[:, 0]))
    return points[:lowest][::-1], points[lowest:]


def _ascending(side: Floats) -> Floats:
    """Drop points that are not strictly below the last one kept, from the last point to the first."""
    kept: list[Floats] = []
    for row in side[::-1]:
        if not kept or row[0] < kept[-1][0]:
            kept.append(row)
    return np.array(kept[::-1]).reshape(-1, 2)
