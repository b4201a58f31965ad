r"""Gap junctions: the electrical edges of a circuit.

Every junction is two edges, one to each of its cells; the ``efferent_junction_id`` of one is the
``afferent_junction_id`` of the other. At the end of each edge a point process ``Gap`` lets a current flow
that depends on the potential at the other end:

.. math:: I = g (v - v_{other})

with :math:`g` in nS, the ``conductance`` of the edge.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import CircuitWarning, SimulationError, SynapseError, warn
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.parallel import ranks
from bluecellab.nrn.scope import Live, Scope
from bluecellab.nrn.transfers import Transfers
from bluecellab.spec.base import CellId
from bluecellab.synapse import gids
from bluecellab.synapse.columns import EdgeColumns
from bluecellab.synapse.conditions import Receiver
from bluecellab.synapse.places import Places, places_of

if TYPE_CHECKING:
    from bluecellab.recording import RunPlan
    from bluecellab.recording.samples import TimeAxis

__all__ = ["GapJunctions"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MECHANISM = "Gap"
_NEEDED = ("g", "vgap")
_DOING = "connecting gap junctions"

End = tuple[str, int, int]  # population, node, and junction id of an end of a junction


@dataclass(eq=False)
class _Part:
    """Ends of junctions on one cell; once connected, only those whose other end is there too."""

    edges: Edges
    receiver: Receiver
    places: Places
    own: list[End]
    others: list[End]
    processes: Any = None
    slots: IntArray = field(default_factory=lambda: np.empty(0, np.int64))
    numbers: tuple[IntArray, IntArray] = (np.empty(0, np.int64), np.empty(0, np.int64))

    @property
    def pairs(self) -> list[tuple[End, End]]:
        """Both ends of each edge."""
        return list(zip(self.own, self.others, strict=True))

    def take(self, chosen: IntArray) -> None:
        """Keep some of them, by position."""
        self.edges = self.edges.take(chosen)
        self.places = self.places.take(chosen)
        self.own = [self.own[index] for index in chosen.tolist()]
        self.others = [self.others[index] for index in chosen.tolist()]


class _Board:
    """The connected parts of one GapJunctions; it takes out a cell that goes."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.transfers: Transfers | None = None

    def connect(self) -> None:
        """Have NEURON do what the parts want."""
        self.disconnect()
        if not self.parts:
            return
        sections: list[Any] = []
        indices, positions, numbers = [], [], []
        lists = synapses.empty_list()
        targets: list[tuple[int, int]] = []
        seen: set[int] = set()
        for part in self.parts:
            for row, (own, other) in enumerate(zip(*(each.tolist() for each in part.numbers), strict=True)):
                if own not in seen:
                    seen.add(own)
                    indices.append(len(sections) + int(part.places.section[row]))
                    positions.append(float(part.places.position[row]))
                    numbers.append(own)
                targets.append((int(lists.count()), other))
                lists.append(part.processes.o(int(part.slots[row])))
            sections += part.places.sections
        where = np.array(indices), np.array(positions), np.array(numbers)
        slots, incoming = (np.array(column) for column in zip(*targets, strict=True))
        self.transfers = Transfers(sections, where, lists, (slots, incoming))
        self.transfers.begin()

    def disconnect(self) -> None:
        """Have NEURON forget them."""
        if self.transfers is not None:
            self.transfers.end()
            self.transfers = None

    def drop(self, cell_id: CellId) -> None:
        """Take out a cell that is about to go; the other ends of its junctions let no current flow."""
        gone = [part for part in self.parts if part.receiver.cell_id == cell_id]
        if not gone:
            return
        lost = {int(number) for part in gone for number in part.numbers[0]}
        self.parts = [part for part in self.parts if part.receiver.cell_id != cell_id]
        for part in self.parts:
            kept = np.array([int(number) not in lost for number in part.numbers[1]], dtype=bool)
            synapses.write(part.processes, part.slots[~kept], "g", np.zeros(int(np.count_nonzero(~kept))))
            part.take(np.flatnonzero(kept))
            part.slots = part.slots[kept]
            part.numbers = part.numbers[0][kept], part.numbers[1][kept]
        self.parts = [part for part in self.parts if len(part.slots)]
        self.connect()

    def clear(self) -> None:
        """Let go of everything."""
        self.disconnect()
        for part in self.parts:
            synapses.release_backwards(part.processes)
        self.parts = []


def _drop(token: tuple[weakref.ref[_Board], CellId]) -> None:
    board = token[0]()
    if board is not None:
        board.drop(token[1])


class GapJunctions(Live):
    """The gap junctions between the cells of a simulation.

    Edges are added cell by cell, then :meth:`connect` makes the junctions both of whose ends are there. They
    take part in runs when they are attached to the simulation (``simulation.attach(junctions)``). A cell
    that is closed takes its junctions along.

    Parameters
    ----------
    owner
        The scope that owns them; it must have been there after the cells.
    label
        Name for messages.
    """

    def __init__(self, owner: Scope | None = None, label: str = "gap junctions") -> None:
        super().__init__(label, owner)
        self._board = self._scope.own(_Board(), _Board.clear)
        self._added: list[_Part] = self._scope.own([], list.clear)
        self._everywhere = 0

    @property
    def everywhere(self) -> int:
        """How many ends are connected on all ranks."""
        return len(self) if ranks().alone else self._everywhere

    def __len__(self) -> int:
        """Return the number of ends that are connected on this rank."""
        return sum(len(part.slots) for part in self._board.parts)

    def add(self, edges: Edges, receiver: Receiver) -> None:
        """Add the electrical edges that arrive at a cell.

        Parameters
        ----------
        edges
            The edges, with ``conductance`` in nS, ``afferent_section_id``, ``afferent_section_pos``,
            ``afferent_junction_id`` and ``efferent_junction_id``.
        receiver
            The cell.

        Raises
        ------
        ColumnError, SynapseError
            If an attribute is missing, or makes no sense.
        MissingMechanismError
            If the mechanism ``Gap`` is not loaded.
        """
        self._scope.check()
        runtime.start()
        runtime.refuse_while_running("making gap junctions")
        if edges.population.kind != "electrical":
            raise SynapseError(
                f"edge population {edges.population.name!r} is of type {edges.population.kind!r}; "
                "gap junctions are made of electrical"
            )
        known = synapses.point_mechanism(MECHANISM)
        if lacking := [name for name in _NEEDED if name not in known.defaults]:
            raise SynapseError(
                f"mechanism {MECHANISM} has no {' and no '.join(lacking)}, which gap junctions need; "
                f"it has {', '.join(sorted(known.defaults))}"
            )
        columns = EdgeColumns(edges, "gap junctions")
        columns.not_negative("conductance")
        population = edges.population
        incoming = columns.needed("efferent_junction_id").astype(np.int64).tolist()
        outgoing = columns.needed("afferent_junction_id").astype(np.int64).tolist()
        part = _Part(
            edges,
            receiver,
            places_of(edges, receiver),
            [(population.target, edges.target, junction) for junction in outgoing],
            [
                (population.source, source, junction)
                for source, junction in zip(edges.sources.tolist(), incoming, strict=True)
            ],
        )
        part.take(np.flatnonzero(part.places.exist))
        self._added.append(part)

    def connect(self) -> int:
        """Make the junctions both of whose ends have been added, on whatever rank; all ranks call it.

        Returns
        -------
        int
            How many ends were connected on this rank; two for each junction on all of them.

        Raises
        ------
        SynapseError
            If one id of a junction stands for several places of a cell.
        EngineError
            If NEURON refuses.

        Warns
        -----
        CircuitWarning
            If the other ends of some are not there, with counts.
        """
        self._scope.check()
        runtime.refuse_while_running("connecting gap junctions")
        added = [part for part in self._added if len(part.own)]
        self._added.clear()
        _check_places(added)
        everywhere = ranks().gathered([pair for part in added for pair in part.pairs], _DOING)
        junctions = {pair for of_rank in everywhere for pair in of_rank}
        self._warn_of_missing(added, junctions)
        whole = []
        for part in added:
            kept = [row for row, (own, other) in enumerate(part.pairs) if (other, own) in junctions]
            part.take(np.array(kept, dtype=np.int64))
            if kept:
                whole.append(part)
        ends = (own for of_rank in everywhere for own, other in of_rank if (other, own) in junctions)
        wanted = {end: number for number, end in enumerate(dict.fromkeys(ends))}
        self._everywhere += len(wanted)
        if not wanted:
            return 0
        first = gids.allocate_together(self._scope, len(wanted))
        for part in whole:
            self._make(part)
            own, others = (
                np.array([first + wanted[end] for end in part_ends], dtype=np.int64)
                for part_ends in (part.own, part.others)
            )
            part.numbers = own, others
        self._board.parts += whole
        if whole:
            self._board.connect()
        for part in whole:
            part.receiver.owner.own((weakref.ref(self._board), part.receiver.cell_id), _drop)
        return sum(len(part.slots) for part in whole)

    def _make(self, part: _Part) -> None:
        part.processes = synapses.empty_list()
        parameters = {"g": EdgeColumns(part.edges, "gap junctions").not_negative("conductance")}
        if "synapseID" in synapses.point_mechanism(MECHANISM).defaults:
            parameters["synapseID"] = part.edges.numbers.astype(np.float64)
        part.slots = synapses.add_processes(
            part.processes,
            MECHANISM,
            part.places.sections,
            (part.places.section, part.places.position),
            parameters,
            None,
        )

    def _warn_of_missing(self, added: Sequence[_Part], junctions: set[tuple[End, End]]) -> None:
        own = {(part.edges.population.target, part.edges.target) for part in added}
        cells = {cell for of_rank in ranks().gathered(own, _DOING) for cell in of_rank}
        pairs = [pair for part in added for pair in part.pairs]
        away = sum(other[:2] not in cells for _, other in pairs)
        alone = sum(other[:2] in cells and (other, own) not in junctions for own, other in pairs)
        for count, reason in (
            (away, "the cells at their other ends are not simulated"),
            (alone, "their other ends have no edge, or no place on their cells"),
        ):
            if count:
                warn(
                    f"{count} of {len(pairs)} ends of gap junctions are left out: {reason}",
                    CircuitWarning,
                )

    def processes_on(self, cell_id: CellId) -> list[Any]:
        """Return NEURON's point processes of the junctions of a cell, in the order of their edges."""
        self._scope.check()
        return [
            part.processes.o(slot)
            for part in self._board.parts
            if part.receiver.cell_id == cell_id
            for slot in part.slots.tolist()
        ]

    @property
    def needs_fast_imem(self) -> bool:
        """Whether they need total membrane currents: they do not."""
        return False

    def check(self, plan: RunPlan) -> None:
        """Refuse a run with variable steps.

        Raises
        ------
        SimulationError
            NEURON hands potentials from cell to cell only after whole steps of fixed length.
        """
        self._scope.check()
        if self.everywhere and not plan.fixed:
            raise SimulationError(
                f"there are {self.everywhere // 2} gap junctions, which need a fixed step; run with "
                "cvode=False"
            )

    def prepare(self, plan: RunPlan) -> None:
        """Get ready for a run: they are."""

    def reset(self, axis: TimeAxis) -> None:
        """Forget the last run: there is nothing to forget."""

    def extend(self, t_stop: float) -> None:
        """Get ready for a continuation: they are."""

    def harvest(self) -> None:
        """Take out nothing: there is nothing to take."""

    def finish(self, *, partial: bool) -> None:
        """Take out nothing: there is nothing to take."""


def _check_places(parts: Sequence[_Part]) -> None:
    """Refuse ends of junctions that are at several places."""
    found: dict[End, tuple[int, float]] = {}
    for part in parts:
        places = zip(part.places.section.tolist(), part.places.position.tolist(), strict=True)
        for end, place in zip(part.own, places, strict=True):
            if found.setdefault(end, place) != place:
                raise SynapseError(
                    f"junction {end[2]} of node {end[1]} of {end[0]!r} is at two places of its cell; the "
                    f"afferent_junction_id of each place in edge population {part.edges.population.name!r} "
                    "must be its own"
                )
