"""What reports need to know of the connections that end on a cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Bundled", "Connected", "Grouped", "connections_of"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

VIRTUAL = -1  # what stands for the source of a connection that no cell of the simulation makes


class Bundled(Protocol):
    """NetCons of one kind; a :class:`~bluecellab.synapse.group.Bundle` is one."""

    @property
    def kind(self) -> str:
        """``"real"`` if their sources are cells of the simulation."""

    @property
    def connections(self) -> Any:
        """NEURON's List of them."""

    @property
    def members(self) -> IntArray:
        """The synapse of each, shape (m,)."""


class Grouped(Protocol):
    """Synapses of one population of edges on one cell; a :class:`~bluecellab.synapse.SynapseGroup` is one."""

    @property
    def edges(self) -> Any:
        """The edges: ``population.source``, ``population.target``, and ``columns``."""

    @property
    def sources(self) -> IntArray:
        """Ids of the nodes that they come from, shape (n,)."""

    @property
    def made(self) -> Any:
        """What was made of them: ``processes``, ``slots``, and whether these are ``shared``."""

    @property
    def delays(self) -> FloatArray:
        """Delay of each in ms, shape (n,)."""

    @property
    def bundles(self) -> Sequence[Bundled]:
        """Their NetCons."""


@dataclass(frozen=True, eq=False)
class Connected:
    """Connections from one population to one cell, in the order of edges.

    Parameters
    ----------
    group
        The group of synapses.
    members
        The synapse of each, shape (m,).
    netcons
        NEURON's List, and the place in it, of each.
    virtual
        Which have a source that is no cell of the simulation, shape (m,).
    """

    group: Grouped
    members: IntArray
    netcons: tuple[tuple[Any, int], ...]
    virtual: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.members)

    @property
    def shared(self) -> bool:
        """Whether several may have one point process."""
        return bool(self.group.made.shared)

    @property
    def source(self) -> str:
        """Name of the population that they come from."""
        return str(self.group.edges.population.source)

    @property
    def source_ids(self) -> IntArray:
        """Node that each comes from, shape (m,)."""
        return np.asarray(self.group.sources)[self.members]

    def gids(self, offsets: Mapping[str, int]) -> IntArray:
        """Return the global id of the source of each, -1 if it is virtual, shape (m,)."""
        return np.where(self.virtual, VIRTUAL, offsets.get(self.source, 0) + self.source_ids)

    def processes(self) -> Iterator[Any]:
        """Yield the raw point process of each."""
        item = self.group.made.processes.o
        for slot in np.asarray(self.group.made.slots)[self.members].tolist():
            yield item(slot)

    def weights(self) -> FloatArray:
        """Return the present weight of each, shape (m,)."""
        return np.array([netcons.o(place).weight[0] for netcons, place in self.netcons])

    def delays(self) -> FloatArray:
        """Return the delay of each in ms, shape (m,)."""
        return np.asarray(self.group.delays, dtype=np.float64)[self.members]

    def types(self) -> IntArray:
        """Return the type of the edge of each, 0 where edges have none, shape (m,)."""
        column = self.group.edges.columns.get("edge_type_id")
        if column is None:
            return np.zeros(len(self), dtype=np.int64)
        return np.asarray(column, dtype=np.int64)[self.members]


def connections_of(groups: Iterable[Grouped]) -> list[Connected]:
    """Return the connections of groups of synapses of a cell; groups that have none are left out."""
    found = []
    for group in groups:
        bundles = group.bundles
        if not bundles:
            continue
        members = np.concatenate([np.asarray(bundle.members) for bundle in bundles])
        virtual = np.repeat([bundle.kind != "real" for bundle in bundles], [len(b.members) for b in bundles])
        netcons = [(bundle.connections, place) for bundle in bundles for place in range(len(bundle.members))]
        order = np.argsort(members, kind="stable")
        ordered = tuple(netcons[place] for place in order.tolist())
        found.append(Connected(group, members[order], ordered, virtual[order]))
    return found
