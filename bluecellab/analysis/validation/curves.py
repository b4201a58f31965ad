"""IV and FI curves as protocols of a validation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from bluecellab.analysis.curves import voltage_at_end
from bluecellab.analysis.steps import StepTimes, step_protocol
from bluecellab.analysis.validation.base import ValidationProtocol
from bluecellab.analysis.validation.subject import Subject
from bluecellab.results import Results
from bluecellab.results.measured import FICurve, IVCurve
from bluecellab.results.measured.validation import Evidence
from bluecellab.spec.base import Millivolt, Nanoampere, Percent, Site
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.recordings import AnyRecording, SpikeRecording, VoltageRecording

__all__ = ["FIProtocol", "IVProtocol"]

_CURVE = StepTimes(delay=100.0, duration=500.0, post_delay=100.0)
_SOMA = Site()


class _Curve(ValidationProtocol):
    """Steps of several amplitudes.

    Parameters
    ----------
    bins
        How many.
    times
        When they are on.
    injected, recorded
        Where.
    spike_threshold
        In mV; that of the validation by default.
    """

    bins: Annotated[int, Field(ge=2)] = 5
    times: StepTimes = _CURVE
    injected: Site = _SOMA
    recorded: Site = _SOMA
    spike_threshold: Millivolt | None = None

    @abstractmethod
    def currents(self, subject: Subject) -> list[float]:
        """Return the amplitudes of the steps in nA."""

    def runs(self, subject: Subject) -> tuple[Protocol, ...]:
        """Return the runs that it takes on a cell."""
        return tuple(
            step_protocol(
                self.times,
                current,
                holding_current=subject.holding_current,
                injected=subject.at(self.injected),
                held=subject.at(_SOMA),
                recordings=self._recordings(subject),
                conditions=subject.conditions,
            )
            for current in self.currents(subject)
        )

    def _recordings(self, subject: Subject) -> tuple[AnyRecording, ...]:
        return (VoltageRecording(site=subject.at(self.recorded)),)

    def _threshold(self, subject: Subject) -> float:
        return subject.spike_threshold if self.spike_threshold is None else self.spike_threshold

    def window(self) -> tuple[float, float]:
        """Return begin and end of what is measured, in ms."""
        return self.times.delay, self.times.stop

    def sites(self) -> tuple[Site, ...]:
        """Return the places on the cell that it takes."""
        return (self.injected, self.recorded)


class IVProtocol(_Curve):
    """Steady potentials by current, below the threshold.

    Parameters
    ----------
    lowest, highest
        Amplitudes relative to the rheobase, in nA.
    bins, times, injected, recorded, spike_threshold
        How many steps, when and where; spikes are above the threshold.
    """

    type: Literal["iv"] = Field("iv", repr=False)
    lowest: Nanoampere = -2.0
    highest: Nanoampere = -0.1

    def currents(self, subject: Subject) -> list[float]:
        """Return the amplitudes of the steps in nA."""
        threshold = subject.current(100.0)
        return [float(a) for a in np.linspace(threshold + self.lowest, threshold + self.highest, self.bins)]

    def evidence(self, results: Sequence[Results], subject: Subject) -> Evidence:
        """Return what is measured and shown."""
        site, (start, end) = subject.at(self.recorded), self.window()
        traces = [one.traces[f"{site}.v"] for one in results]
        voltages = [voltage_at_end(trace.time, trace.values, start, end) for trace in traces]
        currents = np.array(self.currents(subject))
        return IVCurve(currents, np.array(voltages), subject.at(self.injected), site)


class FIProtocol(_Curve):
    """Spikes by current, above the threshold.

    Parameters
    ----------
    highest_percent
        Largest amplitude in percent of the rheobase, which is the smallest one.
    highest
        In nA instead.
    bins, times, injected, recorded, spike_threshold
        How many steps, when and where; spikes are above the threshold.
    """

    type: Literal["fi"] = Field("fi", repr=False)
    highest_percent: Percent = 300.0
    highest: Nanoampere | None = None

    def currents(self, subject: Subject) -> list[float]:
        """Return the amplitudes of the steps in nA."""
        last = subject.current(self.highest_percent, self.highest)
        return [float(a) for a in np.linspace(subject.current(100.0), last, self.bins)]

    def _recordings(self, subject: Subject) -> tuple[AnyRecording, ...]:
        detector = SpikeRecording(location=str(subject.at(self.recorded)), threshold=self._threshold(subject))
        return (*super()._recordings(subject), detector)

    def evidence(self, results: Sequence[Results], subject: Subject) -> Evidence:
        """Return what is measured and shown."""
        start, end = self.window()
        trains = [next(iter(one.spikes.values())) for one in results]
        counts = np.array([float(len(train)) for train in trains])
        within = np.array([float(np.sum((train >= start) & (train < end))) for train in trains])
        rates = within / (self.times.duration / 1000.0)
        currents = np.array(self.currents(subject))
        return FICurve(currents, counts, rates, subject.at(self.injected), subject.at(self.recorded))
