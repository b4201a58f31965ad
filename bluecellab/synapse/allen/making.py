"""Makes the synapses of a population of edges on a cell: all at once, from columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, Edges
from bluecellab.errors import SynapseError
from bluecellab.nrn import synapses
from bluecellab.nrn.lone import takes_events
from bluecellab.nrn.scope import Scope
from bluecellab.nrn.synapses import PointMechanism
from bluecellab.spec.functions import SYNAPSE_MODELS
from bluecellab.synapse.allen.models import Dynamics, DynamicsFiles, Model, model_of, sign_of
from bluecellab.synapse.allen.placing import Placed, Target, has_section, numbers_of_synapses
from bluecellab.synapse.allen.sharing import Shared
from bluecellab.synapse.allen.texts import combined, distinct, type_of
from bluecellab.synapse.allen.weights import Weights
from bluecellab.synapse.columns import EdgeColumns
from bluecellab.synapse.conditions import SynapseConditions
from bluecellab.synapse.group import Made, SynapseGroup

__all__ = ["Maker"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class _Repeated(Mapping[str, Column]):
    """Columns of synapses, one or several for each edge; taken when they are asked for."""

    def __init__(self, columns: Mapping[str, Column], rows: IntArray) -> None:
        self._columns = columns
        self._rows = rows

    def __getitem__(self, name: str) -> Column:
        return self._columns[name][self._rows]

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@dataclass(frozen=True, eq=False)
class _Kind:
    """A model with its parameters, of those that some edges have."""

    template: str
    model: Model | None  # None: a function of the user's
    dynamics: Dynamics
    values: Mapping[str, float]
    what: str


@dataclass(frozen=True, eq=False)
class _Batch:
    """Synapses that are to be made."""

    target: Target
    placed: Placed
    kinds: list[_Kind]
    of_edge: IntArray
    processes: Any
    shared: Shared | None
    mechanisms: list[PointMechanism] = field(default_factory=list)


class Maker:
    """Makes groups of synapses.

    Parameters
    ----------
    files
        Parameters of models.
    weights
        Computes weights.
    conditions
        What synapses are made for.
    merge
        Whether equal linear synapses on a segment are made as one.
    """

    def __init__(
        self, files: DynamicsFiles, weights: Weights, conditions: SynapseConditions, *, merge: bool
    ) -> None:
        self._files = files
        self._weights = weights
        self._conditions = conditions
        self._shared: dict[int, Shared] | None = {} if merge else None
        self.dropped: dict[str, int] = {}
        self.negative: dict[str, int] = {}

    def make(
        self, edges: Edges, target: Target, keep: npt.NDArray[np.bool_] | None = None
    ) -> tuple[SynapseGroup, Placed]:
        """Make the synapses of edges on a cell; they are connected to nothing yet.

        Parameters
        ----------
        edges
            The edges.
        target
            The cell.
        keep
            Of which edges synapses are wanted, shape (n,); all when left out. The others take their part of
            the random sequence, too.

        Returns
        -------
        tuple
            The synapses, and where all of these edges end, wanted or not.

        Raises
        ------
        SynapseError, ColumnError
            If attributes are missing or make no sense.
        CircuitError
            If a file of parameters is missing.
        MissingMechanismError
            If the mechanism of a synapse is not loaded.
        """
        receiver = target.receiver
        if receiver.process is not None:
            chosen = edges if keep is None else edges.take(keep)
            nowhere = np.arange(len(edges))
            placed = Placed(nowhere, np.zeros(len(edges), np.int64), np.full(len(edges), 0.5), 0)
            make = self._on_point_cell(chosen, target)
            return SynapseGroup(chosen, receiver, self._conditions, make), placed
        placed = target.place(edges)
        if placed.dropped:
            name = edges.population.name
            self.dropped[name] = self.dropped.get(name, 0) + placed.dropped
        wanted = placed
        if keep is not None and not keep.all():
            edges, wanted = edges.take(keep), placed.of(keep)
        group = SynapseGroup(
            _expanded(edges, wanted.rows),
            receiver,
            self._conditions,
            self._on_sections(edges, target, wanted),
        )
        return group, placed

    def _on_sections(self, edges: Edges, target: Target, placed: Placed) -> Callable[[Scope], Made]:
        rows, count = placed.rows, len(placed.rows)
        weights = delays = np.empty(0)
        kinds, of_edge = list[_Kind](), np.empty(0, np.int64)
        if count:  # gap junctions alone have no delays
            weights, delays = self._weights.of(edges)[rows], _delays(edges)[rows]
            kinds, of_edge = self._kinds(edges)
            self._count_negative(
                edges, weights, np.array([each.model is not None for each in kinds])[of_edge][rows]
            )

        def make(owner: Scope) -> Made:
            shared = self._shared_of(target)
            if shared is None:
                processes = owner.own(synapses.empty_list(), synapses.release_backwards)
            else:
                processes = shared.processes
            batch = _Batch(target, placed, kinds, of_edge, processes, shared)
            slots, mechanism = _fill(batch)
            return Made(
                processes,
                slots,
                tuple(batch.mechanisms),
                mechanism,
                np.zeros((count, 3), np.uint64),
                placed.position,
                np.zeros(count, dtype=bool),
                weights,
                np.ones(count),
                delays,
                shared=shared is not None,
            )

        return make

    def _count_negative(self, edges: Edges, weights: FloatArray, ours: npt.NDArray[np.bool_]) -> None:
        """Count conductances below 0; what a weight is of a model of the user's is not known."""
        if weights.min() < 0:
            name = edges.population.name
            found = int(np.count_nonzero((weights < 0) & ours))
            self.negative[name] = self.negative.get(name, 0) + found

    def _shared_of(self, target: Target) -> Shared | None:
        if self._shared is None:
            return None
        key = id(target)
        if key not in self._shared:
            self._shared[key] = Shared(target.receiver.owner)
        return self._shared[key]

    def _kinds(self, edges: Edges) -> tuple[list[_Kind], IntArray]:
        """Return the models of edges, and which of them each has, shape (n,)."""
        pairs, which = combined(distinct(edges, "model_template"), distinct(edges, "dynamics_params"))
        found = []
        for template, name, index in pairs:
            what = type_of(edges, index)
            model = model_of(template, what)
            dynamics = self._files.of(name, what)
            found.append(
                _Kind(template, model, dynamics, {} if model is None else model.values(dynamics, what), what)
            )
        return found, which

    def _on_point_cell(self, edges: Edges, target: Target) -> Callable[[Scope], Made]:
        """Let edges end at the artificial cell that the target consists of."""
        count, process = len(edges), target.receiver.process
        weights, delays = self._weights.of(edges) * self._signs(edges), _delays(edges)
        name = str(process.hname()).partition("[")[0]

        def make(owner: Scope) -> Made:
            processes = owner.own(synapses.empty_list(), synapses.release_backwards)
            processes.append(process)
            return Made(
                processes,
                np.zeros(count, np.int64),
                (PointMechanism(name, {}, draws=False, forgets=False, kind_index=0),),
                np.zeros(count, np.int64),
                np.zeros((count, 3), np.uint64),
                np.full(count, 0.5),
                np.zeros(count, dtype=bool),
                weights,
                np.ones(count),
                delays,
            )

        return make

    def _signs(self, edges: Edges) -> FloatArray:
        """Return what weights on point cells are multiplied by: sign times number of synapses."""
        number = numbers_of_synapses(edges)
        plain = np.isnan(number) | has_section(edges)
        names, which = distinct(edges, "dynamics_params")
        signs = np.ones(len(names))
        for index, name in enumerate(names):
            here = np.flatnonzero((which == index) & ~plain)
            if len(here):
                what = type_of(edges, int(here[0]))
                signs[index] = sign_of(self._files.of(name, what), what)
        return np.where(plain, 1.0, signs[which] * number)


def _expanded(edges: Edges, rows: IntArray) -> Edges:
    """Return the edge of each synapse."""
    if len(rows) == len(edges) and bool((rows == np.arange(len(rows))).all()):
        return edges
    return Edges(
        edges.population,
        edges.target,
        edges.numbers[rows],
        edges.sources[rows],
        _Repeated(edges.columns, rows),
    )


def _delays(edges: Edges) -> FloatArray:
    return EdgeColumns(edges, "synapses").not_negative("delay")


def _fill(batch: _Batch) -> tuple[IntArray, IntArray]:
    """Make all synapses of a batch; return where in the List each is, and its mechanism, shapes (n,)."""
    kinds, rows = batch.kinds, batch.placed.rows
    slots, mechanism = np.full(len(rows), -1, np.int64), np.zeros(len(rows), np.int64)
    own: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds):
        if kind.model is not None:
            own.setdefault(kind.model.mechanism, []).append(number)
    of_synapse = batch.of_edge[rows]
    for name, numbers in own.items():
        whole = len(numbers) == len(kinds)
        here = np.arange(len(rows)) if whole else np.flatnonzero(np.isin(of_synapse, numbers))
        if len(here):
            mechanism[here] = len(batch.mechanisms)
            batch.mechanisms.append(synapses.point_mechanism(name))
            slots[here] = _of_mechanism(batch, name, numbers, here, of_synapse[here])
    for number, kind in enumerate(kinds):
        if kind.model is None:
            here = np.flatnonzero(of_synapse == number)
            slots[here], mechanism[here] = _of_user(batch, kind, here)
    return slots, mechanism


def _of_mechanism(
    batch: _Batch, name: str, numbers: list[int], here: IntArray, of_synapse: IntArray
) -> IntArray:
    """Make the synapses of one mechanism; return where in the List they are, shape (m,)."""
    placed, kinds = batch.placed, batch.kinds
    model = kinds[numbers[0]].model
    assert model is not None
    if batch.shared is not None and not model.linear:
        raise SynapseError(
            f"merge_synapses merges synapses that add up, and {kinds[numbers[0]].what} is of {name}, "
            "which is plastic; run without merge_synapses"
        )
    table = np.full((len(kinds), len(model.parameters)), np.nan)
    for number in numbers:
        table[number] = [kinds[number].values[parameter] for parameter in model.parameters]
    section, position = placed.section[here], placed.position[here]

    def add(chosen: IntArray | slice) -> IntArray:
        columns = table[of_synapse[chosen]]
        return synapses.add_processes(
            batch.processes,
            name,
            batch.target.sections,
            (section[chosen], position[chosen]),
            {parameter: columns[:, column] for column, parameter in enumerate(model.parameters)},
            None,
        )

    if batch.shared is None:
        return add(slice(None))
    segments = batch.target.segment_of(section, position)
    keys = [(name, *values) for values in table.tolist()]
    return batch.shared.slots((of_synapse, section, segments), keys, add)


def _of_user(batch: _Batch, kind: _Kind, here: IntArray) -> tuple[IntArray, IntArray]:
    """Have a function of the user's make synapses; return where they are, and their mechanisms."""
    if batch.shared is not None:
        raise SynapseError(
            f"merge_synapses merges synapses that are known to add up, and {kind.what} is of "
            f"{kind.template!r}, a function of your own; run without merge_synapses"
        )
    function, placed = SYNAPSE_MODELS[kind.template], batch.placed
    slots, mechanism = np.empty(len(here), np.int64), np.empty(len(here), np.int64)
    for place, index in enumerate(here.tolist()):
        section = batch.target.sections[int(placed.section[index])]
        try:
            made = function(dict(kind.dynamics.values), float(placed.position[index]), section)
            name = str(made.hname()).partition("[")[0]
            made.get_segment()
        except Exception as error:
            raise SynapseError(
                f"synapse model {kind.template!r} fails for {kind.what}; it must return a point process on "
                f"the section: {type(error).__name__}: {error}"
            ) from error
        if not takes_events(name):
            raise SynapseError(
                f"synapse model {kind.template!r} of {kind.what} returns a {name}, which takes no events; "
                "its .mod file needs a NET_RECEIVE block"
            )
        known = synapses.point_mechanism(name)
        if known not in batch.mechanisms:
            batch.mechanisms.append(known)
        slots[place] = int(batch.processes.count())
        mechanism[place] = batch.mechanisms.index(known)
        batch.processes.append(made)
    return slots, mechanism
