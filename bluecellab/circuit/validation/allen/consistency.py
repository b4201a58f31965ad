"""What a configuration of the Allen dialect must keep to within itself."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator

from bluecellab.circuit.config.allen.reading import AllenParts, Placed
from bluecellab.circuit.config.places import is_file
from bluecellab.circuit.config.problems import join, nearest
from bluecellab.spec.allen import (
    AllenInput,
    AllenRun,
    AnyAllenReport,
    ExtracellularReport,
    FunctionTrains,
    MembraneReport,
    ModuleInput,
    SaveSynapses,
    SynapseReport,
)
from bluecellab.spec.functions import MODULES, SPIKE_GENERATORS

__all__ = ["check_consistency"]

#: One NWB file may have spikes and potentials.
_SHARED = ("file_name_nwb", "output.spikes_file_nwb")


def check_consistency(parts: AllenParts) -> None:
    """Report what in a configuration does not fit the rest of it."""
    if parts.run is not None:
        _check_run(parts, parts.run)
        for report in parts.reports:
            _check_times(report, parts.run)
    _check_outputs(parts)
    for each in parts.inputs:
        _check_registered(each)


def _check_run(parts: AllenParts, run: AllenRun) -> None:
    if run.dt > run.tstop:
        problems = parts.sources.at("run").problems
        problems.add("run.dt", run.dt, f"must not be above run.tstop = {run.tstop:g} ms")


def _check_times(placed: Placed[AnyAllenReport], run: AllenRun) -> None:
    """Report times that the clock of the run does not meet."""
    report = placed.item
    if isinstance(report, SaveSynapses):
        return
    if report.start_time >= run.tstop:
        message = f"nothing is left to report: the run ends at {run.tstop:g} ms"
        placed.problems.add(join(placed.key, "start_time"), report.start_time, message)
    if report.end_time is not None and report.end_time <= report.start_time:
        message = f"must be after start_time = {report.start_time:g} ms"
        placed.problems.add(join(placed.key, "end_time"), report.end_time, message)
    if report.dt is None:
        return
    steps = report.dt / run.dt
    if steps < 1 - 1e-9:
        message = f"must not be below run.dt = {run.dt:g} ms"
        placed.problems.add(join(placed.key, "dt"), report.dt, message)
    elif math.isinf(steps) or abs(steps - round(steps)) > 1e-6 * steps:
        low = report.dt // run.dt * run.dt
        message = f"must be a multiple of run.dt = {run.dt:g} ms, such as {low:g} or {low + run.dt:g}"
        placed.problems.add(join(placed.key, "dt"), report.dt, message)


def _names(report: AnyAllenReport) -> Iterator[tuple[str, str]]:
    """Give the files that a report is written to: the key, and the name."""
    if isinstance(report, SaveSynapses):
        return
    if isinstance(report, MembraneReport | SynapseReport) and len(report.variable_names) > 1:
        stem, ending = os.path.splitext(report.output_name)  # noqa: PTH122
        for name in report.variable_names:
            yield "file_name", f"{stem}_{name}{ending}"
    else:
        yield "file_name", report.output_name
    if isinstance(report, ExtracellularReport) and report.contributions_dir:
        yield "contributions_dir", report.contributions_dir
    if isinstance(report, ExtracellularReport) and report.file_name_nwb:
        yield "file_name_nwb", report.file_name_nwb


def _check_outputs(parts: AllenParts) -> None:
    """Report files of output that several things would be written to."""
    output = parts.output
    if output is None:
        return
    problems = parts.sources.at("output").problems
    if is_file(output.directory):
        message = "is there, and is no folder; the path of a folder is needed"
        problems.add("output.output_dir", output.directory, message)
    taken: dict[str, str] = {}
    for key in ("spikes_file", "spikes_file_csv", "spikes_file_nwb", "log_file"):
        name = getattr(output, key)
        if name is not None and name in taken:
            problems.add(join("output", key), name, f"{taken[name]} is written to the same file")
        elif name is not None:
            taken[name] = join("output", key)
    for report in parts.reports:
        for key, name in _names(report.item):
            if (key, taken.get(name)) == _SHARED:
                taken[name] = report.key
            elif name in taken:
                message = f"{taken[name]} is written to the same file {name!r}; give each its own"
                report.problems.add(join(report.key, key), name, message)
            taken.setdefault(name, report.key)


def _check_registered(placed: Placed[AllenInput]) -> None:
    """Report functions that are asked for by name, and that nobody has registered."""
    stimulus = placed.item.stimulus
    if isinstance(stimulus, FunctionTrains) and stimulus.function not in SPIKE_GENERATORS:
        known = nearest(stimulus.function, SPIKE_GENERATORS, "registered ones")
        message = (
            f"no such generator of spikes; {known}. bluecellab.spec.functions.spikes_generator registers"
        )
        placed.problems.add(join(placed.key, "spikes_function"), stimulus.function, f"{message} one")
    if isinstance(stimulus, ModuleInput) and stimulus.module not in MODULES:
        known = nearest(stimulus.module, MODULES, "registered ones")
        placed.problems.add(join(placed.key, "module"), stimulus.module, f"no such module; {known}")
