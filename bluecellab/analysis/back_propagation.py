"""How far an action potential travels back into the dendrites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from bluecellab.analysis.attenuation import assess, fit_attenuation
from bluecellab.analysis.features import features
from bluecellab.analysis.running import on_live
from bluecellab.analysis.steps import holding_of
from bluecellab.cell import Cell
from bluecellab.errors import FeatureError, SimulationError
from bluecellab.nrn.handles import Section
from bluecellab.results import Results, Trace
from bluecellab.results.measured import BackPropagation, BranchAttenuation
from bluecellab.simulation.protocol import run_on
from bluecellab.simulation.stepping import integrates_with_cvode
from bluecellab.spec.base import Site
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step

__all__ = [
    "Branches",
    "amplitude_at",
    "assess",
    "back_propagation",
    "back_propagation_of",
    "back_propagation_protocol",
    "branches_of",
    "fit_attenuation",
    "recording_interval",
]

CONDITIONS = RunConditions(v_init=-80.0, cvode="auto")
"""34 degC, from -80 mV, with a variable step where the mechanisms allow it."""
_BASE_BEGINS = 0.8  # of the begin of the stimulus; eFEL averages its last tenth for the base
_GRID = 0.1  # ms, eFEL's own default


@dataclass(frozen=True)
class Branches:
    """The dendrites of a cell: path distance in um of the middle of each section from the soma's.

    Parameters
    ----------
    basal, apical
        Distance by name of the section.
    soma
        Name of the soma.
    """

    basal: Mapping[str, float] = field(default_factory=dict)
    apical: Mapping[str, float] = field(default_factory=dict)
    soma: str = "soma[0]"


def branches_of(cell: Cell) -> Branches:
    """Return the dendrites of a live cell.

    They are those of its template's own section lists ``basal`` and ``apical``; of a cell that has
    neither, the sections whose names begin with ``dend`` and ``apic``.

    Parameters
    ----------
    cell
        A live cell of any family.
    """
    basal, apical = cell.basal, cell.apical
    if not basal and not apical:
        basal = [section for name, section in cell.sections.items() if name.startswith("dend")]
        apical = [section for name, section in cell.sections.items() if name.startswith("apic")]

    def distances(sections: Iterable[Section]) -> dict[str, float]:
        return {cell.at(section).section.name: cell.distance(section) for section in sections}

    return Branches(distances(basal), distances(apical), cell.at(cell.soma).section.name)


def back_propagation(
    cell: Cell | AnyCell,
    *,
    amplitude: float,
    duration: float = 5.0,
    start: float = 1000.0,
    window: float | None = None,
    holding_current: float | None = None,
    conditions: RunConditions | None = None,
    total: float | None = None,
) -> BackPropagation:
    """Elicit an action potential in the soma and measure how it spreads into the dendrites.

    A step of current is injected into the middle of the soma on top of the holding current. The
    amplitude in the middle of every section is the largest potential within the window less the
    average of the last tenth of the time before the step (eFEL's ``maximum_voltage_from_voltagebase``).
    To each kind of branch an exponential of the path distance is fitted, see :func:`fit_attenuation`.

    The published window is that of the step. With a short step the peak in distal dendrites may fall
    behind its end: give a longer one then.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one, which is run in a
        process of its own.
    amplitude
        Of the step in nA, on top of the holding current.
    duration
        Of the step in ms.
    start
        Of the step in ms.
    window
        How long after ``start`` the peak may come, in ms; ``duration`` by default.
    holding_current
        In nA, all the time; the cell's own by default, or none.
    conditions
        By default 34 degC, -80 mV, variable time step where the mechanisms allow it.
    total
        Length of the run in ms; until 30 ms after the window by default.

    Returns
    -------
    BackPropagation
        Amplitudes in mV, distances in um, fits, and the traces. Sections whose potential has no such
        amplitude are left out together with their distance.

    Raises
    ------
    SimulationError
        If times or amplitude make no sense.
    FeatureError
        If the potential of the soma cannot be measured.
    MissingDependencyError
        If eFEL is not installed.

    References
    ----------
    Stuart and Sakmann (1994), https://doi.org/10.1038/367069a0

    Examples
    --------
    >>> from bluecellab import create_ball_stick
    >>> with create_ball_stick() as cell:
    ...     found = back_propagation(cell, amplitude=2.0, start=100)
    >>> found.basal.sections, found.apical
    (('dend[0]',), None)
    """
    window = duration if window is None else window
    if not (duration > 0 and start > 0 and window > 0):
        raise SimulationError(
            f"duration, start and window of the step must be longer than 0 ms, not {duration:g}, "
            f"{start:g} and {window:g} ms"
        )
    total = start + max(duration, window) + 30.0 if total is None else total
    if total < start + window:
        raise SimulationError(f"the run ends at {total:g} ms, before the window does: {start + window:g} ms")
    step = Step(delay=start, duration=duration, amplitude=amplitude)
    return on_live(_back_propagation, cell, step, window, holding_current, conditions, total)


def _back_propagation(
    cell: Cell,
    step: Step,
    window: float,
    holding_current: float | None,
    conditions: RunConditions | None,
    total: float,
) -> BackPropagation:
    branches = branches_of(cell)
    chosen = CONDITIONS if conditions is None else conditions
    protocol = back_propagation_protocol(
        branches,
        step,
        total=total,
        holding_current=holding_of(cell, holding_current),
        conditions=chosen,
        interval=recording_interval(cell, chosen),
    )
    return back_propagation_of(run_on(cell, protocol), branches, (step.delay, step.delay + window))


def back_propagation_protocol(
    branches: Branches,
    step: Step,
    *,
    total: float,
    holding_current: float = 0.0,
    conditions: RunConditions = CONDITIONS,
    interval: float | None = None,
) -> Protocol:
    """Return the protocol of :func:`back_propagation`: a step, and the potential of every dendrite.

    Parameters
    ----------
    branches
        What to record beside the soma.
    step
        Injected into the soma.
    total
        Length of the run in ms.
    holding_current
        In nA.
    conditions
        As for :func:`back_propagation`.
    interval
        Between samples of the potentials in ms; every step by default. See :func:`recording_interval`.
    """
    soma = Site(section=branches.soma)
    holding = Step(delay=0, duration=total, amplitude=holding_current)
    sites = [soma, *(Site(section=name) for name in (*branches.basal, *branches.apical))]
    return Protocol(
        name="back-propagation",
        duration=total,
        stimuli=(Placed(stimulus=holding, site=soma), Placed(stimulus=step, site=soma)),
        recordings=tuple(VoltageRecording(site=site, interval=interval) for site in sites),
        conditions=conditions,
    )


def recording_interval(cell: Cell, conditions: RunConditions) -> float | None:
    """Return the interval in ms at which potentials of all dendrites are worth recording.

    eFEL looks at every 0.1 ms. A variable step takes fewer samples by itself; a fixed one many more, of
    hundreds of sections.

    Parameters
    ----------
    cell
        A live cell.
    conditions
        Of the run.

    Returns
    -------
    float or None
        None for every step.
    """
    many = _GRID / conditions.dt
    if many < 1.5 or abs(many - round(many)) > 1e-6:
        return None
    variable = integrates_with_cvode(cell) if conditions.cvode == "auto" else conditions.cvode
    return None if variable else _GRID


def back_propagation_of(
    results: Results, branches: Branches, window: tuple[float, float], *, fit: bool = True
) -> BackPropagation:
    """Measure the back-propagation in a run that has been made.

    Parameters
    ----------
    results
        Of :func:`back_propagation_protocol`.
    branches
        Those of the cell.
    window
        Within which the peak may come, in ms.
    fit
        Whether to fit exponentials.

    Raises
    ------
    FeatureError
        If the potential of the soma has no amplitude.
    """
    soma = amplitude_at(_potential(results, branches.soma), window)
    if soma is None:
        raise FeatureError(
            f"the potential of {branches.soma} has no amplitude between {window[0]:g} and {window[1]:g} ms"
        )

    def branch(distances: Mapping[str, float]) -> BranchAttenuation | None:
        found = [
            (name, distance, amplitude)
            for name, distance in distances.items()
            if (amplitude := amplitude_at(_potential(results, name), window)) is not None
        ]
        if not found:
            return None
        names, path, heights = zip(*found, strict=True)
        curve = fit_attenuation((0.0, *path), (soma, *heights)) if fit else None
        return BranchAttenuation(names, np.array(path), np.array(heights), curve)

    return BackPropagation(soma, branch(branches.basal), branch(branches.apical), results)


def _potential(results: Results, section: str) -> Trace:
    return results.traces[f"{Site(section=section)}.v"]


def amplitude_at(trace: Trace, window: tuple[float, float]) -> float | None:
    """Return the largest potential within a window above that before it.

    Parameters
    ----------
    trace
        A potential in mV.
    window
        Its begin and end in ms.

    Returns
    -------
    float or None
        eFEL's ``maximum_voltage_from_voltagebase`` in mV; None if it has none.
    """
    start, end = window
    # what eFEL looks at, at the times to which it would interpolate: for hundreds of sections,
    # measuring the whole trace would take as long as simulating it
    first, last = int(_BASE_BEGINS * start / _GRID), int(np.ceil(end / _GRID)) + 10
    grid = _GRID * np.arange(first, last + 1)
    grid = grid[(grid >= trace.time[0]) & (grid <= trace.time[-1])]
    part = Trace(trace.name, grid, np.interp(grid, trace.time, trace.values), "mV")
    name = "maximum_voltage_from_voltagebase"
    values = features(part, name, stim_start=start, stim_end=end)[name]
    return float(values[0]) if len(values) else None
