"""Synapses of a circuit by BlueCelluLab, by its public interface, in a Python of its own."""

import json
import sys
import time

from benchmarks.synapse_arrays import trains


def do_circuit(model, config, count, minis, tstop):  # noqa: ARG001 - the library is loaded by the harness
    """Take the cell out of the circuit, without and with its synapses."""
    from bluecellulab import CircuitSimulation

    spikes = {("sources", node): times for node, times in trains(tstop).items()}

    def instantiate(**wanted):
        simulation = CircuitSimulation(config)
        begin = time.process_time()
        simulation.instantiate_gids([("cells", 0)], interconnect_cells=False, **wanted)
        return simulation, time.process_time() - begin

    simulation, _ = instantiate()
    simulation.delete()
    simulation, alone = instantiate()
    simulation.delete()
    simulation, whole = instantiate(
        add_synapses=True, add_projections=True, add_minis=minis, pre_spike_trains=spikes
    )
    (cell,) = simulation.cells.values()
    made = len(cell.synapses)
    begin = time.process_time()
    simulation.run(tstop, forward_skip=False)
    ran = time.process_time() - begin
    trace = simulation.get_voltage_trace(("cells", 0))
    return {"cpu": whole - alone, "run": ran, "made": made, "trace": [float(value) for value in trace]}


if __name__ == "__main__":
    job = globals()[f"do_{sys.argv[1]}"]
    print(json.dumps(job(**json.loads(sys.argv[2]))))
