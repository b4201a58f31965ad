"""Run by the peer's Python: does the jobs of a JSON file with the peer's public interface."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def injector(job, h, cell):
    """Play a stimulus on a section of its own; return what is played and the potential."""
    from bluecellulab.stimulus import circuit_stimulus_definitions as definitions

    probe = h.Section(name="probe")
    probe.L = probe.diam = 20
    probe.insert("hh")
    args = list(job.get("args", []))
    if "stimulus" in job:
        name, positional, named = job["stimulus"]
        if "mode" in named:
            named["mode"] = definitions.ClampMode(named["mode"])
        stimulus = getattr(definitions, name)(*positional, **named)
        args = [probe, 0.5, stimulus] if job.get("section_first") else [stimulus]
        if not job.get("section_first"):
            job.setdefault("named", {})["section"] = probe
    elif job.get("section_first"):
        args = [probe, 0.5, *args]
    else:
        job.setdefault("named", {})["section"] = probe
    h.t = 0  # the peer looks at the time where the last run ended
    played = getattr(cell, job["method"])(*args, **job.get("named", {}))
    if isinstance(played, tuple):
        points = [list(played[0]), list(played[1])] if not hasattr(played[0], "amp") else None
    elif hasattr(played, "tvec"):
        points = [list(played.tvec), list(played.stim)]
    else:
        points = None
    v = h.Vector().record(probe(0.5)._ref_v)
    h.dt = 0.025
    h.celsius = 6.3
    h.finitialize(-65)
    h.continuerun(40)
    result = {"points": points, "v": list(v)}
    cell.persistent.clear()
    return result


def signal(job, h, _cell):
    """Generate a signal from a given stream."""
    from bluecellulab.cell import random, stimuli_generator

    if job["function"] == "gamma":
        stream = h.Random()
        stream.Random123(*job["ids"])
        return list(random.gamma(stream, *job["args"]))
    function = getattr(stimuli_generator, job["function"])
    if "ids" not in job:
        return [float(number) for number in function(*job["args"])]
    stream = h.Random()
    stream.Random123(*job["ids"])
    return [list(vector) for vector in function(*job["args"], stream)]


def factory(job, _h, _cell):
    """Make a series."""
    from bluecellulab.stimulus import StimulusFactory

    series = getattr(StimulusFactory(job["dt"]), job["method"])(**job["named"])
    return {
        "time": series.time.tolist(),
        "current": series.current.tolist(),
        "stimulus_time": series.stimulus_time,
    }


def main(source, target):
    """Do all jobs; an exception becomes its type and text."""
    from bluecellulab.cell.ballstick import create_ball_stick
    from neuron import h

    cell = create_ball_stick()
    cell.threshold, cell.hypamp = 0.3, -0.05
    jobs = json.loads(Path(source).read_text())
    results = []
    for job in jobs:
        do = {"injector": injector, "signal": signal, "factory": factory}[job["kind"]]
        try:
            results.append(do(job, h, cell))
        except Exception as error:
            results.append({"error": f"{type(error).__name__}: {error}"})
    Path(target).write_text(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
