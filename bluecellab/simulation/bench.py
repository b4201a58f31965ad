"""What a protocol puts on a live cell for one run: stimuli, recorders and detectors of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bluecellab.cell import Cell
from bluecellab.errors import RecordingError
from bluecellab.nrn.scope import Live, Scope
from bluecellab.recording import (
    EventDetector,
    EventLog,
    Labels,
    Recordable,
    Recorder,
    SpikeDetector,
    currents_of,
    detect_spikes,
    locate,
    record,
    record_reference,
    spikes_of,
    traces_of,
)
from bluecellab.results import Spikes, Traces
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import (
    AnyRecording,
    CurrentsRecording,
    PointProcessRecording,
    SpikeRecording,
    VariableRecording,
)
from bluecellab.spec.simulation import RunConditions
from bluecellab.stimulus import Electrical, LiveStimulus, Seeds, play

__all__ = ["Bench"]

_UNITS = {"i": "nA", "amp": "nA", "vc": "mV", "rs": "Mohm", "g": "uS"}


class Bench(Live):
    """The live side of a protocol. Closing it leaves the cell as if it had never been there.

    Parameters
    ----------
    cell
        A live cell, whose own recorders rest.
    protocol
        What is placed.

    Raises
    ------
    SectionNotFoundError, SiteError, NotRecordableError, RecordingError, StimulusError
        If the cell lacks what the protocol names; nothing is left behind.
    """

    def __init__(self, cell: Cell, protocol: Protocol) -> None:
        super().__init__("protocol", cell.scope)
        self._cell = cell
        self._recorders: list[Recorder] = self._scope.own([], list.clear)
        self._detectors: list[SpikeDetector] = self._scope.own([], list.clear)
        self.stimuli: list[LiveStimulus] = self._scope.own([], list.clear)
        self._names: set[str] = set()
        try:
            for index, placed in enumerate(protocol.stimuli):
                self.stimuli.append(self._play(placed, index, protocol.conditions))
            named = {placed.name: live for placed, live in zip(protocol.stimuli, self.stimuli, strict=True)}
            for recording in protocol.recordings:
                self._record(recording, named)
        except BaseException:
            self.close()
            raise

    @property
    def members(self) -> Sequence[Recordable]:
        """Recorders and detectors, to take part in the run."""
        return [*self._recorders, *self._detectors]

    def _play(self, placed: Placed, index: int, conditions: RunConditions) -> LiveStimulus:
        """Play a stimulus; its streams are those of its place in the protocol, whatever ran before."""
        seeds = Seeds(
            base_seed=conditions.base_seed,
            stimulus_seed=conditions.stimulus_seed,
            cell=self._cell.cell_id.id,
            count=index,
            dt=conditions.dt,
        )
        electrical = Electrical(self._cell.threshold or None, self._cell.hypamp, self._cell.input_resistance)
        return play(
            placed.stimulus,
            self._cell.at(placed.site),
            self._scope,
            electrical=electrical,
            seeds=seeds,
            plain=True,
        )

    def _record(self, recording: AnyRecording, playing: Mapping[str, LiveStimulus]) -> None:
        if isinstance(recording, SpikeRecording):
            self._detectors.append(self._detect(recording))
        elif isinstance(recording, PointProcessRecording):
            self._keep(_record_clamp(recording, playing[recording.target], self._scope))
        elif isinstance(recording, CurrentsRecording):
            section = self._cell.at(recording.site).section
            for name in currents_of(
                section, recording.site.x, include_nonspecific=recording.include_nonspecific
            ):
                self._keep(self._variable(name, f"{recording.site}.{name}", recording))
        else:
            variable = recording.variable if isinstance(recording, VariableRecording) else "v"
            self._keep(self._variable(variable, recording.name, recording))

    def _keep(self, recorder: Recorder) -> None:
        if recorder.name in self._names:
            raise RecordingError(
                f"two recordings of the protocol are called {recorder.name!r}: one by itself, and one among "
                "all the currents there; leave one of them out"
            )
        self._names.add(recorder.name)
        self._recorders.append(recorder)

    def _variable(self, variable: str, name: str, recording: AnyRecording) -> Recorder:
        assert not isinstance(recording, SpikeRecording | PointProcessRecording)
        return record(
            self._cell.at(recording.site),
            variable,
            self._scope,
            interval=recording.interval,
            name=name,
            cell=self._cell.cell_id,
        )

    def _detect(self, recording: SpikeRecording) -> SpikeDetector:
        cell = self._cell
        if cell.artificial is None:
            place = locate(recording.location, cell.sections)
            return detect_spikes(
                place,
                self._scope,
                threshold=recording.threshold,
                name=recording.name,
                cell=cell.cell_id,
            )
        log = cell.event_log or EventLog(cell.artificial, self._scope)
        return EventDetector(cell.artificial, log, self._scope, name=recording.name, cell=cell.cell_id)

    def traces(self) -> Traces:
        """Return what was recorded."""
        return traces_of(self._recorders)

    def spikes(self, t_stop: float) -> Spikes:
        """Return the spikes of the protocol's detectors in a run until ``t_stop`` ms."""
        return spikes_of(self._detectors) if self._detectors else Spikes({}, t_stop=round(t_stop, 9))


def _record_clamp(recording: PointProcessRecording, playing: LiveStimulus, owner: Scope) -> Recorder:
    """Record a variable of the point process that plays a stimulus."""
    pointer = getattr(playing.hoc, f"_ref_{recording.variable}", None)
    if pointer is None:
        raise RecordingError(
            f"{playing.spec.__class__.__name__} {recording.target!r} is played by {playing.hoc.hname()}, "
            f"which has no variable {recording.variable!r} that could be recorded"
        )
    unit = _UNITS.get(recording.variable, "")
    labels = Labels(recording.name, unit, playing.site, recording.variable)
    return record_reference(pointer, owner, labels, interval=recording.interval)
