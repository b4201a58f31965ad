"""Words for circuits of the Allen Institute / BMTK dialect of SONATA.

References
----------
SONATA, https://doi.org/10.1371/journal.pcbi.1007696; BioNet, https://doi.org/10.1371/journal.pcbi.1008386
"""

from __future__ import annotations

from bluecellab.spec.allen.config import AllenConditions, AllenConfig, AllenOutput, AllenRun
from bluecellab.spec.allen.inputs import (
    AllenInput,
    AnyAllenStimulus,
    ClampPlace,
    ComsolField,
    CurrentClamp,
    CurrentFile,
    EdgeReplay,
    FieldWaveform,
    FunctionTrains,
    ModuleInput,
    PointElectrodes,
    ProbeTrains,
    SpikeTrains,
    SynapticActivity,
    VoltageClamp,
)
from bluecellab.spec.allen.layout import AllenLayout, EdgesFile, NodesFile
from bluecellab.spec.allen.reports import (
    AnyAllenReport,
    ClampReport,
    ExtracellularReport,
    MembraneReport,
    SaveSynapses,
    SynapseReport,
)

__all__ = [
    "AllenConditions",
    "AllenConfig",
    "AllenInput",
    "AllenLayout",
    "AllenOutput",
    "AllenRun",
    "AnyAllenReport",
    "AnyAllenStimulus",
    "ClampPlace",
    "ClampReport",
    "ComsolField",
    "CurrentClamp",
    "CurrentFile",
    "EdgeReplay",
    "EdgesFile",
    "ExtracellularReport",
    "FieldWaveform",
    "FunctionTrains",
    "MembraneReport",
    "ModuleInput",
    "NodesFile",
    "PointElectrodes",
    "ProbeTrains",
    "SaveSynapses",
    "SpikeTrains",
    "SynapseReport",
    "SynapticActivity",
    "VoltageClamp",
]
