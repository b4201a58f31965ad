"""A SONATA simulation's configuration, under the published names."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.components import read_layout
from bluecellab.circuit.config import dialect_of, read_obi_config
from bluecellab.circuit.obi import open_circuit
from bluecellab.compat.circuit.config.sections import (
    Conditions,
    ConnectionOverrides,
    ModificationBase,
    modification_from_libsonata,
)
from bluecellab.compat.exceptions import ConfigNotFoundError, NotAConfigError
from bluecellab.compat.stimulus.circuit_stimulus_definitions import Stimulus
from bluecellab.errors import ConfigError
from bluecellab.spec import simulation as spec

__all__ = ["SonataSimulationConfig"]


class SonataSimulationConfig:
    """What a ``simulation_config.json`` says.

    Parameters
    ----------
    config
        Its path; or a ``bluepysnap.Simulation``, of which the file is read again; or what
        :func:`bluecellab.circuit.config.read_config` read.

    Raises
    ------
    ConfigNotFoundError
        A FileNotFoundError, if there is no such file.
    ConfigError
        If it has mistakes; the message says all of them.
    NotAConfigError
        A TypeError, if ``config`` is something else, or of the Allen dialect.
    """

    def __init__(self, config: str | os.PathLike[str] | spec.SimulationConfig | object) -> None:
        if isinstance(config, spec.SimulationConfig):
            self._spec = config
        else:
            # bluepysnap is not imported here: a simulation of its kind is known by the path it has.
            path = getattr(config, "_simulation_config_path", config)
            if not isinstance(path, (str, os.PathLike)):
                raise NotAConfigError(
                    "a simulation configuration is a path, or a bluepysnap.Simulation, not a "
                    f"{type(config).__name__}"
                )
            if not Path(path).is_file():
                raise ConfigNotFoundError(f"Config file {Path(path)} not found.")
            if dialect_of(path) == "allen":
                raise NotAConfigError(
                    f"{Path(path)} is of the Allen dialect, which the published classes do not have; "
                    "bluecellab.circuit.read_config reads it, and CircuitSimulation simulates it"
                )
            self._spec = read_obi_config(path)
        self._connection_overrides: list[ConnectionOverrides] = []

    def __repr__(self) -> str:
        return f"<SonataSimulationConfig {self._spec.path or self._spec.network}>"

    def to_spec(self) -> spec.SimulationConfig:
        """Return the same in bluecellab's words, with the connection overrides that were added."""
        added = tuple(one.to_spec(f"added {number}") for number, one in enumerate(self._connection_overrides))
        overrides = (*self._spec.connection_overrides, *added)
        return self._spec.model_copy(update={"connection_overrides": overrides})

    def open_circuit(self) -> CircuitAccess:
        """Open the circuit; whoever opens it closes it."""
        return open_circuit(self._spec.network, node_sets_file=self._spec.node_sets_file)

    def _written(self, section: str) -> dict[str, Any]:
        """Return a section of the file as it is written."""
        if not self._spec.path:
            return {}
        found: dict[str, Any] = _json(self._spec.path).get(section) or {}
        return found

    def get_all_projection_names(self) -> list[str]:
        """Return the names of populations of edges that come from virtual nodes, sorted."""
        circuit = self.open_circuit()
        try:
            nodes = circuit.node_populations
            virtual = {name for name, population in nodes.items() if population.virtual}
            return sorted(name for name, edges in circuit.edge_populations.items() if edges.source in virtual)
        finally:
            circuit.close()

    def get_all_stimuli_entries(self) -> list[Stimulus]:
        """Return the inputs in the order of their names.

        Raises
        ------
        InvalidSpecError
            If one has no published class, such as an electric field; :meth:`to_spec` has it all the same.
        """
        files = {
            block.name: {"spike_file": block.stimulus.spike_file}
            for block in self._spec.inputs
            if hasattr(block.stimulus, "spike_file")
        }
        return [
            Stimulus.from_sonata({**entry, **files.get(name, {})}, config_dir=self._folder)
            for name, entry in sorted(self._written("inputs").items())
        ]

    @property
    def _folder(self) -> str:
        return str(Path(self._spec.path).parent)

    def get_modifications(self) -> list[ModificationBase]:
        """Return what is changed at the cells, in the order of the file."""
        return [modification_from_libsonata(one) for one in self._spec.modifications]

    def condition_parameters(self) -> Conditions:
        """Return the conditions."""
        return Conditions.from_sonata(self._spec.conditions)

    def connection_entries(self) -> list[ConnectionOverrides]:
        """Return the connection overrides of the file, and then those that were added."""
        written = [ConnectionOverrides.from_sonata(one) for one in self._spec.connection_overrides]
        return [*written, *self._connection_overrides]

    def add_connection_override(self, connection_override: ConnectionOverrides) -> None:
        """Add a connection override after all others."""
        self._connection_overrides.append(connection_override)

    def get_compartment_sets(self) -> dict[str, dict[str, Any]]:
        """Return the compartment sets as they are written.

        Raises
        ------
        ConfigError
            A ValueError, if there is no file of them.
        """
        if self._spec.compartment_sets_file is None:
            raise ConfigError("No 'compartment_sets_file' entry found in SONATA config.")
        return _json(self._spec.compartment_sets_file)

    def get_node_sets(self) -> dict[str, dict[str, Any]]:
        """Return the node sets as they are written: the circuit's, and then the simulation's, which win.

        Raises
        ------
        ConfigError
            A ValueError, if there is no file of them.
        """
        own = read_layout(self._spec.network).node_sets_file
        found: dict[str, dict[str, Any]] = {}
        files = [own] if own is not None else []
        if self._spec.node_sets_file is not None:
            files.append(self._spec.node_sets_file)
        if not files:
            raise ConfigError("No 'node_sets_file' entry found in SONATA config.")
        for file in files:
            found.update(_json(file))
        return found

    def get_report_entries(self) -> dict[str, dict[str, Any]]:
        """Return the reports as they are written, in the order of their names."""
        return dict(sorted(self._written("reports").items()))

    def report_file_path(self, report_cfg: Mapping[str, Any], report_key: str) -> Path:
        """Return the file of a report."""
        name = str(report_cfg.get("file_name") or report_key)
        return Path(self.output_root_path) / (name if name.endswith(".h5") else f"{name}.h5")

    @property
    def base_seed(self) -> int:
        """``run.random_seed``."""
        return self._spec.seeds.base

    @property
    def synapse_seed(self) -> int:
        """``run.synapse_seed``."""
        return self._spec.seeds.synapse

    @property
    def ionchannel_seed(self) -> int:
        """``run.ionchannel_seed``."""
        return self._spec.seeds.ionchannel

    @property
    def stimulus_seed(self) -> int:
        """``run.stimulus_seed``."""
        return self._spec.seeds.stimulus

    @property
    def minis_seed(self) -> int:
        """``run.minis_seed``."""
        return self._spec.seeds.minis

    @property
    def rng_mode(self) -> str:
        """``"Random123"``."""
        return "Random123"

    @property
    def spike_threshold(self) -> float:
        """``run.spike_threshold``, in mV."""
        return self._spec.run.spike_threshold

    @property
    def spike_location(self) -> str:
        """``conditions.spike_location``."""
        return self._spec.conditions.spike_location

    @property
    def tstart(self) -> float | None:
        """``run.tstart``, in ms."""
        return self._spec.run.tstart

    @property
    def tstop(self) -> float | None:
        """``run.tstop``, in ms."""
        return self._spec.run.tstop

    @property
    def duration(self) -> float | None:
        """The same as :attr:`tstop`, which replaces it."""
        warnings.warn("duration is deprecated; use tstop", DeprecationWarning, stacklevel=2)
        return self.tstop

    @property
    def dt(self) -> float:
        """``run.dt``, in ms."""
        return self._spec.run.dt

    @property
    def forward_skip(self) -> float | None:
        """None: SONATA has ``run.tstart``."""
        return None

    @property
    def celsius(self) -> float:
        """``conditions.celsius``, in degC."""
        return self._spec.conditions.celsius

    @property
    def v_init(self) -> float:
        """``conditions.v_init``, in mV."""
        return self._spec.conditions.v_init

    @property
    def node_set(self) -> str | None:
        """Which cells are simulated."""
        return self._spec.node_set

    @property
    def output_root_path(self) -> str:
        """``output.output_dir`` as an absolute path."""
        return self._spec.output.directory

    @property
    def spikes_file_path(self) -> Path:
        """File of spikes in :attr:`output_root_path`."""
        return Path(self._spec.output.directory) / self._spec.output.spikes_file

    @property
    def extracellular_calcium(self) -> float | None:
        """``conditions.extracellular_calcium``, in mM."""
        return self._spec.conditions.extracellular_calcium


def _json(path: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path} holds no JSON object")
    return found
