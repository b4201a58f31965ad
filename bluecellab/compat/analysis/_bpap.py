"""Back-propagating action potentials, under the published name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.analysis.back_propagation import (
    Branches,
    amplitude_at,
    assess,
    back_propagation_of,
    back_propagation_protocol,
    branches_of,
    fit_attenuation,
)
from bluecellab.cell import Cell
from bluecellab.compat import _running
from bluecellab.compat._figures import finish
from bluecellab.errors import FeatureError, NotRecordedError
from bluecellab.plotting import plot_back_propagation, plot_back_propagation_traces
from bluecellab.results import Results, Spikes, Trace, Traces
from bluecellab.results.measured import BackPropagation, BranchAttenuation
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.base import Site
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.stimuli import Step

__all__ = ["BPAP"]

FloatArray = npt.NDArray[np.float64]
Amplitudes = Sequence[float] | None
Fit = tuple[FloatArray | None, bool]


class BPAP:
    """An action potential that is elicited in the soma, and how it spreads into the dendrites.

    Parameters
    ----------
    cell
        A live cell; it is put back as it was.
    stim_duration
        How long the soma is stimulated in ms; peaks count within this time only.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is not positive, or not finite.

    See Also
    --------
    bluecellab.analysis.back_propagation
    """

    def __init__(self, cell: Cell, stim_duration: float = 5.0) -> None:
        if isinstance(stim_duration, bool) or not isinstance(stim_duration, int | float | np.number):
            raise TypeError(f"stim_duration must be a number (ms), not {stim_duration!r}")
        if not (math.isfinite(stim_duration) and stim_duration > 0):
            raise ValueError(f"stim_duration must be positive and finite (ms), not {stim_duration!r}")
        self.cell = cell
        self.dt = 0.025
        self.stim_start = 1000.0
        self.stim_duration = float(stim_duration)
        self._branches = Branches()
        self._results: Results | None = None

    @property
    def start_index(self) -> int:
        """Number of the sample at which the stimulus begins."""
        return round(self.stim_start / self.dt)

    @property
    def end_index(self) -> int:
        """Number of the sample at which the stimulus ends."""
        return round((self.stim_start + self.stim_duration) / self.dt)

    @property
    def _window(self) -> tuple[float, float]:
        return self.stim_start, self.stim_start + self.stim_duration

    def run(self, duration: float, amplitude: float) -> None:
        """Stimulate the soma, on top of the cell's holding current, and record the middle of every dendrite.

        Parameters
        ----------
        duration
            Of the run in ms.
        amplitude
            Of the stimulus in nA.
        """
        now = _running.conditions(("",), cvode=False)
        self._branches = branches_of(_running.view_of(self.cell))
        protocol = back_propagation_protocol(
            self._branches,
            Step(delay=self.stim_start, duration=self.stim_duration, amplitude=amplitude),
            total=duration,
            holding_current=self.cell.hypamp or 0.0,
            conditions=now,
        )
        self._results = run_on(self.cell, protocol)

    def _ran(self) -> Results:
        if self._results is None:
            raise NotRecordedError("nothing has been recorded yet: call run(duration, amplitude) first")
        return self._results

    def _trace(self, section: str) -> Trace:
        return self._ran().traces[f"{Site(section=section)}.v"]

    def get_recordings(self) -> tuple[FloatArray, dict[str, FloatArray], dict[str, FloatArray]]:
        """Return the potentials in mV of the soma, and of basal and apical dendrites by their full names."""

        def of(branch: Mapping[str, float]) -> dict[str, FloatArray]:
            return {self._full(name): self._trace(name).values for name in branch}

        return (
            self._trace(self._branches.soma).values,
            of(self._branches.basal),
            of(self._branches.apical),
        )

    def _full(self, section: str) -> str:
        return str(self.cell.sections[section].hname())

    def amplitudes(self, recs: Mapping[str, FloatArray]) -> list[float]:
        """Return the amplitudes in mV of potentials of :meth:`get_recordings` that have one."""
        return [amplitude for _, amplitude in self._measured(recs)]

    def _measured(self, recs: Mapping[str, FloatArray]) -> list[tuple[str, float]]:
        """Return the names of potentials that have an amplitude, and these."""
        time = self._trace(self._branches.soma).time
        found = []
        for name, values in recs.items():
            amplitude = amplitude_at(Trace(name, time, np.asarray(values, float), "mV"), self._window)
            if amplitude is not None:
                found.append((name, amplitude))
        return found

    def distances_to_soma(self, recs: Mapping[str, FloatArray]) -> list[float]:
        """Return path distances in um of the middles of sections, by full name, from that of the soma."""
        known = {**self._branches.basal, **self._branches.apical}
        by_full_name = {self._full(name): distance for name, distance in known.items()}
        return [by_full_name[name] for name in recs]

    def get_amplitudes_and_distances(
        self,
    ) -> tuple[list[float], list[float] | None, list[float] | None, list[float] | None, list[float] | None]:
        """Return amplitudes in mV and distances in um.

        Sections without an amplitude are left out of both.

        Returns
        -------
        list of float
            Amplitude at the soma.
        list of float or None
            Amplitudes in basal dendrites, None if there is none.
        list of float or None
            Distances of these.
        list of float or None
            Amplitudes in apical dendrites.
        list of float or None
            Distances of these.
        """
        soma, basal, apical = self.get_recordings()

        def of(recs: Mapping[str, FloatArray]) -> tuple[list[float] | None, list[float] | None]:
            measured = dict(self._measured(recs))
            if not measured:
                return None, None
            return list(measured.values()), self.distances_to_soma({name: recs[name] for name in measured})

        at_soma = self.amplitudes({self._branches.soma: soma})
        if not at_soma:
            raise FeatureError(f"the potential of the soma has no amplitude from {self._window} ms")
        return (at_soma, *of(basal), *of(apical))

    @staticmethod
    def fit(soma_amp: Sequence[float], branch_amps: Amplitudes, branch_dist: Amplitudes) -> Fit:
        """Fit ``a exp(-b x) + c`` to the soma at distance 0 and a branch.

        Parameters
        ----------
        soma_amp
            Amplitude at the soma in mV.
        branch_amps, branch_dist
            Amplitudes in mV and distances in um.

        Returns
        -------
        numpy.ndarray or None
            a, b, c; None if there is nothing to fit, or the fit does not converge.
        bool
            Whether it did not converge.
        """
        if not branch_amps or not branch_dist or len(branch_amps) != len(branch_dist) or not len(soma_amp):
            return None, False
        found = fit_attenuation((0.0, *branch_dist), (soma_amp[0], *branch_amps))
        return (None, True) if found is None else (np.array(found), False)

    def _found(
        self,
        soma_amp: Sequence[float],
        dendrites: tuple[Amplitudes, Amplitudes],
        apical: tuple[Amplitudes, Amplitudes],
        *,
        fit: bool = True,
    ) -> BackPropagation:
        """Return published lists as what the room measures."""

        def branch(amplitudes: Amplitudes, distances: Amplitudes) -> BranchAttenuation | None:
            if not amplitudes or not distances:
                return None
            if len(amplitudes) != len(distances):
                raise ValueError(f"{len(amplitudes)} amplitudes, but {len(distances)} distances")
            values = self.fit(soma_amp, amplitudes, distances)[0] if fit else None
            curve = None if values is None else (float(values[0]), float(values[1]), float(values[2]))
            names = tuple(f"section {index}" for index in range(len(distances)))
            return BranchAttenuation(names, np.array(distances, float), np.array(amplitudes, float), curve)

        nothing = Results(Traces(), Spikes({}, t_stop=0.0), Protocol(duration=1.0))
        soma = float(soma_amp[0]) if len(soma_amp) else math.nan
        return BackPropagation(soma, branch(*dendrites), branch(*apical), self._results or nothing)

    def validate(
        self,
        soma_amp: Sequence[float],
        dend_amps: Amplitudes,
        dend_dist: Amplitudes,
        apic_amps: Amplitudes,
        apic_dist: Amplitudes,
        validate_with_fit: bool = True,
    ) -> tuple[bool, str]:
        """Say whether the action potential attenuates as it should, and why.

        Parameters
        ----------
        soma_amp, dend_amps, dend_dist, apic_amps, apic_dist
            Of :meth:`get_amplitudes_and_distances`.
        validate_with_fit
            By the exponentials; else by the furthest section of each kind.

        See Also
        --------
        bluecellab.analysis.back_propagation.assess
        """
        found = self._found(soma_amp, (dend_amps, dend_dist), (apic_amps, apic_dist), fit=validate_with_fit)
        return assess(found, with_fit=validate_with_fit)

    def plot_amp_vs_dist(
        self,
        soma_amp: Sequence[float],
        dend_amps: Amplitudes,
        dend_dist: Amplitudes,
        apic_amps: Amplitudes,
        apic_dist: Amplitudes,
        show_figure: bool = True,
        save_figure: bool = False,
        output_dir: str | Path = "./",
        output_fname: str = "bpap.pdf",
        do_fit: bool = True,
    ) -> Path:
        """Draw amplitudes by distance, and return the path of the figure, which is written if asked for.

        Parameters
        ----------
        soma_amp, dend_amps, dend_dist, apic_amps, apic_dist
            Of :meth:`get_amplitudes_and_distances`.
        show_figure, save_figure, output_dir, output_fname
            What is done with the figure.
        do_fit
            Whether exponentials are drawn.
        """
        found = self._found(soma_amp, (dend_amps, dend_dist), (apic_amps, apic_dist), fit=do_fit)
        figure = plot_back_propagation(found, fit=do_fit)
        return finish(figure, show_figure, save_figure, output_dir, output_fname)

    def plot_recordings(
        self,
        show_figure: bool = True,
        save_figure: bool = False,
        output_dir: str | Path = "./",
        output_fname: str = "bpap_recordings.pdf",
    ) -> Path:
        """Draw the potentials around the action potential, and return the path of the figure."""
        found = back_propagation_of(self._ran(), self._branches, self._window, fit=False)
        return finish(plot_back_propagation_traces(found), show_figure, save_figure, output_dir, output_fname)
