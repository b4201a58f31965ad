"""Spike trains of virtual cells: from files of spikes, from functions that are registered, from probes."""

from __future__ import annotations

from bluecellab.results.spike_trains.generated import generate_trains
from bluecellab.results.spike_trains.probe import read_probe_trains
from bluecellab.results.spike_trains.reading import read_trains

__all__ = ["generate_trains", "read_probe_trains", "read_trains"]
