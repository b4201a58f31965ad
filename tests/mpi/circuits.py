"""Run by ``mpirun -n N python -m tests.mpi.circuits FOLDER OUTPUT CASE ...``: what circuits do, the same on any number of ranks.

Rank 0 writes what came of each case to ``OUTPUT``: the potential of every soma and the spikes of every cell, by case
and cell.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bluecellab import load_mechanisms
from bluecellab.circuit.config import read_config
from bluecellab.compat import CircuitSimulation as PublishedSimulation
from bluecellab.compat.reports.utils import (
    collect_local_payload,
    collect_local_spikes,
    gather_payload_to_rank0,
    payload_to_cells,
)
from bluecellab.errors import CircuitWarning, ElsewhereError, NotRecordedError
from bluecellab.nrn import objects
from bluecellab.nrn.parallel import ranks
from bluecellab.simulation import CircuitSimulation, build_graph
from bluecellab.simulation.circuit.spreading import Spread
from bluecellab.spec.allen import AllenConfig, FunctionTrains
from bluecellab.spec.base import CellId
from bluecellab.spec.functions import spikes_generator
from bluecellab.spec.simulation import ConnectionOverride, SimulationConfig
from tests.material import material
from tests.unit.simulation.circuit.small import virtual_spikes, write_network
from tests.unit.simulation.circuit.test_connections import with_gaps
from tests.vs_bmtk.configs import config as allen_config
from tests.vs_bmtk.networks import write_config
from tests.vs_bmtk.variants import CASES as ALLEN_CASES
from tests.vs_bmtk.variants import Case

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Arrays = dict[str, np.ndarray]
T_STOP = 25.0


def written(folder: Path, make: Callable[[Path], Path]) -> Path:
    """Return the configuration that rank 0 has written."""
    folder.mkdir(parents=True, exist_ok=True)
    with ranks().agreed("writing a circuit"):
        return ranks().told(make(folder) if ranks().id == 0 else folder)


def traces(simulation: CircuitSimulation) -> dict[CellId, np.ndarray]:
    return {
        cell_id: cell.get_soma_voltage()
        for cell_id, cell in simulation.cells.items()
        if cell.artificial is None
    }


def ran(simulation: CircuitSimulation, t_stop: float | None = T_STOP) -> Arrays:
    """Run a simulation; return its potentials and spikes, in the order of cells of one rank."""
    simulation.run(t_stop)
    found = {cell_id: trace for part in simulation.gathered(traces) for cell_id, trace in part.items()}
    spikes = simulation.spikes
    summary = simulation.summary
    assert summary.cells == len(spikes)
    assert summary.spikes == sum(map(len, spikes.values()))
    counts = [summary.sections, summary.segments, summary.skipped, summary.connections, summary.inputs]
    counts += [count for _, count in sorted(summary.synapses.items())]
    assert summary.ranks == ranks().count
    assert list(spikes) == list(simulation.everyone)
    return {
        **{f"v {cell_id}": trace for cell_id, trace in found.items()},
        **{f"s {cell_id}": times for cell_id, times in spikes.items()},
        "counts": np.array(counts),
        "time": simulation.get_time(),
        "order": np.array([str(cell_id) for cell_id in spikes]),
    }


def small(folder: Path) -> Arrays:
    """Minis, spikes that are given, stimuli, gap junctions, and cells that are changed; twice in a row."""
    load_mechanisms(material().mechanisms["sscx"])
    config = written(folder, with_changes)
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(replay=virtual_spikes(), minis=True)
        first = ran(simulation)
        again = ran(simulation)
        assert all(np.array_equal(first[name], again[name]) for name in first)
    assert any(len(times) for name, times in first.items() if name.startswith("s "))
    return first


def with_changes(folder: Path) -> Path:
    path = with_gaps(folder)
    found = json.loads(path.read_text())
    found["conditions"]["modifications"] = [
        {
            "name": "less sodium",
            "type": "configure_all_sections",
            "node_set": "Two",
            "section_configure": "%s.gnabar_hh *= 0.9",
        }
    ]
    found["connection_overrides"] = [
        {"name": "two", "source": "Two", "target": "All", "weight": 1.5, "spont_minis": 30.0},
        {"name": "late", "source": "All", "target": "Two", "weight": 0.5, "delay": 10.0},
    ]
    path.write_text(json.dumps(found))
    return path


def shares(folder: Path) -> Arrays:
    """Each rank asks for its own cells, as published scripts do; the last rank has none."""
    config = written(folder, write_network)
    cells = [CellId("A", node) for node in range(5)]
    everybody = ranks()
    working = max(1, everybody.count - 1)
    own = [] if everybody.id >= working else cells[everybody.id :: working]
    with CircuitSimulation(config) as simulation:
        if everybody.alone:
            own = cells
        simulation.instantiate(own, replay=virtual_spikes(), minis=True)
        assert list(simulation.cells) == own
        assert all(simulation.where(cell_id) == everybody.id for cell_id in own)
        found = ran(simulation)
    del found["order"]  # that of the ranks
    return found


def published(folder: Path) -> Arrays:
    """A published script: each rank has its block of cells, and the first one gathers what was recorded."""
    config = written(folder, write_network)
    context, everybody = objects.parallel_context(), ranks()
    cells = [CellId("A", node) for node in range(5)]
    size = -(-len(cells) // everybody.count)
    own = cells[everybody.id * size : (everybody.id + 1) * size]
    with PublishedSimulation(str(config), parallel_context=context) as simulation:
        simulation.instantiate_gids(
            own,
            add_synapses=True,
            add_stimuli=True,
            add_minis=True,
            add_projections=True,
            pre_spike_trains=virtual_spikes(),
        )
        assert list(simulation.cells) == own
        simulation.run(T_STOP)
        for cell_id in cells:
            if simulation.where(cell_id) != everybody.id:
                try:
                    simulation.cells[cell_id]
                except ElsewhereError as error:
                    assert error.rank == simulation.where(cell_id)
        payload = collect_local_payload(simulation.cells, own, simulation.recording_index)
        spikes = collect_local_spikes(simulation, own)
        merged, all_spikes = gather_payload_to_rank0(context, payload, spikes)
        if everybody.id:
            assert merged is None
            return {}
        assert merged is not None
        assert all_spikes is not None
        recorded = payload_to_cells(merged, {})
        return {  # names have NEURON's numbers of templates in them, which are of each rank
            **{f"v {cell_id}": np.stack(list(recorded[cell_id].recordings.values())) for cell_id in cells},
            **{f"s {node}": np.array(times) for node, times in sorted(all_spikes["A"].items())},
        }


def few(folder: Path) -> Arrays:
    """Two cells, whatever the number of ranks; a rank without cells reads all that is of all."""
    config = written(folder, write_network)
    wanted = [("A", 3), ("A", 0)]
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(wanted, replay=virtual_spikes(), minis=False)
        found = ran(simulation, 10.0)
        for cell_id in wanted:
            refuse_to_read(simulation, CellId(*cell_id))
    return found


def another_run(folder: Path) -> Arrays:
    """Spikes are those of the last run, or none: never of an earlier one."""
    config = written(folder, write_network)
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(replay=virtual_spikes(), minis=False)
        if not ranks().alone:
            refuse_spikes(simulation)
        found = ran(simulation, 10.0)
        simulation.simulation.continue_run(20.0)
        if not ranks().alone:
            refuse_spikes(simulation)
        again = ran(simulation, 10.0)
        assert all(np.array_equal(found[key], again[key]) for key in found)
    return found


def refuse_spikes(simulation: CircuitSimulation) -> None:
    try:
        simulation.spikes
    except NotRecordedError as error:
        assert "gathered from all ranks" in str(error)
    else:
        raise AssertionError("spikes of another run were read")


def refuse_to_read(simulation: CircuitSimulation, cell_id: CellId) -> None:
    """Read a cell wherever it is; elsewhere that is an error which says where it is."""
    rank = simulation.where(cell_id)
    readers: list[Callable[[], Any]] = [
        lambda: simulation.cell(cell_id),
        lambda: simulation.cells[cell_id],
        lambda: simulation.synapses(cell_id),
        lambda: simulation.get_voltage_trace(cell_id),
    ]
    for read in readers:
        if rank == ranks().id:
            read()
            continue
        try:
            read()
        except ElsewhereError as error:
            assert error.rank == rank
            assert f"cell {cell_id} is on rank {rank}" in str(error)
            assert "simulation.gathered(function)" in str(error)
        else:
            raise AssertionError("a cell of another rank was read")


def graph(folder: Path) -> Arrays:
    """Who is connected to whom, on all ranks."""
    config = written(folder, write_network)
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(minis=False)
        made = build_graph(simulation)
        assert ranks().gathered(sorted(made.edges)) == [sorted(made.edges)] * ranks().count
        edges = sorted((str(one), str(two), data["total"]) for one, two, data in made.edges(data=True))
    return {"v edges": np.array([f"{one} {two} {total!r}" for one, two, total in edges])}


def by_index(folder: Path) -> Arrays:
    """Another spread changes nothing."""
    return spread(folder, "index")


def by_load(folder: Path) -> Arrays:
    """As measured: the first cell takes as long as all others."""
    return spread(folder, {CellId("A", node): 4.0 if not node else 1.0 for node in range(5)})


def spread(folder: Path, how: Spread) -> Arrays:
    config = written(folder, write_network)
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(replay=virtual_spikes(), minis=True, spread=how)
        if ranks().count == 2:
            alone = [0] if how != "index" else [0, 2, 4]
            assert [node for node in range(5) if simulation.where(("A", node)) == 0] == alone
        return ran(simulation)


def five_cells(folder: Path) -> Arrays:
    with CircuitSimulation(EXAMPLES / "five_cells" / "simulation_config.json") as simulation:
        simulation.instantiate()
        return ran(simulation, 35.0)


def allen_network(folder: Path) -> Arrays:
    return allen(EXAMPLES / "allen_network" / "simulation_config.json", 50.0)


def allen_merged(folder: Path) -> Arrays:
    return allen(EXAMPLES / "allen_network" / "simulation_config.json", 50.0, merge_synapses=True)


def allen(config: Path, t_stop: float, **options: Any) -> Arrays:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate(**options)
        return ran(simulation, t_stop)


def of_bmtk(case: Case, folder: Path, t_stop: float, **options: Any) -> Arrays:
    """A network that BMTK's builder has made."""
    root = material().root.parent / "allen_networks"
    found = allen_config(case, root)
    return allen(written(folder, lambda path: write_config(found, path)), t_stop, **options)


def allen_gaps(folder: Path) -> Arrays:
    """Gap junctions of the Allen dialect between detailed cells, all but the extracellular one."""
    case = next(case for case in ALLEN_CASES.values() if case.gaps)
    return of_bmtk(case, folder, 30.0, cells=[("cortex", node) for node in (0, 1, 2, 3, 4, 6, 7)])


def allen_kinds(folder: Path) -> Arrays:
    """Cells of all kinds; with an extracellular one NEURON solves all cells of its rank together."""
    return of_bmtk(ALLEN_CASES["kinds"], folder, 50.0)


def allen_inputs(folder: Path) -> Arrays:
    """Clamps, at random places too, and trains."""
    return of_bmtk(ALLEN_CASES["fourteen"], folder, 40.0)


def sixty(folder: Path) -> Arrays:
    return of_bmtk(Case("sixty"), folder, 20.0, merge_synapses=True)


def ten_cells(folder: Path) -> Arrays:
    """Detailed cells with plastic and random synapses, overrides, minis and spikes of fibres."""
    config = material().circuit("ten_cells") / "simulation_overrides.json"
    with CircuitSimulation(config) as simulation:
        simulation.instantiate()
        return ran(simulation, 15.0)


def settings(folder: Path) -> Arrays:
    """A GLOBAL that overrides set on one rank holds for the synapses of all."""
    found = read_config(material().circuit("two_cells") / "simulation_config.json")
    assert isinstance(found, SimulationConfig)
    override = ConnectionOverride(
        name="slow", source="Fibres", target="B", synapse_configure="%s.tau_d_NMDA = 80"
    )
    found = found.model_copy(update={"connection_overrides": (*found.connection_overrides, override)})
    with CircuitSimulation(found) as simulation, warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)  # that it changes others, too
        simulation.instantiate()
        assert simulation.simulation.globals["tau_d_NMDA_ProbAMPANMDA_EMS"] == 80
        return ran(simulation, 10.0)


def generated(folder: Path) -> Arrays:
    """Spikes that a function of the user's draws are drawn once, for all ranks."""
    rng = np.random.default_rng(ranks().id)

    @spikes_generator
    def drawn(node: Any, simulation: Any) -> np.ndarray:
        return np.sort(rng.uniform(0, 100, 30))

    found = read_config(EXAMPLES / "allen_network" / "simulation_config.json")
    assert isinstance(found, AllenConfig)
    blocks = [
        block.model_copy(update={"stimulus": FunctionTrains(function="drawn")})
        if block.name == "volleys"
        else block
        for block in found.inputs
    ]
    with CircuitSimulation(found.model_copy(update={"inputs": tuple(blocks)})) as simulation:
        simulation.instantiate()
        return ran(simulation, 50.0)


def failing(folder: Path) -> Arrays:
    """A cell that cannot be made on one rank ends the building on all; what follows works."""
    config = written(folder, write_network)
    everybody = ranks()
    last = everybody.count - 1
    with CircuitSimulation(config) as simulation:
        make = simulation.dialect.assemble

        def assemble(*arguments: Any) -> Any:
            if everybody.id == last:
                raise LookupError("so there")
            return make(*arguments)

        object.__setattr__(simulation.dialect, "assemble", assemble)
        try:
            simulation.instantiate(replay=virtual_spikes())
        except Exception as error:
            kind, text = type(error).__name__, str(error)
        assert kind == ("LookupError" if everybody.id == last else "RankError")
        assert "so there" in text
        if everybody.id != last:
            assert f"rank {last} failed" in text
        object.__setattr__(simulation.dialect, "assemble", make)
        simulation.instantiate(replay=virtual_spikes(), minis=False)
        return ran(simulation, 10.0)


def main(folder: Path, output: Path, cases: list[str]) -> None:
    found: Arrays = {}
    for name in cases:
        for key, values in globals()[name](folder / name).items():
            found[f"{name}: {key}"] = values
    if ranks().id == 0:
        np.savez(output, allow_pickle=False, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
