"""Attenuation along dendrites: what fits it, and whether it is as it should be."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bluecellab.results.arrays import FloatArray
from bluecellab.results.extras import require
from bluecellab.results.measured import BackPropagation, BranchAttenuation

__all__ = ["assess", "fit_attenuation"]

_PARAMETERS = 3  # of the exponential


def fit_attenuation(
    distances: Iterable[float] | FloatArray, amplitudes: Iterable[float] | FloatArray
) -> tuple[float, float, float] | None:
    r"""Fit an exponential to amplitudes by distance.

    .. math:: A(x) = a\,e^{-b x} + c

    The least-squares search begins with values taken from the data. (BlueCelluLab's begins with 1 for
    all three, where the exponential vanishes at every section and the search often ends where it began.)

    Parameters
    ----------
    distances
        In um, shape (n,).
    amplitudes
        In mV, shape (n,).

    Returns
    -------
    tuple of float, or None
        a (mV), b (1/um), c (mV); None if the search does not converge, or there are less than three points.

    Raises
    ------
    MissingDependencyError
        If scipy is not installed.

    Examples
    --------
    >>> x = np.linspace(0, 500, 20)
    >>> a, b, c = fit_attenuation(x, 80 * np.exp(-x / 200) + 10)
    >>> round(a, 3), round(1 / b, 3), round(c, 3)
    (80.0, 200.0, 10.0)
    """
    x, y = np.array([*distances], dtype=float), np.array([*amplitudes], dtype=float)
    if len(x) < _PARAMETERS:
        return None
    optimize = require("scipy.optimize", extra="analysis", doing="fitting back-propagation")
    near, far = y[np.argmin(x)], y[np.argmax(x)]
    scale = float(np.mean(x)) or 1.0

    def residuals(parameters: FloatArray) -> FloatArray:
        a, b, c = parameters
        return np.asarray(a * np.exp(np.clip(-b * x / scale, -700, 700)) + c - y)

    best = optimize.least_squares(residuals, (near - far, 1.0, far), max_nfev=2000)
    if not best.success or not np.isfinite(best.x).all():
        return None
    a, b, c = (float(value) for value in best.x)
    return a, b / scale, c


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
