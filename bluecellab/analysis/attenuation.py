"""Attenuation along dendrites: what fits it, and whether it is as it should be."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bluecellab.results.arrays import FloatArray
from bluecellab.results.measured import BackPropagation, BranchAttenuation

__all__ = ["assess", "fit_attenuation"]

_PARAMETERS = 3  # of the exponential
_DECAYS = np.geomspace(1e-3, 1e3, 121)  # b times the largest distance
_STEPS = 60  # of the search
_GOLDEN = (5**0.5 - 1) / 2


def fit_attenuation(
    distances: Iterable[float] | FloatArray, amplitudes: Iterable[float] | FloatArray
) -> tuple[float, float, float] | None:
    r"""Fit an exponential to amplitudes by distance.

    .. math:: A(x) = a\,e^{-b x} + c

    The least squares: for every b, a and c solve a linear problem, so that only b is searched for, over six
    decades of both signs (variable projection). It depends on no guess. (BlueCelluLab's search begins with 1
    for all three, where the exponential vanishes at every section, and often ends where it began.)

    Parameters
    ----------
    distances
        In um, shape (n,).
    amplitudes
        In mV, shape (n,).

    Returns
    -------
    tuple of float, or None
        a (mV), b (1/um), c (mV); None if no such b is best, as for amplitudes on a straight line, or if
        there are less than three points.

    References
    ----------
    Golub and Pereyra (1973), https://doi.org/10.1137/0710036

    Examples
    --------
    >>> x = np.linspace(0, 500, 20)
    >>> a, b, c = fit_attenuation(x, 80 * np.exp(-x / 200) + 10)
    >>> round(a, 3), round(1 / b, 3), round(c, 3)
    (80.0, 200.0, 10.0)
    """
    x, y = np.array([*distances], dtype=float), np.array([*amplitudes], dtype=float)
    if len(x) < _PARAMETERS or np.ptp(x) == 0 or np.ptp(y) == 0 or not np.isfinite([x, y]).all():
        return None
    origin, span = float(x.min()), float(np.ptp(x))
    u = (x - origin) / span
    found = [best for sign in (1.0, -1.0) if (best := _best_decay(u, y, sign * _DECAYS)) is not None]
    if not found:
        return None
    _, k = min(found)
    a, c, _ = _linear(u, y, k)
    return float(a * np.exp(k * origin / span)), k / span, c


def _linear(u: FloatArray, y: FloatArray, k: float) -> tuple[float, float, float]:
    """Return the best a and c of a exp(-k u) + c, and the sum of squares that is left."""
    e = np.exp(-k * u - (0.0 if k > 0 else -k))  # at most 1
    centred = e - e.mean()
    power = float(centred @ centred)
    slope = float(centred @ y) / power if power > 0 else 0.0
    c = float(y.mean() - slope * e.mean())
    rest = y - slope * e - c
    return slope * (1.0 if k > 0 else float(np.exp(k))), c, float(rest @ rest)


def _best_decay(u: FloatArray, y: FloatArray, decays: FloatArray) -> tuple[float, float] | None:
    """Return the least sum of squares and its decay; None if it is at an end of the range."""
    errors = [_linear(u, y, float(k))[2] for k in decays]
    index = int(np.argmin(errors))
    if index in (0, len(decays) - 1):
        return None
    low, high = float(decays[index - 1]), float(decays[index + 1])
    for _ in range(_STEPS):  # golden section
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if _linear(u, y, left)[2] <= _linear(u, y, right)[2]:
            high = right
        else:
            low = left
    k = (low + high) / 2
    return _linear(u, y, k)[2], k


def assess(found: BackPropagation, *, with_fit: bool = True) -> tuple[bool, str]:
    """Say whether an action potential attenuates along the dendrites as it should.

    Parameters
    ----------
    found
        Of :func:`back_propagation`.
    with_fit
        Whether to look at the exponentials (both ``a`` and ``b`` must be above 0), or at the furthest section
        of each kind of branch only (its amplitude must be below that of the soma).

    Returns
    -------
    passed : bool
        False also if the cell has no dendrites, so that there is nothing to assess.
    notes : str
        Why, in sentences.
    """
    kinds = {"basal": found.basal, "apical": found.apical}
    judged = [
        _judge_fit(kind, branch) if with_fit else _judge_furthest(kind, branch, found.soma_amplitude)
        for kind, branch in kinds.items()
        if branch is not None
    ]
    if not judged:
        return False, "Validation failed: the cell has no dendrites to which it could propagate."
    passed = all(good for good, _ in judged)
    return passed, f"Validation {'passed' if passed else 'failed'}: " + " ".join(text for _, text in judged)


def _judge_fit(kind: str, branch: BranchAttenuation) -> tuple[bool, str]:
    if branch.fit is None:
        return False, f"No exponential fits the amplitudes in the {kind} dendrites."
    a, b, c = branch.fit
    good = a > 0 and b > 0
    return good, (
        f"The fit of the {kind} dendrites {'decays' if good else 'does not decay'}: "
        f"a = {a:.4g} mV, b = {b:.4g} /um, c = {c:.4g} mV."
    )


def _judge_furthest(kind: str, branch: BranchAttenuation, soma: float) -> tuple[bool, str]:
    index = int(np.argmax(branch.distances))
    amplitude = branch.amplitudes[index]
    good = bool(amplitude < soma)
    return good, (
        f"The amplitude in the furthest {kind} section, {branch.sections[index]} at "
        f"{branch.distances[index]:.4g} um, is {amplitude:.4g} mV, {'below' if good else 'not below'} "
        f"the {soma:.4g} mV of the soma."
    )
