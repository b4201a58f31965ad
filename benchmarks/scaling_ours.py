"""A configuration with bluecellab, on one process or the ranks of mpirun: ``scaling_ours CONFIG OPTIONS``.

Options are JSON: ``threads``, ``engine``, ``merge``, ``reports``, ``cells`` (how many), ``library``. What the busiest
rank took is printed last, by rank 0.
"""

from __future__ import annotations

import json
import resource
import sys
import time


def taken():
    """Return CPU seconds of this process and of its children that have ended, and of this thread."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime, time.thread_time()


def busiest(before: tuple[float, float], after: tuple[float, float], threads: int) -> float:
    """Return the CPU seconds of the thread that had most to do; the others share what this one did not do."""
    everything, own = (late - early for early, late in zip(before, after, strict=True))
    if threads == 1:
        return everything
    if own < 0.2 * everything:  # a child did the work: all its threads alike, as far as can be seen
        return everything / threads
    return max(own, (everything - own) / (threads - 1))


def main(path, options):
    """Simulate."""
    from bluecellab.nrn import runtime
    from bluecellab.nrn.parallel import ranks
    from bluecellab.simulation.circuit.core import CircuitSimulation

    runtime.start()
    wanted = json.loads(options)
    threads, engine = wanted.get("threads", 1), wanted.get("engine", "neuron")
    with CircuitSimulation(path, overwrite=True) as simulation:
        began = time.process_time()
        cells = simulation.dialect.simulated(simulation.circuit)
        count = wanted.get("cells", len(cells))
        simulation.instantiate(
            cells[:: len(cells) // count][:count],
            reports="all" if wanted.get("reports") else "none",
            merge_synapses=wanted.get("merge", False),
        )
        build = time.process_time() - began
        if engine == "coreneuron":  # compiles, once ever; and the second run finds the library
            from bluecellab.simulation.engines.checking import library_for

            library_for()
        before, wall = taken(), time.perf_counter()
        simulation.run(threads=threads, engine=engine)
        wall = time.perf_counter() - wall
        run = busiest(before, taken(), threads)
        spikes = sorted(
            (cell.id, round(float(time_), 6)) for cell, times in simulation.spikes.items() for time_ in times
        )
        everybody = ranks()
        peak = max(
            resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        every = everybody.gathered({"build": build, "run": run, "wall": wall, "peak_kb": peak})
        if everybody.id == 0:
            largest = {name: max(one[name] for one in every) for name in every[0]}
            print("\n" + json.dumps({**largest, "ranks": len(every), "spikes": spikes}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
