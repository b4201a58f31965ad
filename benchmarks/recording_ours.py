"""Potentials of all segments of passive cells in every step, into a file: with bluecellab."""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

CHUNK = 6.2  # um: 33 segments a branch, 30 branches, and a soma of 5


def _taken(cells, t_stop, report):
    """Build and run; return CPU seconds of both and what was written."""
    from bluecellab.simulation.circuit.core import CircuitSimulation
    from bluecellab.simulation.estimating.bench import Sample, sample_circuit, sample_config

    sample = Sample(cells=cells, chunk=CHUNK, report=report, t_stop=t_stop)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = sample_config(sample, folder)
        with CircuitSimulation(config, circuit=sample_circuit(sample, folder)) as simulation:
            began = time.process_time()
            simulation.instantiate(reports="all")
            simulation.run()
            seconds = time.process_time() - began
        return seconds, _shape(folder / "output" / "v.h5") if report else [0, 0]


def _shape(path):
    import h5py

    with h5py.File(path) as file:
        return list(next(iter(file["report"].values()))["data"].shape)


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def do_record(cells, t_stop):
    """Tell what recording takes, beyond the same without."""
    _taken(1, 1.0, report=True)  # loads libraries
    without = min(_taken(cells, t_stop, report=False)[0] for _ in range(2))
    seconds, shape = _taken(cells, t_stop, report=True)
    return {"cpu": max(seconds - without, 1e-6), "mb": _peak(), "shape": shape}


def do_plain(cells, t_stop):
    """Tell the memory of the same without recording."""
    _taken(1, 1.0, report=True)
    seconds = min(_taken(cells, t_stop, report=False)[0] for _ in range(3))
    return {"cpu": seconds, "mb": _peak()}


if __name__ == "__main__":
    job = globals()[f"do_{sys.argv[1]}"]
    print(json.dumps(job(**json.loads(sys.argv[2]))))
