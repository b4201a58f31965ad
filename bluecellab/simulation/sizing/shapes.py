"""The sections of a morphology, read without NEURON: of which kind each is, and how long."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.cell.morphology import find
from bluecellab.nrn import swc
from bluecellab.nrn.arrangement import Arrangement

__all__ = ["KINDS", "Shape", "shape_of"]

FloatArray = npt.NDArray[np.float64]

#: Lists of sections, by how the names of their sections begin.
KINDS = {"soma": "soma", "axon": "axon", "dend": "dend", "apic": "apic"}


@dataclass(frozen=True, eq=False)
class Shape:
    """The sections of a morphology.

    Parameters
    ----------
    kinds
        List of each section, in the order of ``all``: ``"soma"``, ``"axon"``, ``"dend"``, ``"apic"``.
    lengths
        Of each in um, shape (n,).
    points
        How many 3-D points there are.
    exact
        Whether the file was read as NEURON does; otherwise it was by MorphIO, which may differ where
        sections begin and end.
    """

    kinds: tuple[str, ...]
    lengths: FloatArray
    points: int
    exact: bool

    def __len__(self) -> int:
        return len(self.kinds)


def shape_of(path: str) -> Shape:
    """Return the sections of a morphology.

    Parameters
    ----------
    path
        See :func:`bluecellab.cell.morphology.find`.

    Raises
    ------
    MorphologyNotFoundError, MorphologyError
        If there is none, or it cannot be read.
    """
    location = find(path)
    if location.extension == ".swc" and not location.entry:
        known = swc.arranged(Path(location.path).read_bytes())
        if known is not None:
            return _measured(known, exact=True)
    from bluecellab.cell.morphology.reading import arrange  # which loads MorphIO

    return _measured(arrange(location.path), exact=location.extension == ".h5")


def _measured(arrangement: Arrangement, *, exact: bool) -> Shape:
    order = {kind: number for number, kind in enumerate(KINDS.values())}
    parts = sorted(  # as in `all`: one kind after the other; sorting keeps the order within each
        ((KINDS.get(part.name.partition("[")[0], "dend"), part.points) for part in arrangement.sections),
        key=lambda pair: 0 if pair[0] == "soma" else order[pair[0]],
    )
    return Shape(
        tuple(kind for kind, _ in parts),
        np.array([_length(points) for _, points in parts]),
        sum(len(points) for _, points in parts),
        exact,
    )


def _length(points: FloatArray) -> float:
    """Return the length of a section in um; NEURON keeps points in single precision."""
    places = points[:, :3].astype(np.float32).astype(np.float64)
    return float(np.sqrt((np.diff(places, axis=0) ** 2).sum(axis=1)).sum())
