"""Experiments on the detailed cell by a hand-written NEURON script in one process; nothing of bluecellab is imported here.

Every job takes the model, does the simulations of its experiment once or ``times`` over, and tells the CPU time of
everything (imports and the cell included) beside that of the experiments alone.
"""

import json
import sys
import time

_BEGIN = time.process_time()


class Bench:
    """The cell, with one clamp for the holding current and one for the step."""

    def __init__(self, model):
        from neuron import h

        from benchmarks.bare import _cell

        self.h = h
        self.cell = _cell(model)
        soma = self.cell.soma[0]
        self.hold, self.step = h.IClamp(soma(0.5)), h.IClamp(soma(0.5))
        self.holding = model["holding"]
        h.celsius, h.dt, h.steps_per_ms = 34, 0.025, 40
        self.cvode = h.CVode()
        self.pc = h.ParallelContext()
        self.pc.set_maxstep(10)
        self.detector, self.spikes = h.NetCon(soma(0.5)._ref_v, None, sec=soma), h.Vector()
        self.detector.threshold = -20
        self.detector.record(self.spikes)
        self.threshold = model["threshold"]
        self.simulations = 0

    def run(self, duration, delay, width, amplitude, *, holding=True, more=(), cvode=True):
        """Simulate a step; return times and potentials of the soma, and those of other segments."""
        import numpy as np

        h = self.h
        self.simulations += 1
        self.hold.delay, self.hold.dur, self.hold.amp = 0, 1e9, self.holding if holding else 0
        self.step.delay, self.step.dur, self.step.amp = delay, width, amplitude
        self.cvode.active(int(cvode))
        soma = self.cell.soma[0]
        vectors = [h.Vector().record(h._ref_t), h.Vector().record(soma(0.5)._ref_v)]
        vectors += [h.Vector().record(segment._ref_v) for segment in more]
        h.finitialize(-80)
        self.pc.psolve(duration)
        arrays = [np.array(vector) for vector in vectors]
        return arrays[0], arrays[1], np.array(self.spikes), arrays[2:]


def _steady(bench, amplitude):
    t, v, _, _ = bench.run(1000, 500, 4500, amplitude, holding=False)
    return float(v[(t > 800) & (t <= 1000)].mean())


def rheobase(bench):
    """Bound by Ohm's law, then bisection to 0.005 nA."""
    rest, less = _steady(bench, 0), _steady(bench, -0.02)
    high = min((-20 - rest) / ((less - rest) / -0.02), 2.0)
    low = bench.holding
    while high - low >= 0.005:
        middle = (low + high) / 2
        t, v, _, _ = bench.run(1000, 300, 700, middle)
        if v[(t > 300) & (t < 1000)].max() > -20:
            high = middle
        else:
            low = middle
    return high


def iv(bench, count=11):
    """Steady potentials below the threshold."""
    found = []
    for index in range(count):
        amplitude = bench.threshold - 2 + 1.9 * index / (count - 1)
        t, v, _, _ = bench.run(700, 100, 500, amplitude)
        found.append(float(v[(t >= 550) & (t < 600)].mean()))
    return found


def fi(bench, highest=0.8, count=11):
    """Spike counts above the threshold."""
    low = bench.threshold
    amplitudes = [low + (highest - low) * index / (count - 1) for index in range(count)]
    return [len(bench.run(700, 100, 500, amplitude)[2]) for amplitude in amplitudes]


def validation(bench):
    """The different simulations of the published suite, each once; the rheobase is known."""
    threshold = bench.threshold
    _steady(bench, 0)
    _steady(bench, -0.2 * threshold)
    bench.run(1850, 250, 1350, 1.3 * threshold)
    axon = getattr(bench.cell, "axon", None)
    bench.run(1850, 250, 1350, 2.0 * threshold, more=[axon[0](0.5)] if axon else [])
    dendrites = [
        section(0.5) for section in bench.cell.all if "dend" in str(section) or "apic" in str(section)
    ]
    bench.run(1500, 1000, 5, 10 * threshold, more=dendrites, cvode=False)
    bench.run(3500, 250, 3000, -0.4 * threshold)
    curve = iv(bench, count=5)
    return [curve, fi(bench, 3 * threshold, count=5)]


def main():
    """Do one job."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    bench = Bench(arguments["model"])
    begin = time.process_time()
    wall = time.perf_counter()
    for _ in range(arguments["times"]):
        bench.simulations = 0
        value = globals()[name](bench)
    answer = {
        "cpu": (time.process_time() - begin) / arguments["times"],
        "wall": (time.perf_counter() - wall) / arguments["times"],
        "all": time.process_time() - _BEGIN,
        "value": value,
        "simulations": bench.simulations,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
