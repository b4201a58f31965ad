"""Recording from a cell, under the published names and in the library's own way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab import recording
from bluecellab.cell.expressions import eval_neuron
from bluecellab.cell.sections import AnyPlace, SectionsMixin
from bluecellab.errors import NotRecordedError, RecordingError
from bluecellab.nrn import artificial, door, objects, runtime
from bluecellab.nrn.handles import Section
from bluecellab.recording import EventDetector, EventLog, Labels, Recordable, SpikeDetector, TraceRecorder
from bluecellab.recording.recorder import Recorder
from bluecellab.results import Spikes, Traces
from bluecellab.spec.base import CellId
from bluecellab.spec.recordings import (
    AIS_VOLTAGE,
    SOMA_VOLTAGE,
    TIME,
    spike_key,
    variable_key,
    voltage_key,
)

__all__ = ["RecordingMixin"]

FloatArray = npt.NDArray[np.float64]


class _Neuron:
    """What ``neuron`` stands for in a recording's expression."""

    @property
    def h(self) -> door.Door:
        return door.open_door()


class RecordingMixin(SectionsMixin):
    """Recorders by name; every cell records time and the potential of its soma."""

    cell_id: CellId
    record_dt: float | None
    recordings: dict[str, TraceRecorder]
    _detectors: dict[str, SpikeDetector]
    _events: EventLog | None = None  # of an artificial cell

    def _start_recording(self) -> None:
        self.recordings = self._scope.own({}, dict.clear)
        self._detectors = self._scope.own({}, dict.clear)
        self.members: list[Recordable] = self._scope.own([], list.clear)
        self.recordings[TIME] = recording.record_time(self._scope, TIME)
        if self._model.artificial is None:
            self._record(SOMA_VOLTAGE, self.soma, 0.5, "v", None)

    @property
    def event_log(self) -> EventLog | None:
        """Where the events of an artificial cell are noted, if they are."""
        return self._events

    def _all_recorders(self) -> list[Recordable]:
        """Return everything that records from this cell, or takes part in its runs otherwise."""
        self.members[:] = [member for member in self.members if not member.closed]
        return [*self.recordings.values(), *self._detectors.values(), *self.members]

    def take_part(self, member: Recordable) -> None:
        """Let something that acts on this cell, such as a field, take part in all its runs."""
        self._scope.check()
        self.members.append(member)

    def _record(
        self, name: str, section: AnyPlace | None, segx: float | None, variable: str, dt: float | None
    ) -> Recorder:
        self._scope.check()
        runtime.refuse_while_running("adding a recording")
        if name in self.recordings:
            self.recordings.pop(name).close()
        recorder = recording.record(
            self.at(section, segx),
            variable,
            self._scope,
            interval=dt or self.record_dt,
            name=name,
            cell=self.cell_id,
        )
        self.recordings[name] = recorder
        return recorder

    def record(
        self, variable: str = "v", at: AnyPlace | None = None, *, interval: float | None = None
    ) -> Recorder:
        """Record a variable.

        Parameters
        ----------
        variable
            ``"v"``, ``"ina"``, ``"gna_hh"``, ``"hh.m"``, ``"i_membrane_"`` ...
        at
            A segment, section, section name or site; the middle of the soma by default.
        interval
            Time between samples in ms; every step by default.

        Returns
        -------
        Recorder
            Its ``trace()`` is what was recorded in the last run.

        Raises
        ------
        NotRecordableError
            If there is no such variable there; lists what there is.
        """
        place = self.at(at)
        return self._record(f"{place}.{variable}", place, None, variable, interval)

    def add_recording(self, var_name: str, dt: float | None = None) -> None:
        """Record what an expression such as ``"self.axonal[1](0.5)._ref_v"`` points to.

        Parameters
        ----------
        var_name
            The expression, over ``self`` (this cell) and ``neuron``; also its name in recordings.
        dt
            Time between samples in ms.

        Raises
        ------
        NeuronEvalError
            If it cannot be evaluated.
        """
        self._scope.check()
        runtime.refuse_while_running("adding a recording")
        if var_name == TIME:
            return
        pointer = eval_neuron(var_name, self=self, neuron=_Neuron())
        self.record_pointer(var_name, pointer, interval=dt)

    def record_pointer(
        self, name: str, pointer: Any, *, interval: float | None = None, unit: str = ""
    ) -> Recorder:
        """Record what a reference of NEURON's points to, such as ``stimulus.hoc._ref_i``.

        Parameters
        ----------
        name
            Under which it is found in :attr:`recordings` and :meth:`traces`.
        pointer
            The reference.
        interval
            Time between samples in ms; every step by default.
        unit
            Unit of the values.

        Raises
        ------
        RecordingError
            If it is not a reference.
        """
        self._scope.check()
        runtime.refuse_while_running("adding a recording")
        if name in self.recordings:
            self.recordings.pop(name).close()
        recorder = recording.record_reference(
            pointer, self._scope, Labels(name, unit), near=self.at(), interval=interval or self.record_dt
        )
        self.recordings[name] = recorder
        return recorder

    def add_recordings(self, var_names: list[str], dt: float | None = None) -> None:
        """Record several expressions; see :meth:`add_recording`."""
        for var_name in var_names:
            self.add_recording(var_name, dt)

    def add_voltage_recording(
        self, section: Section | None = None, segx: float = 0.5, dt: float | None = None
    ) -> Recorder:
        """Record the membrane potential at a place; the soma by default."""
        return self._record(self._voltage_key(section, segx), section, segx, "v", dt)

    def _voltage_key(self, section: Section | None, segx: float) -> str:
        return voltage_key(self.at(section, segx).section.hname(), segx)

    def add_allsections_voltagerecordings(self) -> None:
        """Record the potential in the middle of every section."""
        for section in self.sections.values():
            self.add_voltage_recording(section)

    def add_ais_recording(self, dt: float | None = None) -> Recorder:
        """Record the potential in the middle of the second axonal section.

        Raises
        ------
        RecordingError
            If there are less than two.
        """
        if len(self.axonal) < 2:
            raise RecordingError(
                "the initial segment is the second axonal section, and "
                f"{self._scope.name} has {len(self.axonal)}"
            )
        return self._record(AIS_VOLTAGE, self.axonal[1], 0.5, "v", dt)

    def add_variable_recording(
        self, variable: str, section: Section | None = None, segx: float = 0.5, dt: float | None = None
    ) -> Recorder:
        """Record any range variable at a place; see :meth:`record`."""
        return self._record(self._variable_key(variable, section, segx), section, segx, variable, dt)

    def _variable_key(self, variable: str, section: Section | None, segx: float) -> str:
        return variable_key(self.at(section, segx).section.hname(), segx, variable)

    def add_currents_recordings(
        self,
        section: Section,
        segx: float = 0.5,
        *,
        include_nonspecific: bool = True,
        include_point_processes: bool = False,
        dt: float | None = None,
    ) -> list[str]:
        """Record every current through the membrane of a section.

        Parameters
        ----------
        section, segx
            Where.
        include_nonspecific
            Also currents that no ion carries, such as ``i_pas``.
        include_point_processes
            Also currents of the clamps and synapses there, in nA.
        dt
            Interval in ms; every step by default.

        Returns
        -------
        list of str
            Names of the variables, sorted.
        """
        own = self._own_section(section)
        names = recording.currents_of(own, segx, include_nonspecific=include_nonspecific)
        for name in names:
            self.add_variable_recording(name, own, segx, dt)
        if include_point_processes:
            for process in own(segx).raw.point_processes():
                pointer = getattr(process, "_ref_i", None)
                if pointer is not None:
                    name = f"{process.hname()}.i"
                    self.record_pointer(name, pointer, interval=dt, unit="nA")
                    names.append(name)
        return sorted(names)

    def get_recording(self, var_name: str) -> FloatArray:
        """Return what was recorded under a name in the last run, shape (n,).

        Raises
        ------
        NotRecordedError
            If there is no such recording, or no run yet.
        """
        self._scope.check()
        if var_name not in self.recordings:
            raise NotRecordedError(
                f"{var_name!r} of {self._scope.name} is not recorded; recorded are "
                f"{', '.join(map(repr, self.recordings))}"
            )
        return self.recordings[var_name].trace().values

    def get_voltage_recording(self, section: Section | None = None, segx: float = 0.5) -> FloatArray:
        """Return the recorded potential at a place in mV, shape (n,)."""
        return self.get_recording(self._voltage_key(section, segx))

    def get_allsections_voltagerecordings(self) -> dict[str, FloatArray]:
        """Return the potentials recorded in the middles of all sections, by their full names.

        Raises
        ------
        NotRecordedError
            If they are not all recorded, or there was no run yet.
        """
        return {section.hname(): self.get_voltage_recording(section) for section in self.sections.values()}

    def get_variable_recording(
        self, variable: str, section: Section | None = None, segx: float = 0.5
    ) -> FloatArray:
        """Return a recorded variable at a place, shape (n,)."""
        return self.get_recording(self._variable_key(variable, section, segx))

    def get_time(self) -> FloatArray:
        """Return the times in ms of what is recorded every ``record_dt``, or else every step, shape (n,)."""
        if self.record_dt is not None and SOMA_VOLTAGE in self.recordings:
            self._scope.check()
            return self.recordings[SOMA_VOLTAGE].trace().time
        return self.get_recording(TIME)

    def get_soma_voltage(self) -> FloatArray:
        """Return the potential in the middle of the soma in mV, shape (n,)."""
        return self.get_recording(SOMA_VOLTAGE)

    def get_ais_voltage(self) -> FloatArray:
        """Return the potential of the axon initial segment in mV, shape (n,)."""
        return self.get_recording(AIS_VOLTAGE)

    def traces(self) -> Traces:
        """Return everything recorded in the last run but time itself, by name; valid for ever.

        Raises
        ------
        NotRecordedError
            If there was no run yet.
        """
        self._scope.check()
        return recording.traces_of(recorder for name, recorder in self.recordings.items() if name != TIME)

    def spikes(self) -> Spikes:
        """Return the spikes of all detectors in the last run."""
        self._scope.check()
        return recording.spikes_of(self._detectors.values())

    def create_netcon_spikedetector(self, target: Any, location: str, threshold: float = -30.0) -> Any:
        """Return a NetCon from a place of this cell to a target, or to none.

        Parameters
        ----------
        target
            NEURON's point process, or None.
        location
            ``"soma"``, ``"AIS"``, ``"dend[3]"`` or ``"dend[3](0.5)"``; of no meaning for an artificial cell.
        threshold
            In mV; of no meaning for an artificial cell.

        Raises
        ------
        SiteError
            If there is no such place.
        """
        self._scope.check()
        if self._model.artificial is not None:
            return artificial.net_con(self._model.artificial, target)
        place = recording.locate(location, self._sections)
        connection = objects.net_con(place.raw, target)
        connection.threshold = threshold
        return connection

    def start_recording_spikes(self, target: Any, location: str, threshold: float = -30.0) -> SpikeDetector:
        """Record the times at which the potential at a place crosses a threshold upwards.

        Parameters
        ----------
        target, location, threshold
            As for :meth:`create_netcon_spikedetector`.
        """
        self._scope.check()
        runtime.refuse_while_running("adding a spike detector")
        key = spike_key(location, threshold)
        if key in self._detectors:
            self._detectors.pop(key).close()
        if self._model.artificial is not None:
            if self._events is None:
                self._events = EventLog(self._model.artificial, self._scope)
            self._detectors[key] = EventDetector(
                self._model.artificial,
                self._events,
                self._scope,
                name=key,
                target=target,
                cell=self.cell_id,
            )
            return self._detectors[key]
        place = recording.locate(location, self._sections)
        self._detectors[key] = recording.detect_spikes(
            place, self._scope, threshold=threshold, name=key, target=target, cell=self.cell_id
        )
        return self._detectors[key]

    def is_recording_spikes(self, location: str, threshold: float) -> bool:
        """Whether spikes are recorded there, with that threshold in mV."""
        self._scope.check()
        return spike_key(location, threshold) in self._detectors

    def get_recorded_spikes(self, location: str, threshold: float = -30.0) -> list[float]:
        """Return the times in ms of the spikes recorded there in the last run.

        Raises
        ------
        NotRecordedError
            If they are not recorded, or there was no run yet.
        """
        self._scope.check()
        key = spike_key(location, threshold)
        if key not in self._detectors:
            raise NotRecordedError(
                f"no spikes recorded at {location!r} with a threshold of {threshold:g} mV; "
                f"there are {', '.join(self._detectors) or 'none'}. "
                "Call start_recording_spikes() before the run."
            )
        return [float(time) for time in self._detectors[key].times()]
