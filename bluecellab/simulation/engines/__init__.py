"""Engines that integrate a model which NEURON has been given: CoreNEURON.

Names are loaded on first use: a run of NEURON's needs nothing of what runs in another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bluecellab.files.late import loaded_late

if TYPE_CHECKING:
    from bluecellab.simulation.engines.checking import library_facts
    from bluecellab.simulation.engines.handover import Handover

__all__ = ["Handover", "library_facts"]

_HOMES = {"Handover": "handover", "library_facts": "checking"}

__getattr__, __dir__ = loaded_late(__name__, _HOMES)
