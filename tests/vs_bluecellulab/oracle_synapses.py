"""Run by the peer's Python: cells of a circuit with synapses, minis and replay, by its public interface."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def do(config, cells, tstop):
    """Run one configuration; return potentials, and what is known of the synapses."""
    from bluecellulab import CircuitSimulation

    simulation = CircuitSimulation(config)
    cells = [tuple(cell) for cell in cells]
    simulation.instantiate_gids(
        cells, add_synapses=True, add_projections=True, add_minis=True, add_stimuli=True
    )
    simulation.run(tstop, cvode=False)
    found = {}
    for index, cell_id in enumerate(cells):
        cell = simulation.cells[cell_id]
        found[f"{index}/soma"] = cell.get_soma_voltage()
        infos = {f"{sid[0]}:{sid[1]}": synapse.info_dict for sid, synapse in cell.synapses.items()}
        seeds = {key: [info.get(f"randseed{number}") for number in (1, 2, 3)] for key, info in infos.items()}
        found[f"{index}/seeds"] = np.array(json.dumps(seeds, default=float))
        found[f"{index}/names"] = np.array(
            json.dumps({key: info.get("mech_name") for key, info in infos.items()})
        )
        found[f"{index}/places"] = np.array(
            json.dumps({key: info.get("post_segx") for key, info in infos.items()}, default=float)
        )
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
