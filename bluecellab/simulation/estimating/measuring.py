"""What parts of simulations cost on this machine: measured on small circuits, and on one of the user's."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from bluecellab.circuit.config import read_config
from bluecellab.errors import CalibrationError, CircuitWarning
from bluecellab.simulation.circuit.dialects import dialect_of
from bluecellab.simulation.circuit.request import AnyConfig
from bluecellab.simulation.estimating.bench import Measured, Sample, measure_sample, resident_bytes
from bluecellab.simulation.estimating.core import estimate_of_cells, spread
from bluecellab.simulation.isolation import Isolation
from bluecellab.simulation.sizing.costs import BUILT_IN, Costs
from bluecellab.spec.base import CellId

__all__ = ["OwnCircuit", "adjusted", "calibrate", "measured_costs", "samples"]

PathLike = str | os.PathLike[str]

_LEAST = 0.1  # of a built-in figure: what is smaller was lost in noise
_LIMIT = 100.0  # s; nothing of this takes so long
#: What channels of Hodgkin and Huxley take, in mechanisms of the usual kind.
_HODGKIN_HUXLEY = 2.75
_START = (
    "import json, time\n"
    "from bluecellab.simulation.estimating import bench\n"
    "bench.measure_sample(bench.LEAST)\n"
    "print(json.dumps([time.process_time(), bench.resident_bytes()]))\n"
)


def samples(*, quick: bool = False) -> dict[str, Sample]:
    """Return the circuits that are measured, by what they differ in from the plain one.

    Parameters
    ----------
    quick
        Whether they are small, as a check that everything works.
    """
    plain = Sample(cells=4, t_stop=2.0) if quick else Sample()
    count = 400 if quick else 15_000
    few = replace(plain, branches=2)
    return {
        "plain": plain,
        "few sections": few,
        "many cells": replace(few, cells=5 * few.cells),
        "many segments": replace(plain, chunk=10.0),
        "active": replace(plain, active=True),
        "synapses": replace(plain, synapses=count),
        "spikes": replace(plain, synapses=count, spikes=2 if quick else 20),
        "report": replace(plain, report=True),
    }


def measured_costs(measured: Mapping[str, Measured], circuits: Mapping[str, Sample]) -> Costs:
    """Return what parts cost, from what circuits cost that differ in one of them.

    Parameters
    ----------
    measured, circuits
        As :func:`samples` names them.
    """

    def difference(more: str, less: str, attribute: str) -> float:
        return float(getattr(measured[more], attribute) - getattr(measured[less], attribute))

    plain, few, many = (circuits[name] for name in ("plain", "few sections", "many cells"))
    steps, divided = plain.steps, circuits["many segments"]
    found: dict[str, float] = {}
    for suffix, attribute in (("seconds", "build"), ("bytes", "bytes")):
        segment = difference("many segments", "plain", attribute) / (divided.segments - plain.segments)
        pairs = difference("plain", "few sections", attribute)
        section = (pairs - segment * (plain.segments - few.segments)) / (plain.sections - few.sections)
        cells = many.cells - few.cells
        each = difference("many cells", "few sections", attribute)
        found[f"segment_{suffix}"] = segment
        found[f"section_{suffix}"] = section
        parts = section * few.sections + segment * few.segments
        found[f"cell_{suffix}"] = each / cells - parts / few.cells
        count = circuits["synapses"].synapses
        found[f"synapse_{suffix}"] = difference("synapses", "plain", attribute) / count
        found[f"connection_{suffix}"] = difference("spikes", "synapses", attribute) / count
        found[f"variable_{suffix}"] = difference("report", "plain", attribute) / plain.segments
    found["mechanism_bytes"] = difference("active", "plain", "bytes") / plain.segments
    step = difference("many segments", "plain", "run") / (divided.segments - plain.segments) / steps
    channel = difference("active", "plain", "run") / plain.segments / steps / _HODGKIN_HUXLEY
    synapse = difference("synapses", "plain", "run") / count / steps
    found["segment_step_seconds"] = step - min(channel, 0.5 * step)  # all of them are passive, too
    found["mechanism_step_seconds"] = channel
    found["synapse_step_seconds"] = synapse
    found["plastic_step_seconds"] = synapse * BUILT_IN.plastic_step_seconds / BUILT_IN.synapse_step_seconds
    arrivals = count * circuits["spikes"].spikes
    found["event_seconds"] = difference("spikes", "synapses", "run") / arrivals
    found["sample_seconds"] = difference("report", "plain", "run") / plain.segments / steps
    found["point_seconds"] = BUILT_IN.point_seconds * found["section_seconds"] / BUILT_IN.section_seconds
    costs = replace(
        BUILT_IN,
        low=0.6,
        high=1.7,
        source=f"measured on {platform.node() or 'this machine'}, {datetime.now(timezone.utc):%Y-%m-%d}",
    )
    for name, value in found.items():
        costs = replace(costs, **{name: max(value, _LEAST * getattr(BUILT_IN, name))})
    return costs


@dataclass(frozen=True)
class OwnCircuit:
    """A circuit of the user's that is measured, too.

    Parameters
    ----------
    config
        Its simulation configuration.
    mechanisms
        Folder of .mod files, or compiled library; by default those that the circuit names.
    cells
        How many of its cells are built, evenly spread over all of them.
    seconds
        CPU time for which they run, about.
    """

    config: PathLike
    mechanisms: PathLike | None = None
    cells: int = 20
    seconds: float = 10.0


def calibrate(
    own: OwnCircuit | None = None,
    *,
    quick: bool = False,
    progress: Callable[[str], object] = lambda _: None,
) -> Costs:
    """Measure what parts of simulations cost here, each in a process of its own.

    Parameters
    ----------
    own
        A circuit of the user's; its build, run and memory are compared with the estimate, which from then
        on is multiplied by the factors that were found.
    quick
        Whether small circuits do, as a check that everything works; the figures are rough.
    progress
        Called with the name of what is measured next.

    Raises
    ------
    CalibrationError
        If there is nothing to measure.
    BluecellabError
        If the circuit cannot be built or run.
    """
    if own is not None:
        read_config(Path(own.config))  # what is wrong with it is to be said now
    progress("start")
    began = _started()
    circuits, measured = samples(quick=quick), {}
    for name, sample in circuits.items():
        progress(name)
        measured[name] = Isolation(time_limit=_LIMIT).run(measure_sample, sample)
    costs = measured_costs(measured, circuits)
    costs = replace(costs, start_seconds=began[0], start_bytes=began[1])
    if own is None:
        return costs
    progress(str(own.config))
    return adjusted(costs, own)


def adjusted(costs: Costs, own: OwnCircuit) -> Costs:
    """Return costs with the factors of a circuit, from two numbers of its cells: the difference counts.

    Parameters
    ----------
    costs
        What was measured on small circuits.
    own
        The circuit.

    Raises
    ------
    CalibrationError
        If it has no cells.
    BluecellabError
        If it cannot be built or run.
    """
    given = replace(own, config=os.fspath(own.config))
    isolation = Isolation(time_limit=30 * _LIMIT)
    more = isolation.run(_compared, given, costs)
    less = isolation.run(_compared, replace(given, cells=max(1, own.cells // 4)), costs)
    if more == less or more.expected.bytes <= less.expected.bytes:
        less = _Comparison(Measured(0.0, 0.0, 0.0), Measured(0.0, 0.0, 0.0))
    build, memory = (_factor(more, less, name) for name in ("build", "bytes"))
    return replace(
        costs,
        build=build,
        run=_factor(more, None, "run"),
        memory=memory,
        start_seconds=costs.start_seconds + max(0.0, less.found.build - build * less.expected.build),
        start_bytes=costs.start_bytes + max(0.0, less.found.bytes - memory * less.expected.bytes),
        low=0.75,
        high=1.35,
        source=f"{costs.source}, with {Path(own.config).resolve()}",
    )


def _started() -> tuple[float, float]:
    """Return what a process takes before anything is of any size: CPU seconds, and bytes."""
    done = subprocess.run(  # noqa: S603 - this interpreter, with our own code
        [sys.executable, "-c", _START], capture_output=True, text=True, check=False, timeout=_LIMIT
    )
    if done.returncode:
        raise CalibrationError(f"NEURON cannot be started: {done.stderr.strip()[-500:]}")
    seconds, held = json.loads(done.stdout.splitlines()[-1])
    return float(seconds), float(held)


@dataclass(frozen=True)
class _Comparison:
    """What some cells took, and what was expected."""

    found: Measured
    expected: Measured


def _compared(own: OwnCircuit, costs: Costs) -> _Comparison:
    """Build and run some cells of a circuit, in a process that does nothing else."""
    config = read_config(Path(own.config))
    dialect = dialect_of(config)
    circuit = dialect.open(None)
    try:
        cells = spread(dialect.simulated(circuit), own.cells)
        expected = estimate_of_cells(config, circuit, cells, costs)
    finally:
        circuit.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)  # they come when it is run in earnest
        found, end = _taken(own, config, cells)
    part = end / config.run.tstop
    return _Comparison(found, replace(expected, run=expected.run * part))


def _taken(own: OwnCircuit, config: AnyConfig, cells: Sequence[CellId]) -> tuple[Measured, float]:
    """Return what some cells take, and for how many ms they ran."""
    from bluecellab.simulation.circuit.core import CircuitSimulation

    before = resident_bytes()
    with CircuitSimulation(config, mechanisms=own.mechanisms) as simulation:
        began = time.process_time()
        simulation.instantiate(cells)
        build = time.process_time() - began
        end = min(1.0, config.run.tstop)
        while True:
            began = time.process_time()
            simulation.run(end)
            taken = time.process_time() - began
            if end >= config.run.tstop or taken > own.seconds / 3:
                return Measured(build, taken, resident_bytes() - before), end
            end = min(config.run.tstop, end * min(10.0, max(2.0, own.seconds / max(taken, 1e-3))))


def _factor(more: _Comparison, less: _Comparison | None, name: str) -> float:
    """Return by which factor what was found differs from what was expected."""
    found, expected = (getattr(each, name) for each in (more.found, more.expected))
    if less is not None:
        found, expected = found - getattr(less.found, name), expected - getattr(less.expected, name)
    if not expected > 0:
        raise CalibrationError("the circuit has no cells to measure; choose another configuration")
    return float(max(found / expected, _LEAST))
