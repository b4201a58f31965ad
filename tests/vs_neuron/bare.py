"""Hand-written NEURON, with nothing of bluecellab: ``python bare.py job.json out.npz``.

Run as a script, in a process of its own. The job says which cell to make, how often, what to inject,
what to record and how to run; see ``jobs.py``.
"""

import json
import sys
from pathlib import Path

import numpy as np
from geometry import geometry  # the script's own folder is on the path
from neuron import h

h.load_file("stdrun.hoc")
h.load_file("import3d.hoc")


class BallStick:
    """Soma and dendrite with NEURON's own channels, built point by point."""

    def __init__(self):
        soma = self.soma = h.Section(name="soma[0]")
        dend = self.dend = h.Section(name="dend[0]")
        radius = 10.0
        positions = np.linspace(-0.96 * radius, radius, 21)
        diameters = 2 * (radius - np.abs(positions))
        diameters[0], diameters[-1] = diameters[:2].mean(), diameters[-2:].mean()
        for x, diameter in zip(positions, diameters):
            soma.pt3dadd(x, 0, 0, diameter)
        dend.connect(soma(0.5), 0)
        dend.pt3dadd(10, 0, 0, 3)
        dend.pt3dadd(210, 0, 0, 3)
        dend.nseg = 200
        for section in (soma, dend):
            section.insert("hh")
            section.gnabar_hh = 0.24
        self.all = [soma, dend]


def make(cell):
    """Make a cell."""
    if cell["kind"] == "ball":
        return BallStick()
    if not hasattr(h, cell["name"]):
        for path in cell["files"]:
            h.load_file(path)
    return getattr(h, cell["name"])(*cell["args"])


def sections_of(made):
    """Return the sections by their names within the cell, in the cell's order."""
    carrier = made.getCell() if hasattr(made, "getCell") else made
    return {section.hname().rpartition(".")[2]: section for section in carrier.all}


def inject(stimulus, sections, keep):
    """Play one stimulus."""
    place = sections[stimulus["section"]](stimulus["x"])
    kind = stimulus["kind"]
    if kind == "step":  # as anybody writes it
        clamp = h.IClamp(place)
        clamp.delay, clamp.dur, clamp.amp = stimulus["delay"], stimulus["dur"], stimulus["amp"]
    elif kind == "play":
        clamp = h.IClamp(place)
        clamp.delay, clamp.dur = 0, 1e308
        values, times = h.Vector(stimulus["values"]), h.Vector(stimulus["times"])
        values.play(clamp._ref_amp, times, 1)
        keep += [values, times]
    elif kind == "hold":
        clamp = h.IClamp(place)
        clamp.delay = stimulus["times"][0]
        clamp.dur = stimulus["times"][-1] - stimulus["times"][0]
        values, times = h.Vector(stimulus["values"]), h.Vector(stimulus["times"])
        values.play(clamp._ref_amp, times)
        clamp.amp = stimulus["values"][0]
        keep += [values, times]
    elif kind == "conductance":
        clamp = h.SEClamp(place)
        clamp.dur1, clamp.amp1 = stimulus["dur"], stimulus["reversal"]
        values, times = h.Vector(stimulus["resistances"]), h.Vector(stimulus["times"])
        values.play(clamp._ref_rs, times, 1)
        clamp.rs = stimulus["resistances"][0]
        keep += [values, times]
    elif kind == "levels":
        clamp = h.SEClamp(place)
        clamp.dur1, clamp.rs = stimulus["dur"], stimulus["rs"]
        values, times = h.Vector(stimulus["values"]), h.Vector(stimulus["times"])
        values.play(clamp._ref_amp1, times)
        clamp.amp1 = stimulus["values"][0]
        keep += [values, times]
    else:
        clamp = h.SEClamp(place)
        clamp.dur1, clamp.amp1, clamp.rs = stimulus["dur1"], stimulus["amp1"], stimulus["rs"]
        clamp.dur2, clamp.amp2 = stimulus.get("dur2", 0), stimulus.get("amp2", 0)
        clamp.dur3, clamp.amp3 = stimulus.get("dur3", 0), stimulus.get("amp3", 0)
    return clamp


def run(how):
    """Initialise and run, the way the job says."""
    h.celsius, h.dt, h.steps_per_ms = how["celsius"], how["dt"], 1 / how["dt"]
    h.tstop = how["tstop"]
    cvode = h.CVode()
    cvode.active(int(how["cvode"]))
    pc = h.ParallelContext()
    pc.set_maxstep(1e9)
    h.finitialize(how["v_init"])
    if how["by"] == "fadvance":
        for _ in range(round(how["tstop"] / how["dt"])):
            h.fadvance()
    elif how["by"] == "continuerun":
        h.continuerun(how["tstop"])
    else:
        pc.psolve(how["tstop"])


def main(job_path, out_path):
    """Do the job."""
    job = json.loads(Path(job_path).read_text())
    if job["cell"].get("library"):
        h.nrn_load_dll(job["cell"]["library"])
    cells = [make(job["cell"]) for _ in range(job["cells"])]
    out = {}
    for i, cell in enumerate(cells):
        for name, array in geometry(sections_of(cell)).items():
            out[f"geometry/{i}/{name}"] = array
    if job["run"] is not None:
        sections, keep, recorded, spikes = sections_of(cells[0]), [], [], []
        clamps = [inject(stimulus, sections, keep) for stimulus in job["stimuli"]]
        times = h.Vector().record(h._ref_t)
        for variable, section, x in job["record"]:
            recorded.append(h.Vector().record(getattr(sections[section](x), f"_ref_{variable}")))
        currents = [h.Vector().record(clamp._ref_i) for clamp in clamps]
        for section, x, threshold in job["spikes"]:
            segment = sections[section](x)
            connection = h.NetCon(segment._ref_v, None, sec=segment.sec)
            connection.threshold = threshold
            spikes.append(h.Vector())
            connection.record(spikes[-1])
            keep.append(connection)
        run(job["run"])
        out["t"] = np.array(times)
        for group, vectors in (("record", recorded), ("current", currents), ("spikes", spikes)):
            for i, vector in enumerate(vectors):
                out[f"{group}/{i}"] = np.array(vector)
    np.savez(out_path, **out)


if __name__ == "__main__":
    main(*sys.argv[1:])
