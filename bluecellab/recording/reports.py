"""Reports: many variables sampled together at times of their own, and handed on block by block."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from bluecellab.errors import BrokenError, CircuitWarning, EngineError, warn
from bluecellab.nrn import objects
from bluecellab.nrn.pointers import Frames, Pointers
from bluecellab.nrn.scope import Live, Scope
from bluecellab.nrn.stepping import Schedule
from bluecellab.nrn.taps import Taps
from bluecellab.recording.frames import FrameSink, PublishedSink, Window
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.report_elements import Places, ReportElements
from bluecellab.recording.samples import TimeAxis
from bluecellab.recording.tapping import tap
from bluecellab.recording.variables import FAST_IMEM
from bluecellab.spec.simulation import Report

__all__ = ["FrameRecorder", "FrameSink", "ReportRecorder", "Window"]

_BLOCK_BYTES = 2**21  # of samples that wait in NEURON
_MOST_ROWS = 8192
_WIDE_BYTES = 2**24  # of samples of very many variables: files have chunks of several rows ...
_WIDE_ROWS = 64  # ... so many at most
_HAND_ON_EVERY = 2.0  # s of wall time; what waits longer is handed on, lest a kill loses it


class FrameRecorder(Live):
    """Samples elements, and hands frames of them on in blocks: memory stays within some MB.

    It takes part in runs like any recorder: see :class:`~bluecellab.recording.Recorders`.

    Parameters
    ----------
    name
        Of the report, for messages.
    elements
        What. Of what it refers to, only raw sections are held on to.
    sink
        Where the frames go. Columns are in the order of ``elements.layouts``, or those of ``combine``.
    windows
        Returns the frames that a run has.
    owner
        The scope that owns the recorder; without one it belongs to whoever holds it.
    combine
        Makes frames, shape (n, columns), of what is read, shape (n, variables): range variables first. By
        default the columns of ``elements``, in single precision.
    """

    def __init__(
        self,
        name: str,
        elements: ReportElements,
        sink: FrameSink,
        windows: Callable[[RunPlan], Window],
        owner: Scope | None = None,
        *,
        combine: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.floating]] | None = None,
    ) -> None:
        super().__init__(f"report {name}", owner)
        self.name = name
        self.layouts = elements.layouts
        self.needs_fast_imem = any(group.name == FAST_IMEM for group in elements.places)
        self._combine = elements.combination() if combine is None else combine
        self._reader = self._scope.own(_Reader(elements), _Reader.release)
        self._sink = sink
        self._windows = windows
        self.due = math.inf  # the next frame: after so many steps of the run, or with CVODE the time in ms
        self._window = Window(0.0, 1.0, 0)
        self._plan: RunPlan | None = None
        self._taken = 0
        self._writing = False
        self._handed_on = 0.0
        self._warned = False
        self._failure: Exception | None = None
        self._unpublished = False
        self._refused = False  # by the sink, which is asked no more

    def check(self, plan: RunPlan) -> None:
        """Raise if this report cannot take part in a run.

        Raises
        ------
        ReportError
            If its times do not fit it.
        ClosedError, BrokenError
            If what is recorded is not there any more.

        Warns
        -----
        CircuitWarning
            Once, if it has no frames in that run.
        """
        self._scope.check()
        self._reader.check(self.name)
        window = self._windows(plan)
        if not window.count:
            self._say(
                f"from {window.start:g} ms on has no frames in a run from {plan.t_start:g} to "
                f"{plan.t_stop:g} ms"
            )

    def _say(self, what: str) -> None:
        if not self._warned:
            warn(f"report {self.name!r} {what}", CircuitWarning)
        self._warned = True

    def prepare(self, plan: RunPlan) -> None:
        """Get ready for a run that starts anew; call before NEURON is initialised.

        Raises
        ------
        OutputError
            If the sink cannot begin. Else as :meth:`check`.
        """
        self._scope.check()
        self._window, self._plan = self._windows(plan), plan
        self._reader.point(self.name)
        self._taken, self._failure, self._refused = 0, None, False
        self._sink.open(self._window.start, self._window.dt)
        self._writing = True

    def reset(self, axis: TimeAxis) -> None:
        """Begin with the first frame; call after NEURON has been initialised."""
        del axis
        self._taken = 0
        self.due = self._window.due(0)
        self._handed_on = time.monotonic()

    def sample(self) -> None:
        """Take the frame that is due.

        Raises
        ------
        BrokenError
            If something that is recorded has been deleted.
        """
        try:
            self._reader.frames.add(self._reader.pointers)
        except BrokenError as error:
            raise _gone(self.name) from error
        self.took(1)

    @property
    def schedule(self) -> Schedule | None:
        """After which steps frames are still to be taken, counted since the run began."""
        return self._window.steps_from(self._taken)

    @property
    def pointers(self) -> Pointers:
        """What is read."""
        return self._reader.pointers

    @property
    def frames(self) -> Frames:
        """Frames that wait in NEURON."""
        return self._reader.frames

    def tap(self) -> Taps:
        """Have NEURON record what is read; see :func:`bluecellab.recording.tapping.tap`."""
        return tap(self._reader.places, self._reader.pointers)

    def failed(self, error: RuntimeError) -> BrokenError:
        """Note that something that is recorded has been deleted; return the error that says so."""
        failure = _gone(self.name)
        failure.__cause__ = error
        self._failure = failure
        return failure

    def took(self, count: int) -> None:
        """Note that there are so many more frames, and hand them on if it is time.

        What then goes wrong is raised by :meth:`complain`: a rank that stops between two steps would keep the
        others waiting.
        """
        self._taken += count
        self.due = self._window.due(self._taken)
        frames = self._reader.frames
        if frames.count < frames.rows and time.monotonic() - self._handed_on <= _HAND_ON_EVERY:
            return
        try:
            if not self._refused:
                self._hand_on()
            frames.count = 0
        except Exception as error:  # noqa: BLE001 - raised when the clock looks in
            self._failure, self._refused = error, True

    def complain(self) -> None:
        """Raise what has gone wrong since the clock last looked in.

        Raises
        ------
        OutputError
            If frames could not be written.
        """
        if self._failure is not None:
            raise self._failure

    def _hand_on(self) -> None:
        values = self._reader.frames.take()
        self._handed_on = time.monotonic()
        if len(values):
            self._sink.append(self._combine(values))

    def extend(self, t_stop: float) -> None:
        """Get ready for the run to be continued up to ``t_stop`` ms."""
        if self._plan is None or self.closed:
            return
        self._window = self._windows(self._plan.until(t_stop))
        if self._taken < self._window.count:
            self._sink.reopen()
            self._writing = True
            self.due = self._window.due(self._taken)

    def harvest(self) -> None:
        """Nothing to do: frames are handed on when there are enough, or after some seconds."""

    def finish(self, *, partial: bool) -> None:
        """Hand on the rest: the run has ended.

        Parameters
        ----------
        partial
            Whether it ended before its end.
        """
        if not self._writing:
            return
        self._writing = False
        self.due = math.inf
        complete = False
        try:
            if not self._refused:
                self._hand_on()
            complete = not partial and self._failure is None
        finally:
            self._sink.close(complete=complete)
        self._unpublished = complete

    def publish(self) -> None:
        """Have the results of several ranks put together, after a run that all have finished; all call it.

        Raises
        ------
        OutputError
            If that cannot be written.
        """
        if self._unpublished:
            self._unpublished = False
            if isinstance(self._sink, PublishedSink):
                self._sink.publish()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{self._taken} frames"
        return f"<{type(self).__name__} {self.name} {state}>"


class ReportRecorder(FrameRecorder):
    """Samples the elements of a report, and hands them on in blocks.

    Frame *k* is the state at ``start_time + k dt``, the first being the initial state where that is 0; the
    end is excluded. With CVODE the state is interpolated to these times, which leaves the integration
    unaffected.

    Parameters
    ----------
    report
        When, and its name.
    elements
        What, from :func:`~bluecellab.recording.report_sites.elements_of`.
    sink
        Where the frames go. Columns are in the order of ``elements.layouts``.
    owner
        The scope that owns the recorder; without one it belongs to whoever holds it.
    """

    def __init__(
        self, report: Report, elements: ReportElements, sink: FrameSink, owner: Scope | None = None
    ) -> None:
        super().__init__(report.name, elements, sink, partial(Window.of, report), owner)
        self.report = report

    def check(self, plan: RunPlan) -> None:
        """Raise if this report cannot take part in a run; warn, once, if its times are not what it says.

        Raises
        ------
        ReportError
            If its times do not fit it.
        ClosedError, BrokenError
            If what is recorded is not there any more.
        """
        super().check(plan)
        if plan.fixed and plan.dt > self.report.dt:
            self._say(
                f"every {self.report.dt:g} ms: written at every step, {plan.dt:g} ms, as that is longer"
            )


class _Reader:
    """References to the variables of a report, and the frames that wait in NEURON: all its raw objects."""

    def __init__(self, elements: ReportElements) -> None:
        self.places: list[Places] = list(elements.places)
        self.size = elements.place_count + elements.process_count
        self.pointers = Pointers(self.size)
        row = 8 * max(self.size, 1)
        rows = max(1, min(_BLOCK_BYTES // row, _MOST_ROWS), min(_WIDE_BYTES // row, _WIDE_ROWS))
        self.frames = Frames(self.size, 1 << (rows.bit_length() - 1))  # as files have them in chunks
        index = elements.place_count
        for group in elements.processes:
            for process in group.processes:
                self.pointers.at_process(index, process, group.name)
                index += 1

    def check(self, report: str) -> None:
        """Raise if a section has been deleted, or has other segments now."""
        for group in self.places:
            if objects.is_deleted(group.section):
                raise _gone(report)
            if group.section.nseg != group.nseg:
                raise BrokenError(
                    f"report {report!r}: {group.section.hname()} had {group.nseg} segments when it was made "
                    f"and has {group.section.nseg} now. Make reports when cells do not change any more."
                )

    def point(self, report: str) -> None:
        """Refer to range variables anew: those that NEURON computes on demand have no lasting place."""
        self.check(report)
        index = 0
        for (name, whole), alike in itertools.groupby(self.places, lambda group: (group.name, group.whole)):
            groups = list(alike)
            try:
                if whole:
                    self.pointers.at_all(index, [group.section for group in groups], name)
                for group in groups:
                    if not whole:
                        self.pointers.at(index, group.section, group.places, name)
                    index += len(group.places)
            except EngineError as error:
                raise BrokenError(
                    f"report {report!r}: a section of {groups[0].section.hname().partition('.')[0]} has no "
                    f"{name} any more. Make reports when cells do not change any more."
                ) from error
        self.frames.count = 0
        try:
            self.frames.add(self.pointers)  # a trial, to learn of point processes that have been deleted
        except BrokenError as error:
            raise _gone(report) from error
        self.frames.count = 0

    def release(self) -> None:
        """Let go of everything in NEURON."""
        self.places.clear()
        self.pointers.release()
        self.frames.release()


def _gone(report: str) -> BrokenError:
    return BrokenError(
        f"something that report {report!r} records has been deleted; make the report anew, or keep its "
        "cells and synapses"
    )
