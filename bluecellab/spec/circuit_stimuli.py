"""Stimuli that only make sense in a circuit, and the union of all that a circuit's input may be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bluecellab.spec.base import NonNegativeMillisecond, Spec, Unit
from bluecellab.spec.stimuli import AnySingleStimulus, TimedStimulus

__all__ = ["AnyCircuitStimulus", "ElectricField", "SpatiallyUniformField", "SynapseReplay"]

VoltPerMetre = Annotated[float, Unit("V/m")]


class SynapseReplay(TimedStimulus):
    """SONATA's ``synapse_replay``: spikes of a file arrive at the synapses of the target cells.

    Parameters
    ----------
    delay, duration
        Spikes from ``delay`` on count, in ms; their times are not shifted.
    spike_file
        Absolute path of a SONATA spikes file.
    """

    type: Literal["synapse_replay"] = Field("synapse_replay", repr=False)
    spike_file: str


class ElectricField(Spec):
    """One component of a spatially uniform electric field.

    Parameters
    ----------
    Ex, Ey, Ez
        Amplitude in V/m.
    frequency
        In Hz; 0 for a constant field.
    phase
        In rad.
    """

    Ex: VoltPerMetre = 0.0
    Ey: VoltPerMetre = 0.0
    Ez: VoltPerMetre = 0.0
    frequency: Annotated[float, Field(ge=0), Unit("Hz")] = 0.0
    phase: float = 0.0


class SpatiallyUniformField(TimedStimulus):
    """SONATA's ``spatially_uniform_e_field``: the same electric field everywhere.

    Parameters
    ----------
    delay, duration
        In ms; the ramps come in addition, outside of the duration.
    fields
        They add up.
    ramp_up_time, ramp_down_time
        In ms.
    """

    type: Literal["spatially_uniform_e_field"] = Field("spatially_uniform_e_field", repr=False)
    fields: tuple[ElectricField, ...]
    ramp_up_time: NonNegativeMillisecond = 0.0
    ramp_down_time: NonNegativeMillisecond = 0.0


AnyCircuitStimulus = Annotated[
    AnySingleStimulus | SynapseReplay | SpatiallyUniformField, Field(discriminator="type")
]
"""Whatever a block of ``inputs`` may be."""
