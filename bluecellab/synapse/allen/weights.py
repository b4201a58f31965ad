r"""Weights of edges: ``syn_weight``, or what a function by the name of ``weight_function`` makes of it.

``gaussianLL`` weighs by the angles that cells are tuned to. With
:math:`d = \big| |\,|180 - (|a_t - a_s| \bmod 360)| - 90| - 90 \big|`,

.. math:: w = w_0\, e^{-(d / \sigma)^2}

where :math:`w_0` is ``syn_weight``, :math:`\sigma` is ``weight_sigma``, and :math:`a` the ``tuning_angle`` of
source and target in degrees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, Edges, IntArray
from bluecellab.errors import SynapseError
from bluecellab.spec.functions import WEIGHT_FUNCTIONS
from bluecellab.synapse.allen.texts import distinct, type_of
from bluecellab.synapse.columns import EdgeColumns

__all__ = ["WEIGHTS", "EdgeView", "NodeView", "Nodes", "Weights"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

WEIGHTS = ("wmax", "default_weight_fnc", "set_syn_weight", "gaussianLL")
"""Names of our own functions; one of the same name that a user has registered comes first."""

_ANGLE = "tuning_angle"


class NodeSource(Protocol):
    """Knows attributes of nodes."""

    @property
    def offsets(self) -> Mapping[str, int]:
        """Global id of node 0 of each population."""

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: tuple[str, ...] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes, each of shape (n,)."""

    def node(self, population: str, node: int) -> Mapping[str, object]:
        """Return all attributes of one node as plain values."""


class _View(Mapping[str, object]):
    """Attributes by name, for functions of the user's."""

    def __init__(self, what: str, values: Mapping[str, object]) -> None:
        self._what = what
        self._values = values

    def __getitem__(self, name: str) -> object:
        try:
            return self._values[name]
        except KeyError:
            listed = ", ".join(sorted(self._values))
            raise KeyError(f"{self._what} has no attribute {name!r}; it has {listed}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<{self._what}>"


class NodeView(_View):
    """A node, as functions of the user's see it: ``node["attribute"]``.

    Parameters
    ----------
    population_name, node_id, gid
        Its population, its id there, and its global id.
    values
        Its attributes; None for those that it does not have.
    """

    def __init__(self, population_name: str, node_id: int, gid: int, values: Mapping[str, object]) -> None:
        super().__init__(f"node {node_id} of {population_name!r}", values)
        self.population_name = population_name
        self.node_id = node_id
        self.gid = gid


class EdgeView(_View):
    """An edge, as functions of the user's see it: ``edge["attribute"]``.

    Parameters
    ----------
    edges
        The edges.
    index
        Which of them.
    """

    def __init__(self, edges: Edges, index: int) -> None:
        values = {name: _plain(column[index].item()) for name, column in edges.columns.items()}
        super().__init__(f"edge {edges.numbers[index]} of {edges.population.name!r}", values)
        self.source_node_id = int(edges.sources[index])
        self.target_node_id = int(edges.target)
        self.source_population = edges.population.source
        self.target_population = edges.population.target


def _plain(value: object) -> object:
    missing = value == "" or (isinstance(value, float) and math.isnan(value))
    return None if missing else value


class Nodes:
    """Attributes of nodes, read once.

    Parameters
    ----------
    source
        Knows them.
    """

    def __init__(self, source: NodeSource) -> None:
        self._source = source
        self._angles: dict[str, FloatArray] = {}
        self._views: dict[tuple[str, int], NodeView] = {}

    def angles(self, population: str) -> FloatArray:
        """Return the angle that each node of a population is tuned to, in degrees, shape (n,)."""
        if population not in self._angles:
            column = self._source.nodes(population, None, (_ANGLE,))[_ANGLE]
            self._angles[population] = np.asarray(column, dtype=np.float64)
        return self._angles[population]

    def view(self, population: str, node: int) -> NodeView:
        """Return a node as functions of the user's see it."""
        key = population, node
        if key not in self._views:
            gid = self._source.offsets[population] + node
            self._views[key] = NodeView(population, node, gid, self._source.node(population, node))
        return self._views[key]


class Weights:
    """Computes weights.

    Parameters
    ----------
    nodes
        Attributes of the nodes at both ends.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    def of(self, edges: Edges) -> FloatArray:
        """Return the weight of each edge, shape (n,).

        Raises
        ------
        ColumnError
            If an attribute is needed that edges or nodes do not have.
        SynapseError
            If there is no function of a name, a function fails, or a weight is no number.
        """
        names, which = distinct(edges, "weight_function")
        if len(names) == 1:
            return self._by(names[0], edges)
        found = np.empty(len(edges))
        for number, name in enumerate(names):
            here = np.flatnonzero(which == number)
            found[here] = self._by(name, edges.take(here))
        return found

    def _by(self, name: str, edges: Edges) -> FloatArray:
        """Return the weights that a function computes."""
        if name in WEIGHT_FUNCTIONS:
            return self._called(name, WEIGHT_FUNCTIONS[name], edges)
        if name and name not in WEIGHTS:
            known = ", ".join(sorted({*WEIGHTS, *WEIGHT_FUNCTIONS}))
            raise SynapseError(
                f"{type_of(edges, 0)} has weight_function {name!r}; there are {known}. Others are functions "
                "f(edge, source, target), registered by @synaptic_weight"
            )
        columns = EdgeColumns(edges, f"weights by {name}" if name else "weights")
        weights = columns.needed("syn_weight")
        if name != "gaussianLL":
            return weights
        sigma = columns.positive("weight_sigma")
        population = edges.population
        sources = self._nodes.angles(population.source)[edges.sources]
        target = self._nodes.angles(population.target)[edges.target]
        columns.refuse(np.isnan(sources), f"source without a {_ANGLE}")
        columns.refuse(np.full(len(edges), bool(np.isnan(target))), f"target without a {_ANGLE}")
        apart = np.abs(target - sources)
        folded = np.abs(np.abs(np.abs(180.0 - np.mod(apart, 360.0)) - 90.0) - 90.0)
        # by libm, whose last bit NumPy's vectorised exp does not always have
        decays = [math.exp(-(ratio**2)) for ratio in (folded / sigma).tolist()]
        return np.asarray(weights * np.array(decays))

    def _called(self, name: str, function: Callable[..., object], edges: Edges) -> FloatArray:
        """Return the weights that a function of the user's returns, called for each edge."""
        population = edges.population
        target = self._nodes.view(population.target, edges.target)
        found = np.empty(len(edges))
        for index, source in enumerate(edges.sources.tolist()):
            edge = EdgeView(edges, index)
            try:
                value = function(edge, self._nodes.view(population.source, source), target)
                weight = float(edge["syn_weight"] if value is None else value)  # type: ignore[arg-type]  # refused below
            except Exception as error:
                raise SynapseError(
                    f"weight function {name!r} fails for {edge!r} from node {source} to node {edges.target}: "
                    f"{type(error).__name__}: {error}"
                ) from error
            if not math.isfinite(weight):
                raise SynapseError(
                    f"weight function {name!r} returns {value!r} for {edge!r}; it must be a number, or None "
                    "for syn_weight"
                )
            found[index] = weight
        return found
