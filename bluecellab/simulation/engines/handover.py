"""A run by CoreNEURON: everything is made ready as for NEURON, handed over, and taken back.

CoreNEURON works in a fork of this process, whose model it has by copy-on-write: nothing is built anew, and
what ends CoreNEURON ends the fork alone. What the run leaves in Vectors comes back into those of this
process, so that everything is read as after any run; the state of the model here stays the initial one. A
rank of an MPI job cannot be forked and hands its model to CoreNEURON itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from bluecellab.nrn import clock, coreneuron
from bluecellab.nrn.parallel import ranks
from bluecellab.recording import Recordable, Recorders
from bluecellab.simulation.engines.cargo import Cargo, Tap
from bluecellab.simulation.engines.checking import library_for, refuse, refuse_queue
from bluecellab.simulation.engines.forking import Fork, Outlet
from bluecellab.simulation.engines.stretches import Stretch, Stretches
from bluecellab.simulation.look import Hook, Look
from bluecellab.simulation.request import RunRequest
from bluecellab.stimulus.live import playing_without_steps

if TYPE_CHECKING:
    from bluecellab.recording import RunPlan
    from bluecellab.recording.samples import TimeAxis

__all__ = ["Handover"]

_FIRST_GID = 2_000_000_000  # of sources that have none; those of cells and fibres are far below


@dataclass(frozen=True)
class _Job:
    """What is to be integrated."""

    stretches: Stretches
    cargo: Cargo
    look: Look


class Handover:
    """Takes part in a run that CoreNEURON makes, as the last of its members.

    Parameters
    ----------
    request
        The run.
    recorders
        Those of the simulation.

    Raises
    ------
    UnsupportedByEngineError
        If something takes part that CoreNEURON cannot do; it says what.
    CompileError, NoCompilerError, MechanismError
        If there is no library of mechanisms for it, and none can be made.
    """

    needs_fast_imem = False
    closed = False

    def __init__(
        self, request: RunRequest, recorders: Recorders, members: Iterable[Recordable], hooks: Iterable[Hook]
    ) -> None:
        library = library_for()
        refuse(request, members, list(hooks), library)
        self._library = coreneuron.own_library() if library is None else library.path
        self._request = request
        self._recorders = recorders
        self._taps: list[Tap] = []
        self._undo = ExitStack()

    def check(self, plan: RunPlan) -> None:
        """Has been done."""

    def prepare(self, plan: RunPlan) -> None:  # noqa: ARG002 - that of the members
        """Have NEURON record what reports read, and play nothing in steps."""
        self._undo.enter_context(playing_without_steps())
        for sampler in self._recorders.samplers:
            tap = Tap(sampler)  # type: ignore[arg-type]  # others have been refused
            self._taps.append(tap)
            self._undo.callback(tap.taps.release)

    def reset(self, axis: TimeAxis) -> None:
        """Need nothing."""

    def extend(self, t_stop: float) -> None:
        """Never be asked: such a run is not continued."""

    def harvest(self) -> None:
        """Record nothing."""

    def finish(self, *, partial: bool) -> None:  # noqa: ARG002
        """Put back what was prepared."""
        self._undo.close()

    def advance(self, look: Look) -> None:
        """Take the steps of the run.

        Parameters
        ----------
        look
            Is told how far the run has come, and says whether to stop.

        Raises
        ------
        EngineCrashedError
            If CoreNEURON has ended its process.
        UnsupportedByEngineError
            If something waits in NEURON's queue that CoreNEURON would drop.
        DivergedError, CancelledError, TimeLimitError, EngineError
            If the run fails on its way.
        """
        request = self._request
        if self._recorders.due <= 0:
            self._recorders.sample()
        cargo = Cargo(self._taps)
        stretches = Stretches(request.steps_from(clock.now()), request.dt, cargo.bytes_of_a_step)
        job = _Job(stretches, cargo, look)
        look.reached(clock.now())
        if ranks().alone:
            self._in_a_fork(job)
        else:
            self._here(job)

    def _in_a_fork(self, job: _Job) -> None:
        reached = clock.now()

        def work(outlet: Outlet) -> None:
            self._integrate(job, outlet)

        with Fork(work, lambda: job.look.stop_if_told(reached)) as fork:
            while True:
                kind, value, arrays = fork.receive()
                if kind == "done":
                    return
                reached, filled = cast("tuple[float, list[int]]", value)
                job.cargo.load(filled, arrays)
                job.look.reached(reached)

    def _integrate(self, job: _Job, outlet: Outlet) -> None:
        """Be the fork: integrate, and send what every stretch has left."""
        with coreneuron.switched_on(self._library):
            _get_ready()
            for stretch in job.stretches:
                _take(stretch, self._request.dt)
                job.look.check_potentials()
                filled, arrays = job.cargo.unload(stretch.begin, stretch.end)
                outlet.send("filled", (clock.now(), filled), arrays)

    def _here(self, job: _Job) -> None:
        """Integrate in this process: all ranks take the same stretches."""
        with coreneuron.switched_on(self._library):
            with ranks().agreed("getting ready for CoreNEURON"):
                _get_ready()
            for stretch in job.stretches.agreed():
                _take(stretch, self._request.dt)
                with ranks().agreed("running with CoreNEURON"):
                    job.look.check_potentials()
                    job.cargo.feed(job.cargo.rows(stretch.begin, stretch.end))
                    job.look.reached(clock.now())


def _get_ready() -> None:
    refuse_queue()
    coreneuron.number_sources(_FIRST_GID)


def _take(stretch: Stretch, dt: float) -> None:
    """Take the steps of a stretch."""
    begin = time.perf_counter()
    if stretch.by_neuron:  # weights change there, which is hoc's work
        coreneuron.advance_by_neuron(stretch.steps, dt)
    else:
        coreneuron.advance(stretch.steps, dt)
    stretch.took(time.perf_counter() - begin)
