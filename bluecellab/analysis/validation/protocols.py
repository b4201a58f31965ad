"""What is done to a cell in a validation, as data: currents in percent of its rheobase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from bluecellab.analysis.back_propagation import back_propagation_of, back_propagation_protocol
from bluecellab.analysis.steps import StepTimes, step_protocol
from bluecellab.analysis.validation.base import ValidationProtocol
from bluecellab.analysis.validation.curves import FIProtocol, IVProtocol
from bluecellab.analysis.validation.subject import Subject
from bluecellab.errors import FeatureError
from bluecellab.results import Results
from bluecellab.results.measured.validation import Evidence
from bluecellab.spec.base import (
    Nanoampere,
    NonNegativeMillisecond,
    Percent,
    PositiveMillisecond,
    Site,
    Spec,
)
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import AnyRecording, SpikeRecording, VoltageRecording
from bluecellab.spec.stimuli import Step

__all__ = [
    "IDREST",
    "IV",
    "AnyProtocol",
    "BackPropagationProtocol",
    "Phase",
    "SequenceProtocol",
    "StepProtocol",
]

IDREST = StepTimes(delay=250.0, duration=1350.0, post_delay=250.0)
"""Times of the published protocol IDRest."""
IV = StepTimes(delay=250.0, duration=3000.0, post_delay=250.0)
"""Times of the published protocol IV."""
_SOMA = Site()


class _OneRun(ValidationProtocol):
    """A protocol of one run that is its own evidence.

    Parameters
    ----------
    injected
        Where the current goes.
    recorded
        Where the potential is recorded.
    spikes
        Where spikes are detected, at the threshold of the validation.
    hold
        Whether the cell's holding current is on all the time.
    """

    injected: Site = _SOMA
    recorded: tuple[Site, ...] = (_SOMA,)
    spikes: tuple[Site, ...] = ()
    hold: bool = True

    def evidence(self, results: Sequence[Results], subject: Subject) -> Evidence:  # noqa: ARG002
        """Return what is measured and shown."""
        (only,) = results
        return only

    def sites(self) -> tuple[Site, ...]:
        """Return the places on the cell that it takes."""
        return (self.injected, *self.recorded, *self.spikes)

    def _recordings(self, subject: Subject) -> tuple[AnyRecording, ...]:
        voltages = [VoltageRecording(site=subject.at(site)) for site in self.recorded]
        detectors = [
            SpikeRecording(location=str(subject.at(site)), threshold=subject.spike_threshold)
            for site in self.spikes
        ]
        return (*voltages, *detectors)


class StepProtocol(_OneRun):
    """A step of current.

    Parameters
    ----------
    percent
        Amplitude of the step in percent of the rheobase.
    amplitude
        In nA instead.
    times
        When it is on; those of IDRest by default.
    injected, recorded, spikes, hold
        Where; whether there is a holding current.

    Examples
    --------
    >>> StepProtocol(percent=200).window()
    (250.0, 1600.0)
    """

    type: Literal["step"] = Field("step", repr=False)
    percent: Percent = 130.0
    amplitude: Nanoampere | None = None
    times: StepTimes = IDREST

    def runs(self, subject: Subject) -> tuple[Protocol, ...]:
        """Return the runs that it takes on a cell."""
        return (
            step_protocol(
                self.times,
                subject.current(self.percent, self.amplitude),
                holding_current=subject.holding_current if self.hold else 0.0,
                injected=subject.at(self.injected),
                held=subject.at(_SOMA),
                recordings=self._recordings(subject),
                conditions=subject.conditions,
            ),
        )

    def window(self) -> tuple[float, float]:
        """Return begin and end of what is measured, in ms."""
        return (self.times.delay, self.times.stop)


class Phase(Spec):
    """A piece of constant current.

    Parameters
    ----------
    duration
        In ms.
    percent
        Amplitude in percent of the rheobase.
    amplitude
        In nA instead.
    """

    duration: PositiveMillisecond
    percent: Percent = 0.0
    amplitude: Nanoampere | None = None


class SequenceProtocol(_OneRun):
    """Pieces of constant current, one after the other.

    Parameters
    ----------
    phases
        The pieces.
    pre_delay, post_delay
        Time before and after them, in ms.
    measured_phase
        Which of them is measured, from 0; all of them by default.
    injected, recorded, spikes, hold
        Where; whether there is a holding current.

    Examples
    --------
    >>> phases = (Phase(duration=100, percent=-40), Phase(duration=50, percent=130))
    >>> SequenceProtocol(phases=phases, measured_phase=1).window()
    (350.0, 400.0)
    """

    type: Literal["sequence"] = Field("sequence", repr=False)
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)] = (Phase(duration=1350.0, percent=130.0),)
    pre_delay: NonNegativeMillisecond = 250.0
    post_delay: NonNegativeMillisecond = 250.0
    measured_phase: Annotated[int, Field(ge=0)] | None = None

    @property
    def needs_rheobase(self) -> bool:
        """Whether an amplitude is in percent of the rheobase."""
        return any(phase.amplitude is None for phase in self.phases)

    def _edges(self) -> list[float]:
        return [float(edge) for edge in self.pre_delay + np.cumsum([0, *(p.duration for p in self.phases)])]

    def runs(self, subject: Subject) -> tuple[Protocol, ...]:
        """Return the runs that it takes on a cell."""
        edges = self._edges()
        total = edges[-1] + self.post_delay
        holding = Step(delay=0, duration=total, amplitude=subject.holding_current if self.hold else 0.0)
        steps = [
            Step(delay=edge, duration=p.duration, amplitude=subject.current(p.percent, p.amplitude))
            for edge, p in zip(edges, self.phases, strict=False)
        ]
        site = subject.at(self.injected)
        return (
            Protocol(
                duration=total,
                stimuli=(
                    Placed(stimulus=holding, site=subject.at(_SOMA), name="holding"),
                    *(Placed(stimulus=s, site=site, name=f"phase {i}") for i, s in enumerate(steps)),
                ),
                recordings=self._recordings(subject),
                conditions=subject.conditions,
                name=f"sequence of {len(steps)} steps",
            ),
        )

    def window(self) -> tuple[float, float]:
        """Return begin and end of what is measured, in ms."""
        edges = self._edges()
        if self.measured_phase is None:
            return edges[0], edges[-1]
        if self.measured_phase >= len(self.phases):
            raise FeatureError(
                f"measured_phase is {self.measured_phase}; there are {len(self.phases)} phases, from 0"
            )
        return edges[self.measured_phase], edges[self.measured_phase + 1]


class BackPropagationProtocol(ValidationProtocol):
    """A short step into the soma, and the potential of every dendrite.

    Parameters
    ----------
    percent
        Amplitude in percent of the rheobase.
    amplitude
        In nA instead.
    start, duration
        Of the step in ms.
    total
        Length of the run in ms.
    window_length
        How long after the begin of the step the peak may come, in ms; as long as the step by default.
    """

    type: Literal["back_propagation"] = Field("back_propagation", repr=False)
    percent: Percent = 1000.0
    amplitude: Nanoampere | None = None
    start: PositiveMillisecond = 1000.0
    duration: PositiveMillisecond = 5.0
    total: PositiveMillisecond = 1500.0
    window_length: PositiveMillisecond | None = None

    def runs(self, subject: Subject) -> tuple[Protocol, ...]:
        """Return the runs that it takes on a cell."""
        amplitude = subject.current(self.percent, self.amplitude)
        return (
            back_propagation_protocol(
                subject.branches,
                Step(delay=self.start, duration=self.duration, amplitude=amplitude),
                total=self.total,
                holding_current=subject.holding_current,
                conditions=subject.conditions,
                interval=subject.interval,
            ),
        )

    def evidence(self, results: Sequence[Results], subject: Subject) -> Evidence:
        """Return what is measured and shown."""
        (only,) = results
        return back_propagation_of(only, subject.branches, self.window())

    def window(self) -> tuple[float, float]:
        """Return begin and end of what is measured, in ms."""
        length = self.duration if self.window_length is None else self.window_length
        return self.start, self.start + length


AnyProtocol = Annotated[
    StepProtocol | SequenceProtocol | BackPropagationProtocol | IVProtocol | FIProtocol,
    Field(discriminator="type"),
]
