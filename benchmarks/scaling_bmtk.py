"""A configuration with BMTK on the ranks of mpirun, by BMTK's own Python: ``scaling_bmtk LIBRARY CONFIG``.

BMTK empties the output folder of the configuration. Rank 0 prints what it cost last, as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time

BEGAN = time.process_time()


def main(library, path):
    """Simulate."""
    from mpi4py import MPI
    from neuron import h

    from tests.vs_bmtk.oracle_run import mend, timed

    h.nrnmpi_init()
    world = MPI.COMM_WORLD
    seen = int(h.ParallelContext().nhost())
    if seen != world.Get_size():
        raise SystemExit(f"NEURON sees {seen} ranks of {world.Get_size()}")
    h.nrn_load_dll(library)
    from bmtk.simulator import bionet

    mend(bionet, h)
    seconds = {"import": time.process_time() - BEGAN}
    for name in ("build_nodes", "build_recurrent_edges", "add_spike_trains"):
        timed(bionet.BioNetwork, name, seconds)
    began = time.process_time()
    config = bionet.Config.from_json(path)
    config.build_env()
    network = bionet.BioNetwork.from_config(config)
    simulation = bionet.BioSimulator.from_config(config, network=network)
    seconds["ready"] = time.process_time() - began
    wall, began = time.perf_counter(), time.process_time()
    simulation.run()
    seconds["run"] = time.process_time() - began
    seconds["wall"] = time.perf_counter() - wall
    seconds["all"] = time.process_time()
    every = world.gather(seconds)
    kilobytes = world.gather(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    if world.Get_rank() == 0:
        largest = {name: max(one.get(name, 0.0) for one in every) for name in every[0]}
        print("\n" + json.dumps({"seconds": largest, "peak_kb": max(kilobytes)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
