"""The curve that fits attenuation along dendrites."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["exp_decay"]

Numbers = TypeVar("Numbers", float, npt.NDArray[np.float64])


def exp_decay(x: Numbers, a: float, b: float, c: float) -> Numbers:
    """Return ``a exp(-b x) + c``.

    Examples
    --------
    >>> float(exp_decay(0.0, 10.0, 0.01, 5.0))
    15.0
    """
    found: Numbers = a * np.exp(-b * x) + c
    return found
