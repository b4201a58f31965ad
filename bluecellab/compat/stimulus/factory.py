"""``StimulusFactory`` and the times of its protocols, at their published place."""

from __future__ import annotations

from bluecellab.stimulus.factory import (
    APWaveformTimings,
    FirePatternTimings,
    IDRestTimings,
    IVTimings,
    NegCheopsTimings,
    PosCheopsTimings,
    SineSpecTimings,
    Stimulus,
    StimulusFactory,
)

__all__ = [
    "APWaveformTimings",
    "FirePatternTimings",
    "IDRestTimings",
    "IVTimings",
    "NegCheopsTimings",
    "PosCheopsTimings",
    "SineSpecTimings",
    "Stimulus",
    "StimulusFactory",
]
