"""End a run at the first spike, where nothing after it is asked for."""

from __future__ import annotations

import math
from typing import Any

from bluecellab.errors import CancelledError
from bluecellab.nrn import clock, objects, runtime
from bluecellab.nrn.handles import Segment
from bluecellab.nrn.scope import Live, Scope
from bluecellab.nrn.stepping import Schedule
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.samples import TimeAxis

__all__ = ["StopAtSpike"]

_STEPS = 40  # between looks, with a fixed step
_ALL = 2**40  # looks; no run has so many


class _Watch:
    """What NEURON calls at a crossing; all that it holds."""

    def __init__(self, start: float, stop: float) -> None:
        self.window = (start, stop)
        self.time: float | None = None
        self.on = True
        self.ended = False

    def __call__(self) -> None:
        """End the run, if the crossing counts."""
        start, stop = self.window
        now = clock.now()
        if self.on and self.time is None and start < now < stop:
            self.time = now
            self.ended = True
            runtime.raw_h().stoprun = 1


def _cut(wire: list[Any]) -> None:
    """Call nobody any more, and let go of the NetCon.

    What a run that was ended early has left in NEURON's queue goes with the next initialisation.
    """
    watch = wire[1]
    watch.on = False
    wire.clear()
    if watch.ended:
        clock.initialise(float(runtime.raw_h().v_init))


class StopAtSpike(Live):
    """Ends a run at the first step that takes a potential across a threshold; until then it changes nothing.

    With CVODE the run ends there as if that had been its end; with a fixed step, up to 40 steps later, it
    raises CancelledError. NEURON has one threshold for each place: where something else listens already, no
    run is ended.

    Parameters
    ----------
    at
        Where.
    owner
        The scope that owns it.
    threshold
        In mV.
    start, stop
        Only spikes between these times in ms count.
    """

    needs_fast_imem = False

    def __init__(self, at: Segment, owner: Scope, *, threshold: float, start: float, stop: float) -> None:
        runtime.refuse_while_running(f"watching {at} for spikes")
        super().__init__(f"stop at spikes of {at}", owner)
        self.due = math.inf
        self._watch = _Watch(start, stop)
        netcon = objects.net_con(at.raw, None)
        self._scope.own([netcon, self._watch], _cut)
        if len(netcon.prelist()) == 1:
            netcon.threshold = threshold
            netcon.record(self._watch)

    @property
    def time(self) -> float | None:
        """When the last run was ended, in ms; None if it was not."""
        return self._watch.time

    def check(self, plan: RunPlan) -> None:
        """Raise if it is closed."""
        del plan
        self._scope.check()

    def prepare(self, plan: RunPlan) -> None:
        """Get ready for a run."""
        self._watch.time = None
        self.due = _STEPS if plan.fixed else math.inf

    def reset(self, axis: TimeAxis) -> None:
        """Nothing to do: no time is kept."""
        del axis

    def extend(self, t_stop: float) -> None:
        """Nothing to do."""
        del t_stop

    def harvest(self) -> None:
        """Nothing to do."""

    def finish(self, *, partial: bool) -> None:
        """Nothing to do."""
        del partial

    @property
    def schedule(self) -> Schedule | None:
        """After which steps it looks whether there has been a spike."""
        return Schedule(int(self.due), _STEPS, _ALL) if math.isfinite(self.due) else None

    def sample(self) -> None:
        """End the run, if there has been a spike.

        Raises
        ------
        CancelledError
            If there has.
        """
        self.due += _STEPS
        if self.time is not None:
            runtime.raw_h().stoprun = 0
            raise CancelledError(f"the run was ended at a spike at {self.time:g} ms", time=self.time)
