"""One frozen model for each stimulus, and their discriminated union :data:`AnyStimulus`.

All times are absolute simulated times in ms. ``a + b`` plays both at the same site at the same
time (:class:`Sum`).
"""

from __future__ import annotations

from bluecellab.spec.stimuli.base import (
    ConductanceOrCurrent,
    InjectionMode,
    Stimulus,
    TimedStimulus,
)
from bluecellab.spec.stimuli.clamps import AlphaSynapse, VoltageClamp
from bluecellab.spec.stimuli.compose import AnySingleStimulus, AnyStimulus, Sum, parts_of
from bluecellab.spec.stimuli.deterministic import (
    Hyperpolarizing,
    Linear,
    PulseTrain,
    Ramp,
    RelativeLinear,
    Sampled,
    Segments,
    Sinusoidal,
    Step,
    SubThreshold,
    Zap,
)
from bluecellab.spec.stimuli.noise import (
    AbsoluteShotNoise,
    Noise,
    OrnsteinUhlenbeck,
    RelativeOrnsteinUhlenbeck,
    RelativeShotNoise,
    ShotNoise,
)

__all__ = [
    "AbsoluteShotNoise",
    "AlphaSynapse",
    "AnySingleStimulus",
    "AnyStimulus",
    "ConductanceOrCurrent",
    "Hyperpolarizing",
    "InjectionMode",
    "Linear",
    "Noise",
    "OrnsteinUhlenbeck",
    "PulseTrain",
    "Ramp",
    "RelativeLinear",
    "RelativeOrnsteinUhlenbeck",
    "RelativeShotNoise",
    "Sampled",
    "Segments",
    "ShotNoise",
    "Sinusoidal",
    "Step",
    "Stimulus",
    "SubThreshold",
    "Sum",
    "TimedStimulus",
    "VoltageClamp",
    "Zap",
    "parts_of",
]
