"""Names of recordings."""

from __future__ import annotations

from bluecellab.compat.type_aliases import NeuronSection
from bluecellab.spec.recordings import voltage_key

__all__ = ["section_to_voltage_recording_str"]


def section_to_voltage_recording_str(section: NeuronSection, segment: float = 0.5) -> str:
    """Return the name of the recording of the potential at a place, ``neuron.h.soma[0](0.5)._ref_v``."""
    return voltage_key(str(section.hname()), segment)
