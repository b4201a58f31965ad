"""Protocols on one live cell that is kept, over and over."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress


def _protocols() -> list[object]:
    from bluecellab.spec.protocols import Placed, Protocol
    from bluecellab.spec.recordings import (
        CurrentsRecording,
        PointProcessRecording,
        SpikeRecording,
        VoltageRecording,
    )
    from bluecellab.spec.simulation import RunConditions
    from bluecellab.spec.stimuli import OrnsteinUhlenbeck, VoltageClamp

    clamp = Placed(stimulus=VoltageClamp(duration=5, voltage=-60), name="clamp")
    noise = Placed(stimulus=OrnsteinUhlenbeck(duration=5, tau=2, sigma=0.1, mean=0.4))
    soma, spikes = VoltageRecording(), SpikeRecording(threshold=-20)
    fixed, auto = RunConditions(), RunConditions(cvode="auto")
    return [
        Protocol.of_step(0.3, 1, 4, holding=True, recordings=(soma, spikes), conditions=auto),
        Protocol.of_step(0.3, 1, 4, recordings=(soma, CurrentsRecording()), conditions=fixed),
        Protocol(duration=5, stimuli=(clamp,), recordings=(soma, PointProcessRecording(target="clamp"))),
        Protocol(duration=5, stimuli=(noise,), recordings=(spikes, VoltageRecording(interval=0.1))),
        # and one that fails after its stimuli have been placed
        Protocol(duration=5, stimuli=(noise, clamp), recordings=(spikes, VoltageRecording(interval=0.03))),
    ]


@functools.lru_cache(maxsize=2)
def _kept(new: Callable[[], object]) -> tuple[object, list[object]]:
    cell = new()
    cell.start_recording_spikes(None, "soma", -20)
    return cell, _protocols()


def kept_cell(new: Callable[[], object]) -> None:
    """Run every protocol once on the cell that is kept."""
    from bluecellab.errors import RecordingError
    from bluecellab.simulation import run_on

    cell, protocols = _kept(new)
    for protocol in protocols:
        with suppress(RecordingError):
            run_on(cell, protocol)
