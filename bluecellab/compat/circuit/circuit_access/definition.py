"""What every access to a circuit answers, under the published names."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from bluecellab.compat._coming import attribute_error
from bluecellab.compat.circuit.config.definition import SimulationConfig
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import EmodelProperties

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CircuitAccess", "EmodelProperties", "Projections"]

Projections = bool | str | Sequence[str] | None
"""Populations of edges from virtual nodes: none of them, all (True), or some by name."""


@runtime_checkable
class CircuitAccess(Protocol):
    """An access to a circuit."""

    config: SimulationConfig

    @property
    def available_cell_properties(self) -> set[str]:
        """Names of properties of cells."""

    @property
    def node_properties_available(self) -> bool:
        """Whether cells have properties."""

    def get_emodel_properties(self, cell_id: CellId) -> EmodelProperties | None:
        """Return the electrical properties of a cell."""

    def get_template_format(self) -> str | None:
        """Return the format of templates."""

    def get_cell_properties(self, cell_id: CellId, properties: list[str] | str) -> pd.Series:
        """Return some properties of a cell."""

    def get_population_ids(self, source_population_name: str, target_population_name: str) -> tuple[int, int]:
        """Return the numbers of two populations that are part of random streams."""

    def extract_synapses(self, cell_id: CellId, projections: Projections) -> pd.DataFrame:
        """Return the synapses of a cell."""

    def target_contains_cell(self, target: str, cell_id: CellId) -> bool:
        """Return whether a node set has a cell."""

    def is_valid_group(self, group: str) -> bool:
        """Return whether there is a node set of that name."""

    def is_virtual_population(self, population_name: str) -> bool:
        """Return whether nodes of a population only send spikes."""

    def node_population_sizes(self) -> dict[str, int]:
        """Return the number of nodes of each population."""

    def virtual_population_sizes(self) -> dict[str, int]:
        """Return the number of nodes of each virtual population."""

    def get_target_cell_ids(self, target: str) -> set[CellId]:
        """Return the nodes of a node set."""

    def get_simulation_cell_ids(self) -> list[CellId]:
        """Return the cells that the configuration simulates."""

    def fetch_cell_info(self, cell_id: CellId) -> pd.Series:
        """Return all properties of a cell."""

    def fetch_mini_frequencies(self, cell_id: CellId) -> tuple[float | None, float | None]:
        """Return the rates of excitatory and inhibitory minis in Hz."""

    def get_gids_of_mtypes(self, mtypes: Iterable[str]) -> set[CellId]:
        """Return the nodes of some morphological types."""

    def get_cell_ids_of_targets(self, targets: Iterable[str]) -> set[CellId]:
        """Return the nodes of several node sets."""

    def morph_filepath(self, cell_id: CellId) -> str:
        """Return the morphology of a cell."""

    def emodel_path(self, cell_id: CellId) -> str:
        """Return the template of a cell."""


def __getattr__(name: str) -> object:
    if name == "get_synapse_connection_parameters":  # published here too; it knows the access that knows this
        return getattr(importlib.import_module("bluecellab.compat.circuit.circuit_access.parameters"), name)
    raise attribute_error(__name__, name)
