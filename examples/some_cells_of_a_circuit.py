"""Run a circuit; then one of its cells alone, with the spikes that the others sent: bit for bit the same.

Writes ``five_cells.png`` where matplotlib is installed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bluecellab import CircuitSimulation

CONFIG = Path(__file__).resolve().parent / "five_cells" / "simulation_config.json"

with CircuitSimulation(CONFIG) as full:
    full.instantiate()
    full.run()
    print("\n".join(full.summary.lines()))
    spikes = dict(full.spikes)
    times = full.get_time()
    potentials = {cell_id: full.get_voltage_trace(cell_id) for cell_id in full.cells}

for cell_id, potential in potentials.items():
    others = {source: train for source, train in spikes.items() if source != cell_id}
    with CircuitSimulation(CONFIG) as part:
        part.instantiate([cell_id], replay=others)
        part.run()
        same = np.array_equal(part.get_voltage_trace(cell_id), potential)
    print(f"{cell_id} alone, the others replayed: {'the same' if same else 'another'} potential")
    assert same

try:
    import matplotlib.pyplot as plt
except ImportError:
    raise SystemExit(0) from None

figure, (traces, raster) = plt.subplots(
    2, 1, sharex=True, figsize=(8, 4.6), height_ratios=(3, 1), layout="constrained"
)
for row, (cell_id, potential) in enumerate(potentials.items()):
    colour = "tab:red" if row < 3 else "tab:blue"
    traces.plot(times, potential - 110 * row, colour, linewidth=0.8)
    traces.text(-3, potential[0] - 110 * row, str(cell_id), ha="right", va="center", fontsize=8)
    raster.eventplot(spikes[cell_id], lineoffsets=-row, linelengths=0.8, colors=colour)
traces.set(yticks=[], title="Five cells: potentials of their somata, and spikes")
raster.set(xlabel="time (ms)", yticks=[], xlim=(0, times[-1]))
for axes in (traces, raster):
    axes.spines[["top", "right", "left"]].set_visible(False)
figure.savefig("five_cells.png", dpi=120)
print("picture written to five_cells.png")
