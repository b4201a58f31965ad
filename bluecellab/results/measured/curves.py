"""Threshold current, and how potentials and spikes depend on the current."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bluecellab.results.arrays import FloatArray, frozen
from bluecellab.results.drawing import drawn
from bluecellab.spec.base import Site

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FICurve", "IVCurve", "Threshold"]


@dataclass(frozen=True)
class Threshold:
    """A threshold current, and how it was found.

    Parameters
    ----------
    current
        The smallest current tried that makes a spike, in nA, on top of the holding current.
    below
        The largest current tried below it that makes none, in nA; the threshold lies between the two.
    precision
        Largest width of that bracket that was asked for, in nA.
    holding_current
        The current that is on all the time, in nA.
    tried
        Each current tried in nA and whether it made a spike, in order.
    """

    current: float
    below: float
    precision: float
    holding_current: float = 0.0
    tried: tuple[tuple[float, bool], ...] = ()

    def __float__(self) -> float:
        return self.current


@dataclass(frozen=True, eq=False)
class IVCurve:
    """Steady potentials by injected current.

    Parameters
    ----------
    currents
        In nA, on top of the holding current, shape (n,).
    voltages
        Steady potential at the end of each step in mV, shape (n,); NaN where there is none.
    injected, recorded
        Where.
    holding_current
        The current that is on all the time, in nA.
    notes
        Why there is no potential, for each current without one.
    """

    currents: FloatArray
    voltages: FloatArray
    injected: Site = field(default_factory=Site)
    recorded: Site = field(default_factory=Site)
    holding_current: float = 0.0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("currents", "voltages"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def plot(self, *, title: str = "") -> Figure:
        """Draw it; see :func:`bluecellab.plotting.plot_iv`.

        Raises
        ------
        ResultsError
            If there is nothing to draw.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_iv", self, title=title)


@dataclass(frozen=True, eq=False)
class FICurve:
    """Spikes by injected current.

    Parameters
    ----------
    currents
        In nA, on top of the holding current, shape (n,).
    counts
        Number of spikes in the whole run, shape (n,), the published measure.
    rates
        Spikes within the step divided by its length in Hz, shape (n,).
    injected, recorded
        Where.
    holding_current
        The current that is on all the time, in nA.
    """

    currents: FloatArray
    counts: FloatArray
    rates: FloatArray
    injected: Site = field(default_factory=Site)
    recorded: Site = field(default_factory=Site)
    holding_current: float = 0.0

    def __post_init__(self) -> None:
        for name in ("currents", "counts", "rates"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def plot(self, rate: bool = False, *, title: str = "") -> Figure:
        """Draw it; see :func:`bluecellab.plotting.plot_fi`.

        Raises
        ------
        ResultsError
            If there is nothing to draw.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_fi", self, rate, title=title)
