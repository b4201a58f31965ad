"""Run by the peer's Python: simulations of a circuit with inputs and modifications, by its public interface."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def do(job):
    """Run one configuration and return the potentials."""
    from bluecellulab import CircuitSimulation

    simulation = CircuitSimulation(job["config"])
    cells = [tuple(cell) for cell in job["cells"]]
    simulation.instantiate_gids(cells, add_stimuli=True)
    for cell_id in cells:
        cell = simulation.cells[cell_id]
        for name in job["sections"]:
            cell.add_voltage_recording(cell.sections[name], 0.5)
    simulation.run(job["tstop"], cvode=False)
    found = {}
    for index, cell_id in enumerate(cells):
        cell = simulation.cells[cell_id]
        found[f"{index}/soma"] = cell.get_soma_voltage()
        for name in job["sections"]:
            found[f"{index}/{name}"] = cell.get_voltage_recording(cell.sections[name], 0.5)
    for cell_id in cells:
        simulation.cells[cell_id].delete()
    simulation.delete()
    return found


def main(source, target):
    """Do all jobs; of one that fails keep the error."""
    arrays = {}
    for index, job in enumerate(json.loads(Path(source).read_text())):
        try:
            found = do(job)
        except Exception as error:
            found = {"error": np.array(f"{type(error).__name__}: {error}")}
        arrays.update({f"{index}/{name}": np.asarray(values) for name, values in found.items()})
    np.savez(target, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
