"""The run that recorders prepare for, and how intervals fit into it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bluecellab.errors import RecordingError
from bluecellab.results.arrays import FloatArray

__all__ = ["RunPlan", "Schedule", "checked_interval", "grid", "schedule", "stride"]

_ROUNDING = 1e-9  # relative; 0.1 / 0.025 is not exactly 4


@dataclass(frozen=True)
class RunPlan:
    """What a run will be.

    Parameters
    ----------
    fixed
        Whether the step is fixed; otherwise CVODE chooses it.
    dt
        The fixed step in ms.
    t_start, t_stop
        Beginning and end in ms.
    """

    fixed: bool
    dt: float
    t_start: float
    t_stop: float

    @property
    def duration(self) -> float:
        """Length in ms."""
        return self.t_stop - self.t_start

    def until(self, t_stop: float) -> RunPlan:
        """Return the same run with another end in ms."""
        return RunPlan(self.fixed, self.dt, self.t_start, t_stop)


@dataclass(frozen=True, eq=False)
class Schedule:
    """When a recorder samples in a run.

    Parameters
    ----------
    plan
        The run.
    stride
        How many integration steps lie between samples.
    grid
        Times in ms, shape (n + 1,), when sampling does not follow the steps: those within the run and
        the next one beyond.
    """

    plan: RunPlan
    stride: int = 1
    grid: FloatArray | None = None


def schedule(interval: float | None, plan: RunPlan, name: str) -> Schedule:
    """Return when a recorder with an interval (ms, or None for every step) samples in a run.

    Raises
    ------
    RecordingError
        If the interval does not fit the run.
    """
    if plan.fixed:
        return Schedule(plan, stride=stride(interval, plan, name))
    if interval is None:
        return Schedule(plan)
    return Schedule(plan, grid=grid(interval, plan, name))


def checked_interval(interval: float | None, name: str) -> float | None:
    """Return a recording interval in ms after checking that it is a positive number.

    Raises
    ------
    RecordingError
        If it is not.
    """
    if interval is None:
        return None
    try:
        number = float(interval)
    except (TypeError, ValueError):
        number = math.nan
    if not (number > 0 and math.isfinite(number)):
        raise RecordingError(
            f"recording {name} every {interval!r} ms: an interval is a positive number of ms; "
            "leave it out to record every step"
        )
    return number


def stride(interval: float | None, plan: RunPlan, name: str) -> int:
    """Return how many fixed steps lie between samples.

    Raises
    ------
    RecordingError
        If the interval is not a multiple of the step, or longer than the run.
    """
    if interval is None:
        return 1
    steps = interval / plan.dt
    nearest = round(steps)
    if nearest < 1 or abs(steps - nearest) > _ROUNDING * steps:
        below = math.floor(steps)
        choices = [f"{count * plan.dt:.12g}" for count in (below, below + 1) if count > 0]
        raise RecordingError(
            f"recording {name} every {interval:g} ms does not fit a step of {plan.dt:g} ms: an interval is a "
            f"multiple of the step. Nearest: {' or '.join(choices)} ms."
        )
    _refuse_longer_than_run(interval, plan, name)
    return nearest


def grid(interval: float, plan: RunPlan, name: str) -> FloatArray:
    """Return the times in ms at which to sample under CVODE, shape (n + 1,).

    The first n are within the run, its end included; the last is the next one beyond.

    Raises
    ------
    RecordingError
        If the interval is longer than the run.
    """
    _refuse_longer_than_run(interval, plan, name)
    count = math.floor(plan.duration / interval * (1 + _ROUNDING))
    times: FloatArray = plan.t_start + interval * np.arange(count + 2, dtype=np.float64)
    if abs(times[-2] - plan.t_stop) <= _ROUNDING * plan.t_stop:
        times[-2] = plan.t_stop
    times.setflags(write=False)
    return times


def _refuse_longer_than_run(interval: float, plan: RunPlan, name: str) -> None:
    if interval > plan.duration * (1 + _ROUNDING):
        raise RecordingError(
            f"recording {name} every {interval:g} ms: the interval is longer than the run of "
            f"{plan.duration:g} ms. Run longer, or use an interval of at most {plan.duration:g} ms."
        )
