"""Run by BMTK's Python: ``oracle_run.py LIBRARY CONFIG``. What it cost is the last line that is printed, as JSON.

The configuration's output folder is emptied by BMTK: never run it on one that is not made for this.
"""

from __future__ import annotations

import json
import resource
import sys
import time

BEGAN = time.process_time()


def timed(owner, name, seconds):
    """Have a method note the CPU seconds it takes, all its calls together."""
    method = getattr(owner, name)

    def wrapper(*arguments, **options):
        began = time.process_time()
        try:
            return method(*arguments, **options)
        finally:
            seconds[name] = seconds.get(name, 0.0) + time.process_time() - began

    setattr(owner, name, wrapper)


class Pointers:
    """A PtrVector that sets its pointers anew before they are first used, as it would when memory moves."""

    def __init__(self, vector):
        self.vector, self.update = vector, None

    def ptr_update_callback(self, update):
        self.update = update
        return 0

    def scatter(self, values):
        if self.update is not None:
            update, self.update = self.update, None
            update()
        return self.vector.scatter(values)

    def __getattr__(self, name):
        return getattr(self.vector, name)


class Hoc:
    """NEURON's ``h`` with such vectors; without them BMTK has no imposed fields on NEURON 9."""

    def __init__(self, h):
        self.__dict__["h"] = h

    def PtrVector(self, size):
        return Pointers(self.h.PtrVector(size))

    def __getattr__(self, name):
        return getattr(self.h, name)

    def __setattr__(self, name, value):
        setattr(self.h, name, value)


def nearest(kind):
    """Return scipy's interpolator with indices for what it returns of indices, as it once did."""

    class Nearest(kind):
        def __call__(self, *places):
            return super().__call__(*places).astype(int)

    return Nearest


def mend(bionet, h):
    """Have BMTK's imposed fields work with NEURON 9 and today's scipy."""
    for name, module in list(sys.modules.items()):
        if name.startswith(bionet.__name__) and getattr(module, "h", None) is h:
            module.h = Hoc(h)
    comsol = bionet.modules.comsol
    for name, value in list(vars(comsol).items()):
        if getattr(value, "__name__", "") == "NearestNDInterpolator":
            setattr(comsol, name, nearest(value))


def main(library, path):
    """Simulate."""
    from neuron import h

    h.nrn_load_dll(library)
    from bmtk.simulator import bionet

    mend(bionet, h)

    @bionet.spikes_generator
    def volleys(node, sim):
        return [10.0 + 20.0 * k + 1.537 * node.node_id for k in range(5)]

    seconds = {"import": time.process_time() - BEGAN}
    for name in ("build_nodes", "build_recurrent_edges", "add_spike_trains"):
        timed(bionet.BioNetwork, name, seconds)
    began = time.process_time()
    config = bionet.Config.from_json(path)
    config.build_env()
    network = bionet.BioNetwork.from_config(config)
    simulation = bionet.BioSimulator.from_config(config, network=network)
    seconds["ready"] = time.process_time() - began
    began = time.process_time()
    simulation.run()
    seconds["run"] = time.process_time() - began
    seconds["all"] = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_kb": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
