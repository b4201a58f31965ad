"""Spike trains of virtual cells: from files of spikes and from functions that are registered."""

from __future__ import annotations

from bluecellab.results.spike_trains.generated import generate_trains
from bluecellab.results.spike_trains.reading import read_trains

__all__ = ["generate_trains", "read_trains"]
