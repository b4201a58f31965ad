"""3-D points of sections, read in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import objects, runtime

__all__ = ["diameters_of", "fingerprint", "points_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Twice as fast as x3d() and its like in Python.
_PROCEDURE = """
proc bluecellab_points_of() { local i, j, n
    n = n3d()
    j = $2
    for i = 0, n - 1 {
        $o1.x[j] = x3d(i)
        $o1.x[j + 1] = y3d(i)
        $o1.x[j + 2] = z3d(i)
        $o1.x[j + 3] = arc3d(i)
        j += 4
    }
}
"""


_DIAMETERS = """
proc bluecellab_diameters_of() { local i, n
    n = n3d()
    for i = 0, n - 1 $o1.append(diam3d(i))
}
"""


class _Written:
    """Whether hoc has the procedures."""

    ready = False
    diameters = False


def points_of(sections: Sequence[Any]) -> tuple[FloatArray, IntArray]:
    """Return the 3-D points of sections.

    Parameters
    ----------
    sections
        Raw sections.

    Returns
    -------
    points, counts
        x, y, z and arc length of the points of all sections in um, shape (4, n); and how many each has.
    """
    h = runtime.raw_h()
    if not _Written.ready:
        h(_PROCEDURE)
        _Written.ready = True
    counts = np.array([section.n3d() for section in sections], dtype=np.int64)
    made = objects.vector(np.zeros(4 * int(counts.sum())))
    first = 0
    for section, count in zip(sections, counts.tolist(), strict=True):
        h.bluecellab_points_of(made, first, sec=section)
        first += 4 * count
    return np.ascontiguousarray(objects.values_of(made).reshape(-1, 4).T), counts


def fingerprint(sections: Sequence[Any]) -> tuple[tuple[float, ...], ...]:
    """Return what tells sections of other points or segments apart: counts, lengths, outer points."""
    found = []
    for section in sections:
        last = section.n3d() - 1
        ends = (
            ()
            if last < 0
            else tuple(read(index) for index in (0, last) for read in (section.x3d, section.y3d, section.z3d))
        )
        found.append((section.nseg, last, section.L, *ends))
    return tuple(found)


def diameters_of(sections: Sequence[Any]) -> FloatArray:
    """Return the diameters at the 3-D points of sections in um, shape (n,), in the order of points_of."""
    h = runtime.raw_h()
    if not _Written.diameters:
        h(_DIAMETERS)
        _Written.diameters = True
    made = objects.vector()
    append = h.bluecellab_diameters_of
    for section in sections:
        append(made, sec=section)
    return objects.values_of(made)
