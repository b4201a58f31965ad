"""A configuration of the Allen dialect with bluecellab, in a process of its own: ``bionet_ours CONFIG MERGE``."""

from __future__ import annotations

import json
import resource
import sys
import time

BEGAN = time.process_time()


def timed(owner, name, label, seconds):
    """Have a function note the CPU seconds it takes, all its calls together."""
    function = getattr(owner, name)

    def wrapper(*arguments, **options):
        began = time.process_time()
        try:
            return function(*arguments, **options)
        finally:
            seconds[label] = seconds.get(label, 0.0) + time.process_time() - began

    setattr(owner, name, wrapper)


def main(config, merge):
    """Simulate."""
    from bluecellab import run_sonata
    from bluecellab.nrn import runtime
    from bluecellab.simulation.circuit.allen import assembly
    from bluecellab.simulation.circuit.core import CircuitSimulation

    runtime.start()
    seconds = {"import": time.process_time() - BEGAN}
    for name in ("recurrent", "play"):
        timed(assembly.AllenWiring, name, "edges", seconds)
    timed(CircuitSimulation, "instantiate", "ready", seconds)
    timed(CircuitSimulation, "run", "run", seconds)
    # cells are what comes before the wiring is begun
    assemble, wiring = assembly.assemble, assembly.AllenWiring.__init__
    moments = {}

    def begin(*arguments, **options):
        moments["assemble"] = time.process_time()
        return assemble(*arguments, **options)

    def wire(*arguments, **options):
        seconds["cells"] = time.process_time() - moments["assemble"]
        return wiring(*arguments, **options)

    for module in list(sys.modules.values()):
        if getattr(module, "assemble", None) is assemble:
            module.assemble = begin
    assembly.AllenWiring.__init__ = wire
    run_sonata(config, merge_synapses=merge == "merge")
    seconds["all"] = time.process_time()
    print(json.dumps({"seconds": seconds, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


if __name__ == "__main__":
    main(*sys.argv[1:])
