"""The same jobs with bluecellab."""

import hashlib
import json
import sys
import time


def _cell(model):
    from bluecellab import Cell, EmodelProperties, load_mechanisms

    load_mechanisms(model["library"])
    return Cell(
        model["template"],
        model["morphology"],
        template_format=model["format"],
        emodel_properties=EmodelProperties(threshold_current=0.0, holding_current=0.0),
    )


def _geometry(cell):
    from tests.vs_neuron.geometry import geometry

    arrays = geometry({name: section.raw for name, section in cell.sections.items()})
    digest = hashlib.sha256()
    for array in arrays.values():
        digest.update(array.tobytes())
    return digest.hexdigest()


def do_import(names=()):
    """Import the package, or names of it."""
    begin = time.process_time()
    import bluecellab

    for name in names:
        getattr(bluecellab, name)
    taken = time.process_time() - begin
    return {"cpu": taken, "neuron": "neuron" in sys.modules}


def do_create(model, count):
    """Create cells; the first, which loads everything, is apart."""
    seconds, cells = [], []
    for _ in range(count + 1):
        begin = time.process_time()
        cells.append(_cell(model))
        seconds.append(time.process_time() - begin)
    geometry = [_geometry(cell) for cell in cells]
    for cell in cells:
        cell.close()
    return {"first": seconds[0], "cpu": seconds[1:], "geometry": geometry}


def do_run(model, tstop, cvode, repeats, clamp, progress=False):
    """Run with a step, recording what the other side records."""
    from bluecellab import Simulation

    delay, duration, amplitude = clamp
    with _cell(model) as cell, Simulation(cell, celsius=34, v_init=-80) as simulation:
        step = cell.add_step(delay, delay + duration, amplitude)
        cell.add_voltage_recording(cell.axonal[1])
        cell.add_variable_recording("ina")
        cell.record_pointer("clamp", step.current_ref)
        cell.start_recording_spikes(None, "soma", -20)

        def run(until):
            begin = time.process_time()
            simulation.run(until, cvode=cvode, dt=0.025, show_progress=progress)
            cell.get_time()
            traces = cell.traces()
            spikes = cell.get_recorded_spikes("soma", -20)
            return time.process_time() - begin, traces, spikes

        run(10)
        seconds = []
        for _ in range(repeats):
            taken, _, spikes = run(tstop)
            seconds.append(taken)
        trace = hashlib.sha256(cell.get_soma_voltage().tobytes()).hexdigest()
        short = [run(0.025)[0] for _ in range(30)]
    return {"cpu": seconds, "short": short, "trace": trace, "spikes": len(spikes)}


def do_isolated(count, model=None, tstop=50.0):
    """Run jobs on a warm pool; what each takes beyond its own simulation time."""
    from bluecellab.simulation.isolation import Isolation

    isolation = Isolation(
        mechanisms=() if model is None else (model["library"],), modules=("bluecellab.simulation",)
    )
    isolation.run(_timed_job, model, tstop)
    overhead, own = [], []
    for _ in range(count):
        begin = time.perf_counter()
        inside = isolation.run(_timed_job, model, tstop)
        overhead.append(time.perf_counter() - begin - inside)
        own.append(inside)
    return {"wall": overhead, "own": own}


def _timed_job(model, tstop):
    """Make a cell and run it; return the wall time in s."""
    begin = time.perf_counter()
    from bluecellab import Simulation, create_ball_stick

    with _cell(model) if model else create_ball_stick() as cell, Simulation(cell) as simulation:
        cell.add_step(5, 40, 0.5)
        simulation.run(tstop, cvode=False)
        cell.get_soma_voltage()
    return time.perf_counter() - begin


if __name__ == "__main__":
    job = globals()[f"do_{sys.argv[1]}"]
    print(json.dumps(job(**json.loads(sys.argv[2]))))
