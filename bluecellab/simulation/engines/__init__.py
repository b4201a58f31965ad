"""Engines that integrate a model which NEURON has been given: CoreNEURON."""

from __future__ import annotations

from bluecellab.simulation.engines.checking import library_facts
from bluecellab.simulation.engines.handover import Handover

__all__ = ["Handover", "library_facts"]
