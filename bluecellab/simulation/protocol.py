"""The value way: a cell and a protocol in, results out; here or in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.cell import Cell
from bluecellab.errors import SimulationError
from bluecellab.recording import Recorder, currents_of, traces_of
from bluecellab.results import Results
from bluecellab.simulation.core import Simulation
from bluecellab.simulation.isolation import Isolation
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.recordings import (
    AnyRecording,
    CurrentsRecording,
    PointProcessRecording,
    SpikeRecording,
    VariableRecording,
)
from bluecellab.stimulus import LiveStimulus

__all__ = ["run_here", "run_on", "run_protocol"]


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


def run_on(cell: Cell, protocol: Protocol) -> Results:
    """Run a protocol on a live cell, in this process, and put the cell back as it was.

    Parameters
    ----------
    cell
        A live cell. What is attached to it takes part.
    protocol
        What is done and recorded.

    Returns
    -------
    Results
        Plain values, valid for ever.

    Raises
    ------
    BluecellabError
        If the run fails.
    """
    conditions = protocol.conditions
    with Simulation(
        celsius=conditions.celsius,
        v_init=conditions.v_init,
        base_seed=conditions.base_seed,
        channel_seed=conditions.channel_seed,
        globals=conditions.globals,
    ) as simulation:
        simulation.add_cell(cell)
        playing = {
            placed.name: cell.add_stimulus(placed.stimulus, placed.site) for placed in protocol.stimuli
        }
        recorders = [
            recorder for recording in protocol.recordings for recorder in _record(cell, recording, playing)
        ]
        simulation.run(protocol.duration, cvode=conditions.cvode is True, dt=conditions.dt)
        return Results(traces_of(recorders), cell.spikes(), protocol, cell.spec)


def _record(cell: Cell, recording: AnyRecording, playing: Mapping[str, LiveStimulus]) -> list[Recorder]:
    """Begin what a recording asks for; return the recorders of its traces."""
    interval = None if isinstance(recording, SpikeRecording) else recording.interval
    if isinstance(recording, SpikeRecording):
        cell.start_recording_spikes(None, recording.location, recording.threshold)
        return []
    if isinstance(recording, PointProcessRecording):
        return [_record_clamp(cell, recording, playing)]
    if isinstance(recording, CurrentsRecording):
        names = currents_of(
            cell.at(recording.site).section, include_nonspecific=recording.include_nonspecific
        )
        return [cell.record(name, recording.site, interval=interval) for name in names]
    variable = recording.variable if isinstance(recording, VariableRecording) else "v"
    return [cell.record(variable, recording.site, interval=interval)]


def _record_clamp(
    cell: Cell, recording: PointProcessRecording, playing: Mapping[str, LiveStimulus]
) -> Recorder:
    """Record a variable of the point process that plays a stimulus of the protocol."""
    if recording.target not in playing:
        raise SimulationError(
            f"recording {recording.name} is of a stimulus named {recording.target!r}; the protocol's are "
            f"named {', '.join(map(repr, playing)) or 'nothing, as it has none'}"
        )
    clamp = playing[recording.target].hoc
    pointer = getattr(clamp, f"_ref_{recording.variable}", None)
    if pointer is None:
        raise SimulationError(f"{clamp} has no variable {recording.variable!r} that could be recorded")
    return cell.record_pointer(recording.name, pointer, interval=recording.interval)


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
        Seconds after which the process is ended.
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
    folder = getattr(cell, "mechanisms", None)
    isolation = Isolation(
        time_limit=time_limit,
        memory_limit=memory_limit,
        mechanisms=() if folder is None else (folder,),
        modules=("bluecellab.simulation.protocol",),
    )
    return isolation.run(run_here, cell, protocol)
