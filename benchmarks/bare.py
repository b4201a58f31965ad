"""Jobs of a bare NEURON script; nothing of bluecellab is imported here."""

import hashlib
import json
import sys
import time
from pathlib import Path


def _cell(model):
    from neuron import h

    h.load_file("stdrun.hoc")
    h.load_file("import3d.hoc")
    if not hasattr(h, model["template_name"]):
        h.nrn_load_dll(model["library"])
        h.load_file(model["template"])
    morphology = Path(model["morphology"])
    args = [str(morphology.parent), morphology.name]
    if model["format"] == "v6":
        args = [0, *args]
    return getattr(h, model["template_name"])(*args)


def _geometry(cell):
    from tests.vs_neuron.geometry import geometry

    arrays = geometry({section.hname().rpartition(".")[2]: section for section in cell.all})
    digest = hashlib.sha256()
    for array in arrays.values():
        digest.update(array.tobytes())
    return digest.hexdigest()


def do_import():
    """Import NEURON."""
    begin = time.process_time()
    from neuron import h

    taken = time.process_time() - begin
    return {"cpu": taken, "neuron": h is not None}


def do_create(model, count):
    """Create cells; the first, which loads everything, is apart."""
    seconds, cells = [], []
    for _ in range(count + 1):
        begin = time.process_time()
        cells.append(_cell(model))
        seconds.append(time.process_time() - begin)
    return {"first": seconds[0], "cpu": seconds[1:], "geometry": [_geometry(cell) for cell in cells]}


def do_run(model, tstop, cvode, repeats, clamp):
    """Run with a step, recording what the other side records."""
    from neuron import h

    cell = _cell(model)
    soma, axon = cell.soma[0], cell.axon[1]
    stimulus = h.IClamp(soma(0.5))
    keep = []
    delay, duration, amplitude = clamp
    if cvode:  # a played Vector makes CVODE take other steps than a clamp's own times
        stimulus.delay, stimulus.dur = 0, 1e308
        times = h.Vector([delay, delay, delay + duration, delay + duration, delay + duration])
        values = h.Vector([0, amplitude, amplitude, 0, 0])
        values.play(stimulus._ref_amp, times, 1)
        keep += [times, values]
    else:
        stimulus.delay, stimulus.dur, stimulus.amp = delay, duration, amplitude
    h.celsius, h.dt, h.steps_per_ms = 34, 0.025, 40
    h.CVode().active(int(cvode))
    references = [h._ref_t, soma(0.5)._ref_v, axon(0.5)._ref_v, soma(0.5)._ref_ina, stimulus._ref_i]
    recorded = [h.Vector().record(reference) for reference in references]
    spikes = h.Vector()
    connection = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
    connection.threshold = -20
    connection.record(spikes)
    pc = h.ParallelContext()
    pc.set_maxstep(10)
    import numpy as np

    def run(until):
        begin = time.process_time()
        h.finitialize(-80)
        pc.psolve(until)
        arrays = [np.array(vector) for vector in (*recorded, spikes)]
        return time.process_time() - begin, arrays

    run(10)
    seconds = []
    for _ in range(repeats):
        taken, arrays = run(tstop)
        seconds.append(taken)
    short = [run(0.025)[0] for _ in range(30)]
    return {
        "cpu": seconds,
        "short": short,
        "trace": hashlib.sha256(arrays[1].tobytes()).hexdigest(),
        "spikes": len(arrays[-1]),
    }


if __name__ == "__main__":
    job = globals()[f"do_{sys.argv[1]}"]
    print(json.dumps(job(**json.loads(sys.argv[2]))))
