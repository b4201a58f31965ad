"""Recorders of one variable."""

from __future__ import annotations

import weakref
from typing import Any, Protocol

from bluecellab.errors import BrokenError, NotRecordedError
from bluecellab.nrn.scope import Live, Scope
from bluecellab.recording import plan as plans
from bluecellab.recording.plan import RunPlan, Schedule
from bluecellab.recording.probes import Labels, Probe
from bluecellab.recording.samples import Samples, TimeAxis
from bluecellab.recording.tape import Tape
from bluecellab.recording.variables import FAST_IMEM
from bluecellab.results import Trace
from bluecellab.results.arrays import FloatArray

__all__ = ["Recorder", "TimeReader"]


class Shared(Protocol):
    """Reads for many recorders together."""

    def collect(self) -> None:
        """Give every recorder what has been recorded of it since the last call."""


class Recorder(Live):
    """Records one variable; made by :func:`~bluecellab.recording.record`.

    Under a fixed step the variable is recorded at every step, and every so many samples are kept if
    there is an interval: bitwise the values at its multiples. Under CVODE it is recorded at every
    integration step, or at the multiples of the interval, which leaves the integration unaffected.

    :class:`~bluecellab.recording.Recorders` calls the methods of a run, in this order:
    :meth:`check`, :meth:`prepare`, (NEURON is initialised), :meth:`reset`, :meth:`harvest` as often
    as it likes, :meth:`finish`; and :meth:`extend` before a run is continued.

    Parameters
    ----------
    probe
        Finds the variable.
    owner
        The scope that owns the recorder.
    labels
        Name, unit and place.
    interval
        Time between samples in ms; every step when left out.

    Raises
    ------
    RecordingError
        If the interval is not a positive number.
    """

    def __init__(self, probe: Probe, owner: Scope, labels: Labels, *, interval: float | None = None) -> None:
        self.interval = plans.checked_interval(interval, labels.name)
        super().__init__(f"recording of {labels.name}", owner)
        self.labels = labels
        self._probe = probe
        self._tape = self._scope.own(Tape(), Tape.cut)
        self._prepared: Schedule | None = None
        self._schedule: Schedule | None = None  # of the run that the samples are from
        self._axis: TimeAxis | None = None
        self._samples = Samples()
        self._count = 0  # samples seen at every step, kept or not
        self._running = False
        self._partial = False
        self._shared: weakref.ref[Shared] | None = None  # reads for this one in place of the tape
        self._pointer: Any = None  # from check to prepare: NEURON does not get all of a reference back

    @property
    def name(self) -> str:
        """Name of the trace."""
        return self.labels.name

    @property
    def needs_fast_imem(self) -> bool:
        """Whether NEURON must be told to compute total membrane currents (``use_fast_imem``)."""
        return self.labels.variable == FAST_IMEM

    def check(self, plan: RunPlan) -> None:
        """Raise if this recorder cannot take part in a run.

        Raises
        ------
        RecordingError
            If the interval does not fit it.
        ClosedError, BrokenError, NotRecordableError
            If what is recorded is not there any more.
        """
        self._scope.check()
        self._pointer = self._probe.pointer(self.name)
        plans.schedule(self.interval, plan, self.name)

    def prepare(self, plan: RunPlan) -> None:
        """Get ready for a run that starts anew; call before NEURON is initialised.

        What was recorded before stays readable until :meth:`reset`. Raises as :meth:`check`.
        """
        self._shared = None
        schedule, pointer = self._ready(plan)
        if schedule.grid is None:
            self._tape.run_every_step(pointer, self._probe.section(), self._probe.mark())
        else:
            self._tape.run_at(pointer, schedule.grid)
        self._prepared = schedule

    @property
    def shareable(self) -> bool:
        """Whether a bank records the same as NEURON."""
        return self._probe.keeps()

    def prepare_shared(self, plan: RunPlan, shared: Shared) -> tuple[int, Any]:
        """Get ready for a run with a fixed step in which another object reads for this one.

        Parameters
        ----------
        plan
            The run.
        shared
            What reads, and calls :meth:`receive`. Nothing is held on to but weakly.

        Returns
        -------
        tuple
            How many steps lie between samples, and NEURON's reference to the variable.
        """
        schedule, pointer = self._ready(plan)
        self._tape.stop()
        self._prepared, self._shared = schedule, weakref.ref(shared)
        return schedule.stride, pointer

    def _ready(self, plan: RunPlan) -> tuple[Schedule, Any]:
        self._scope.check()
        pointer, self._pointer = self._pointer, None
        schedule = plans.schedule(self.interval, plan, self.name)
        return schedule, self._probe.pointer(self.name) if pointer is None else pointer

    def receive(self, block: FloatArray) -> None:
        """Take samples that were read for this one, shape (n,)."""
        if self._running and not self.closed:
            self._samples.add(block)

    def reset(self, axis: TimeAxis) -> None:
        """Forget what was recorded before; call after NEURON has been initialised.

        Parameters
        ----------
        axis
            Where the times of the run are collected.
        """
        if self._prepared is None or self.closed:
            return
        self._schedule, self._axis = self._prepared, axis
        self._samples = Samples()
        self._count = 0
        self._tape.restart()
        self._running, self._partial = True, False

    def extend(self, t_stop: float) -> None:
        """Get ready for the run to be continued up to ``t_stop`` ms."""
        if self._schedule is None or self.closed:
            return
        self._schedule = plans.schedule(self.interval, self._schedule.plan.until(t_stop), self.name)
        if self._schedule.grid is not None:
            self._tape.extend_to(self._schedule.grid)
        self._running, self._partial = True, False

    def harvest(self) -> None:
        """Take what has been recorded so far out of NEURON."""
        if not self._running or self.closed or self._schedule is None or self._shared is not None:
            return
        if self._schedule.grid is not None:
            self._samples.add(self._tape.drain_grid())
            return
        stride = self._schedule.stride
        count, block = self._tape.drain(-self._count % stride, stride)
        self._count += count
        self._samples.add(block)

    def finish(self, *, partial: bool) -> None:
        """Take the rest out of NEURON: the run has ended.

        Parameters
        ----------
        partial
            Whether it ended before its end.
        """
        if self.closed:
            return
        if self._running and self._schedule is not None:
            self.harvest()
            grid = self._schedule.grid
            if grid is not None and not partial and len(self._samples) == len(grid) - 2:
                self._samples.add(self._tape.sample_now())
            self._running, self._partial = False, partial
        if self.needs_fast_imem or self._tape.marked:
            # NEURON refuses to initialise any model while a Vector records a current that is computed no
            # more; so this one lets go even when the run never began
            self._tape.stop()

    def rest(self) -> None:
        """Let go of NEURON until the next run; what was recorded stays. A continuation is not recorded."""
        if not self._running:
            self._tape.stop()
            self._shared = None

    def trace(self) -> Trace:
        """Return what was recorded in the last run, or so far in the present one.

        Returns
        -------
        Trace
            Valid for ever.

        Raises
        ------
        NotRecordedError
            If there has been no run yet.
        ClosedError
            If the recorder or its owner is closed.
        BrokenError
            If something else initialised NEURON in the middle of the run.
        """
        self._scope.check()
        if self._axis is None or self._schedule is None:
            raise _no_run_yet(self.name)
        if self._running:
            self.harvest()
            shared = None if self._shared is None else self._shared()
            if shared is not None:
                shared.collect()
        values = self._samples.array()
        return Trace(
            self.name,
            self._times(self._axis, self._schedule, len(values)),
            values,
            self.labels.unit,
            self.labels.site,
            self.labels.variable,
            partial=self._partial or self._running,
        )

    def _times(self, axis: TimeAxis, schedule: Schedule, count: int) -> FloatArray:
        """Return the times of the samples in ms, shape (count,)."""
        if schedule.grid is not None:
            return schedule.grid[:count]
        times = axis.times(schedule.stride)
        if self._shared is not None and self._partial and len(times) == count + 1:
            times = times[:count]  # what else is read was deleted, after NEURON had recorded the time
        if len(times) != count:
            raise BrokenError(
                f"{self.name} has {count} samples at {len(times)} times: something else initialised NEURON "
                "in the middle of the run, such as a cell made in a hook. Run it again."
            )
        return times

    def __repr__(self) -> str:
        state = "closed" if self.closed else "no run yet" if self._axis is None else "recorded"
        return f"<Recorder {self.name} {state}>"


class TimeReader(Live):
    """The times of the samples as a trace; costs nothing, as time is recorded anyway.

    Parameters
    ----------
    owner
        The scope that owns it.
    name
        Name of the trace.
    """

    needs_fast_imem = False

    def __init__(self, owner: Scope, name: str) -> None:
        super().__init__(f"recording of {name}", owner)
        self.name = name
        self._axis: TimeAxis | None = None
        self._running = False
        self._partial = False

    def check(self, plan: RunPlan) -> None:
        """Raise if it is closed."""
        del plan
        self._scope.check()

    def prepare(self, plan: RunPlan) -> None:
        """Get ready for a run: nothing to do."""
        self.check(plan)

    def reset(self, axis: TimeAxis) -> None:
        """Read from a new time axis."""
        self._axis, self._running, self._partial = axis, True, False

    def extend(self, t_stop: float) -> None:
        """Get ready for the run to be continued."""
        del t_stop
        self._running, self._partial = self._axis is not None, False

    def harvest(self) -> None:
        """Nothing to do: the axis is filled by its run."""

    def finish(self, *, partial: bool) -> None:
        """Note that the run has ended, and whether before its end."""
        self._running, self._partial = False, partial

    def trace(self) -> Trace:
        """Return the times of the samples of the last run; raises as :meth:`Recorder.trace`."""
        self._scope.check()
        if self._axis is None:
            raise _no_run_yet("time")
        times = self._axis.times()
        partial = self._partial or self._running
        return Trace(self.name, times, times, "ms", None, "t", partial=partial)


def _no_run_yet(name: str) -> NotRecordedError:
    return NotRecordedError(
        f"{name} has not been recorded: there was no run yet. Run a simulation with this cell first."
    )
