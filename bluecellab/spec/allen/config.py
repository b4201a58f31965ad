"""Everything that a configuration of the Allen dialect says, as one value."""

from __future__ import annotations

from typing import Literal

from bluecellab.spec.allen.inputs import AllenInput
from bluecellab.spec.allen.layout import AllenLayout
from bluecellab.spec.allen.reports import AnyAllenReport
from bluecellab.spec.base import (
    Celsius,
    Millivolt,
    NonNegativeMillisecond,
    PositiveMicrometer,
    PositiveMillisecond,
    Spec,
    TargetSimulator,
)

__all__ = ["AllenConditions", "AllenConfig", "AllenOutput", "AllenRun"]


class AllenRun(Spec):
    """The ``run`` section.

    Parameters
    ----------
    tstop
        End in ms.
    dt
        Fixed step in ms.
    tstart
        Always 0, whatever the file says, as in BioNet; a problem is reported for anything else.
    dL
        Longest segment in um; None leaves the number of segments alone.
    spike_threshold
        In mV, of biophysical cells.
    nsteps_block
        Steps after which results are written; only modules of the user's feel it.
    """

    tstop: PositiveMillisecond
    dt: PositiveMillisecond = 0.1
    tstart: NonNegativeMillisecond = 0.0
    dL: PositiveMicrometer | None = 20.0
    spike_threshold: Millivolt = -15.0
    nsteps_block: int | None = None

    @property
    def steps(self) -> int:
        """Number of steps."""
        return round(self.tstop / self.dt)


class AllenConditions(Spec):
    """The ``conditions`` section.

    Parameters
    ----------
    celsius
        Temperature in degC.
    v_init
        Initial membrane potential in mV.
    """

    celsius: Celsius
    v_init: Millivolt


class AllenOutput(Spec):
    """The ``output`` section.

    Parameters
    ----------
    directory
        Absolute path.
    overwrite
        Whether files that we write may replace older ones. Nothing else is ever removed.
    spikes_file, spikes_file_csv, spikes_file_nwb
        Within the folder; which files of spikes are written.
    spikes_sort_order
        How spikes are sorted in files.
    compression
        Of spikes in HDF5.
    log_file
        Within the folder; nothing is logged to a file when left out.
    """

    directory: str
    overwrite: bool = False
    spikes_file: str | None = "spikes.h5"
    spikes_file_csv: str | None = None
    spikes_file_nwb: str | None = None
    spikes_sort_order: Literal["none", "by_id", "by_time"] = "none"
    compression: str | None = "gzip"
    log_file: str | None = None


class AllenConfig(Spec):
    """A whole simulation of a circuit of the Allen dialect. All paths are absolute.

    Parameters
    ----------
    path
        The file it came from; empty if it came from none.
    dialect
        Whose SONATA it is.
    circuit
        The files of the circuit, and its node sets.
    target_simulator
        What integrates, unless a run is asked for with another engine.
    run, conditions, output
        The sections of that name.
    inputs, reports
        In the order of the file.
    """

    path: str = ""
    dialect: Literal["allen"] = "allen"
    circuit: AllenLayout
    target_simulator: TargetSimulator = "NEURON"
    run: AllenRun
    conditions: AllenConditions
    output: AllenOutput
    inputs: tuple[AllenInput, ...] = ()
    reports: tuple[AnyAllenReport, ...] = ()

    @property
    def network(self) -> str:
        """The configuration that names the circuit's files."""
        return self.circuit.path
