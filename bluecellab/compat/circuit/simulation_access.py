"""Access to the results of a finished simulation, under the published names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from bluecellab.compat._coming import getter
from bluecellab.compat.circuit.config import SimulationConfig, SonataSimulationConfig
from bluecellab.errors import ReportError, ReportNotFoundError
from bluecellab.results.sonata import SonataReport, read_report, report_populations
from bluecellab.simulation.circuit.replays import trains_of_file
from bluecellab.spec import simulation as spec
from bluecellab.spec.base import CellId

__all__ = ["BLUEPY_AVAILABLE", "SimulationAccess", "SonataSimulationAccess", "get_synapse_replay_spikes"]

BLUEPY_AVAILABLE = False
FloatArray = npt.NDArray[np.float64]
Kind = TypeVar("Kind", bound=np.generic)
_SLACK = 1e-9  # ms; times are sums of steps

__getattr__ = getter(__name__)
__path__: list[str] = []  # lets `from ... import name` say why an absent name is absent


@runtime_checkable
class SimulationAccess(Protocol):
    """An access to the results of a finished simulation."""

    def get_soma_voltage(
        self, cell_id: CellId, t_start: float, t_end: float, t_step: float | None = None
    ) -> npt.NDArray[Any]:
        """Return the potential of a soma in mV."""

    def get_soma_time_trace(self, t_step: float | None = None) -> npt.NDArray[Any]:
        """Return the times of these potentials in ms."""

    def get_spikes(self) -> dict[CellId, npt.NDArray[Any]]:
        """Return the spike times in ms of each cell."""


class SonataSimulationAccess:
    """The results that a SONATA simulation has written.

    Parameters
    ----------
    sim_config
        Path of its ``simulation_config.json``, or what was read of it.
    """

    def __init__(self, sim_config: str | os.PathLike[str] | SimulationConfig | spec.SimulationConfig) -> None:
        self.config: SimulationConfig = (
            SonataSimulationConfig(sim_config)
            if isinstance(sim_config, (str, os.PathLike, spec.SimulationConfig))
            else sim_config
        )

    def _soma(self, cell_id: CellId | None) -> SonataReport:
        """Return what the report ``soma`` has of a cell, or its times alone, which all populations share."""
        config = self.config.to_spec()
        for report in config.reports:
            if report.name == "soma":
                path = Path(config.output.directory) / report.output_name
                if cell_id is None:
                    return read_report(path, min(report_populations(path), default=None), nodes=())
                return read_report(path, cell_id[0], nodes=(cell_id[1],))
        raise ReportError(
            "potentials of the finished simulation are read from its report 'soma', which the configuration "
            f"does not have; it has {', '.join(report.name for report in config.reports) or 'none'}"
        )

    def get_soma_voltage(
        self, cell_id: CellId, t_start: float, t_end: float, t_step: float | None = None
    ) -> npt.NDArray[np.float32]:
        """Return the potential of a soma in mV, from the report ``soma``.

        Parameters
        ----------
        cell_id
            The cell.
        t_start, t_end
            Window in ms, both ends included.
        t_step
            Interval in ms, a multiple of that of the report.

        Raises
        ------
        ReportError
            If there is no such report, it has nothing of the cell, or ``t_step`` is no such multiple.
        """
        report = self._soma(cell_id)
        chosen = (report.times >= t_start - _SLACK) & (report.times <= t_end + _SLACK)
        voltage = report.of_node(cell_id[1])[chosen, 0]
        return voltage if t_step is None else _sample_array(voltage, t_step / report.dt)

    def get_soma_time_trace(self, t_step: float | None = None) -> FloatArray:
        """Return the times of the report ``soma`` in ms, shape (n,)."""
        report = self._soma(None)
        return report.times if t_step is None else _sample_array(report.times, t_step / report.dt)

    def get_spikes(self) -> dict[CellId, FloatArray]:
        """Return the spike times in ms, sorted, of each cell that spiked.

        Raises
        ------
        ReportError
            If the file of spikes cannot be read.
        """
        return get_synapse_replay_spikes(self.config.spikes_file_path)


def get_synapse_replay_spikes(f_name: str | os.PathLike[str]) -> dict[CellId, FloatArray]:
    """Return the spike times in ms, sorted, by cell, of a SONATA file of spikes.

    Spikes before 0 ms are left out with a warning.

    Raises
    ------
    ReportNotFoundError
        If there is no such file.
    ReportError
        If it cannot be read, or is no file of spikes.
    """
    if not Path(f_name).is_file():
        raise ReportNotFoundError(f"there is no file of spikes {Path(f_name)}")
    return trains_of_file(os.fspath(f_name))


def _sample_array(arr: npt.NDArray[Kind], sim_report_ratio: float) -> npt.NDArray[Kind]:
    """Return every n-th item.

    Raises
    ------
    ReportError
        A ValueError, if the ratio is no whole number from 1 on.
    """
    stride = round(sim_report_ratio)
    if stride < 1 or not np.isclose(sim_report_ratio, stride):
        raise ReportError(
            "The ratio is not close to a whole number. The time step should be a multiple of the simulation "
            f"time step; it is {sim_report_ratio:g} times that"
        )
    return arr[::stride]
