"""The same jobs with BlueCelluLab, by its public interface, in a Python of its own."""

import json
import sys
import time


def _cell(model):
    from bluecellulab import Cell
    from bluecellulab.circuit.circuit_access import EmodelProperties

    return Cell(
        template_path=model["template"],
        morphology_path=model["morphology"],
        template_format=model["format"],
        emodel_properties=EmodelProperties(threshold_current=0.0, holding_current=0.0),
    )


def do_import():
    """Import the package."""
    begin = time.process_time()
    import bluecellulab

    return {"cpu": time.process_time() - begin, "neuron": bluecellulab is not None}


def do_create(model, count):
    """Create cells; the first, which loads everything, is apart."""
    seconds, cells = [], []
    for _ in range(count + 1):
        begin = time.process_time()
        cells.append(_cell(model))
        seconds.append(time.process_time() - begin)
    return {"first": seconds[0], "cpu": seconds[1:]}


def do_leak(model, count):
    """Create, record, stimulate, run and delete; growth in kB a cycle."""
    import gc
    from pathlib import Path

    import numpy as np
    from bluecellulab import Simulation

    def cycle():
        cell = _cell(model)
        cell.add_step(1, 4, 0.3)
        simulation = Simulation()
        simulation.add_cell(cell)
        simulation.run(5, cvode=False)
        cell.get_soma_voltage()
        cell.delete()

    memory = []
    for number in range(count + 10):
        cycle()
        gc.collect()
        if number >= 10:
            memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4)
    return {"growth_kb": float(np.polyfit(range(len(memory)), memory, 1)[0])}


if __name__ == "__main__":
    job = globals()[f"do_{sys.argv[1]}"]
    print(json.dumps(job(**json.loads(sys.argv[2]))))
