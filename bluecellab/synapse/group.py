"""``SynapseGroup``: all synapses of one population of edges on one cell, held as columns."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import SynapseError
from bluecellab.files.distinct import distinct
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.scope import Live, Scope
from bluecellab.nrn.synapses import PointMechanism
from bluecellab.synapse.conditions import Receiver, SynapseConditions
from bluecellab.synapse.configuring import Configuration
from bluecellab.synapse.handle import Connection, Synapse

__all__ = ["KINDS", "Bundle", "Kind", "Made", "SynapseGroup"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_MORE_THAN_ONE = 1 + 1e-6

Kind = Literal["real", "mini", "replay", "neuromodulator"]
#: What mechanisms are told of the source of an event.
KINDS: dict[Kind, int] = {"real": 0, "mini": 1, "replay": 2, "neuromodulator": 10}


@dataclass(frozen=True, eq=False)
class Made:
    """What was made of edges in NEURON.

    Parameters
    ----------
    processes
        List of the point processes.
    slots
        Where in it each synapse is, shape (n,); -1 for those that have no place on the cell.
    mechanisms
        The mechanisms.
    mechanism
        Which of them each synapse has, shape (n,).
    streams
        Identities of their random streams, shape (n, 3); 0 for those without.
    positions
        Where they are on their sections, shape (n,).
    inhibitory
        Which are inhibitory, shape (n,).
    weights
        Weight without any factor, in the unit of the mechanism, shape (n,).
    factors
        Factor on it, shape (n,).
    delays
        In ms, shape (n,).
    configuration
        What ``synapse_configure`` has set.
    shared
        Whether synapses may share point processes.
    """

    processes: Any
    slots: IntArray
    mechanisms: tuple[PointMechanism, ...]
    mechanism: IntArray
    streams: npt.NDArray[np.uint64]
    positions: FloatArray
    inhibitory: BoolArray
    weights: FloatArray
    factors: FloatArray
    delays: FloatArray
    configuration: Configuration = field(default_factory=Configuration)
    shared: bool = False


@dataclass(frozen=True, eq=False)
class Bundle:
    """NetCons of one kind.

    Parameters
    ----------
    kind
        Theirs.
    connections
        List of them.
    members
        The synapse of each, shape (m,).
    gids
        NEURON's number of the source of each, shape (m,).
    """

    kind: Kind
    connections: Any
    members: IntArray
    gids: IntArray


class SynapseGroup(Live):
    """All synapses that one population of edges makes on one cell.

    What is known of them is held in columns; an object for a single one is made when it is asked for,
    by :meth:`synapse`. :func:`bluecellab.synapse.build_synapses` makes groups.

    Parameters
    ----------
    edges
        The edges, one for each synapse.
    receiver
        The cell.
    conditions
        What they were made for.
    make
        Makes them, and has them owned by the scope that it is given.
    """

    def __init__(
        self,
        edges: Edges,
        receiver: Receiver,
        conditions: SynapseConditions,
        make: Callable[[Scope], Made],
    ) -> None:
        super().__init__(f"synapses of {edges.population.name} on {receiver.label}", receiver.owner)
        self.edges = edges
        self.cell_id = receiver.cell_id
        self.gid = receiver.gid
        self.populations = receiver.numbers_of(edges)
        self.conditions = conditions
        try:
            self.made = make(self._scope)
        except BaseException:
            self._scope.close()
            raise
        self._bundles: list[Bundle] = self._scope.own([], list.clear)
        self._handles: weakref.WeakValueDictionary[int, Synapse] = weakref.WeakValueDictionary()
        self._kept: dict[int, list[object]] = self._scope.own({}, dict.clear)

    def __len__(self) -> int:
        return len(self.edges)

    @property
    def label(self) -> str:
        """Name for messages."""
        return self._scope.name

    @property
    def scope(self) -> Scope:
        """What owns its parts, and whatever is to be released with it."""
        return self._scope

    @property
    def numbers(self) -> IntArray:
        """Number of each edge among all that arrive at the cell, shape (n,): the ``sid``."""
        return self.edges.numbers

    @property
    def sources(self) -> IntArray:
        """Ids of the nodes that they come from, shape (n,)."""
        return self.edges.sources

    @property
    def columns(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """Attributes of the edges."""
        return self.edges.columns

    @property
    def placed(self) -> BoolArray:
        """Which of them exist: the cell has their section. Shape (n,)."""
        return np.asarray(self.made.slots >= 0)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Names of the mechanisms that it has synapses of."""
        return tuple(mechanism.name for mechanism in self.made.mechanisms)

    def mechanism_of(self, index: int) -> str:
        """Return the name of the mechanism of a synapse."""
        return self.made.mechanisms[int(self.made.mechanism[index])].name

    @property
    def weights(self) -> FloatArray:
        """Weight of each at the start of a run, shape (n,), in the mechanism's unit: mostly nS."""
        return self.made.weights * self.made.factors

    @property
    def delays(self) -> FloatArray:
        """Delay of each in ms, shape (n,)."""
        return self.made.delays

    def processes_of(self, chosen: BoolArray | IntArray) -> Iterator[Any]:
        """Yield the raw point processes of some of them; those that have no place are left out."""
        self._scope.check()
        item = self.made.processes.o
        for slot in self.made.slots[chosen].tolist():
            if slot >= 0:
                yield item(slot)

    def connect(
        self,
        gids: Mapping[int, int],
        kind: Kind = "real",
        *,
        chosen: BoolArray | None = None,
        delays: FloatArray | None = None,
    ) -> int:
        """Connect synapses to the sources of their spikes.

        Parameters
        ----------
        gids
            NEURON's number of a source by the id of its node; other synapses are left alone.
        kind
            What mechanisms are told of the events.
        chosen
            Which synapses may be connected, shape (n,); all when left out.
        delays
            Instead of their own, in ms, shape (n,).

        Returns
        -------
        int
            How many were connected.

        Raises
        ------
        BusyError
            If a run is in progress.
        """
        known = np.array(sorted(gids), dtype=np.int64)
        if not len(known):
            return 0
        found = np.minimum(np.searchsorted(known, self.sources), len(known) - 1)
        members = self.placed & (known[found] == self.sources)
        if chosen is not None:
            members &= chosen
        index = np.flatnonzero(members)
        numbers = np.array([gids[node] for node in known.tolist()], dtype=np.int64)[found[index]]
        return self.wire(kind, index, numbers, self.delays[index] if delays is None else delays[index])

    def wire(self, kind: Kind, members: IntArray, gids: IntArray, delays: FloatArray) -> int:
        """Connect synapses by position to NEURON's numbers of sources; returns how many."""
        self._scope.check()
        runtime.refuse_while_running(f"connecting {self.label}")
        made = self.made
        if kind != "real":  # NEURON refuses delays of just one step where the source is no cell of its own
            delays = np.maximum(delays, self.conditions.dt * _MORE_THAN_ONE)
        index = np.array([mechanism.kind_index for mechanism in made.mechanisms], dtype=np.int64)
        for slot in distinct(index[made.mechanism[members]]).tolist() if len(members) else ():
            here = index[made.mechanism[members]] == slot
            chosen = members[here]
            connections = self._scope.own(synapses.empty_list(), synapses.release_backwards)
            synapses.connect(
                connections,
                made.processes,
                made.slots[chosen],
                gids[here],
                (self.weights[chosen], delays[here]),
                (slot, KINDS[kind]),
            )
            self._bundles.append(Bundle(kind, connections, chosen, gids[here]))
        return len(members)

    def add_bundle(self, bundle: Bundle) -> None:
        """Add NetCons that were made elsewhere, and that its scope owns."""
        self._scope.check()
        self._bundles.append(bundle)

    @property
    def bundles(self) -> Sequence[Bundle]:
        """Its NetCons."""
        self._scope.check()
        return tuple(self._bundles)

    def connected(self, *kinds: Kind) -> BoolArray:
        """Return which synapses have a NetCon of some kinds (of any if none is named), shape (n,)."""
        found = np.zeros(len(self), dtype=bool)
        for bundle in self._bundles:
            if not kinds or bundle.kind in kinds:
                found[bundle.members] = True
        return found

    def synapse(self, index: int) -> Synapse:
        """Return one of them, by position.

        Raises
        ------
        SynapseError
            If there is none there, or it has no place on the cell.
        ClosedError
            If the group or its cell is closed.
        """
        self._scope.check()
        if not 0 <= index < len(self):
            raise SynapseError(f"{self.label} has no synapse at {index}; it has {len(self)}, from 0 on")
        if self.made.slots[index] < 0:
            raise SynapseError(
                f"synapse {self.numbers[index]} of {self.label} was left out: the cell lacks its section"
            )
        handle = self._handles.get(index)
        if handle is None:
            handle = self._handles[index] = Synapse(self, index)
        return handle

    def by_number(self, number: int) -> Synapse:
        """Return one of them, by its number among all edges of the population that arrive at the cell.

        Raises
        ------
        SynapseError
            If there is none, or it has no place on the cell.
        """
        found = np.flatnonzero(self.numbers == number)
        if not len(found):
            raise SynapseError(f"{self.label} has no synapse of number {number}")
        return self.synapse(int(found[0]))

    def connections_of(self, index: int) -> list[Connection]:
        """Return the connections of a synapse."""
        self._scope.check()
        return [
            Connection(self, bundle, int(position))
            for bundle in self._bundles
            for position in np.flatnonzero(bundle.members == index)
        ]

    def kept_for(self, index: int) -> list[object]:
        """Return what is kept alive for a synapse."""
        return self._kept.setdefault(index, [])

    def configuration_of(self, index: int) -> list[str]:
        """Return what ``synapse_configure`` has set at a synapse, as texts."""
        return [text for mask, text in self.made.configuration.texts if mask[index]]

    @property
    def globals(self) -> Mapping[str, float]:
        """GLOBALs of mechanisms that ``synapse_configure`` sets; the simulation has to apply them."""
        return self.made.configuration.globals

    def check(self) -> None:
        """Raise ClosedError if the group, or its cell, is closed."""
        self._scope.check()

    def __iter__(self) -> Iterator[Synapse]:
        return (self.synapse(int(index)) for index in np.flatnonzero(self.placed))

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<SynapseGroup of {len(self)} {self.label}, {state}>"
