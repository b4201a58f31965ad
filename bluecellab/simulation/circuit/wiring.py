"""Synapses of the cells of a circuit simulation, and what sends spikes to them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.circuit.access import CircuitAccess, EdgePopulation, Edges
from bluecellab.circuit.minis import mini_frequencies
from bluecellab.errors import CircuitError, SimulationError
from bluecellab.files.distinct import distinct
from bluecellab.nrn.parallel import ranks
from bluecellab.nrn.scope import Scope
from bluecellab.recording import Recordable
from bluecellab.simulation.circuit.assembly import registered
from bluecellab.simulation.circuit.members import Members
from bluecellab.simulation.circuit.replays import Replayed
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import SimulationConfig
from bluecellab.synapse import (
    GapJunctions,
    Minis,
    Receiver,
    ResolvedOverrides,
    SpikeSource,
    SynapseConditions,
    SynapseGroup,
    build_synapses,
    change_weights,
    gids,
    keep_silent,
    modulate,
    resolve,
    shared_globals,
)
from bluecellab.synapse.configuring import Configuration

__all__ = ["Wiring", "WiringPlan"]

FloatArray = npt.NDArray[np.float64]
_DOING = "agreeing on GLOBALs of synapses"
_AT_ONCE = 4096  # numbers of sources that are asked for together
_CHEMICAL = frozenset({"chemical", "Exp2Syn_synapse", "point_process"})


@dataclass(frozen=True)
class WiringPlan:
    """What is to be wired, and how.

    Parameters
    ----------
    edges
        Populations of edges.
    trains
        Spike times in ms of cells that are not there.
    replays
        What blocks of inputs replay.
    minis
        Whether synapses release spontaneously; None: where rates are known.
    connect
        Whether cells that are there are connected with each other.
    sources
        Only synapses from these cells; all if None.
    """

    edges: Sequence[EdgePopulation]
    trains: Mapping[CellId, FloatArray] = field(default_factory=dict)
    replays: Sequence[Replayed] = ()
    minis: bool | None = None
    connect: bool = True
    sources: frozenset[CellId] | None = None


class Wiring:
    """The synapses of a circuit simulation.

    Parameters
    ----------
    scope
        Owns what no cell owns.
    circuit
        Where edges come from.
    config
        Seeds, conditions and overrides.
    plan
        What is to be wired.
    """

    def __init__(
        self, scope: Scope, circuit: CircuitAccess, config: SimulationConfig, plan: WiringPlan
    ) -> None:
        self._scope = scope
        self._circuit = circuit
        self._config = config
        self._plan = plan
        self._members = Members(circuit)
        self._conditions = SynapseConditions(
            dt=config.run.dt,
            seeds=config.seeds,
            extracellular_calcium=config.conditions.extracellular_calcium,
            randomize_gaba_rise_time=config.conditions.randomize_gaba_rise_time,
            helper_folders=(*circuit.mechanism_folders, *circuit.helper_folders),
        )
        self.groups: dict[CellId, list[SynapseGroup]] = scope.own({}, dict.clear)
        self.source = SpikeSource(scope)
        self.gaps = GapJunctions(scope)
        self._real: dict[CellId, int] = {}
        self._replayed: dict[Hashable, int] = {}
        self._unused = range(0)
        self.connections = 0

    def register(self, cells: Mapping[CellId, Cell], of_all: Iterable[CellId]) -> None:
        """Let cells be sources of spikes, wherever they are.

        Parameters
        ----------
        cells
            Those of this rank.
        of_all
            Those of all ranks, in the same order on each.
        """
        location, threshold = self._config.conditions.spike_location, self._config.run.spike_threshold
        self._real = registered(self._scope, cells, of_all, (location, threshold))

    def wire(self, cell_id: CellId, cell: Cell, gid: int) -> None:
        """Make and connect the synapses of a cell.

        Parameters
        ----------
        cell_id, cell
            The cell.
        gid
            Its global id, which is part of its random streams.
        """
        receiver = Receiver(
            owner=cell.scope,
            label=cell.label,
            cell_id=cell_id,
            gid=gid,
            sections={index: section.raw for index, section in cell.section_ids.items()},
            process=cell.artificial,
        )
        found = self.groups[cell_id] = []
        modulating = []
        for population in self._plan.edges:
            if population.target != cell_id.population_name:
                continue
            edges = self._chosen(self._circuit.edges(population.name, cell_id.id))
            if not len(edges):
                continue
            if population.kind in _CHEMICAL:
                found.append(self._synapses(edges, receiver))
            elif population.kind == "electrical" and self._plan.connect:
                self.gaps.add(edges, receiver)
            elif population.kind == "neuromodulatory":
                modulating.append(edges)
        for edges in modulating:
            self._modulate(edges, found)

    def finish(self) -> None:
        """Connect what needs all cells: gap junctions."""
        self.connections += self.gaps.connect()

    def _synapses(self, edges: Edges, receiver: Receiver) -> SynapseGroup:
        """Make and connect the synapses of a population on a cell."""
        resolved = resolve(self._config.connection_overrides, edges, self._members)
        group = build_synapses(edges, receiver, self._conditions, resolved)
        self._connect(group, edges.population, resolved)
        if self._plan.minis is not False:
            minis = Minis(group, self._rates(group, resolved.spont_minis))
            self.source.add_minis(minis)
            self.connections += len(minis)
        keep_silent(group)
        return group

    def _modulate(self, edges: Edges, groups: Sequence[SynapseGroup]) -> None:
        """Let replayed spikes modulate the synapses of a cell; nothing else does."""
        resolved = resolve(self._config.connection_overrides, edges, self._members)
        nodes, cell_id = distinct(edges.sources).tolist(), CellId(edges.population.target, edges.target)
        _, replayed = self._sources(nodes, edges.population)
        for gids_of_sources in (replayed, self._sources_of_blocks(nodes, edges.population, cell_id)):
            self.connections += modulate(edges, groups, gids_of_sources, resolved)

    def _chosen(self, edges: Edges) -> Edges:
        """Return the edges that come from wanted cells."""
        if self._plan.sources is None:
            return edges
        name = edges.population.source
        wanted = [source.id for source in self._plan.sources if source.population_name == name]
        return edges.take(np.isin(edges.sources, np.array(wanted, dtype=np.int64)))

    def _connect(self, group: SynapseGroup, population: EdgePopulation, resolved: ResolvedOverrides) -> None:
        """Connect synapses to cells that are there, and to spikes that are replayed."""
        nodes = distinct(group.sources).tolist()
        real, replayed = self._sources(nodes, population)
        self.connections += group.connect(real, "real") + group.connect(replayed, "replay")
        change_weights(group, resolved.delayed)  # not of what inputs replay, which is connected below
        again = self._sources_of_blocks(nodes, population, group.cell_id)
        self.connections += group.connect(again, "replay")

    def _sources(
        self, nodes: Sequence[int], population: EdgePopulation
    ) -> tuple[dict[int, int], dict[int, int]]:
        """Return NEURON's numbers of the nodes that are cells here, and of those whose spikes are given."""
        real, replayed = {}, {}
        trains = self._plan.trains
        for node in nodes:
            source = CellId(population.source, node)
            if self._plan.connect and source in self._real:
                real[node] = self._real[source]
                if source in trains:
                    raise SimulationError(
                        f"spikes of {source} are given, but that cell is simulated and connected itself; "
                        "leave its spikes out, or instantiate with connect=False"
                    )
            elif source in trains:
                replayed[node] = self._gid(("train", source), trains[source])
        return real, replayed

    def _sources_of_blocks(
        self, nodes: Sequence[int], population: EdgePopulation, cell_id: CellId
    ) -> dict[int, int]:
        """Return NEURON's numbers of the nodes whose spikes inputs replay to a cell."""
        blocks = tuple(block for block in self._plan.replays if block.concerns(cell_id, self._members))
        found = {}
        for node in nodes if blocks else ():
            source = CellId(population.source, node)
            parts = [block.trains[source] for block in blocks if source in block.trains]
            if parts:
                key = (tuple(block.name for block in blocks), source)
                found[node] = self._gid(key, np.sort(np.concatenate(parts)))
        return found

    def _gid(self, key: Hashable, times: FloatArray) -> int:
        """Return NEURON's number of a source that plays these spikes."""
        if key not in self._replayed:
            if not len(self._unused):
                first = gids.allocate(self._scope, _AT_ONCE)
                self._unused = range(first, first + _AT_ONCE)
            gid, self._unused = self._unused[0], self._unused[1:]
            self._replayed[key] = gid
            self.source.add_trains({gid: times})
        return self._replayed[key]

    def _rates(self, group: SynapseGroup, overridden: FloatArray) -> FloatArray:
        """Return the rates of minis in Hz: what overrides say, else those of the cell."""
        own = mini_frequencies(self._circuit, group.cell_id)
        if own is None:
            if self._plan.minis and np.isnan(overridden).any():
                raise CircuitError(
                    f"minis were asked for, but population {group.cell_id.population_name!r} has no "
                    "exc_mini_frequency and inh_mini_frequency, and overrides do not give spont_minis for all"
                )
            return np.nan_to_num(overridden, nan=0.0)
        excitatory, inhibitory = own
        rates = np.where(group.made.inhibitory, inhibitory, excitatory)
        return np.where(np.isnan(overridden), rates, overridden)

    def settings(self) -> dict[str, float]:
        """Return GLOBALs of mechanisms that overrides configure, to be applied while the simulation runs.

        They are those of all ranks, which all call it: a GLOBAL is one variable for all synapses.

        Raises
        ------
        SynapseError
            If two synapses are to have different values of one.

        Warns
        -----
        CircuitWarning
            If synapses are changed that were not meant.
        """
        configured = [(group.mechanisms, group.made.configuration) for group in self._all()]
        if not any(ranks().gathered(any(made.globals for _, made in configured), _DOING)):
            return {}
        said = [
            (names, Configuration(globals=made.globals, unasked=made.unasked)) for names, made in configured
        ]
        return shared_globals(each for of_rank in ranks().gathered(said, _DOING) for each in of_rank)

    def members(self) -> list[Recordable]:
        """Return what takes part in every run."""
        return [self.source, *([self.gaps] if self.gaps.everywhere else [])]

    def counts(self) -> dict[str, int]:
        """Return how many synapses there are of each population of edges."""
        found: dict[str, int] = {}
        for group in self._all():
            name = group.edges.population.name
            found[name] = found.get(name, 0) + int(np.count_nonzero(group.placed))
        return found

    @property
    def skipped(self) -> int:
        """How many synapses have no place on their cells."""
        return sum(int(np.count_nonzero(~group.placed)) for group in self._all())

    def _all(self) -> list[SynapseGroup]:
        return [group for groups in self.groups.values() for group in groups]
