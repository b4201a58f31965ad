"""Time series of current, at their published place."""

from __future__ import annotations

from bluecellab.stimulus.protocols import (
    DelayedZap,
    OrnsteinUhlenbeck,
    Pulse,
    Ramp,
    ShotNoise,
    Sinusoidal,
    Step,
    StepNoise,
)
from bluecellab.stimulus.series import (
    CombinedStimulus,
    Empty,
    Flat,
    PulseTrain,
    SinusoidalWave,
    Slope,
    Stimulus,
    Zap,
)

__all__ = [
    "CombinedStimulus",
    "DelayedZap",
    "Empty",
    "Flat",
    "OrnsteinUhlenbeck",
    "Pulse",
    "PulseTrain",
    "Ramp",
    "ShotNoise",
    "Sinusoidal",
    "SinusoidalWave",
    "Slope",
    "Step",
    "StepNoise",
    "Stimulus",
    "Zap",
]
