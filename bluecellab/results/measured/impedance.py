"""How a cell answers to each frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bluecellab.results.arrays import FloatArray, frozen
from bluecellab.results.drawing import drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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

    def plot(self, *, title: str = "") -> Figure:
        """Draw it; see :func:`bluecellab.plotting.plot_impedance`.

        Raises
        ------
        ResultsError
            If there is nothing to draw.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_impedance", self, title=title)
