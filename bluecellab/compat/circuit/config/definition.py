"""What every configuration of a simulation answers, under the published names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from bluecellab.compat.circuit.config.sections import Conditions, ConnectionOverrides, ModificationBase
from bluecellab.compat.stimulus.circuit_stimulus_definitions import Stimulus
from bluecellab.spec import simulation as spec

__all__ = ["SimulationConfig"]


@runtime_checkable
class SimulationConfig(Protocol):
    """A configuration of a simulation."""

    def get_all_projection_names(self) -> list[str]:
        """Return the names of populations of edges that come from virtual nodes."""

    def get_all_stimuli_entries(self) -> list[Stimulus]:
        """Return the inputs."""

    def get_modifications(self) -> list[ModificationBase]:
        """Return what is changed at the cells."""

    def condition_parameters(self) -> Conditions:
        """Return the conditions."""

    def connection_entries(self) -> list[ConnectionOverrides]:
        """Return the connection overrides of the file, and then those that were added."""

    def add_connection_override(self, connection_override: ConnectionOverrides) -> None:
        """Add one after all others."""

    def get_compartment_sets(self) -> dict[str, dict[str, Any]]:
        """Return the compartment sets as they are written."""

    def get_node_sets(self) -> dict[str, dict[str, Any]]:
        """Return the node sets as they are written."""

    def get_report_entries(self) -> dict[str, dict[str, Any]]:
        """Return the reports as they are written."""

    def report_file_path(self, report_cfg: Mapping[str, Any], report_key: str) -> Path:
        """Return the file of a report."""

    def to_spec(self) -> spec.SimulationConfig:
        """Return the same in bluecellab's words."""

    @property
    def base_seed(self) -> int:
        """``run.random_seed``."""

    @property
    def synapse_seed(self) -> int:
        """Of synapses."""

    @property
    def ionchannel_seed(self) -> int:
        """Of channels."""

    @property
    def stimulus_seed(self) -> int:
        """Of stimuli."""

    @property
    def minis_seed(self) -> int:
        """Of spontaneous minis."""

    @property
    def rng_mode(self) -> str:
        """``"Random123"``."""

    @property
    def spike_threshold(self) -> float:
        """In mV."""

    @property
    def spike_location(self) -> str:
        """``"soma"`` or ``"AIS"``."""

    @property
    def tstart(self) -> float | None:
        """Forward skip until this time, in ms."""

    @property
    def tstop(self) -> float | None:
        """End in ms."""

    @property
    def dt(self) -> float:
        """Step in ms."""

    @property
    def forward_skip(self) -> float | None:
        """None: SONATA has ``run.tstart``."""

    @property
    def celsius(self) -> float:
        """Temperature in degC."""

    @property
    def v_init(self) -> float:
        """Initial potential in mV."""

    @property
    def node_set(self) -> str | None:
        """Which cells are simulated."""

    @property
    def output_root_path(self) -> str:
        """Folder of the output."""

    @property
    def spikes_file_path(self) -> Path:
        """File of spikes."""

    @property
    def extracellular_calcium(self) -> float | None:
        """In mM."""
