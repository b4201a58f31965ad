"""Engines that integrate a model which NEURON has been given: CoreNEURON.

Names are loaded on first use: a run of NEURON's needs nothing of what runs in another process.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bluecellab.simulation.engines.checking import library_facts
    from bluecellab.simulation.engines.handover import Handover

__all__ = ["Handover", "library_facts"]

_HOMES = {"Handover": "handover", "library_facts": "checking"}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
