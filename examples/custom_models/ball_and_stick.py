"""A cell that is a Python class: each node of the network becomes one, with parameters of its own.

The network says ``model_template`` = ``python:BallAndStick``; what is registered for it makes the cell.
Whatever the network has of a node can be asked for: most conductances are columns of node_types.csv here;
``gnabar`` is one of nodes.h5, and differs from node to node.
"""

from __future__ import annotations

from pathlib import Path

from bluecellab import cell_model, run_sonata
from bluecellab.nrn import h

HERE = Path(__file__).resolve().parent


class BallAndStick:
    """A soma that spikes, and a dendrite that does not."""

    def __init__(self, cell):
        self._number = cell["node_id"]
        self.soma = h.Section(name="soma", cell=self)
        self.dend = h.Section(name="dend", cell=self)
        self.all = [self.soma, self.dend]
        self.dend.connect(self.soma(1))
        self.soma.L = self.soma.diam = 15  # um
        self.dend.L, self.dend.diam = cell["length"], 1
        for section in self.all:
            section.Ra, section.cm = 100, 1  # ohm cm, uF/cm2
        self.soma.insert("hh")
        for name in ("gnabar", "gkbar", "gl", "el"):
            setattr(self.soma(0.5).hh, name, cell[name])
        self.dend.insert("pas")
        self.dend(0.5).pas.g, self.dend(0.5).pas.e = cell["g_pas"], cell["e_pas"]

    def __repr__(self):
        return f"BallAndStick[{self._number}]"


@cell_model(directive="python:BallAndStick", model_type="biophysical")
def ball_and_stick(cell, template_name, dynamics_params):
    """Make the cell of a node."""
    return BallAndStick(cell)


for turn in ("first", "second"):  # as often as one likes in one process
    result = run_sonata(HERE / "ball_and_stick.json", output=f"{turn}_output")
    for cell_id, train in sorted(result.spikes.items()):
        print(f"{turn} run: {cell_id} spikes at {', '.join(f'{time:.2f}' for time in train)} ms")
    assert len(result.spikes.items()) == 3, "all cells spike"
