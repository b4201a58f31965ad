"""How a cell answers to each frequency."""

from __future__ import annotations

from dataclasses import dataclass

from bluecellab.results.arrays import FloatArray, frozen

__all__ = ["Impedance"]


@dataclass(frozen=True, eq=False)
class Impedance:
    """The impedance of a cell by frequency.

    Parameters
    ----------
    frequencies
        In Hz, shape (n,).
    magnitude
        In Mohm, shape (n,).
    phase
        Of the potential relative to the current in rad, shape (n,).
    resonance_frequency
        Where the magnitude is largest, in Hz.
    resonance_strength
        Largest magnitude by that at the lowest frequency.
    """

    frequencies: FloatArray
    magnitude: FloatArray
    phase: FloatArray
    resonance_frequency: float
    resonance_strength: float

    def __post_init__(self) -> None:
        for name in ("frequencies", "magnitude", "phase"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
