"""Access to SONATA circuits, under the published names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from bluecellab.circuit import access
from bluecellab.circuit.access import population_number
from bluecellab.circuit.minis import mini_frequencies
from bluecellab.compat.circuit.circuit_access.definition import Projections
from bluecellab.compat.circuit.circuit_access.synapse_tables import chosen_populations, synapse_table
from bluecellab.compat.circuit.config import SimulationConfig, SonataSimulationConfig
from bluecellab.compat.circuit.synapse_properties import SynapseProperty, snap_to_synproperty
from bluecellab.compat.circuit.validate import check_nrrp_value
from bluecellab.errors import CircuitError, PopulationNotFoundError
from bluecellab.simulation.circuit.members import Members
from bluecellab.simulation.circuit.obi import simulated_cells
from bluecellab.spec import simulation as spec
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import EmodelProperties, HocCell

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SonataCircuitAccess", "snap_to_synproperty"]

_DYNAMICS = "@dynamics:"
_PROPERTIES = {"threshold_current": 0.0, "holding_current": 0.0, "AIS_scaler": 1.0, "soma_scaler": 1.0}
_BY_EDGE = ("GluSynapse", "Exp2Syn")


class SonataCircuitAccess:
    """A circuit as the configuration of a simulation sees it.

    Parameters
    ----------
    simulation_config
        Path of a ``simulation_config.json``, or what was read of one.
    circuit
        The circuit, if it is open already; it is not closed here.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ConfigError, CircuitFileError
        If the configuration of the simulation, or of the circuit, has mistakes.
    """

    def __init__(
        self,
        simulation_config: str | os.PathLike[str] | SimulationConfig | spec.SimulationConfig,
        *,
        circuit: access.CircuitAccess | None = None,
    ) -> None:
        self.config: SimulationConfig = (
            SonataSimulationConfig(simulation_config)
            if isinstance(simulation_config, (str, os.PathLike, spec.SimulationConfig))
            else simulation_config
        )
        self._own = circuit is None
        self.circuit: access.CircuitAccess = (
            SonataSimulationConfig(self.config.to_spec()).open_circuit() if circuit is None else circuit
        )
        self.members = Members(self.circuit)
        self._warned: set[str] = set()

    def close(self) -> None:
        """Let go of the circuit's files, if they were opened here."""
        if self._own:
            self.circuit.close()

    def _population(self, name: str) -> access.NodePopulation:
        populations = self.circuit.node_populations
        if name not in populations:
            raise PopulationNotFoundError(
                f"no population of nodes {name!r}; the circuit has {', '.join(sorted(populations))}", name
            )
        return populations[name]

    @property
    def available_cell_properties(self) -> set[str]:
        """Names of the properties that nodes of any population have."""
        populations = self.circuit.node_populations.values()
        return {name for population in populations for name in population.columns}

    @property
    def node_properties_available(self) -> bool:
        """True."""
        return True

    def node_population_sizes(self) -> dict[str, int]:
        """Return the number of nodes of each population."""
        return {name: population.size for name, population in self.circuit.node_populations.items()}

    def virtual_population_sizes(self) -> dict[str, int]:
        """Return the number of nodes of each virtual population."""
        sizes = self.node_population_sizes()
        return {name: size for name, size in sizes.items() if self.is_virtual_population(name)}

    def is_virtual_population(self, population_name: str) -> bool:
        """Return whether nodes of a population only send spikes; False if there is none of that name."""
        population = self.circuit.node_populations.get(population_name)
        return population is not None and population.virtual

    def get_emodel_properties(self, cell_id: CellId) -> EmodelProperties | None:
        """Return the electrical properties of a cell; currents that are not known are 0 nA.

        Returns
        -------
        EmodelProperties or None
            None for what is no biophysical cell.
        """
        population = self._population(cell_id[0])
        if population.kind != "biophysical":
            return None
        there = [name for name in _PROPERTIES if _DYNAMICS + name in population.columns]
        values = self._values(cell_id, [_DYNAMICS + name for name in there])
        found = {name: float(values[_DYNAMICS + name]) for name in there}  # type: ignore[arg-type]  # numbers
        return EmodelProperties(**{**_PROPERTIES, **found})

    def get_template_format(self) -> str:
        """Return ``"v6"``."""
        return "v6"

    def _values(self, cell_id: CellId, names: Iterable[str]) -> dict[str, object]:
        population, node = cell_id
        columns = self.circuit.nodes(population, np.array([node]), list(names))
        return {name: column[0].item() for name, column in columns.items()}

    def get_cell_properties(self, cell_id: CellId, properties: list[str] | str) -> pd.Series:
        """Return some properties of a node, by name.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population, node or property.
        """
        import pandas as pd

        names = [properties] if isinstance(properties, str) else list(properties)
        values = self._values(cell_id, names)
        return pd.Series([values[name] for name in names], index=names, name=cell_id[1], dtype=object)

    def fetch_cell_info(self, cell_id: CellId) -> pd.Series:
        """Return all properties of a node, by name."""
        return self.get_cell_properties(cell_id, list(self._population(cell_id[0]).columns))

    def fetch_mini_frequencies(self, cell_id: CellId) -> tuple[float | None, float | None]:
        """Return the rates of excitatory and inhibitory minis in Hz; None where they are not known.

        Both spellings, ``exc-mini_frequency`` and ``exc_mini_frequency``, are understood.
        """
        self._population(cell_id[0])
        return mini_frequencies(self.circuit, CellId(*cell_id)) or (None, None)

    def get_population_ids(self, source_population_name: str, target_population_name: str) -> tuple[int, int]:
        """Return the numbers of two populations, 0 to 4095, that are part of random streams."""
        return population_number(source_population_name), population_number(target_population_name)

    def extract_synapses(self, cell_id: CellId, projections: Projections) -> pd.DataFrame:
        """Return the synapses of a cell.

        Parameters
        ----------
        cell_id
            The cell.
        projections
            Populations of edges from virtual nodes that are among them: None or False, none; True, all;
            else some by name.

        Returns
        -------
        DataFrame
            A row for each edge, by population (``edge_name``) and number (``synapse_id``); columns are
            published properties, or texts for those that have no published name.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population or node, or an attribute is missing.
        SynapseError
            A ValueError, if a number of vesicles is not whole and positive.
        """
        self._population(cell_id[0])
        populations = chosen_populations(self.circuit, cell_id[0], projections, self._warned)
        overrides = self.config.to_spec().connection_overrides
        helped = any(one.modoverride is not None and one.modoverride not in _BY_EDGE for one in overrides)
        table = synapse_table(self.circuit, int(cell_id[1]), populations, self.config.dt, helped)
        if SynapseProperty.NRRP in table.columns:
            check_nrrp_value(table)
        return table

    def target_contains_cell(self, target: str, cell_id: CellId) -> bool:
        """Return whether a node set has a cell."""
        return self.members.has(target, cell_id[0], cell_id[1])

    def is_valid_group(self, group: str) -> bool:
        """Return whether there is a node set of that name."""
        return group in self.circuit.node_set_names

    def get_target_cell_ids(self, target: str) -> set[CellId]:
        """Return the nodes of a node set, virtual ones too.

        Raises
        ------
        NodeSetError
            A KeyError, if there is none of that name.
        """
        found = self.circuit.node_set(target)
        return {CellId(population, node) for population, nodes in found.items() for node in nodes.tolist()}

    def get_cell_ids_of_targets(self, targets: Iterable[str]) -> set[CellId]:
        """Return the nodes of several node sets."""
        found: set[CellId] = set()
        return found.union(*(self.get_target_cell_ids(target) for target in targets))

    def get_simulation_cell_ids(self) -> list[CellId]:
        """Return the cells that the configuration simulates, sorted; virtual nodes are none."""
        return simulated_cells(self.config.to_spec(), self.circuit)

    def get_gids_of_mtypes(self, mtypes: Iterable[str]) -> set[CellId]:
        """Return the nodes of some morphological types, of all populations that have any."""
        wanted = set(mtypes)
        found: set[CellId] = set()
        for name, population in self.circuit.node_populations.items():
            if "mtype" in population.columns:
                column = self.circuit.nodes(name, None, ["mtype"])["mtype"].tolist()
                found |= {CellId(name, node) for node, mtype in enumerate(column) if mtype in wanted}
        return found

    def _hoc_cell(self, cell_id: CellId) -> HocCell:
        found = self.circuit.cell(CellId(*cell_id))
        if not isinstance(found, HocCell):
            raise CircuitError(f"cell {cell_id} is not of a hoc template and a morphology: {found}")
        return found

    def morph_filepath(self, cell_id: CellId) -> str:
        """Return the morphology of a cell: the first that there is of asc, h5v1 and swc.

        Raises
        ------
        CircuitError
            If there is none.
        """
        return self._hoc_cell(cell_id).morphology_path

    def emodel_path(self, cell_id: CellId) -> str:
        """Return the template of a cell.

        Raises
        ------
        CircuitError
            If there is none.
        """
        return self._hoc_cell(cell_id).template_path
