"""Builds what was requested of a circuit of the Allen dialect, in the order that decides random sequences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bluecellab.cell import Cell
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.fields.sources import play_sources
from bluecellab.nrn.biophysical import shaped_together
from bluecellab.nrn.scope import Scope
from bluecellab.recording import Recordable
from bluecellab.recording.allen import saved_edges
from bluecellab.recording.modules import ModuleMember, make_module
from bluecellab.results.sonata import SavedEdges
from bluecellab.simulation.circuit.across import CellsHere
from bluecellab.simulation.circuit.allen.clamping import Clamps
from bluecellab.simulation.circuit.allen.placements import placements_of
from bluecellab.simulation.circuit.allen.trains import TrainReader
from bluecellab.simulation.circuit.allen.wiring import AllenWiring
from bluecellab.simulation.circuit.assembly import Assembly, Progress, registered, run_by
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.simulation.circuit.members import Members
from bluecellab.simulation.circuit.request import Request
from bluecellab.simulation.core import Simulation
from bluecellab.spec.allen import AllenConfig, AllenInput, ComsolField, ModuleInput, PointElectrodes
from bluecellab.spec.base import CellId
from bluecellab.synapse import Receiver

__all__ = ["AllenAssembly", "assemble"]

_SOMA = "soma"


class AllenAssembly(Assembly):
    """The live cells of a circuit simulation of this dialect and what belongs to them.

    Parameters
    ----------
    scope, cells, simulation
        As for any assembly.
    wiring
        Their synapses.
    clamps
        Those that play.
    ids
        Global ids of nodes.
    detector
        Where spikes are detected, and above which potential in mV.
    """

    wiring: AllenWiring

    def __init__(
        self,
        scope: Scope,
        cells: Mapping[CellId, Cell],
        simulation: Simulation,
        wiring: AllenWiring,
        clamps: Clamps,
        ids: GlobalIds,
        detector: tuple[str, float],
    ) -> None:
        super().__init__(scope, cells, simulation, wiring, clamps.count, detector)
        self.clamps = clamps
        self.ids = ids

    def saved_edges(self) -> Sequence[SavedEdges]:
        """Return all connections as they are now."""
        return saved_edges(self.cells, self.wiring.groups)


def assemble(
    scope: Scope,
    circuit: AllenCircuit,
    config: AllenConfig,
    request: Request,
    ids: GlobalIds,
    progress: Progress,
    base_seed: int,
) -> AllenAssembly:
    """Build cells, synapses between them, and then inputs in the order of the configuration.

    Parameters
    ----------
    scope
        Will own everything.
    circuit
        The circuit.
    config
        Conditions and inputs.
    request
        What is to be built.
    ids
        Global ids of nodes.
    progress
        Told of every cell, when it is made and when it is wired.
    base_seed
        Of what is drawn and not a function of the circuit.
    """
    cells: dict[CellId, Cell] = scope.own(CellsHere(request.ranks), dict.clear)
    with shaped_together():
        for cell_id in request.cells:
            spec = circuit.cell(cell_id)
            cells[cell_id] = scope.own(Cell.from_spec(spec, record_dt=request.record_dt), Cell.close)
            progress()
    threshold = config.run.spike_threshold
    receivers = _receivers(cells, ids)
    # before any cell: the more connections there are, the longer NEURON looks for those of an artificial cell
    scope.own([receiver.owner for receiver in receivers.values()], _close_all)
    wiring = AllenWiring(scope, circuit, config, request, receivers)
    members = Members(circuit)
    blocks = [block for block in config.inputs if block.name in request.inputs]
    real = registered(scope, cells, request.ranks, (_SOMA, threshold)) if request.connect else {}
    wiring.recurrent(real, blocks, members)
    reader = TrainReader(circuit, config, base_seed)
    clamps: Clamps = scope.own(Clamps(members, base_seed), Clamps.clear)
    for block in config.inputs:
        wiring.play(block, reader, members, wanted=block.name in request.inputs)
    for block in blocks:
        clamps.play(block, cells)
    for _ in cells:
        progress()
    fields = _fields(scope, circuit, blocks, cells)
    simulation = run_by(scope, cells, [*wiring.members(), *fields], _SOMA, threshold)
    modules = [
        make_module(
            block.stimulus, block.name, {} if block.node_set is None else {"node_set": block.node_set}
        )
        for block in blocks
        if isinstance(block.stimulus, ModuleInput)
    ]
    if modules:
        simulation.attach(ModuleMember(modules, simulation, scope, block=config.run.nsteps_block))
    simulation.celsius, simulation.v_init = config.conditions.celsius, config.conditions.v_init
    return AllenAssembly(scope, cells, simulation, wiring, clamps, ids, (_SOMA, threshold))


def _receivers(cells: Mapping[CellId, Cell], ids: GlobalIds) -> dict[CellId, Receiver]:
    return {
        cell_id: Receiver(
            owner=cell.scope.child("synapses"),
            label=cell.label,
            cell_id=cell_id,
            gid=ids.of(cell_id),
            sections={index: section.raw for index, section in cell.section_ids.items()},
            process=cell.artificial,
        )
        for cell_id, cell in cells.items()
    }


def _close_all(scopes: list[Scope]) -> None:
    for scope in reversed(scopes):
        scope.close()


def _fields(
    scope: Scope, circuit: AllenCircuit, blocks: Iterable[AllenInput], cells: Mapping[CellId, Cell]
) -> list[Recordable]:
    """Let potentials of inputs act on all cells; they add up."""
    stimuli = [block.stimulus for block in blocks]
    sources = [each for each in stimuli if isinstance(each, PointElectrodes | ComsolField)]
    if not sources:
        return []
    places = placements_of(circuit, cells)
    return [play_sources(sources, [(cell, places[cell_id]) for cell_id, cell in cells.items()], scope)]
