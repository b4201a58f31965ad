"""Make the synapses of a population of edges on a cell: all at once, from columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.circuit.helpers import find_helper, helper_folders
from bluecellab.errors import CircuitWarning, SynapseError, warn
from bluecellab.files.distinct import distinct
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.reseeding import reseeding
from bluecellab.nrn.scope import Scope
from bluecellab.nrn.synapses import PointMechanism
from bluecellab.synapse.columns import EdgeColumns
from bluecellab.synapse.conditions import Receiver, SynapseConditions
from bluecellab.synapse.configuring import configure
from bluecellab.synapse.families import FAMILIES, PLASTICITY, Batch, Family, family_of
from bluecellab.synapse.group import Made, SynapseGroup
from bluecellab.synapse.helpers import Helper
from bluecellab.synapse.places import Places, places_of
from bluecellab.synapse.resolved import ResolvedOverrides

__all__ = ["build_synapses"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
_MadeOf = tuple[PointMechanism, IntArray, IntArray]  # positions of edges, and where in the List they are

_EXCITATORY_FROM = 100  # syn_type_id of the first excitatory type
_NEVER_HELPED = ("GluSynapse", "Exp2Syn")
_KINDS = ("chemical", "Exp2Syn_synapse", "point_process")


def build_synapses(
    edges: Edges,
    receiver: Receiver,
    conditions: SynapseConditions,
    resolved: ResolvedOverrides | None = None,
) -> SynapseGroup:
    """Make the synapses of edges on a cell; they are not connected to anything yet.

    Parameters
    ----------
    edges
        All edges of a population that arrive at the cell, or some of them.
    receiver
        The cell; it will own the synapses.
    conditions
        What they are made for.
    resolved
        What connection overrides say of each edge.

    Returns
    -------
    SynapseGroup

    Raises
    ------
    ColumnError
        If the edges lack an attribute that is needed.
    SynapseError
        If an attribute has values that make no sense, or the population is none of synapses.
    MissingMechanismError
        If the mechanism of a synapse is not loaded.
    BusyError
        If a run is in progress.
    """
    runtime.start()
    runtime.refuse_while_running("making synapses")
    if edges.population.kind not in _KINDS:
        raise SynapseError(
            f"edge population {edges.population.name!r} is of type {edges.population.kind!r}; "
            f"synapses are made of {', '.join(_KINDS)}"
        )
    if resolved is None:
        resolved = ResolvedOverrides.none(len(edges))
    maker = _Maker(edges, receiver, conditions, resolved)
    return SynapseGroup(edges, receiver, conditions, maker.make)


class _Maker:
    """Makes the synapses of one group."""

    def __init__(
        self, edges: Edges, receiver: Receiver, conditions: SynapseConditions, resolved: ResolvedOverrides
    ) -> None:
        self.edges = edges
        self.receiver = receiver
        self.conditions = conditions
        self.resolved = resolved
        self.columns = EdgeColumns(edges, "synapses")
        self.streams = np.zeros((len(edges), 3), np.uint64)

    def make(self, owner: Scope) -> Made:
        """Make everything."""
        if self.receiver.process is not None:
            return self._on_point_cell(owner)
        places = places_of(self.edges, self.receiver)
        exist = places.exist
        processes = owner.own(synapses.empty_list(), synapses.release_backwards)
        slots = np.full(len(self.edges), -1, np.int64)
        mechanism = np.zeros(len(self.edges), np.int64)
        mechanisms: list[PointMechanism] = []
        for family, chosen in self._families(exist):
            where = places.take(chosen)
            for known, here, there in (
                self._by_helper(family, chosen, where, processes, owner)
                if isinstance(family, Helper)
                else self._by_family(family, chosen, where, processes, owner)
            ):
                slots[here] = there
                mechanism[here] = len(mechanisms)
                mechanisms.append(known)
        configuration = configure(processes, slots, mechanisms, mechanism, self.resolved.configure)
        return Made(
            processes,
            slots,
            tuple(mechanisms),
            mechanism,
            self.streams,
            places.position,
            self._inhibitory(mechanisms, mechanism),
            self._weights(exist),
            np.asarray(self.resolved.weight, dtype=np.float64),
            self._delays(exist),
            configuration,
        )

    def _by_family(
        self, family: Family, chosen: IntArray, places: Places, processes: Any, owner: Scope
    ) -> Iterator[_MadeOf]:
        """Make synapses of one of our families."""
        known = synapses.point_mechanism(family.mechanism)
        populations = self.receiver.numbers_of(self.edges)
        batch = Batch(self.edges.take(chosen), self.receiver.gid, populations, self.conditions, known)
        parameters = family.parameters_of(batch)
        ids = None
        if family.streams is not None and known.draws:
            streams = self.streams[chosen] = family.streams(batch)
            ids = int(streams[0, 0]), streams[:, 1], int(streams[0, 2])  # the others are of the cell
        slots = synapses.add_processes(
            processes,
            family.mechanism,
            places.sections,
            (places.section, places.position),
            parameters,
            ids,
        )
        if ids is not None and known.forgets:
            owner.own((processes, slots), lambda pair: synapses.forget_streams(*pair))
        elif ids is not None:  # versions without clearRNG do not begin anew by themselves either
            owner.own([reseeding(processes, slots, ids)], list.clear)
        yield known, chosen, slots

    def _by_helper(
        self, helper: Helper, chosen: IntArray, places: Places, processes: Any, owner: Scope
    ) -> Iterator[_MadeOf]:
        """Make synapses by a hoc template of the circuit."""
        made = helper.make(processes, self.edges.take(chosen), self.receiver, self.conditions, places)
        owner.own(made.instances, list.clear)
        for name in distinct(made.mechanisms).tolist():
            known, here = synapses.point_mechanism(name), made.mechanisms == name
            if known.draws and known.forgets:
                owner.own((processes, made.slots[here]), lambda pair: synapses.forget_streams(*pair))
            yield known, chosen[here], made.slots[here]

    def _on_point_cell(self, owner: Scope) -> Made:
        """Let the edges end at the point process that the cell consists of."""
        count = len(self.edges)
        processes = owner.own(synapses.empty_list(), synapses.release_backwards)
        processes.append(self.receiver.process)
        everywhere = np.ones(count, dtype=bool)
        name = str(self.receiver.process.hname()).partition("[")[0]
        return Made(
            processes,
            np.zeros(count, np.int64),
            (PointMechanism(name, {}, draws=False, forgets=False, kind_index=0),),
            np.zeros(count, np.int64),
            self.streams,
            np.full(count, 0.5),
            np.zeros(count, dtype=bool),
            self._weights(everywhere),
            np.asarray(self.resolved.weight, dtype=np.float64),
            self._delays(everywhere),
        )

    def _families(self, exist: BoolArray) -> list[tuple[Family | Helper, IntArray]]:
        """Return the families of the synapses, each with the positions of its edges."""
        found: list[tuple[Family | Helper, IntArray]] = []
        for number, name in enumerate(self.resolved.models):
            here = exist & (self.resolved.model == number)
            if not here.any():
                continue
            if name is not None:
                found.append((self._model(name), np.flatnonzero(here)))
            else:
                found += self._by_type(here)
        return found

    def _model(self, name: str) -> Family | Helper:
        """Return the model of a name: the circuit's own, where it has one, else one of ours."""
        folders = self.conditions.helper_folders
        path = None if name in _NEVER_HELPED else find_helper(name, folders)
        if path is not None:
            return Helper(name, path)
        family = family_of(name)
        if family is None:
            where = ", ".join(str(folder.absolute()) for folder in helper_folders(folders))
            raise SynapseError(
                f"there is no synapse model {name!r}; there are {', '.join(sorted(FAMILIES))}, and those "
                f"with a file <name>Helper.hoc in one of {where}"
            )
        return family

    def _by_type(self, here: BoolArray) -> list[tuple[Family, IntArray]]:
        """Return the families of synapses for which nobody asked for a model."""
        if self.edges.population.kind == "Exp2Syn_synapse":
            return [(FAMILIES["Exp2Syn"], np.flatnonzero(here))]
        chosen = EdgeColumns(self.edges.take(here), "synapses without a model of their own")
        types = chosen.needed("syn_type_id")
        if all(chosen.has(name) for name in PLASTICITY):
            warn(
                f"edge population {self.edges.population.name!r} has the attributes of plastic synapses. "
                "They are not used: a connection override with modoverride 'GluSynapse' asks for them",
                CircuitWarning,
            )
        position = np.flatnonzero(here)
        excitatory = types >= _EXCITATORY_FROM
        parts = (("ProbAMPANMDA_EMS", position[excitatory]), ("ProbGABAAB_EMS", position[~excitatory]))
        return [(FAMILIES[name], edges) for name, edges in parts if len(edges)]

    def _inhibitory(self, mechanisms: list[PointMechanism], mechanism: IntArray) -> BoolArray:
        """Return which synapses are inhibitory: by their type, else by their family."""
        families = [FAMILIES.get(known.name) for known in mechanisms]
        by_family = np.array([family is None or family.inhibitory for family in families], dtype=bool)
        found = by_family[mechanism] if len(mechanisms) else np.zeros(len(self.edges), dtype=bool)
        types = self.columns.optional("syn_type_id")
        return np.where(np.isnan(types), found, types < _EXCITATORY_FROM)

    def _checked(self, name: str, exist: BoolArray) -> FloatArray:
        """Return an attribute that must not be negative where synapses exist; NaN elsewhere."""
        values = np.full(len(self.edges), np.nan)
        values[exist] = EdgeColumns(self.edges.take(exist), "synapses").not_negative(name)
        return values

    def _weights(self, exist: BoolArray) -> FloatArray:
        return self._checked("conductance", exist)

    def _delays(self, exist: BoolArray) -> FloatArray:
        """Return delays in ms, a step at least: those of the edges cut to whole steps, or an override's."""
        dt = self.conditions.dt
        delays = np.floor(self._checked("delay", exist) / dt + 1e-5) * dt
        delays = np.where(np.isnan(self.resolved.delay), delays, self.resolved.delay)
        short = exist & (delays < dt)
        if short.any():
            warn(
                f"{self.receiver.label}: {np.count_nonzero(short)} of {len(self.edges)} synapses "
                f"of {self.edges.population.name} have a delay below the time step of {dt:g} ms; "
                "they get one step",
                CircuitWarning,
            )
        return np.maximum(delays, dt)
