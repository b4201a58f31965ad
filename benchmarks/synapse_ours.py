"""Synapses of arrays by bluecellab."""

import gc
import json
import sys
import time

import numpy as np

from benchmarks.ours import _cell
from benchmarks.synapse_arrays import GID, MINIS, arrays, memory_kb, trains


def _edges(columns):
    from bluecellab.circuit.access import EdgePopulation, Edges

    count = len(columns["source"])
    population = EdgePopulation("edges", "chemical", "sources", "cells", count, tuple(columns))
    rest = {name: values for name, values in columns.items() if name != "source"}
    return Edges(population, 0, np.arange(count), columns["source"], rest)


def _make(cell, edges, minis, source=None):
    """Make synapses and connect them; the cell owns all."""
    from bluecellab.spec.base import CellId
    from bluecellab.synapse import Minis, Receiver, SynapseConditions, build_synapses

    sections = dict(enumerate(cell.raw_sections()))
    receiver = Receiver(cell.scope, cell.label, CellId("cells", 0), GID, sections)
    group = build_synapses(edges, receiver, SynapseConditions(extracellular_calcium=1.1))
    group.connect({node: 1_000_000 + node for node in range(500)}, "replay")
    if minis:
        made = Minis(group, np.full(len(group), MINIS))
        if source is not None:
            source.add_minis(made)
    return group


def do_build(model, count, minis, repeats):
    """Make the synapses, some times over."""
    with _cell(model) as cell:
        columns = arrays(count, len(list(cell.raw_sections())))
        edges = _edges(columns)
        seconds, memory = [], []
        for turn in range(repeats + 1):
            gc.collect()
            before = memory_kb()
            begin = time.process_time()
            group = _make(cell, edges, minis)
            seconds.append(time.process_time() - begin)
            memory.append(memory_kb() - before)
            if turn < repeats:
                group.close()
    return {"cpu": seconds[1:], "first": seconds[0], "kb": memory[0] / count}


def do_run(model, count, minis, tstop, repeats):
    """Run the cell with them."""
    from bluecellab import Simulation
    from bluecellab.synapse import SpikeSource

    with _cell(model) as cell, Simulation(cell, celsius=34, v_init=-80) as simulation:
        edges = _edges(arrays(count, len(list(cell.raw_sections()))))
        with SpikeSource() as source:
            _make(cell, edges, minis, source)
            source.add_trains({1_000_000 + node: times for node, times in trains(tstop).items()})
            simulation.attach(source)
            seconds = []
            for _ in range(repeats + 1):
                begin = time.process_time()
                simulation.run(tstop, cvode=False, dt=0.025)
                seconds.append(time.process_time() - begin)
            trace = float(cell.get_soma_voltage()[-1])
    return {"cpu": seconds[1:], "trace": trace}


def do_sections(model):
    """Return the SONATA ids of the sections that the cell has."""
    with _cell(model) as cell:
        return {"ids": sorted(cell.section_ids)}


def do_circuit(model, config, minis, tstop, count):  # noqa: ARG001 - for both sides
    """Take the cell out of the circuit, without and with its synapses."""
    from bluecellab.simulation.circuit.core import CircuitSimulation

    spikes = {("sources", node): times for node, times in trains(tstop).items()}

    def instantiate(simulation, **wanted):
        begin = time.process_time()
        simulation.instantiate([("cells", 0)], **wanted)
        return time.process_time() - begin

    asked = {"seeds": "bluecellulab", "mechanisms": model["library"]}
    for _ in range(2):
        with CircuitSimulation(config, **asked) as simulation:
            alone = instantiate(simulation, synapses=())
    with CircuitSimulation(config, **asked) as simulation:
        whole = instantiate(simulation, minis=minis, replay=spikes)
        begin = time.process_time()
        simulation.run(tstop)
        ran = time.process_time() - begin
        trace = simulation.get_voltage_trace(("cells", 0)).tolist()
    return {"cpu": whole - alone, "run": ran, "trace": trace}


if __name__ == "__main__":
    job = globals()[f"do_{sys.argv[1]}"]
    print(json.dumps(job(**json.loads(sys.argv[2]))))
