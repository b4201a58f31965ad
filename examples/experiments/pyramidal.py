"""A pyramidal cell of NEURON's own mechanisms, for learning: it needs no compiler, and no morphology file.

``PythonCell(factory="pyramidal:Pyramidal", arguments={"dendritic_sodium": 0.3})`` is its specification.
"""

import math

import numpy as np
from neuron import h


class Pyramidal:
    """A soma, an axon, five basal dendrites, and an apical trunk with oblique branches and a tuft.

    All of it has Hodgkin and Huxley's channels; the dendrites a fraction of the soma's sodium.

    Parameters
    ----------
    dendritic_sodium
        Sodium conductance of the dendrites by that of the soma: 0 for none, 1 for as much.
    """

    def __init__(self, dendritic_sodium=0.02):
        self._random = np.random.default_rng(7)  # one shape, whatever the channels
        self.soma = [self._section("soma[0]", None, (0, -10, 0), (0, 10, 0), 20, 16)]
        self.axon = [self._section("axon[0]", (self.soma[0], 0), (0, -10, 0), (6, -130, 10), 1.5, 1.0)]
        self.basal, self.apical = [], []
        for angle in np.linspace(-2.9, -0.25, 5):
            self._branch(self.basal, "dend", (self.soma[0], 0.5), (0, 0, 0), angle, 70, 2.2, 2)
        trunk, start = (self.soma[0], 1), (0, 10, 0)
        for step in range(4):
            end = (
                start[0] + self._random.uniform(-12, 12),
                start[1] + 95,
                start[2] + self._random.uniform(-8, 8),
            )
            section = self._section(
                f"apic[{len(self.apical)}]", trunk, start, end, 4 - 0.5 * step, 3.5 - 0.5 * step
            )
            self.apical.append(section)
            trunk, start = (section, 1), end
            if step < 3:
                side = 0.35 if step % 2 else math.pi - 0.35
                self._branch(self.apical, "apic", trunk, start, side, 75, 1.2, 1)
        for angle in (1.0, 1.57, 2.14):
            self._branch(self.apical, "apic", trunk, start, angle, 80, 1.4, 2)
        for section in (*self.soma, *self.axon, *self.basal, *self.apical):
            section.insert("hh")
            section.Ra, section.cm = 100, 1
            section.nseg = 1 + 2 * int(section.L / 40)
            dendrite = section in self.basal or section in self.apical
            for segment in section:  # in S/cm2
                segment.hh.gnabar = 0.36 * (dendritic_sodium if dendrite else 1.0)
                segment.hh.gkbar = 0.0032 if dendrite else 0.036
                segment.hh.gl, segment.hh.el = 5e-5, -65

    def _section(self, name, parent, start, end, first, last):
        section = h.Section(name=name)
        if parent is not None:
            section.connect(parent[0](parent[1]))
        for share in (0, 0.5, 1):
            point = [a + share * (b - a) for a, b in zip(start, end, strict=True)]
            section.pt3dadd(*point, first + share * (last - first))
        return section

    def _branch(self, family, name, parent, start, angle, length, diameter, generations):
        """Grow a branch, and two at its end while there are generations left."""
        turned = angle + self._random.uniform(-0.15, 0.15)
        long = length * self._random.uniform(0.8, 1.2)
        depth = self._random.uniform(-0.4, 0.4)
        end = (
            start[0] + long * math.cos(turned),
            start[1] + long * math.sin(turned),
            start[2] + long * depth,
        )
        section = self._section(f"{name}[{len(family)}]", parent, start, end, diameter, 0.75 * diameter)
        family.append(section)
        if generations:
            for side in (-0.4, 0.4):
                self._branch(
                    family, name, (section, 1), end, turned + side, length, 0.75 * diameter, generations - 1
                )


if __name__ == "__main__":
    from bluecellab import Cell

    with Cell.from_python(Pyramidal) as cell:
        print(
            f"{cell}: {len(cell.apical)} apical and {len(cell.basal)} basal sections, {cell.area():.0f} um2"
        )
