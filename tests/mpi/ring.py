"""A script's cells, of which each rank has its share, alone or connected to a ring."""

from __future__ import annotations

# Cells are made by index, every rank the ones that are its share; a ring of connections by gid when asked for.
RING = """
import hashlib
import numpy as np
from bluecellab import Simulation, create_ball_stick
from bluecellab.nrn.parallel import ranks

class Ring:
    def __init__(self, count, connected):
        self.simulation = Simulation()
        self.cells = {gid: create_ball_stick() for gid in range(ranks().id, count, ranks().count)}
        self.kept = []
        for gid, cell in self.cells.items():
            self.simulation.add_cell(cell)
            cell.add_step(2 + gid, 30, 0.1 * (gid + 1) if gid % 2 == 0 else 0.02)
        if connected:
            self.connect(count)

    def connect(self, count):
        from bluecellab.nrn import h
        context = h.ParallelContext()
        for gid, cell in self.cells.items():
            context.set_gid2node(gid, ranks().id)
            source = h.NetCon(cell.soma(0.5)._ref_v, None, sec=cell.soma)
            source.threshold = -20
            context.cell(gid, source)
            self.kept.append(source)
        for gid, cell in self.cells.items():
            synapse = h.ExpSyn(cell.soma(0.5))
            synapse.tau = 2
            incoming = context.gid_connect((gid - 1) % count, synapse)
            incoming.weight[0], incoming.delay = 0.05, 1.5
            self.kept += [synapse, incoming]

    def traces(self):
        return {gid: hashlib.sha256(cell.get_soma_voltage().tobytes()).hexdigest() for gid, cell in self.cells.items()}

    def all_traces(self):
        return dict(sorted(item for part in ranks().gathered(self.traces()) for item in part.items()))

    def close(self):
        if self.kept:
            from bluecellab.nrn import h
            self.kept.clear()
            h.ParallelContext().gid_clear()
        self.simulation.close()
        for cell in self.cells.values():
            cell.close()
"""
