"""Channels added to cells that are there already, and densities that depend on the distance from the soma.

``model_processing`` in node_types.csv lists names: ``aibs_perisomatic,add_channels,scale_by_distance`` sets
what the file of ``dynamics_params`` says, and then calls the two functions below, in this order.
"""

from __future__ import annotations

from math import exp
from pathlib import Path

from bluecellab import CircuitSimulation, model_processing
from bluecellab.nrn import h

HERE = Path(__file__).resolve().parent
SPACE_CONSTANT = 150.0  # um


@model_processing
def add_channels(hobj, cell, dynamics_params):
    """Let dendrites have some of the soma's channels."""
    for section in hobj.all:
        if "apic" in section.name() or "dend" in section.name():
            section.insert("hh")
            section.gnabar_hh, section.gkbar_hh, section.gl_hh = 0.05, 0.015, 0.0
    return hobj


@model_processing
def scale_by_distance(hobj, cell, dynamics_params):
    """Let them become fewer with the distance along the apical dendrite."""
    soma = hobj.soma[0]
    for section in hobj.apic:
        for segment in section:
            segment.hh.gnabar *= exp(-h.distance(soma(0.5), segment) / SPACE_CONSTANT)
    return hobj


for turn in ("first", "second"):
    with CircuitSimulation(HERE / "processing.json") as simulation:
        simulation.instantiate()
        simulation.run()
        for cell_id, cell in simulation.cells.items():
            density = [cell.sections[name](0.5).hh.gnabar for name in ("apic[0]", "apic[1]")]
            spikes = len(simulation.spikes[cell_id])
            print(f"{turn} run: {cell_id}: {density[0]:.3f} and {density[1]:.3f} S/cm2, {spikes} spikes")
