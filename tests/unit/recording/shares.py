"""Shares of reports as two ranks have them, tried one after the other in this process."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from bluecellab.results.sonata.parts import Share


def share_beside(other: Callable[[Share], object], *, rank: int = 1) -> Share:
    """Return the share of a rank beside another one that does ``other``."""
    told: list[Any] = []

    def alone(value: Any, doing: str) -> list[Any]:
        del doing
        told.append(value)
        return [value]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other(Share(1 - rank, 1, alone, alone))
    heard = iter(told)

    def beside(value: Any, doing: str) -> list[Any]:
        del doing
        return [value, next(heard)] if rank == 0 else [next(heard), value]

    return Share(rank, 2, beside, beside)
