r"""Electric fields that are the same everywhere: potential outside of each segment, over time.

.. math:: V(t) = \sum_f r(t) \, (E_f \cdot d) \cos(2 \pi \nu_f (t - t_0) + \varphi_f)

where *d* is the vector from the soma to the segment, :math:`t_0` the delay, and *r* rises from 0 to 1 during
the ramp up, and falls again during the ramp down. The ramps lie outside of the duration.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.spec.circuit_stimuli import SpatiallyUniformField

__all__ = ["FieldTerm", "factors_of", "patterns_of", "potentials", "terms_of"]

FloatArray = npt.NDArray[np.float64]

_MILLIVOLT = 1e-3  # of (V/m) um


@dataclass(frozen=True)
class FieldTerm:
    """One component of one field.

    Parameters
    ----------
    amplitude
        In V/m, along x, y and z.
    start, end
        When it begins and ends, in ms, ramps included.
    ramp_up, ramp_down
        In ms.
    frequency
        In Hz.
    phase
        In rad.
    """

    amplitude: tuple[float, float, float]
    start: float
    end: float
    ramp_up: float
    ramp_down: float
    frequency: float
    phase: float

    def factor(self, time: float) -> float:
        """Return what the amplitude is multiplied by at a time in ms."""
        if not self.start < time < self.end:
            return 0.0
        after, before = time - self.start, self.end - time
        ramp = 1.0
        if after < self.ramp_up:
            ramp = after / self.ramp_up
        if before < self.ramp_down:
            ramp = min(ramp, before / self.ramp_down)
        return ramp * math.cos(2.0 * math.pi * self.frequency / 1000.0 * after + self.phase)


def terms_of(fields: Sequence[SpatiallyUniformField]) -> tuple[FieldTerm, ...]:
    """Return the components of several blocks of inputs, which all add up."""
    return tuple(
        FieldTerm(
            amplitude=(part.Ex, part.Ey, part.Ez),
            start=field.delay,
            end=field.delay + field.ramp_up_time + field.duration + field.ramp_down_time,
            ramp_up=field.ramp_up_time,
            ramp_down=field.ramp_down_time,
            frequency=part.frequency,
            phase=part.phase,
        )
        for field in fields
        for part in field.fields
    )


def patterns_of(terms: Sequence[FieldTerm], displacements: FloatArray) -> FloatArray:
    """Return the potential outside of each segment at the amplitude of each component.

    Parameters
    ----------
    terms
        The components.
    displacements
        From the soma to each segment in um, in the circuit's coordinates, shape (n, 3).

    Returns
    -------
    ndarray
        In mV, shape (k, n).
    """
    amplitudes = np.array([term.amplitude for term in terms], dtype=np.float64).reshape(-1, 3)
    return np.ascontiguousarray(_MILLIVOLT * (amplitudes @ displacements.T))


def factors_of(terms: Sequence[FieldTerm]) -> Callable[[float], list[float]]:
    """Return a function that gives the factor of each component at a time in ms."""
    each = [term.factor for term in terms]
    return lambda time: [factor(time) for factor in each]


def potentials(
    fields: Sequence[SpatiallyUniformField], displacements: FloatArray, times: npt.ArrayLike
) -> FloatArray:
    """Return the potential outside of each segment over time; for plots and checks.

    Parameters
    ----------
    fields
        Blocks of inputs.
    displacements
        From the soma to each segment in um, shape (n, 3).
    times
        In ms, shape (m,).

    Returns
    -------
    ndarray
        In mV, shape (m, n).

    Examples
    --------
    >>> from bluecellab.spec.circuit_stimuli import ElectricField
    >>> block = SpatiallyUniformField(delay=1, duration=8, fields=(ElectricField(Ez=100),), ramp_up_time=2)
    >>> potentials([block], np.array([[0, 0, 10.0]]), [1, 2, 3, 11, 12])[:, 0]
    array([0. , 0.5, 1. , 0. , 0. ])
    """
    terms = terms_of(fields)
    factors = factors_of(terms)
    over_time = np.array([factors(time) for time in np.asarray(times, dtype=np.float64).tolist()])
    product: FloatArray = over_time.reshape(-1, len(terms)) @ patterns_of(terms, displacements)
    return product
