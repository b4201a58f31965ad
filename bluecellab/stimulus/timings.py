"""The times of the published protocols, in ms."""

from __future__ import annotations

from enum import Enum

__all__ = [
    "APWaveformTimings",
    "FirePatternTimings",
    "IDRestTimings",
    "IVTimings",
    "NegCheopsTimings",
    "PosCheopsTimings",
    "SineSpecTimings",
]


class APWaveformTimings(Enum):
    """Of ``ap_waveform``."""

    PRE_DELAY = 250.0
    DURATION = 50.0
    POST_DELAY = PRE_DELAY


class IDRestTimings(Enum):
    """Of ``idrest``."""

    PRE_DELAY = 250.0
    DURATION = 1350.0
    POST_DELAY = PRE_DELAY


class IVTimings(Enum):
    """Of ``iv``."""

    PRE_DELAY = 250.0
    DURATION = 3000.0
    POST_DELAY = PRE_DELAY


class FirePatternTimings(Enum):
    """Of ``fire_pattern``."""

    PRE_DELAY = 250.0
    DURATION = 3600.0
    POST_DELAY = PRE_DELAY


class PosCheopsTimings(Enum):
    """Of ``pos_cheops``."""

    PRE_DELAY = 250.0
    RAMP1_DURATION = 4000.0
    RAMP2_DURATION = 2000.0
    RAMP3_DURATION = 1333.0
    INTER_DELAY = RAMP2_DURATION
    POST_DELAY = PRE_DELAY


class NegCheopsTimings(Enum):
    """Of ``neg_cheops``."""

    PRE_DELAY = 1750.0
    RAMP1_DURATION = 3333.0
    RAMP2_DURATION = 1666.0
    RAMP3_DURATION = 1111.0
    INTER_DELAY = 2000.0
    POST_DELAY = 250.0


class SineSpecTimings(Enum):
    """Of ``sinespec``."""

    PRE_DELAY = 0
    DURATION = 5000.0
