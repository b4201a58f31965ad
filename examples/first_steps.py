"""First steps: a cell, a step of current, a run, its voltage and its spikes."""

import numpy as np

from bluecellab import Simulation, create_ball_stick

with create_ball_stick() as cell, Simulation(celsius=22) as simulation:
    simulation.add_cell(cell)
    stimulus = cell.add_step(start_time=20, stop_time=80, level=0.25)  # ms, ms, nA
    cell.add_voltage_recording(cell.basal[0], 0.9)
    cell.start_recording_spikes(None, "soma", threshold=-20)

    simulation.run(100, cvode=False)
    time, voltage = cell.get_time(), cell.get_soma_voltage()
    spikes = cell.get_recorded_spikes("soma", threshold=-20)
    traces = cell.traces()  # plain values: valid when cell and NEURON are long gone

    print(f"{cell}: {len(cell.sections)} sections, {cell.area():.0f} um2")
    print(f"{len(spikes)} spikes, the first at {spikes[0]:.2f} ms")
    print(f"peak {voltage.max():.1f} mV at {time[np.argmax(voltage)]:.2f} ms")

    stimulus.close()  # take the step away: the cell is as if it had never been there
    simulation.run(100, cvode=False)
    assert cell.get_recorded_spikes("soma", threshold=-20) == []

print(traces)
print(traces.to_pandas().describe().loc[["min", "max"]])
