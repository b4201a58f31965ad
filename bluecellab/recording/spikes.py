"""Detection of spikes by threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bluecellab.errors import NotRecordedError, RecordingError, SiteError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.handles import Section, Segment
from bluecellab.nrn.scope import Live, Scope
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.samples import Samples, TimeAxis
from bluecellab.recording.tape import Tape
from bluecellab.results.arrays import FloatArray
from bluecellab.spec.base import CellId, Site
from bluecellab.spec.recordings import parse_spike_location

__all__ = ["SpikeDetector", "detect_spikes", "locate"]

# With a fixed step NEURON dates a crossing this much (ms) after the step that saw it.
_FIXED_STEP_DELAY = 1e-10


class _Wire:
    """A NetCon and the Vector that it writes spike times into, the only holder of both.

    NEURON keeps one threshold and one Vector for each *source*, however many NetCons it has: a
    second detector would silently take the first one's spikes, or change its threshold. So a wire
    is laid only where nobody else listens.
    """

    __slots__ = ("netcon", "vector")

    def __init__(self, at: Segment, target: Any) -> None:
        segment = at.raw
        self.netcon: Any = objects.net_con(segment, target)
        self.vector: Any = None

    def taken(self, threshold: float) -> bool:
        """Whether the source has another listener that ours would disturb."""
        if self.netcon.get_recordvec() is not None:
            return True
        return len(self.netcon.prelist()) > 1 and self.netcon.threshold != threshold

    def listen(self, threshold: float) -> None:
        """Begin to note spike times."""
        self.netcon.threshold = threshold
        self.vector = objects.vector()
        self.netcon.record(self.vector)

    def intact(self, threshold: float) -> bool:
        """Whether the source still has our threshold and our Vector."""
        return (
            self.vector is not None
            and self.netcon.preseg() is not None  # reading the threshold of a lost source aborts the process
            and self.netcon.threshold == threshold
            and self.netcon.get_recordvec() == self.vector
        )

    def hush(self) -> None:
        """Note no more spike times."""
        if self.vector is not None and self.netcon.get_recordvec() == self.vector:
            self.netcon.record()
        self.vector = None

    def cut(self) -> None:
        """Let go of everything in NEURON."""
        if self.netcon is not None:
            self.hush()
        self.netcon = None


class SpikeDetector(Live):
    """Notes the times at which a potential crosses a threshold upwards.

    NEURON's own NetCon is used where it can be. It has only one threshold, and one recording, for
    each place; where those are taken, the potential is recorded and searched for the same crossings,
    with bitwise the same times.

    Parameters
    ----------
    at
        Where.
    owner
        The scope that owns the detector.
    threshold
        In mV.
    name
        What it is called.
    target
        A raw point process for the NetCon to trigger, if any.
    cell
        The cell, to be named in :attr:`site`.

    Raises
    ------
    RecordingError
        If a target is given, and another threshold is already in use at that place.
    """

    needs_fast_imem = False

    def __init__(
        self,
        at: Segment,
        owner: Scope,
        *,
        threshold: float,
        name: str,
        target: Any = None,
        cell: CellId | None = None,
    ) -> None:
        runtime.refuse_while_running(f"making the spike detector {name}")
        wire = _Wire(at, target)
        taken = wire.taken(float(threshold))
        there = wire.netcon.threshold
        if taken and target is not None and there != threshold:
            wire.cut()
            raise RecordingError(
                f"{name}: spikes at {at} are already detected at {there:g} mV, and NEURON has one threshold "
                f"for each place. Use {there:g} mV, or another position."
            )
        super().__init__(f"spike detector {name}", owner)
        self.name = name
        self.threshold = float(threshold)
        self.site = Site(section=at.section.name, x=at.x, cell=cell)
        self._at = at
        self._wire = self._scope.own(wire, _Wire.cut)
        if not taken:
            wire.listen(self.threshold)
        self._tape: Tape | None = None
        self._prepared: RunPlan | None = None
        self._forget()

    def _forget(self) -> None:
        self._axis: TimeAxis | None = None
        self._plan: RunPlan | None = None
        self._searching = self._tape is not None
        self._spikes = Samples()  # times, or indices of steps if searching
        self._count = 0
        self._last = -np.inf
        self._running = False
        self._partial = False

    @property
    def netcon(self) -> Any:
        """NEURON's own NetCon; owned by this detector."""
        self._scope.check()
        return self._wire.netcon

    @property
    def partial(self) -> bool:
        """Whether the run ended before its end, or is still in progress."""
        return self._partial or self._running

    @property
    def plan(self) -> RunPlan | None:
        """The run that the spikes are from."""
        return self._plan

    def check(self, plan: RunPlan) -> None:
        """Raise if it is closed, or its place is gone.

        Raises
        ------
        RecordingError
            If the crossings cannot be found as NEURON would.
        """
        self._scope.check()
        _ = self._at.raw
        if self._must_search and not plan.fixed and objects.cvode().condition_order() == 2:
            raise RecordingError(
                f"{self.name}: another threshold or recording is in use at {self._at}, and CVODE's "
                "condition_order(2) cannot be followed then. Use condition_order(1), or another position."
            )

    @property
    def _must_search(self) -> bool:
        return self._tape is not None or not self._wire.intact(self.threshold)

    def prepare(self, plan: RunPlan) -> None:
        """Get ready for a run that starts anew; call before NEURON is initialised."""
        self.check(plan)
        if self._must_search:
            self._wire.hush()
            if self._tape is None:
                self._tape = self._scope.own(Tape(), Tape.cut)
            self._tape.run_every_step(self._at.raw._ref_v)
        self._prepared = plan

    def reset(self, axis: TimeAxis) -> None:
        """Forget the spikes of before; call after NEURON has been initialised."""
        if self._prepared is None or self.closed:
            return
        self._forget()
        self._plan, self._axis, self._running = self._prepared, axis, True

    def extend(self, t_stop: float) -> None:
        """Get ready for the run to be continued up to ``t_stop`` ms."""
        if self._plan is None or self.closed:
            return
        self._plan = self._plan.until(t_stop)
        self._running, self._partial = True, False

    def harvest(self) -> None:
        """Take what has been detected so far out of NEURON."""
        if not self._running or self.closed:
            return
        if self._tape is None or not self._searching:
            vector = self._wire.vector
            if len(vector):
                self._spikes.add(objects.values_of(vector))
                vector.resize(0)
            return
        count, potential = self._tape.drain()
        if count:
            before = np.concatenate([[self._last], potential[:-1]])
            crossings = np.flatnonzero((potential > self.threshold) & (before <= self.threshold))
            self._spikes.add((crossings + self._count).astype(np.float64))
            self._count += count
            self._last = potential[-1]

    def finish(self, *, partial: bool) -> None:
        """Take the rest out of NEURON: the run has ended."""
        if not self._running:
            return
        self.harvest()
        self._running, self._partial = False, partial

    def times(self) -> FloatArray:
        """Return the spike times of the last run, or so far in the present one, in ms.

        A potential that begins above the threshold counts as a spike at the beginning, as in NEURON.

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
        if self._axis is None or self._plan is None:
            raise NotRecordedError(
                f"{self.name} has no spike times: there was no run yet. "
                "Run a simulation with this cell first."
            )
        if self._running:
            self.harvest()
        found = self._spikes.array()
        if not self._searching:
            return found
        times = self._axis.times()[found.astype(np.intp)]
        if self._plan.fixed:
            times = times + _FIXED_STEP_DELAY
        times.setflags(write=False)
        return times

    def __repr__(self) -> str:
        state = " closed" if self.closed else ""
        return f"<SpikeDetector {self.name} at {self._at}, {self.threshold:g} mV{state}>"


def detect_spikes(
    at: Segment,
    owner: Scope,
    *,
    threshold: float = -30.0,
    name: str = "",
    target: Any = None,
    cell: CellId | None = None,
) -> SpikeDetector:
    """Detect spikes at a place, in every run from now on.

    Parameters
    ----------
    at
        Where.
    owner
        The scope that owns the detector, usually a cell's.
    threshold
        In mV.
    name
        What it is called; made of place and threshold when left out.
    target
        A raw point process to trigger, if any; weight and delay are set on ``detector.netcon``.
    cell
        The cell, to be named in ``detector.site``.

    Raises
    ------
    RecordingError
        If a target is given, and another threshold is already in use at that place.
    """
    label = name or f"spikes at {at}, {float(threshold):g} mV"
    return SpikeDetector(at, owner, threshold=threshold, name=label, target=target, cell=cell)


def locate(location: str, sections: Mapping[str, Section]) -> Segment:
    """Return the place that a spike detection location means.

    Parameters
    ----------
    location
        ``"soma"``, ``"AIS"``, ``"dend[3]"``, ``"dend[3](0.7)"``.
    sections
        The sections of the cell by name.

    Raises
    ------
    SiteError
        If the text has another form, or the cell has no such section.
    """
    parsed = parse_spike_location(location)
    for name in (*parsed.section_names, *(("soma",) if location == "soma" else ())):  # cells made in Python
        if name in sections:
            return sections[name](parsed.x)
    names = list(sections)
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    raise SiteError(
        f"Invalid spike detection location: {location!r}. The cell has no section "
        f"{parsed.section_names[0]}; it has {shown}."
    )
