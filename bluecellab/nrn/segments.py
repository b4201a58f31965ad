"""Segments of sections: how many, how long, and how far from a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import objects, runtime

__all__ = ["measure"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_PROCEDURES = """
proc bluecellab_distance_origin() { distance() }
proc bluecellab_distances() { local x
    for (x, 0) $o1.append(distance(x))
}
"""


class _Written:
    """Whether hoc has the procedures."""

    ready = False


def measure(sections: Sequence[Any], origin: Any) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return numbers of segments, lengths of sections, and distances of the centres of segments.

    Parameters
    ----------
    sections
        Raw sections of one cell.
    origin
        The raw section from whose beginning paths are measured, as NEURON's ``distance`` does.

    Returns
    -------
    tuple
        Number of segments and length in um of each section, shapes (n,); path length in um to the centre of
        each segment, section by section, shape (m,).
    """
    h = runtime.raw_h()
    if not _Written.ready:
        h(_PROCEDURES)
        _Written.ready = True
    found = objects.vector()
    h.bluecellab_distance_origin(sec=origin)
    distances = h.bluecellab_distances  # looked up once: hoc takes as long to find a name as to call it
    for section in sections:
        distances(found, sec=section)
    counts = np.array([section.nseg for section in sections], dtype=np.int64)
    lengths = np.array([section.L for section in sections], dtype=np.float64)
    return counts, lengths, objects.values_of(found)
