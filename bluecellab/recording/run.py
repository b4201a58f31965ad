"""The recorders of one simulation, as its clock drives them."""

from __future__ import annotations

import functools
import math
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from bluecellab.errors import RecordingError
from bluecellab.nrn import clock, objects, runtime
from bluecellab.nrn.scope import Live, Scope
from bluecellab.nrn.stepping import Reader, Schedule
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.recorder import Recorder, TimeReader
from bluecellab.recording.samples import TimeAxis
from bluecellab.recording.sharing import Sharing
from bluecellab.recording.spikes import SpikeDetector
from bluecellab.recording.tape import Tape
from bluecellab.results import Spikes, Traces

__all__ = ["Recordable", "Recorders", "Sampler", "TraceRecorder", "spikes_of", "traces_of"]


class Recordable(Protocol):
    """What :class:`Recorders` can drive."""

    @property
    def needs_fast_imem(self) -> bool:
        """Whether ``use_fast_imem`` must be on."""

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""

    def check(self, plan: RunPlan) -> None:
        """Raise if it cannot take part."""

    def prepare(self, plan: RunPlan) -> None:
        """Get ready, before NEURON is initialised."""

    def reset(self, axis: TimeAxis) -> None:
        """Forget the last run, after NEURON has been initialised."""

    def extend(self, t_stop: float) -> None:
        """Get ready for a continuation up to ``t_stop`` ms."""

    def harvest(self) -> None:
        """Take out of NEURON what there is."""

    def finish(self, *, partial: bool) -> None:
        """Take the rest: the run has ended."""


@runtime_checkable
class Sampler(Protocol):
    """A member that reads the model itself, at moments of its own, rather than have NEURON write."""

    due: float
    """When to sample next: after so many steps since the run began, or with CVODE at that time in ms."""

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""

    @property
    def schedule(self) -> Schedule | None:
        """After which steps of a run with a fixed step it still samples."""

    def sample(self) -> None:
        """Take the sample that is due."""


@runtime_checkable
class Publisher(Protocol):
    """A member whose results several ranks have parts of."""

    def publish(self) -> None:
        """Make the whole of them, once all ranks have finished the run; all of them call it."""


@functools.cache
def _has(kind: type, *names: str) -> bool:
    """Whether members of a class have methods; to ask each of them takes longer than all else about it."""
    return all(hasattr(kind, name) for name in names)


class Recorders(Live):
    """Drives the recorders of a simulation, and records the time that they share.

    The clock calls :meth:`prepare`, initialises NEURON, calls :meth:`reset`, calls :meth:`harvest`
    whenever it looks in, and :meth:`finish` in a ``finally`` that spans all this. To continue a run,
    if it is :attr:`resumable`, it calls :meth:`extend` in place of the first three. In between it calls
    :meth:`sample` whenever that is :attr:`due`.

    Parameters
    ----------
    owner
        The scope that owns them, a simulation's.
    batch
        How many samples each member may have in NEURON before they are taken out in the middle of a
        run: it bounds the memory that is used twice.
    """

    def __init__(self, owner: Scope, *, batch: int = 10_000) -> None:
        super().__init__("recorders", owner)
        self.batch = batch
        self._tape = self._scope.own(Tape(), Tape.cut)
        self._sharing = self._scope.own(Sharing(), Sharing.release)
        self._members: tuple[Recordable, ...] = ()
        self._axis: TimeAxis | None = None
        self._samplers: tuple[Sampler, ...] = ()
        self._plan: RunPlan | None = None
        self._steps_before = 0  # of the run, before it was continued

    def prepare(self, plan: RunPlan, members: Iterable[Recordable], near: Any, *, share: bool = True) -> None:
        """Get ready for a run that starts anew, with every setting applied; all members or none.

        Parameters
        ----------
        plan
            The run.
        members
            Recorders and spike detectors.
        near
            Any raw section that is going to live through the run. NEURON attaches the recording of
            time to it; to the default section it would end when that one is deleted.
        share
            Whether many recorders may be read together, which takes NEURON's own integration.

        Raises
        ------
        RecordingError
            If an interval does not fit the run, or CVODE would use local time steps.
        """
        self._scope.check()
        chosen = tuple(members)
        if not plan.fixed and objects.cvode().use_local_dt():
            raise RecordingError(
                "every cell has a time of its own with local variable time steps, which recordings cannot "
                "share. Switch it off: h.CVode().use_local_dt(0)."
            )
        for member in chosen:
            member.check(plan)
        self._tape.stop()
        self._tape.run_every_step(runtime.raw_h()._ref_t, near)
        self._members = chosen  # from here on finish() must reach them, whatever happens
        self._samplers = tuple(
            cast("Sampler", member) for member in chosen if _has(type(member), "schedule", "sample")
        )
        self._plan, self._steps_before = plan, 0
        ready = self._sharing.prepare(plan, chosen if share else ())
        for member in chosen:
            if id(member) not in ready:
                member.prepare(plan)

    @property
    def resumable(self) -> bool:
        """Whether the last run can be continued, or must be started anew.

        Total membrane currents are computed only while a run needs them, and cannot be taken up again.
        """
        return self._axis is not None and not any(
            member.closed or member.needs_fast_imem for member in self._members
        )

    @property
    def due(self) -> float:
        """When a member samples next: after so many steps of the present advance, or with CVODE in ms."""
        return min((sampler.due for sampler in self._samplers), default=math.inf) - self._steps_before

    @property
    def samplers(self) -> Sequence[Sampler]:
        """Members that sample."""
        return self._samplers

    @property
    def steps_before(self) -> int:
        """Steps that the run had taken before it was continued."""
        return self._steps_before

    def sample(self) -> float:
        """Let those members sample that are due first; return when the next ones are."""
        samplers = self._samplers
        if len(samplers) == 1:  # saves a third of the time of a sample
            samplers[0].sample()
            return samplers[0].due - self._steps_before
        due = min([sampler.due for sampler in samplers])
        for sampler in samplers:
            if sampler.due == due:
                sampler.sample()
        return min([sampler.due for sampler in samplers]) - self._steps_before

    def reset(self) -> None:
        """Begin with no samples but those that initialisation has left in NEURON."""
        self._axis = TimeAxis(self._weak_drain())
        for member in self._members:
            member.reset(self._axis)
        if self._plan is not None and runtime.raw_h().t >= self._plan.t_start:  # else it has to settle first
            self._sharing.begin()

    def restart(self) -> None:
        """Begin again at the present time, with one sample of it: the model has settled until now."""
        with runtime.guard("recording anew"):
            runtime.raw_h().frecord_init()
        self.reset()

    def _weak_drain(self) -> Callable[[], None]:
        recorders = weakref.ref(self)  # the axis outlives the simulation and must not keep it

        def drain() -> None:
            alive = recorders()
            if alive is not None:
                alive._drain_time()

        return drain

    def extend(self, t_stop: float) -> None:
        """Get ready for the run to be continued up to ``t_stop`` ms."""
        self._scope.check()
        if self._plan is not None and self._plan.fixed:
            self._steps_before = round((clock.now() - self._plan.t_start) / self._plan.dt)
        self._samplers = tuple(sampler for sampler in self._samplers if not sampler.closed)
        if self._axis is not None:
            self._axis.go_on(self._weak_drain())
        for member in self._members:
            if not member.closed:
                member.extend(t_stop)

    def harvest(self) -> None:
        """Take out of NEURON what there is, if it is worth it.

        Called between chunks of a run, or in an event of CVODE. Draining costs some microseconds for
        each member, so it waits for :attr:`batch` samples.

        Raises
        ------
        OutputError
            If a report could not be written.
        """
        for sampler in self._samplers:
            if isinstance(sampler, Reader):
                sampler.complain()
        if self._tape.pending < self.batch and not self._sharing.full:
            return
        self._drain_time()
        self._sharing.collect()
        for member in self._members:
            member.harvest()

    def finish(self, *, partial: bool) -> None:
        """Take the rest: the run has ended, or failed. Call before settings are put back.

        Parameters
        ----------
        partial
            Whether it ended before its end.
        """
        self._drain_time()
        self._sharing.collect()
        if any(member.needs_fast_imem for member in self._members):
            self._sharing.release()  # as recorders of these currents do, which are computed no more
        failures = []
        for member in self._members:
            if not member.closed:
                try:
                    member.finish(partial=partial)
                except Exception as failure:  # noqa: BLE001 - raised when all have ended
                    failures.append(failure)
        if self._axis is not None:
            self._axis.end()
        if failures:
            raise failures[0]
        if not partial:
            for member in self._members:
                if _has(type(member), "publish"):
                    cast("Publisher", member).publish()

    def _drain_time(self) -> None:
        if self._axis is not None and self._axis.growing and not self.closed:
            _, block = self._tape.drain()
            self._axis.add(block)


#: What gives a trace.
TraceRecorder = Recorder | TimeReader


def traces_of(recorders: Iterable[TraceRecorder]) -> Traces:
    """Return what recorders have recorded in the last run."""
    return Traces(recorder.trace() for recorder in recorders)


def spikes_of(detectors: Iterable[SpikeDetector]) -> Spikes:
    """Return what spike detectors have detected in the last run.

    Raises
    ------
    NotRecordedError
        If there has been no run yet.
    """
    chosen = tuple(detectors)
    times = {detector.name: detector.times() for detector in chosen}
    plans = [detector.plan for detector in chosen if detector.plan is not None]
    return Spikes(
        times,
        # NEURON adds up its steps; ends are meant to a picosecond or so
        t_start=round(min((plan.t_start for plan in plans), default=0.0), 9),
        t_stop=round(max((plan.t_stop for plan in plans), default=0.0), 9),
        partial=any(detector.partial for detector in chosen),
    )
