"""Outlines of sections: what a row of truncated cones looks like from one side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bluecellab.results.measured import SectionShape

__all__ = ["Outline", "outline"]

FloatArray = npt.NDArray[np.float64]

_CORNERS = 24  # of a disc
_END_ON = 0.8  # cosine between a piece and the line of sight beyond which its ends are drawn as discs


class Outline:
    """What is drawn of a section.

    Parameters
    ----------
    pieces
        Corners of the pieces, each of shape (k, 2), in um.
    segments
        The segment that each piece belongs to.
    """

    def __init__(self, pieces: list[FloatArray], segments: list[int]) -> None:
        self.pieces = pieces
        self.segments = segments


def outline(section: SectionShape, axes: tuple[int, int]) -> Outline:
    """Return the outline of a section, in pieces that end where its segments do.

    Parameters
    ----------
    section
        Of the points at both ends of a piece, and of those only, it takes the diameters: true to scale.
    axes
        Which of x, y and z (0, 1, 2) go across and up.
    """
    x, owners = _cut(section)
    points = section.at(x)
    flat = points[:, list(axes)]
    radii = points[:, 3] / 2
    steps = np.diff(flat, axis=0)
    seen = np.linalg.norm(steps, axis=1)  # lengths as they look
    true = np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1)
    left, right = _sides(flat, steps, seen, radii)
    pieces, segments = [], []
    for index, owner in enumerate(owners):
        if seen[index] > 0:
            pieces.append(
                np.array([left[index], left[index + 1], right[index + 1], right[index]], dtype=np.float64)
            )
            segments.append(owner)
        if true[index] > 0 and np.sqrt(max(0.0, 1 - (seen[index] / true[index]) ** 2)) > _END_ON:
            larger = index if radii[index] > radii[index + 1] else index + 1
            pieces.append(_disc(flat[larger], float(radii[larger])))
            segments.append(owner)
    return Outline(pieces, segments)


def _cut(section: SectionShape) -> tuple[FloatArray, list[int]]:
    """Return positions of the points and of the borders of segments, and the segment of each piece."""
    count = len(section.positions)
    total = float(section.arc[-1]) or 1.0
    given = section.arc / total
    x = np.unique(np.concatenate([given, np.arange(count + 1) / count]))
    x = x[np.concatenate([[True], np.diff(x) > 1e-9])]
    middles = (x[1:] + x[:-1]) / 2
    return x, np.clip((middles * count).astype(int), 0, count - 1).tolist()


def _sides(
    flat: FloatArray, steps: FloatArray, seen: FloatArray, radii: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the points to the left and to the right of a line; at a bend, square to its mean direction."""
    along = np.divide(steps, seen[:, None], out=np.zeros_like(steps), where=seen[:, None] > 0)
    mean = np.zeros_like(flat)
    mean[:-1] += along
    mean[1:] += along
    size = np.linalg.norm(mean, axis=1)
    turned = size < 1e-6  # it comes back the way it went: square to the way there
    mean[turned] = np.concatenate([along[:1], along])[turned]
    size[turned] = np.linalg.norm(mean[turned], axis=1)
    mean = np.divide(mean, size[:, None], out=np.zeros_like(mean), where=size[:, None] > 0)
    across = np.stack([-mean[:, 1], mean[:, 0]], axis=-1) * radii[:, None]
    return flat + across, flat - across


def _disc(centre: FloatArray, radius: float) -> FloatArray:
    angles = np.linspace(0.0, 2 * np.pi, _CORNERS, endpoint=False)
    corners: FloatArray = centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return corners
