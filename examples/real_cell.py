"""A real layer 5 pyramidal cell with a step, a ramp and noise on top of its holding current.

The model comes from the published bluepyopt package. Gather it first: ``python scripts/material.py``.
"""

import json
import sys
import time
from pathlib import Path

from bluecellab import Cell, EmodelProperties, Simulation, load_mechanisms
from bluecellab.nrn.mechanisms import cache_folder
from bluecellab.plotting import plot_stimulus_and_response
from bluecellab.spec.stimuli import Hyperpolarizing, Noise, Ramp, Step

material = cache_folder() / "material"
if not (material / "index.json").is_file():
    sys.exit("no real models yet; run: python scripts/material.py")
model = json.loads((material / "index.json").read_text(encoding="utf-8"))["cells"]["l5pc_v6"]
load_mechanisms(material / model["mechanisms"])


def make() -> Cell:
    """Make the cell; the second time, its morphology is not read again."""
    return Cell(
        material / model["template"],
        material / model["morphologies"]["asc"],
        template_format=model["template_format"],
        emodel_properties=EmodelProperties(
            threshold_current=model["threshold_current"], holding_current=model["holding_current"]
        ),
    )


for turn in ("first", "second"):
    begin = time.process_time()
    with make() as cell:
        print(f"{turn} cell: {1000 * (time.process_time() - begin):.0f} ms CPU, {cell}")

threshold = model["threshold_current"]
stimuli = {
    "step": Step(delay=100, duration=300, amplitude=1.3 * threshold),
    "ramp": Ramp(delay=100, duration=300, amp_end=2 * threshold),
    "noise": Noise(delay=100, duration=300, mean=threshold, variance=(0.3 * threshold) ** 2),
}
with make() as cell, Simulation(celsius=model["celsius"], v_init=model["v_init"]) as simulation:
    simulation.add_cell(cell)
    cell.add_stimulus(Hyperpolarizing(duration=500))
    cell.start_recording_spikes(None, "soma", threshold=-20)
    for name, spec in stimuli.items():
        stimulus = cell.add_stimulus(spec)
        simulation.run(500, cvode=False)
        spikes = cell.get_recorded_spikes("soma", threshold=-20)
        print(f"{name}: {len(spikes)} spikes")
        assert spikes, "the cell must spike"
        figure = plot_stimulus_and_response([stimulus.waveform], cell.traces())
        figure.savefig(f"{name}.png", dpi=120)
        stimulus.close()  # make room for the next

print("written:", ", ".join(str(path) for path in sorted(Path().glob("*.png"))))
