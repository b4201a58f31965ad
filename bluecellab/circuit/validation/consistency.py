"""What a configuration must keep to within itself: times of reports, names of files, texts."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bluecellab.circuit.config.places import is_file
from bluecellab.circuit.config.problems import Problems, join
from bluecellab.circuit.config.reading import Parts
from bluecellab.spec.simulation import CircuitRun, Report

__all__ = ["check_consistency", "compartment_set_uses"]


def check_consistency(parts: Parts) -> None:
    """Report what in a configuration does not fit the rest of it."""
    if parts.run is not None:
        for key, report in parts.reports:
            _check_times(key, report, parts.run, parts.problems)
        _check_skip(parts.run, parts.problems)
    _check_outputs(parts)
    _check_compartment_sets_file(parts)


def _check_skip(run: CircuitRun, problems: Problems) -> None:
    if run.tstart >= run.tstop:
        problems.add("run.tstart", run.tstart, f"must be before the end of the run, tstop = {run.tstop:g} ms")


def _check_times(key: str, report: Report, run: CircuitRun, problems: Problems) -> None:
    """Report times that the clock of the run does not meet."""
    if report.start_time >= run.tstop:
        message = f"nothing is left to report: the run ends at {run.tstop:g} ms"
        problems.add(join(key, "start_time"), report.start_time, message)
    steps = report.dt / run.dt
    if steps < 1 - 1e-9:
        problems.add(join(key, "dt"), report.dt, f"must not be below run.dt = {run.dt:g} ms")
    elif math.isinf(steps) or abs(steps - round(steps)) > 1e-6 * steps:
        low = report.dt // run.dt * run.dt
        message = f"must be a multiple of run.dt = {run.dt:g} ms, such as {low:g} or {low + run.dt:g}"
        problems.add(join(key, "dt"), report.dt, message)


def _check_outputs(parts: Parts) -> None:
    """Report files of output that several things would be written to."""
    if parts.output is None:
        return
    if is_file(parts.output.directory):
        problem = "is there, and is no folder; the path of a folder is needed"
        parts.problems.add("output.output_dir", parts.output.directory, problem)
    taken = {parts.output.spikes_file: "output.spikes_file"}
    if parts.output.log_file:
        taken.setdefault(parts.output.log_file, "output.log_file")
    for key, report in parts.reports:
        name = report.output_name
        if name in taken:
            message = f"{taken[name]} is written to the same file {name!r}"
            parts.problems.add(join(key, "file_name"), report.file_name or None, message)
        taken.setdefault(name, key)


def compartment_set_uses(parts: Parts) -> Iterator[tuple[str, str]]:
    """Give every use of a compartment set: the place of the block, and the name."""
    used: list[tuple[str, str | None]] = [(key, each.compartment_set) for key, each in parts.inputs]
    used += [(key, each.compartment_set) for key, each in parts.reports]
    used += [(key, getattr(each, "compartment_set", None)) for key, each in parts.modifications]
    for key, name in used:
        if name is not None:
            yield key, name


def _check_compartment_sets_file(parts: Parts) -> None:
    if parts.compartment_sets_file is None and not _is_bad(parts, "compartment_sets_file"):
        for key, name in compartment_set_uses(parts):
            message = "compartment_sets_file is missing; without it there are no compartment sets"
            parts.problems.add(join(key, "compartment_set"), name, message)


def _is_bad(parts: Parts, key: str) -> bool:
    return any(problem.key == key for problem in parts.problems)
