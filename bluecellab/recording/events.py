"""The events that an artificial cell sends, noted like the spikes of other cells."""

from __future__ import annotations

from typing import Any

from bluecellab.errors import NotRecordedError, RecordingError
from bluecellab.nrn import artificial, objects, runtime
from bluecellab.nrn.scope import Live, Scope
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.samples import Samples, TimeAxis
from bluecellab.recording.spikes import SpikeDetector
from bluecellab.results.arrays import FloatArray
from bluecellab.spec.base import CellId, Site

__all__ = ["EventDetector", "EventLog"]


class EventLog(Live):
    """Notes when an artificial cell sends events; one for each cell, as NEURON has one Vector for each.

    Parameters
    ----------
    source
        The raw artificial cell.
    owner
        The scope that owns it, the cell's.

    Raises
    ------
    RecordingError
        If its events are being recorded already, by somebody else.
    """

    def __init__(self, source: Any, owner: Scope) -> None:
        runtime.refuse_while_running("recording the events of an artificial cell")
        super().__init__("log of events", owner)
        netcon = artificial.net_con(source, None)
        if netcon.get_recordvec() is not None:
            raise RecordingError(
                f"events of {source.hname()} are recorded already by a NetCon of your own, and NEURON has "
                "one recording for each; end that one with NetCon.record()"
            )
        vector = objects.vector()
        netcon.record(vector)
        self._wire = self._scope.own([netcon, vector], _cut)  # the only holder of both
        self._prepared: RunPlan | None = None
        self.plan: RunPlan | None = None
        self._times = Samples()
        self.running = False
        self.partial = False

    def prepare(self, plan: RunPlan) -> None:
        """Get ready for a run that starts anew; call before NEURON is initialised."""
        self._scope.check()
        self._prepared = plan

    def reset(self) -> None:
        """Forget the events of before; call after NEURON has been initialised."""
        if self._prepared is not None and not self.closed:
            self.plan, self._times = self._prepared, Samples()
            self.running, self.partial = True, False

    def extend(self, t_stop: float) -> None:
        """Get ready for the run to be continued up to ``t_stop`` ms."""
        if self.plan is not None and not self.closed:
            self.plan = self.plan.until(t_stop)
            self.running, self.partial = True, False

    def harvest(self) -> None:
        """Take what has been noted so far out of NEURON."""
        if self.running and not self.closed:
            vector = self._wire[1]
            self._times.add(objects.values_of(vector))
            vector.resize(0)

    def finish(self, *, partial: bool) -> None:
        """Take the rest out of NEURON: the run has ended."""
        if self.running:
            self.harvest()
            self.running, self.partial = False, partial

    def times(self) -> FloatArray:
        """Return the times of the events in ms, shape (n,), read-only."""
        self.harvest()
        return self._times.array()

    def memory(self) -> tuple[RunPlan | None, Samples, bool]:
        """Return what has been noted, to be given back by :meth:`remember` after runs for somebody else."""
        return self.plan, self._times, self.partial

    def remember(self, memory: tuple[RunPlan | None, Samples, bool]) -> None:
        """Have noted what :meth:`memory` returned, and nothing since."""
        self.plan, self._times, self.partial = memory
        self.running, self._prepared = False, None


def _cut(wire: list[Any]) -> None:
    """Note no more events, and let go of everything in NEURON."""
    wire[0].record()
    wire.clear()


class EventDetector(SpikeDetector):
    """The events of an artificial cell under one name; location and threshold mean nothing to it.

    Parameters
    ----------
    source
        The raw artificial cell.
    log
        Where its events are noted.
    owner
        The scope that owns the detector, the cell's.
    name
        What it is called.
    target
        A raw point process for the NetCon to trigger, if any.
    cell
        The cell, to be named in :attr:`site`.
    """

    def __init__(
        self,
        source: Any,
        log: EventLog,
        owner: Scope,
        *,
        name: str,
        target: Any = None,
        cell: CellId | None = None,
    ) -> None:
        Live.__init__(self, f"spike detector {name}", owner)
        self.name = name
        self.threshold = 0.0
        self.site = Site(section="pointcell", cell=cell)
        self._log = log
        self._connection = self._scope.own([artificial.net_con(source, target)], list.clear)

    @property
    def netcon(self) -> Any:
        """NEURON's own NetCon; owned by this detector."""
        self._scope.check()
        return self._connection[0]

    @property
    def partial(self) -> bool:
        """Whether the run ended before its end, or is still in progress."""
        return self._log.partial or self._log.running

    @property
    def plan(self) -> RunPlan | None:
        """The run that the events are from."""
        return self._log.plan

    def check(self, plan: RunPlan) -> None:  # noqa: ARG002 - SpikeDetector has them
        """Raise if it is closed."""
        self._scope.check()

    def prepare(self, plan: RunPlan) -> None:
        """Get ready for a run that starts anew; call before NEURON is initialised."""
        self.check(plan)
        self._log.prepare(plan)

    def reset(self, axis: TimeAxis) -> None:  # noqa: ARG002
        """Forget the events of before; call after NEURON has been initialised."""
        self._log.reset()

    def extend(self, t_stop: float) -> None:
        """Get ready for the run to be continued up to ``t_stop`` ms."""
        self._log.extend(t_stop)

    def harvest(self) -> None:
        """Take what has been noted so far out of NEURON."""
        self._log.harvest()

    def finish(self, *, partial: bool) -> None:
        """Take the rest out of NEURON: the run has ended."""
        self._log.finish(partial=partial)

    def times(self) -> FloatArray:
        """Return the times of the events of the last run, or so far in the present one, in ms.

        Returns
        -------
        numpy.ndarray
            Shape (n,), read-only.

        Raises
        ------
        NotRecordedError
            If there has been no run yet.
        ClosedError
            If the detector or its owner is closed.
        """
        self._scope.check()
        if self._log.plan is None:
            raise NotRecordedError(
                f"{self.name} has no spike times: there was no run yet. "
                "Run a simulation with this cell first."
            )
        return self._log.times()

    def __repr__(self) -> str:
        state = " closed" if self.closed else ""
        return f"<EventDetector {self.name}{state}>"
