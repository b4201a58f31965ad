"""How signals spread along a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bluecellab.results.arrays import FloatArray, frozen
from bluecellab.results.drawing import drawn
from bluecellab.results.runs import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BackPropagation", "BranchAttenuation", "EpspAttenuation"]


@dataclass(frozen=True, eq=False, repr=False)
class BranchAttenuation:
    """Amplitudes along one kind of branch, and the exponential that fits them.

    Parameters
    ----------
    sections
        Names of the sections.
    distances
        Path distance of the middle of each from the middle of the soma in um, shape (n,).
    amplitudes
        Amplitude in the middle of each in mV, shape (n,).
    fit
        (a, b, c) of a exp(-b x) + c through soma and branch: mV, 1/um, mV; None where it does not converge.
    """

    sections: tuple[str, ...]
    distances: FloatArray
    amplitudes: FloatArray
    fit: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        for name in ("distances", "amplitudes"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __repr__(self) -> str:
        ends = f", {self.distances.min():.4g}..{self.distances.max():.4g} um" if len(self.distances) else ""
        return f"<BranchAttenuation {len(self.sections)} sections{ends}>"


@dataclass(frozen=True, eq=False, repr=False)
class BackPropagation:
    """A back-propagating action potential.

    Parameters
    ----------
    soma_amplitude
        In mV.
    basal, apical
        Attenuation along the basal and the apical dendrites; None where a cell has none.
    results
        The traces.
    """

    soma_amplitude: float
    basal: BranchAttenuation | None
    apical: BranchAttenuation | None
    results: Results

    def __repr__(self) -> str:
        return (
            f"<BackPropagation soma {self.soma_amplitude:.4g} mV, basal {self.basal}, apical {self.apical}>"
        )

    def plot(self, *, title: str = "") -> Figure:
        """Draw it; see :func:`bluecellab.plotting.plot_back_propagation`.

        Raises
        ------
        ResultsError
            If there is nothing to draw.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_back_propagation", self, title=title)


@dataclass(frozen=True, eq=False, repr=False)
class EpspAttenuation:
    """A synaptic potential at its dendrite and at the soma.

    Parameters
    ----------
    dendrite_amplitude, soma_amplitude
        Peak above the baseline in mV.
    attenuation
        Dendritic by somatic amplitude.
    delay
        Peak time at the soma minus peak time at the dendrite in ms.
    results
        The traces.
    """

    dendrite_amplitude: float
    soma_amplitude: float
    attenuation: float
    delay: float
    results: Results

    def __repr__(self) -> str:
        return (
            f"<EpspAttenuation {self.attenuation:.4g}: {self.dendrite_amplitude:.4g} mV at the dendrite, "
            f"{self.soma_amplitude:.4g} mV at the soma {self.delay:.4g} ms later>"
        )

    def plot(self, *, title: str = "") -> Figure:
        """Draw it; see :func:`bluecellab.plotting.plot_epsp`.

        Raises
        ------
        ResultsError
            If there is nothing to draw.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_epsp", self, title=title)
