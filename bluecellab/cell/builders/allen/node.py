"""What functions of the user's are told of the node whose cell they make or change."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from bluecellab.cell.builders.allen.reading import read_dynamics
from bluecellab.spec.cells import AllenCell

__all__ = ["CellNode"]


class CellNode(Mapping[str, Any]):
    """A node of the network: ``node["tuning_angle"]`` is an attribute of its own or of its type.

    Parameters
    ----------
    spec
        The cell that is made.

    Attributes
    ----------
    gid
        Number of the node in its circuit.
    node_id
        Number of the node in its population.
    population_name
        The population.
    morphology_file
        Absolute path, or None.
    model_template, model_type
        As in the network.
    model_processing
        Names of processors.
    dynamics_params
        Content of its JSON file, a copy for whoever asks; None without one.
    """

    def __init__(self, spec: AllenCell) -> None:
        self._spec = spec
        self.gid = spec.gid
        self.node_id = spec.id.id
        self.population_name = self.network_name = spec.id.population_name
        self.morphology_file = spec.morphology_path
        self.model_template = spec.template
        self.model_type = spec.model_type
        self.model_processing = spec.processing
        self._attributes: dict[str, Any] = {
            "node_id": self.node_id,
            "population": self.population_name,
            "model_template": spec.template,
            "model_type": spec.model_type,
            **spec.attributes,
        }

    @property
    def dynamics_params(self) -> dict[str, Any] | None:
        """Content of the node's JSON file, a copy; None without one."""
        path = self._spec.dynamics_file
        return None if path is None else copy.deepcopy(read_dynamics(path))

    @property
    def node(self) -> CellNode:
        """The node itself: functions may ask ``cell.node["x"]`` or ``cell["x"]``."""
        return self

    def __getitem__(self, name: str) -> Any:
        try:
            return self._attributes[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._attributes, n=1)
            hint = f"there is {near[0]!r}" if near else f"it has {', '.join(sorted(self._attributes))}"
            raise KeyError(f"node {self._spec.id} has no attribute {name!r}; {hint}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._attributes)

    def __len__(self) -> int:
        return len(self._attributes)

    def __repr__(self) -> str:
        return f"<Node {self._spec.id}, {self.model_template}>"
