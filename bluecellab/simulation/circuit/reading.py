"""Reading of a circuit simulation: cells, synapses, spikes, traces, and those of the finished simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.errors import NotRecordedError, ReportError, SimulationError
from bluecellab.nrn.parallel import ranks
from bluecellab.nrn.scope import Live
from bluecellab.results import Spikes
from bluecellab.results.sonata import SonataReport, read_report
from bluecellab.simulation.circuit.across import Everywhere, elsewhere
from bluecellab.simulation.circuit.assembly import Assembly
from bluecellab.simulation.circuit.dialect import Dialect
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.simulation.circuit.request import AnyConfig
from bluecellab.simulation.circuit.selection import merge_spike_trains
from bluecellab.simulation.circuit.summary import Summary
from bluecellab.simulation.core import Simulation
from bluecellab.spec.base import CellId
from bluecellab.synapse import SynapseGroup

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ReadingMixin"]

FloatArray = npt.NDArray[np.float64]
T = TypeVar("T")
_SLACK = 1e-9  # ms; times are sums of steps


class ReadingMixin(Live):
    """What can be read of a circuit simulation."""

    dialect: Dialect
    dt: float
    record_dt: float | None
    global_ids: GlobalIds | None
    build_seconds: float
    run_seconds: float
    _assembly: Assembly | None
    _ranks: Mapping[CellId, int]
    _everywhere: Everywhere | None
    _reports: Mapping[str, Path]
    _ran_with: tuple[str, int] = ("neuron", 1)

    @property
    def config(self) -> AnyConfig:
        """What is simulated."""
        return self.dialect.config

    def _built(self) -> Assembly:
        self._scope.check()
        if self._assembly is None:
            raise SimulationError("no cells have been instantiated yet; call instantiate() first")
        return self._assembly

    @property
    def cells(self) -> Mapping[CellId, Cell]:
        """The cells, by their ids; of several ranks, those of this one.

        Raises
        ------
        SimulationError
            If none have been instantiated.
        """
        return self._built().cells

    def cell(self, cell_id: CellId | tuple[str, int]) -> Cell:
        """Return a cell that was instantiated.

        Raises
        ------
        NotRecordedError
            If it was not.
        ElsewhereError
            If another rank has made it.
        """
        found = self.cells.get(CellId(*cell_id))
        if found is None:
            rank = self._ranks.get(CellId(*cell_id))
            if rank is not None and rank != ranks().id:
                raise elsewhere(CellId(*cell_id), rank)
            there = ", ".join(map(str, list(self._ranks)[:5]))
            raise NotRecordedError(f"cell {cell_id} was not instantiated; there is {there} ...")
        return found

    @property
    def everyone(self) -> tuple[CellId, ...]:
        """Ids of the cells of all ranks, in the order in which one rank has them.

        Raises
        ------
        SimulationError
            If none have been instantiated.
        """
        self._built()
        return tuple(self._ranks)

    def where(self, cell_id: CellId | tuple[str, int]) -> int:
        """Return the rank that has made a cell; 0 where there is but one.

        Raises
        ------
        NotRecordedError
            If it was not instantiated.
        """
        self._built()
        rank = self._ranks.get(CellId(*cell_id))
        if rank is None:
            raise NotRecordedError(f"cell {cell_id} was not instantiated on any rank")
        return rank

    def gathered(self, function: Callable[[Self], T]) -> list[T]:
        """Evaluate a function of the simulation on every rank; all ranks call it.

        Parameters
        ----------
        function
            Takes the simulation; on each rank it sees the cells of that rank. What it returns must be plain
            values: numbers, arrays, traces.

        Returns
        -------
        list
            What came of it, by rank; the same on all ranks.

        Raises
        ------
        RankError
            If it failed on another rank. On its own rank the error is raised itself.

        Examples
        --------
        The potentials of all cells, on every rank::

            parts = simulation.gathered(lambda s: {i: c.get_soma_voltage() for i, c in s.cells.items()})
            voltages = {cell_id: trace for part in parts for cell_id, trace in part.items()}
        """
        self._built()
        return ranks().evaluated(lambda: function(self), "gathering values of a simulation")

    def synapses(self, cell_id: CellId | tuple[str, int]) -> Sequence[SynapseGroup]:
        """Return the synapses of a cell: a group for each population of edges.

        Raises
        ------
        NotRecordedError
            If the cell was not instantiated.
        """
        self.cell(cell_id)
        return tuple(self._built().wiring.groups.get(CellId(*cell_id), ()))

    @property
    def output_path(self) -> Path:
        """Folder that the configuration wants its output in."""
        return Path(self.config.output.directory)

    @property
    def spikes_path(self) -> Path:
        """File that the configuration wants its spikes in."""
        return self.output_path / (self.config.output.spikes_file or "spikes.h5")

    @property
    def simulation(self) -> Simulation:
        """What runs the cells; hooks are added to it."""
        return self._built().simulation

    @property
    def spikes(self) -> Spikes:
        """Spike times of every cell in the last run, by its id; on every rank those of all ranks.

        Raises
        ------
        NotRecordedError
            If there was no run yet, or the last one failed and there are several ranks.
        """
        assembly, known = self._built(), self._everywhere
        if known is None:
            return assembly.spikes()
        if known.spikes is None or known.run != assembly.simulation.begun:
            raise NotRecordedError(
                "spikes are gathered from all ranks at the end of CircuitSimulation.run(), and the last run "
                "has not come to its end, or was another's; those of this rank are cell.spikes() of each of "
                "simulation.cells"
            )
        return known.spikes

    @property
    def reports(self) -> Mapping[str, Path]:
        """Files of the reports that the last run has written, by name."""
        self._built()
        return self._reports

    @property
    def summary(self) -> Summary:
        """What was built and run, in numbers; of all ranks."""
        assembly, known = self._built(), self._everywhere
        found = assembly.summary(self.build_seconds, self.run_seconds) if known is None else known.summary
        return replace(found, engine=self._ran_with[0], threads=self._ran_with[1])

    def get_time(self) -> FloatArray:
        """Return the times that were recorded in the last run, in ms, shape (n,)."""
        for cell in self.cells.values():
            return cell.get_time()
        known = self._everywhere
        if known is None or known.times is None or known.run != self.simulation.begun:
            raise NotRecordedError("there was no run yet, and no cell of this rank to ask for its times")
        return known.times

    def get_time_trace(
        self, t_start: float | None = None, t_stop: float | None = None, t_step: float | None = None
    ) -> FloatArray:
        """Return the times of :meth:`get_voltage_trace`, in ms, shape (n,)."""
        times = self.get_time()
        return self._window(times, times, t_start, t_stop, t_step)

    def get_voltage_trace(
        self,
        cell_id: CellId | tuple[str, int],
        t_start: float | None = None,
        t_stop: float | None = None,
        t_step: float | None = None,
    ) -> FloatArray:
        """Return the potential of the soma of a cell in the last run, in mV, shape (n,).

        Parameters
        ----------
        cell_id
            Which cell.
        t_start, t_stop
            Window in ms, both ends included.
        t_step
            Interval in ms; a multiple of that of the recording.

        Raises
        ------
        NotRecordedError
            If the cell was not instantiated, or has not run.
        SimulationError
            If ``t_step`` is no multiple of the interval.
        """
        cell = self.cell(cell_id)
        return self._window(cell.get_time(), cell.get_soma_voltage(), t_start, t_stop, t_step)

    def _window(
        self,
        times: FloatArray,
        values: FloatArray,
        t_start: float | None,
        t_stop: float | None,
        t_step: float | None,
    ) -> FloatArray:
        chosen = np.ones(len(times), dtype=bool)
        if t_start is not None:
            chosen &= times >= t_start - _SLACK
        if t_stop is not None:
            chosen &= times <= t_stop + _SLACK
        return values[chosen][:: self._stride(t_step, self.record_dt or self.dt)]

    @staticmethod
    def _stride(t_step: float | None, interval: float) -> int:
        if t_step is None:
            return 1
        ratio = t_step / interval
        if ratio < 1 - 1e-9 or abs(ratio - round(ratio)) > 1e-9 * ratio:
            raise SimulationError(f"t_step = {t_step:g} ms is no multiple of the interval, {interval:g} ms")
        return round(ratio)

    def get_mainsim_voltage_trace(
        self,
        cell_id: CellId | tuple[str, int],
        t_start: float | None = None,
        t_stop: float | None = None,
        t_step: float | None = None,
    ) -> FloatArray:
        """Return the potential of a soma in mV, from the report ``soma`` of the finished simulation."""
        report = self._finished(CellId(*cell_id).population_name)
        values = report.of_node(CellId(*cell_id).id)[:, 0].astype(np.float64)
        first = -np.inf if t_start is None else t_start
        last = np.inf if t_stop is None else t_stop
        chosen = (report.times >= first - _SLACK) & (report.times <= last + _SLACK)
        return values[chosen][:: self._stride(t_step, report.dt)]

    def get_mainsim_time_trace(self, t_step: float | None = None) -> FloatArray:
        """Return the times of the report ``soma`` of the finished simulation, in ms, shape (n,)."""
        report = self._finished(min(self._ranks).population_name if self._assembly else None)
        return report.times[:: self._stride(t_step, report.dt)]

    def _finished(self, population: str | None) -> SonataReport:
        """Return the report ``soma`` of the finished simulation."""
        for report in self.config.reports:
            if report.name == "soma":
                return read_report(self.output_path / report.output_name, population)
        raise ReportError(
            "potentials of the finished simulation are read from its report 'soma', which the configuration "
            f"does not have; it has {', '.join(report.name for report in self.config.reports) or 'none'}"
        )

    def global_gid(self, population: str, local_id: int) -> int:
        """Return the number of a node that enters its random streams.

        Raises
        ------
        SimulationError
            If nothing has been instantiated.
        """
        if self.global_ids is None:
            raise SimulationError("global ids are known once cells have been instantiated")
        return self.global_ids.of(CellId(population, local_id))

    merge_pre_spike_trains = staticmethod(merge_spike_trains)
