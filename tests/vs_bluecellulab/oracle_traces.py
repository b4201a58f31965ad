"""Run by the peer's Python: one cell after the other, with the peer's public interface alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def make(model, cell_id):
    """Make a cell."""
    from bluecellulab import Cell
    from bluecellulab.cell.ballstick import create_ball_stick
    from bluecellulab.circuit.circuit_access import EmodelProperties
    from bluecellulab.circuit.node_id import CellId

    identity = CellId("", cell_id)
    if model is None:
        cell = create_ball_stick()
        cell.cell_id = identity
        return cell
    properties = model["properties"]
    return Cell(
        template_path=model["template"],
        morphology_path=model["morphology"],
        cell_id=identity,
        template_format=model["format"],
        emodel_properties=EmodelProperties(**properties) if properties else None,
    )


def definition(name, named):
    """Make a stimulus definition."""
    from bluecellulab.stimulus import circuit_stimulus_definitions as definitions

    if "mode" in named:
        named["mode"] = definitions.ClampMode(named["mode"])
    return getattr(definitions, name)(target="x", **named)


def do(model, job):
    """Do one job."""
    from bluecellulab import Simulation
    from bluecellulab.simulation.neuron_globals import NeuronGlobals
    from neuron import h

    NeuronGlobals.get_instance().temperature = job["celsius"]
    NeuronGlobals.get_instance().v_init = job["v_init"]
    cell = make(model, job["cell_id"])

    def real(value):
        if isinstance(value, str) and value.startswith("@"):
            return definition(*job["definition"]) if value == "@stimulus" else cell.sections[value[1:]]
        if isinstance(value, list) and job["method"].endswith("_signal"):
            return h.Vector(value)
        return value

    args = [real(value) for value in job["args"]]
    named = {name: real(value) for name, value in job["named"].items()}
    cell.add_voltage_recording(cell.sections["dend[0]"], 0.5)
    for method in job["before"]:
        getattr(cell, method[0])(*method[1:])
    getattr(cell, job["method"])(*args, **named)
    simulation = Simulation()
    simulation.add_cell(cell)
    simulation.run(job["tstop"], cvode=job["cvode"], dt=0.025)
    found = {
        "t": cell.get_time(),
        "soma": cell.get_soma_voltage(),
        "dend": cell.get_voltage_recording(cell.sections["dend[0]"], 0.5),
    }
    if "current_record_name" in named:
        found["current"] = cell.get_recording(named["current_record_name"])
    found = {name: np.array(values) for name, values in found.items()}
    cell.delete()
    return found


def main(source, target):
    """Do all jobs; of one that fails keep the error."""
    task = json.loads(Path(source).read_text())
    arrays = {}
    for index, job in enumerate(task["jobs"]):
        try:
            found = do(task["model"], job)
        except Exception as error:
            found = {"error": np.array(f"{type(error).__name__}: {error}")}
        arrays.update({f"{index}/{name}": values for name, values in found.items()})
    np.savez(target, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
