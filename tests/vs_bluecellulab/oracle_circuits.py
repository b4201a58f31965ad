"""Run by the peer's Python: cells of circuits with all that is around them, by its public interface."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def do(config, cells, flags, trains, t_stop):
    """Run one configuration; return potentials, spikes, and random streams of the synapses."""
    from bluecellulab import CircuitSimulation

    simulation = CircuitSimulation(config)
    cells = [tuple(cell) for cell in cells]
    if trains:
        flags["pre_spike_trains"] = {(name, node): np.array(times) for name, node, times in trains}
    if "intersect_pre_gids" in flags:
        flags["intersect_pre_gids"] = [tuple(each) for each in flags["intersect_pre_gids"]]
    simulation.instantiate_gids(cells, **flags)
    simulation.run(t_stop, cvode=False)
    found = {"time": simulation.get_time()}
    for index, cell_id in enumerate(cells):
        cell = simulation.cells[cell_id]
        found[f"{index}/soma"] = cell.get_soma_voltage()
        found[f"{index}/spikes"] = cell.get_recorded_spikes(
            simulation.spike_location, simulation.spike_threshold
        )
        infos = {f"{sid[0]}:{sid[1]}": synapse.info_dict for sid, synapse in cell.synapses.items()}
        seeds = {key: [info.get(f"randseed{number}") for number in (1, 2, 3)] for key, info in infos.items()}
        found[f"{index}/seeds"] = np.array(json.dumps(seeds, default=float))
    for cell_id in cells:
        simulation.cells[cell_id].delete()
    simulation.delete()
    return found


def main(source, target):
    """Do all jobs; of one that fails keep the error."""
    arrays = {}
    for index, job in enumerate(json.loads(Path(source).read_text())):
        try:
            found = do(**job)
        except Exception as error:
            found = {"error": np.array(f"{type(error).__name__}: {error}")}
        arrays.update({f"{index}/{name}": np.asarray(values) for name, values in found.items()})
    np.savez(target, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
