"""Potentials of all segments of passive cells in every step, into a file: a NEURON script, gathering by pointers."""

import json
import sys
import tempfile
import time
from pathlib import Path

BLOCK = 1000


def _cells(h, count):
    sections = []
    for _ in range(count):
        soma = h.Section()
        soma.L, soma.diam, soma.nseg = 18, 20, 5
        soma.insert("pas")
        sections.append(soma)
        for _ in range(30):
            branch = h.Section()
            branch.L, branch.diam, branch.nseg = 100, 1, 33
            branch.connect(soma(1))
            branch.insert("pas")
            sections.append(branch)
    return sections


def _plain(h, pc, t_stop):
    began = time.process_time()
    h.finitialize(-65)
    pc.psolve(t_stop)
    return time.process_time() - began


def do_record(cells, t_stop):
    """Tell what recording takes, beyond a run without."""
    import h5py
    import numpy as np
    from neuron import h

    h.load_file("stdrun.hoc")
    sections = _cells(h, cells)
    pc = h.ParallelContext()
    h.dt = 0.025
    pc.set_maxstep(10)
    without = min(_plain(h, pc, t_stop) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder, h5py.File(Path(folder) / "v.h5", "w") as file:
        began = time.process_time()
        references = [segment._ref_v for section in sections for segment in section]
        pointers = h.PtrVector(len(references))
        for index, reference in enumerate(references):
            pointers.pset(index, reference)
        gathered = h.Vector(len(references))
        frames = round(t_stop / h.dt)
        columns = len(references)
        chunks = (64, min(columns, 1024))
        data = file.create_dataset("data", (0, columns), "f4", maxshape=(None, columns), chunks=chunks)
        kept = np.empty((min(BLOCK, frames), len(references)), "f4")
        h.finitialize(-65)
        for frame in range(frames):
            pointers.gather(gathered)
            kept[frame % len(kept)] = gathered.as_numpy()
            if (frame + 1) % len(kept) == 0 or frame + 1 == frames:
                some = frame % len(kept) + 1
                data.resize(frame + 1, axis=0)
                data[frame + 1 - some :] = kept[:some]
            h.fadvance()
        taken = time.process_time() - began
        shape = list(data.shape)
    return {"cpu": max(taken - without, 1e-6), "shape": shape}


if __name__ == "__main__":
    job = globals()[f"do_{sys.argv[1]}"]
    print(json.dumps(job(**json.loads(sys.argv[2]))))
