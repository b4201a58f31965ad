"""Frames of reports: when they are, and where they go."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError
from bluecellab.nrn.stepping import Schedule
from bluecellab.recording.plan import RunPlan
from bluecellab.spec.simulation import Report

__all__ = ["FrameSink", "PublishedSink", "Window"]

_ROUNDING = 1e-6  # of an interval: times in configurations are decimal
_OFF_STEP = 1e-3  # of a step; NEURON's time adds up


class FrameSink(Protocol):
    """Where the frames of a report go, such as a :class:`~bluecellab.results.sonata.SonataReportWriter`."""

    def open(self, start: float, dt: float) -> None:
        """Begin: frame *k* is the state at ``start + k dt``, in ms."""

    def append(self, frames: npt.NDArray[np.floating]) -> None:
        """Take the next frames, shape (n, elements)."""

    def close(self, *, complete: bool) -> None:
        """End; whether the run has reached its end."""

    def reopen(self) -> None:
        """Go on after :meth:`close`, as the run is continued."""


@runtime_checkable
class PublishedSink(Protocol):
    """A sink that several processes have parts of."""

    def publish(self) -> None:
        """Make the whole of all parts, once all processes have closed theirs."""


@dataclass(frozen=True)
class Window:
    """The frames of a report that a run has.

    Parameters
    ----------
    start, dt
        Time of the first one, and between them, in ms.
    count
        How many.
    first_step, stride
        Integration steps before the first one, and between them; 0 with CVODE.
    """

    start: float
    dt: float
    count: int
    first_step: int = 0
    stride: int = 0

    def steps_from(self, index: int) -> Schedule | None:
        """Return after which steps frames are due from ``index`` on; None with CVODE, or if none is."""
        if not self.stride or index >= self.count:
            return None
        return Schedule(self.first_step + index * self.stride, self.stride, self.count - index)

    def due(self, index: int) -> float:
        """Return when frame ``index`` is due: after so many steps, or with CVODE at that time in ms."""
        if index >= self.count:
            return math.inf
        if self.stride:
            return float(self.first_step + index * self.stride)
        return self.start + index * self.dt

    @classmethod
    def of(cls, report: Report, plan: RunPlan) -> Window:
        """Return the frames of a report that a run has.

        With a fixed step, an interval below the step becomes the step.

        Raises
        ------
        ReportError
            If the interval is not a multiple of the step, or frames would fall between steps.
        """
        dt = max(report.dt, plan.dt) if plan.fixed else report.dt
        end = min(report.end_time, plan.t_stop)
        skipped = max(0, math.ceil((plan.t_start - report.start_time) / dt - _ROUNDING))
        start = report.start_time + skipped * dt
        # as readers count frames; the end itself is excluded
        count = max(0, math.floor((end - start) / dt + 0.5))
        if not plan.fixed:
            return cls(start, dt, count)
        stride, steps = dt / plan.dt, (start - plan.t_start) / plan.dt
        if abs(stride - round(stride)) > _ROUNDING * stride:
            below = math.floor(stride) * plan.dt
            raise ReportError(
                f"report {report.name!r} every {dt:g} ms does not fit a step of {plan.dt:g} ms: its dt is a "
                f"multiple of the step. Nearest: {below:.12g} or {below + plan.dt:.12g} ms."
            )
        if count and abs(steps - round(steps)) > _OFF_STEP:
            raise ReportError(
                f"report {report.name!r} from {start:g} ms falls between steps of {plan.dt:g} ms from "
                f"{plan.t_start:g} ms on; start_time, and a forward skip, are multiples of the step"
            )
        return cls(start, dt, count, round(steps), round(stride))
