"""Synapses and weights of one's own: slower far away from the soma, weaker from fibres far away.

The table of edge types has ``slower_far_away`` as ``model_template``, and ``less_far_away`` as
``weight_function``.
"""

from __future__ import annotations

from math import exp
from pathlib import Path

from bluecellab import CircuitSimulation, synapse_model, synaptic_weight
from bluecellab.nrn import h

HERE = Path(__file__).resolve().parent


@synapse_model
def slower_far_away(dynamics_params, x, section):
    """Make a synapse at a place; what it does there is its own affair."""
    root = section.cell().soma[0](0.5)
    synapse = h.Exp2Syn(x, sec=section)
    synapse.e = dynamics_params["erev"]
    synapse.tau1 = dynamics_params["tau1"]
    synapse.tau2 = dynamics_params["tau2"] * (1 + h.distance(root, section(x)) / 200)
    return synapse


@synaptic_weight
def less_far_away(edge, source, target):
    """Return the weight of an edge, by where its ends are."""
    distance = abs(source["x"] - target["x"])
    return edge["syn_weight"] * exp(-distance / edge["spread"])


for turn in ("first", "second"):
    with CircuitSimulation(HERE / "synapses.json") as simulation:
        simulation.instantiate()
        simulation.run()
        for cell_id in simulation.cells:
            made = [synapse for group in simulation.synapses(cell_id) for synapse in group]
            slowest = max(synapse.hsynapse.tau2 for synapse in made)
            spikes = len(simulation.spikes[cell_id])
            print(f"{turn} run: {cell_id}: {len(made)} synapses, up to {slowest:.1f} ms, {spikes} spikes")
        assert slowest > 3, "there are some far away"
