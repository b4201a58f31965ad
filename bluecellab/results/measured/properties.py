"""The numbers that characterise a cell."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MEModelProperties"]


@dataclass(frozen=True)
class MEModelProperties:
    """What a model of a cell, its morphology and electrical model, is published with.

    Parameters
    ----------
    holding_current
        Current that holds the cell, in nA.
    resting_potential
        Potential at which it settles without any current, in mV.
    input_resistance
        In Mohm, without a holding current.
    threshold_current
        Rheobase: smallest step on top of the holding current that makes it fire, in nA.
    """

    holding_current: float
    resting_potential: float
    input_resistance: float
    threshold_current: float
