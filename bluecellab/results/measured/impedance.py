"""How a cell answers to each frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bluecellab.results.arrays import FloatArray, frozen
from bluecellab.results.drawing import drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Impedance"]


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        if not len(self.frequencies):
            return "<Impedance at no frequency>"
        return (
            f"<Impedance {len(self.frequencies)} frequencies, {self.frequencies[0]:.4g}.."
            f"{self.frequencies[-1]:.4g} Hz, largest {self.magnitude.max():.4g} Mohm at "
            f"{self.resonance_frequency:.4g} Hz>"
        )

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
