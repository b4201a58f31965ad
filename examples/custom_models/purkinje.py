"""A cell with a tree that Python grows: branches divide, and spines are there or not, as the network says.

Such classes come with many published models. Their arguments are attributes of the node: ``spines_on`` is a
column of node_types.csv. This one is small, of NEURON's own mechanisms, and no model of a real Purkinje cell.
"""

from __future__ import annotations

from pathlib import Path

from bluecellab import CircuitSimulation, cell_model
from bluecellab.nrn import h

HERE = Path(__file__).resolve().parent
ORDERS = 5  # how often branches divide
SPINES = 1.9  # membrane of a spiny dendrite, in that of a smooth one


class Purkinje:
    """A soma, an axon, and a dendrite that divides in two again and again."""

    def __init__(self, number, spines_on):
        self.number = number
        self.soma = h.Section(name="soma", cell=self)
        self.soma.L = self.soma.diam = 24
        self.axon = h.Section(name="axon", cell=self)
        self.axon.L, self.axon.diam = 60, 0.8
        self.axon.connect(self.soma(0))
        self.dend = []
        self._grow(self.soma, 4.0, ORDERS)
        self.all = [self.soma, self.axon, *self.dend]
        for section in self.all:
            section.Ra = 120
        for section in self.dend:
            area = SPINES if spines_on and section.diam < 2 else 1.0
            section.insert("pas")
            section.cm, section.g_pas, section.e_pas = area, 4e-5 * area, -65
        for section in (self.soma, self.axon):
            section.insert("hh")
            section.gnabar_hh, section.gkbar_hh = 0.5, 0.12

    def _grow(self, parent, diameter, orders):
        branch = h.Section(name=f"dend[{len(self.dend)}]", cell=self)
        branch.L, branch.diam = 40, diameter
        branch.connect(parent(1))
        self.dend.append(branch)
        if orders > 1:
            for _ in range(2):
                self._grow(branch, diameter / 2 ** (2 / 3), orders - 1)  # Rall's rule

    def __repr__(self):
        return f"Purkinje[{self.number}]"


@cell_model(directive="python:Purkinje", model_type="biophysical")
def purkinje(cell, template_name, dynamics_params):
    """Make the cell of a node."""
    return Purkinje(cell.node_id, cell["spines_on"])


spikes = []
for _ in range(2):
    with CircuitSimulation(HERE / "purkinje.json") as simulation:
        simulation.instantiate()
        simulation.run()
        for cell in simulation.cells.values():
            v = cell.get_soma_voltage()
            print(f"{cell}, {cell.area():.0f} um2: {v.min():.1f} to {v.max():.1f} mV")
        spikes.append({cell_id: list(train) for cell_id, train in simulation.spikes.items()})
print("spikes:", ", ".join(f"{len(train)} of {cell_id}" for cell_id, train in spikes[0].items()))
assert spikes[0] == spikes[1], "the second run is the first one"
