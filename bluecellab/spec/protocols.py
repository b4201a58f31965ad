"""Protocols: stimuli, recordings and a duration, ready to be sent to another process."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bluecellab.spec.base import PositiveMillisecond, Site, Spec
from bluecellab.spec.recordings import AnyRecording, VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import AnyStimulus

__all__ = ["Placed", "Protocol"]


class Placed(Spec):
    """A stimulus at a site.

    Parameters
    ----------
    stimulus
        What is played.
    site
        Where; the middle of the soma by default.
    name
        What a recording of its point process refers to it by.
    """

    stimulus: AnyStimulus
    site: Site = Site()
    name: str = ""


class Protocol(Spec):
    """What is done to a cell, and what is recorded of it.

    Parameters
    ----------
    duration
        In ms.
    stimuli
        Stimuli, each at its site.
    recordings
        What to record; the potential of the soma by default.
    conditions
        Temperature, initial potential, integrator, seeds.
    name
        A label for tables and figures.
    version
        Of this format of protocols.

    Examples
    --------
    >>> from bluecellab.spec.stimuli import Step
    >>> step = Placed(stimulus=Step(delay=20, duration=50, amplitude=0.3))
    >>> protocol = Protocol(duration=100, stimuli=(step,))
    >>> Protocol.from_json(protocol.to_json()) == protocol
    True
    """

    duration: PositiveMillisecond
    stimuli: tuple[Placed, ...] = ()
    recordings: tuple[AnyRecording, ...] = Field(default=(VoltageRecording(),))
    conditions: RunConditions = RunConditions()
    name: str = ""
    version: Literal[1] = Field(1, repr=False)
