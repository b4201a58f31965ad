"""What can be recorded from a section."""

from __future__ import annotations

from bluecellab.compat.type_aliases import NeuronSection
from bluecellab.recording.variables import currents_vars, mechs_vars
from bluecellab.spec.recordings import variable_key

__all__ = ["currents_vars", "mechs_vars", "section_to_variable_recording_str"]


def section_to_variable_recording_str(section: NeuronSection, segx: float, variable: str) -> str:
    """Return the name of the recording of a variable, ``neuron.h.soma[0](0.5)._ref_ina``."""
    return variable_key(str(section.hname()), segx, variable)
