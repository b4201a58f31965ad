"""Synapses of arrays by a plain, tuned loop of a NEURON script; nothing of bluecellab is imported here."""

import gc
import json
import sys
import time

from benchmarks.bare import _cell
from benchmarks.synapse_arrays import GID, MINIS, arrays, memory_kb, trains


def _make(h, sections, columns, pathway, minis, first):
    """Make the point processes and NetCons that the other side makes."""
    connect = h.ParallelContext().gid_connect
    excitatory, inhibitory = h.ProbAMPANMDA_EMS, h.ProbGABAAB_EMS
    processes, connections = [], []
    scale = (2.79**4 + 16) / 16 * 1.1**4 / (2.79**4 + 1.1**4)
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    for number, row in enumerate(rows):
        source, section, x, weight, delay, use, dep, fac, decay, vesicles, _, ratio, kind = row
        if kind >= 100:
            process = excitatory(sections[section](x))
            process.tau_d_AMPA = decay
            process.NMDA_ratio = ratio
        else:
            process = inhibitory(sections[section](x))
            process.tau_d_GABAA = decay
            process.GABAB_ratio = ratio
        process.Use = use * scale
        process.Dep = dep
        process.Fac = fac
        process.Nrrp = vesicles
        process.synapseID = number
        process.conductance = weight
        process.setRNG(GID + 251, number + 100, pathway)
        processes.append(process)
        connection = connect(first + source, process)
        connection.weight[0] = weight
        connection.delay = int(delay / 0.025 + 1e-5) * 0.025
        connection.weight[4] = 2
        connections.append(connection)
        if minis:
            connection = connect(first + 1000 + number // 64, process)
            connection.weight[0] = weight
            connection.delay = 0.1
            connection.weight[4] = 1
            connections.append(connection)
    return processes, connections


def do_build(model, count, minis, repeats):
    """Make the synapses, some times over."""
    from neuron import h

    cell = _cell(model)
    sections = list(cell.all)
    columns = arrays(count, len(sections))
    seconds, memory = [], []
    for turn in range(repeats + 1):
        gc.collect()
        before = memory_kb()
        begin = time.process_time()
        made = _make(h, sections, columns, 300, minis, 1_000_000)
        seconds.append(time.process_time() - begin)
        memory.append(memory_kb() - before)
        if turn < repeats:
            for process in made[0]:
                process.clearRNG()
            made[1].clear()
            while made[0]:  # the last first: in any other order NEURON searches
                made[0].pop()
            del process
    return {"cpu": seconds[1:], "first": seconds[0], "kb": memory[0] / count}


def do_run(model, count, minis, tstop, repeats):
    """Run the cell with them, with VecStim for replay and InhPoissonStim for minis, as scripts do."""
    from neuron import h

    cell = _cell(model)
    sections = list(cell.all)
    columns = arrays(count, len(sections))
    context = h.ParallelContext()
    processes, _ = _make(h, sections, columns, 300, False, 1_000_000)
    _ = None
    kept = []
    for node, times in trains(tstop).items():
        stim, vector = h.VecStim(), h.Vector(times)
        stim.play(vector)
        context.set_gid2node(2_000_000 + node, 0)
        detector = h.NetCon(stim, None)
        context.cell(2_000_000 + node, detector)
        kept += [stim, vector, detector]
    weights, delays = columns["conductance"].tolist(), columns["delay"].tolist()
    for number, source in enumerate(columns["source"].tolist()):
        connection = context.gid_connect(2_000_000 + source, processes[number])
        connection.weight[0] = weights[number]
        connection.delay = int(delays[number] / 0.025 + 1e-5) * 0.025
        connection.weight[4] = 2
        kept.append(connection)
        if minis:
            segment = processes[number].get_segment()
            stim, bins, rates = h.InhPoissonStim(segment), h.Vector([0]), h.Vector([MINIS])
            stim.setTbins(bins)
            stim.setRate(rates)
            ids = (number + 200, GID + 251)
            stim.setRNGs(*ids, 300, *ids, 350)
            connection = h.NetCon(stim, processes[number], -30, 0.1, weights[number])
            connection.weight[4] = 1
            kept += [stim, bins, rates, connection]
    h.celsius, h.dt = 34, 0.025
    trace = h.Vector().record(cell.soma[0](0.5)._ref_v)
    seconds = []
    for _ in range(repeats + 1):
        begin = time.process_time()
        context.set_maxstep(1e9)
        h.finitialize(-80)
        context.psolve(tstop)
        seconds.append(time.process_time() - begin)
    return {"cpu": seconds[1:], "trace": list(trace)[-1]}


if __name__ == "__main__":
    job = globals()[f"do_{sys.argv[1]}"]
    print(json.dumps(job(**json.loads(sys.argv[2]))))
