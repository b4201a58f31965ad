"""An isolated run: a cell and a protocol go to a fresh process as values, results come back.

There is no ``if __name__ == "__main__"`` here: it is not needed.
"""

from bluecellab import BallStickCell, Protocol, run_isolated, run_protocol
from bluecellab.errors import WorkerCrashedError, WorkerTimeoutError
from bluecellab.simulation import Executor, Isolation
from bluecellab.spec.protocols import Placed
from bluecellab.spec.recordings import SpikeRecording, VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step


def protocol(amplitude: float) -> Protocol:
    """Return a step of so many nA."""
    return Protocol(
        name=f"{amplitude:g} nA",
        duration=100,
        stimuli=(Placed(stimulus=Step(delay=20, duration=60, amplitude=amplitude)),),
        recordings=(VoltageRecording(interval=0.1), SpikeRecording(threshold=-20)),
        conditions=RunConditions(celsius=22),
    )


here = run_protocol(BallStickCell(), protocol(0.25), isolated=False)
there = run_protocol(BallStickCell(), protocol(0.25))
assert here.traces == there.traces  # bit for bit
print(there.traces, there.spikes)

# A protocol is a value: JSON both ways.
assert Protocol.from_json(protocol(0.25).to_json()) == protocol(0.25)

# Many at once, each in a process of its own.
with Executor(processes=2) as executor:
    amplitudes = (0.0, 0.1, 0.2, 0.3)
    jobs = [executor.submit(run_protocol, BallStickCell(), protocol(a), isolated=False) for a in amplitudes]
    for amplitude, job in zip(amplitudes, jobs, strict=True):
        print(f"{amplitude:g} nA: {len(next(iter(job.result().spikes.values())))} spikes")


# What goes wrong in a worker is an error here, and never a hang.
def quit_python() -> None:
    """Do the worst."""
    import os

    os._exit(3)


def never_end() -> None:
    """Run for ever."""
    while True:
        pass


for function, expected in ((quit_python, WorkerCrashedError), (never_end, WorkerTimeoutError)):
    try:
        Isolation(time_limit=0.5).run(function)
    except expected as error:
        print(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    else:
        raise AssertionError("that should have been an error")

print(run_isolated(sum, [1, 2, 3]))
