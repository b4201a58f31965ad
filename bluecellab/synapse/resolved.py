"""What connection overrides say of each edge, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.spec.assignments import Assignment

__all__ = ["ResolvedOverrides"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ResolvedOverrides:
    """What connection overrides say of each of n edges.

    Parameters
    ----------
    weight
        Factor on the conductance, shape (n,).
    spont_minis
        Rate of minis in Hz, shape (n,); NaN where nothing is said.
    delay
        Delay in ms, shape (n,); NaN where nothing is said.
    model
        Which of ``models``, shape (n,).
    models
        Synapse models that were asked for; None: by the type of the edge.
    configure
        Assignments to the parameters of synapses: for which edges, shape (n,), and what.
    delayed
        For which edges, shape (n,), at what time in ms, what factor on the conductance; in the order of
        time, and of the overrides where that is the same.
    strength, decay
        Strength and decay time in ms of neuromodulation, shape (n,); NaN, or None, where nothing is said.
    """

    weight: FloatArray
    spont_minis: FloatArray
    delay: FloatArray
    model: IntArray
    models: tuple[str | None, ...] = (None,)
    configure: Sequence[tuple[BoolArray, tuple[Assignment, ...]]] = ()
    delayed: Sequence[tuple[BoolArray, float, float]] = ()
    strength: FloatArray | None = None
    decay: FloatArray | None = None

    @classmethod
    def none(cls, count: int) -> ResolvedOverrides:
        """Return what no override says of so many edges."""
        unset = np.full(count, np.nan)
        return cls(np.ones(count), unset, unset, np.zeros(count, np.int64))
