"""Texts of models that ``allen_networks.py`` adds to what the bmtk wheel has."""

from __future__ import annotations

GAP = """NEURON {
    POINT_PROCESS Gap
    RANGE g, i, vgap
    NONSPECIFIC_CURRENT i
}
PARAMETER { g = 1e-3 (uS) }
ASSIGNED { v (mV) vgap (mV) i (nA) }
BREAKPOINT { i = g * (v - vgap) }
"""

TEMPLATE = """begintemplate Ball
public soma, dend, apic, axon, all, somatic, basal, apical, axonal
create soma[1], dend[2], apic[1], axon[1]
objref all, somatic, basal, apical, axonal
proc init() { local i
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    apical = new SectionList()
    axonal = new SectionList()
    create soma[1], dend[2]
    soma[0] { L = $1 diam = 18 all.append() somatic.append() }
    soma[0] { insert hh Ra = 100 cm = 1 }
    for i = 0, 1 {
        connect dend[i](0), soma[0](i)
        dend[i] { L = $2 diam = 1.5 Ra = 100 cm = 1 insert pas e_pas = -65 g_pas = 1e-4
            all.append() basal.append() }
    }
}
endtemplate Ball
"""

NEUROML = """<?xml version="1.0" encoding="UTF-8"?>
<neuroml xmlns="http://www.neuroml.org/schema/neuroml2" id="cells">
  <cell id="perisomatic">
    <biophysicalProperties id="biophysics">
      <membraneProperties>
        <channelDensity id="pas_all" ionChannel="pas"
          condDensity="0.00003 S_per_cm2" erev="-90 mV" segmentGroup="all" ion="non_specific"/>
        <channelDensity id="gbar_NaTs" ionChannel="NaTs"
          condDensity="0.7 S_per_cm2" erev="53 mV" segmentGroup="soma" ion="na"/>
        <channelDensity id="gbar_Kv3_1" ionChannel="Kv3_1"
          condDensity="0.2 S_per_cm2" erev="-107 mV" segmentGroup="soma" ion="k"/>
        <channelDensity id="gbar_Ih" ionChannel="Ih"
          condDensity="0.001 S_per_cm2" erev="-45 mV" segmentGroup="soma" ion="hcn"/>
        <channelDensityNernst id="gbar_Ca_LVA" ionChannel="Ca_LVA"
          condDensity="0.002 S_per_cm2" segmentGroup="soma" ion="ca"/>
        <specificCapacitance value="1.0 uF_per_cm2" segmentGroup="soma"/>
        <specificCapacitance value="1.0 uF_per_cm2" segmentGroup="axon"/>
        <specificCapacitance value="2.1 uF_per_cm2" segmentGroup="apic"/>
        <specificCapacitance value="2.1 uF_per_cm2" segmentGroup="dend"/>
      </membraneProperties>
      <intracellularProperties>
        <resistivity value="138.0 ohm_cm" segmentGroup="all"/>
        <species id="ca" ion="ca" concentrationModel="CaDynamics" segmentGroup="soma"/>
      </intracellularProperties>
    </biophysicalProperties>
  </cell>
</neuroml>
"""

SYNAPSES = {
    "slow.json": {"erev": 0.0, "tau1": 4.0},
    "steep.json": {"level_of_detail": "exp2syn", "tau1": 0.3, "tau2": 2.0, "erev": 10.0},
}
