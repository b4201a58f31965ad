"""RECORDERS: what NEURON writes into while it runs, read back as traces and spikes.

A recorder belongs to a cell. :class:`Recorders` drives those of one run: it prepares them before
NEURON is initialised, drains them in between, and finishes them at the end. What has been drained is
plain numpy: nothing that happens in NEURON afterwards can change it.
"""

from __future__ import annotations

from bluecellab.recording.events import EventDetector, EventLog
from bluecellab.recording.make import record, record_reference, record_time
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.probes import Labels
from bluecellab.recording.recorder import Recorder, TimeReader
from bluecellab.recording.run import Recordable, Recorders, TraceRecorder, spikes_of, traces_of
from bluecellab.recording.spikes import SpikeDetector, detect_spikes, locate
from bluecellab.recording.variables import available, currents_of, currents_vars, mechs_vars

__all__ = [
    "EventDetector",
    "EventLog",
    "Labels",
    "Recordable",
    "Recorder",
    "Recorders",
    "RunPlan",
    "SpikeDetector",
    "TimeReader",
    "TraceRecorder",
    "available",
    "currents_of",
    "currents_vars",
    "detect_spikes",
    "locate",
    "mechs_vars",
    "record",
    "record_reference",
    "record_time",
    "spikes_of",
    "traces_of",
]
