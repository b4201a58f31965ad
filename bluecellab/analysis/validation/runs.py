"""The simulations that a suite of validations takes: each once, the long ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bluecellab.analysis.steps import StepTimes, step_protocol
from bluecellab.analysis.validation.subject import Subject
from bluecellab.errors import BluecellabError, UnsteadyCellError
from bluecellab.results import Results, Spikes, Traces
from bluecellab.spec.base import Site
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.recordings import VoltageRecording
from bluecellab.spec.stimuli import Step

__all__ = ["Runs", "resistance_of", "resistance_protocols"]

Runner = Callable[[list[Protocol]], Iterable[Results | BluecellabError]]

_RIN_PERCENT = -20.0
_SETTLED = StepTimes(delay=500.0, duration=500.0, post_delay=0.0)
_STEADY = (800.0, 1000.0)  # ms
_ON_THE_WAY = 100.0  # ms in which a cell may fire on its way from where it begins
_SPIKING_COSTS = 5.0  # times the time of a run that does not fire; only for the order


@dataclass
class Runs:
    """What has been planned, and what has come of it.

    Parameters
    ----------
    merged
        The protocols to run, without one twice, by what is done in them.
    found
        What came of them.
    """

    merged: dict[tuple[object, ...], Protocol] = field(default_factory=dict)
    found: dict[tuple[object, ...], Results | BluecellabError] = field(default_factory=dict)

    def plan(self, protocols: Iterable[Protocol]) -> None:
        """Add protocols; two that differ in what they record only become one."""
        for protocol in protocols:
            before = self.merged.setdefault(_done(protocol), protocol)
            recordings = tuple(dict.fromkeys((*before.recordings, *protocol.recordings)))
            self.merged[_done(protocol)] = before.model_copy(update={"recordings": recordings})

    def run(self, runner: Runner) -> None:
        """Run what has been planned, what takes longest first, so that no process is left over at the end."""
        keys = sorted(self.merged, key=lambda key: -_cost(self.merged[key]))
        outcomes = runner([self.merged[key] for key in keys])
        self.found.update(zip(keys, outcomes, strict=True))

    def of(self, protocol: Protocol) -> Results:
        """Return the results of a protocol: what it recorded itself, whatever else was recorded.

        Raises
        ------
        BluecellabError
            What the run failed with.
        """
        found = self.found[_done(protocol)]
        if isinstance(found, BluecellabError):
            raise found
        own = {recording.name for recording in protocol.recordings if hasattr(recording, "name")}
        spikes = {source: times for source, times in found.spikes.items() if source in own}
        return Results(
            Traces(trace for name, trace in found.traces.items() if name in own),
            Spikes(spikes, t_start=found.spikes.t_start, t_stop=found.spikes.t_stop),
            protocol,
            found.cell,
            found.provenance,
        )


def _done(protocol: Protocol) -> tuple[object, ...]:
    """Return what is done in a protocol, without what is recorded and what it is called."""
    stimuli = tuple((placed.stimulus, placed.site) for placed in protocol.stimuli)
    return (protocol.duration, stimuli, protocol.conditions)


def _cost(protocol: Protocol) -> float:
    """Return about how long a run takes, in any unit: a cell that fires takes more steps."""
    steps = [placed.stimulus for placed in protocol.stimuli if isinstance(placed.stimulus, Step)]
    firing = sum(step.duration for step in steps if step.amplitude > 0)
    return (protocol.duration + _SPIKING_COSTS * firing) * (1 + len(protocol.recordings) / 50)


def resistance_protocols(subject: Subject) -> tuple[Protocol, Protocol]:
    """Return the two runs of the input resistance: no current, and -20 % of the rheobase, without holding.

    Raises
    ------
    SearchError
        If there is no rheobase.
    """
    first, second = (
        step_protocol(
            _SETTLED,
            current,
            injected=subject.at(Site()),
            recordings=(VoltageRecording(site=subject.at(Site())),),
            conditions=subject.conditions,
        )
        for current in (0.0, subject.current(_RIN_PERCENT))
    )
    return first, second


def resistance_of(runs: Runs, subject: Subject) -> float:
    """Return the input resistance in Mohm of the two runs.

    Raises
    ------
    UnsteadyCellError
        If the cell fires without a current.
    """
    without, with_current = (_steady(runs.of(one), subject) for one in resistance_protocols(subject))
    return (with_current - without) / subject.current(_RIN_PERCENT)


def _steady(results: Results, subject: Subject) -> float:
    (trace,) = results.traces.values()
    if trace.values[trace.time > _ON_THE_WAY].max() > subject.spike_threshold:
        raise UnsteadyCellError(
            f"the cell fires without a holding current (its potential rises above "
            f"{subject.spike_threshold:g} mV), so it has no input resistance"
        )
    start, stop = _STEADY
    return float(trace.values[(trace.time > start) & (trace.time <= stop)].mean())
