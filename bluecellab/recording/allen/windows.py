"""When reports of the Allen dialect have frames, and which files they go to."""

from __future__ import annotations

import math
from pathlib import PurePath
from typing import Protocol

from bluecellab.errors import ReportError
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.reports import Window
from bluecellab.spec.allen import MembraneReport, SynapseReport

__all__ = ["AllenWords", "chosen_variable", "file_names", "window_of"]

_ROUNDING = 1e-6  # of a step: times in configurations are decimal


class AllenWords(Protocol):
    """What any sampled report of the Allen dialect says."""

    @property
    def name(self) -> str:
        """Its key in the configuration."""

    @property
    def dt(self) -> float | None:
        """Time between frames in ms; every step when left out."""

    @property
    def start_time(self) -> float:
        """Time of the first frame in ms."""

    @property
    def end_time(self) -> float | None:
        """End in ms, excluded; that of the run when left out."""

    @property
    def output_name(self) -> str:
        """File in the output folder."""


def window_of(report: AllenWords, plan: RunPlan) -> Window:
    """Return the frames of a report that a run has.

    Frame *k* is said to be of ``start_time + k dt`` and is the state one step of the simulation later, as
    BioNet takes it.

    Raises
    ------
    ReportError
        If the run has no fixed step, or ``dt`` is no multiple of it.
    """
    if not plan.fixed:
        raise ReportError(f"report {report.name!r} needs a run with a fixed step, cvode=False")
    dt = plan.dt if report.dt is None else report.dt
    stride = round(dt / plan.dt)
    if stride < 1 or abs(dt / plan.dt - stride) > _ROUNDING * stride:
        below = max(1, math.floor(dt / plan.dt)) * plan.dt
        raise ReportError(
            f"report {report.name!r} every {dt:g} ms does not fit a step of {plan.dt:g} ms: its dt is a "
            f"multiple of the step. Nearest: {below:.12g} or {below + plan.dt:.12g} ms."
        )
    end = plan.t_stop if report.end_time is None else min(report.end_time, plan.t_stop)
    begin = max(report.start_time, plan.t_start)
    first = math.floor((begin - plan.t_start) / plan.dt + _ROUNDING)
    count = max(0, math.floor((end - begin) / (stride * plan.dt) + _ROUNDING))
    return Window(begin, stride * plan.dt, count, first + 1, stride)


def file_names(report: AllenWords, variables: tuple[str, ...]) -> dict[str, str]:
    """Return the file of each variable of a report: several have one each, named after them.

    Examples
    --------
    >>> from bluecellab.spec.allen import MembraneReport
    >>> file_names(MembraneReport(name="soma"), ("v",))
    {'v': 'soma.h5'}
    >>> file_names(MembraneReport(name="soma"), ("v", "cai"))
    {'v': 'soma_v.h5', 'cai': 'soma_cai.h5'}
    """
    if len(variables) == 1:
        return {variables[0]: report.output_name}
    path = PurePath(report.output_name)
    return {name: str(path.with_name(f"{path.stem}_{name}{path.suffix}")) for name in variables}


def chosen_variable(report: MembraneReport | SynapseReport, variable: str | None) -> str:
    """Return which variable of a report is meant; it may be left out where there is one.

    Raises
    ------
    ReportError
        If it is none of the report's, or left out where there are several.
    """
    there = report.variable_names
    if variable is None and len(there) == 1:
        return there[0]
    if variable is None or variable not in there:
        raise ReportError(
            f"report {report.name!r} is of the variables {', '.join(there)}; each is written to a file of "
            f"its own, so say which: variable={there[0]!r}"
        )
    return variable
