"""The value way: a cell and a protocol in, results out; here or in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping

from pydantic import JsonValue

from bluecellab.cell import Cell, living_cells
from bluecellab.cell.aside import set_aside
from bluecellab.errors import EngineError, SimulationError
from bluecellab.nrn import clock, runtime
from bluecellab.results import Results
from bluecellab.simulation import provenance
from bluecellab.simulation.bench import Bench
from bluecellab.simulation.core import Simulation
from bluecellab.simulation.isolation import Isolation
from bluecellab.simulation.stepping import is_refusal, membranes_allow_cvode, serves_cvode
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.simulation import RunConditions

__all__ = ["run_here", "run_on", "run_protocol"]

# a run is decided by its conditions alone, whatever other code has set in this process
_OWN_STEPS = {"cvode_rtol": 0.0, "cvode_minstep": 0.0, "cvode_maxstep": 1e9}


def run_here(cell: AnyCell, protocol: Protocol) -> Results:
    """Make a cell, run a protocol on it in this process, and close it.

    Parameters
    ----------
    cell
        Specification of the cell.
    protocol
        What is done and recorded.

    Returns
    -------
    Results
        Plain values, valid for ever.

    Raises
    ------
    BluecellabError
        If the cell cannot be made, or the run fails; nothing is left in NEURON.
    """
    with Cell.from_spec(cell) as live:
        return run_on(live, protocol)


def run_on(cell: Cell, protocol: Protocol, *, time_limit: float | None = None) -> Results:
    """Run a protocol on a live cell, in this process, and put the cell back as it was.

    Stimuli, recorders and detectors of the protocol are closed afterwards, also if the run fails, and
    NEURON's settings are put back. What the cell's owner has attached to it takes part (stimuli, synapses,
    fields), but for recorders and spike detectors: they keep what they had recorded before. The results are
    bitwise those of a fresh process, whatever ran before on the same cell.

    Time, potentials and states of NEURON itself are left as at the end of the run: every run begins by
    initialising them, and a run of somebody else's simulation cannot be continued afterwards
    (``continue_run`` says so).

    Parameters
    ----------
    cell
        A live cell.
    protocol
        What is done and recorded.
    time_limit
        Wall time in s after which the run is stopped.

    Returns
    -------
    Results
        Plain values, valid for ever; traces and spikes of the protocol alone.

    Raises
    ------
    BluecellabError
        If the cell lacks what the protocol names, or the run fails.
    BusyError
        If a run is in progress.

    Examples
    --------
    >>> from bluecellab import Protocol, create_ball_stick
    >>> with create_ball_stick() as cell:
    ...     results = run_on(cell, Protocol.of_step(0.3, delay=2, duration=5, after=3))
    >>> results.traces
    <Traces 1 x 401 samples, 0..10 ms, mV>
    """
    cell.check_open()
    runtime.refuse_while_running("running a protocol")
    begin = time.perf_counter()
    conditions = protocol.conditions
    with set_aside(living_cells()), Bench(cell, protocol) as bench, _simulation(conditions) as simulation:
        simulation.add_cell(cell)
        for member in bench.members:
            simulation.attach(member)
        cvode = _run(simulation, protocol, bench, time_limit)
        facts = _provenance(conditions, cvode=cvode, seconds=time.perf_counter() - begin)
        return Results(bench.traces(), bench.spikes(clock.now()), protocol, cell.spec, facts)


def _run(simulation: Simulation, protocol: Protocol, bench: Bench, time_limit: float | None) -> bool:
    """Run; return whether it was with a variable step."""
    wanted, dt = protocol.conditions.cvode, protocol.conditions.dt
    cvode = wanted is True or (wanted == "auto" and serves_cvode(bench.stimuli) and membranes_allow_cvode())
    try:
        simulation.run(protocol.duration, cvode=cvode, dt=dt, time_limit=time_limit)
    except EngineError as error:
        # NEURON is asked by the run itself: to ask beforehand would take as long as initialising
        if wanted != "auto" or not is_refusal(error):
            raise
        cvode = False
        simulation.run(protocol.duration, cvode=False, dt=dt, time_limit=time_limit)
    return cvode


def _simulation(conditions: RunConditions) -> Simulation:
    return Simulation(
        celsius=conditions.celsius,
        v_init=conditions.v_init,
        base_seed=conditions.base_seed,
        channel_seed=conditions.channel_seed,
        globals={**_OWN_STEPS, "cvode_atol": conditions.cvode_atol, **conditions.globals},
    )


def _provenance(conditions: RunConditions, *, cvode: bool, seconds: float) -> Mapping[str, JsonValue]:
    settings = conditions.to_dict()
    seeds: dict[str, JsonValue] = {
        name: settings.pop(name) for name in ("base_seed", "channel_seed", "stimulus_seed")
    }
    return {
        "written": provenance.now(),
        "versions": provenance.versions(),
        "platform": provenance.system(),
        "mechanisms": provenance.libraries(),
        "integrator": "variable step" if cvode else "fixed step",
        "settings": {**settings, "cvode": cvode},
        "seeds": seeds,
        "seconds": seconds,
    }


def run_protocol(
    cell: AnyCell,
    protocol: Protocol,
    *,
    isolated: bool = True,
    time_limit: float | None = None,
    memory_limit: int | None = None,
) -> Results:
    """Run a protocol on a cell, by default in a fresh process that knows nothing of this one.

    Parameters
    ----------
    cell
        Specification of the cell.
    protocol
        What is done and recorded.
    isolated
        Whether to use a process of its own. The results are the same, bit for bit.
    time_limit
        Seconds after which the process is ended; building the cell, which is done for the first of
        many runs, counts.
    memory_limit
        Bytes it may take.

    Returns
    -------
    Results
        Plain values.

    Raises
    ------
    BluecellabError
        What the job raised, with what NEURON printed; WorkerTimeoutError, WorkerMemoryError and
        WorkerCrashedError if its process came to an end.

    Examples
    --------
    >>> from bluecellab import BallStickCell, Protocol, run_protocol
    >>> results = run_protocol(BallStickCell(), Protocol(duration=10))
    >>> results.traces
    <Traces 1 x 401 samples, 0..10 ms, mV>
    """
    if not isolated:
        if time_limit is not None or memory_limit is not None:
            raise SimulationError("limits need a process of their own: use isolated=True")
        return run_here(cell, protocol)
    return Isolation(cell=cell, time_limit=time_limit, memory_limit=memory_limit).run(run_on, protocol)
