"""TIME in NEURON: initialise, advance in chunks that change nothing, look in between.

With a fixed step the integration is cut into chunks of whole steps; between chunks Python runs,
NEURON's model is not frozen, and the result is bitwise that of one uncut call. With CVODE cutting
would add points to recordings, so Python looks in from events that leave the integration untouched.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from bluecellab.errors import BluecellabError, RunError
from bluecellab.nrn import objects, runtime, threads, transfers
from bluecellab.nrn.meeting import Meetings, aside, ending_all, shortest_delay
from bluecellab.nrn.stepping import Sampling, Stepper
from bluecellab.nrn.watching import Interrupt, Watcher

__all__ = [
    "Interrupt",
    "Sampling",
    "Watcher",
    "advance_fixed",
    "advance_variable",
    "initialise",
    "now",
    "skip",
]

_LOOK_EVERY = 0.1  # s of wall time between looks ...
_LOOK_SHARE = 0.005  # ... or more, so that looks take no larger share of it ...
_LOOK_LATEST = 0.3  # ... but so much at most, as a run must be stopped within half a second


def now() -> float:
    """Return NEURON's time in ms."""
    return float(runtime.raw_h().t)


def initialise(v_init: float) -> None:
    """Initialise the model at a membrane potential of ``v_init`` mV, at time 0.

    Raises
    ------
    EngineError
        If a mechanism or a handler refuses, or gap junctions lead to cells that are gone on another rank.
    ParallelError
        If spikes between ranks would arrive too late.
    """
    h = runtime.raw_h()
    cvode = bool(objects.cvode().active())
    transfers.settle()
    shortest_delay(0.0 if cvode else float(h.dt))
    with ending_all(), threads.explaining_refusals(), runtime.guard("initialising"):
        _LastRun.switch_to(cvode=cvode)
        _solve_cells_apart(h)
        h.finitialize(v_init)


class _LastRun:
    """Which integrator the last run of this process had."""

    cvode: bool | None = None

    @classmethod
    def switch_to(cls, *, cvode: bool) -> None:
        """Let NEURON set itself up anew when the integrator changes.

        Each integrator keeps a list of the sources of NetCons; one that is deleted while the other is
        in use stays in the list, and the next run crashes (NEURON 9.0.2). Lists are made anew when the
        structure of the model has changed, and making a section is the cheapest change.
        """
        if cls.cvode not in (None, cvode):
            objects.changed_structure()
        cls.cvode = cvode


def _solve_cells_apart(h: Any) -> None:
    """Let NEURON return to its own way of solving equations when no section is extracellular any more.

    With ``extracellular`` it solves those of all cells together, and goes on with that when the mechanism has
    gone: cells then change each other by rounding. What ends it are these calls, in this order, while there
    are sections (NEURON 9.0.2).
    """
    cvode = objects.cvode()
    together = int(cvode.current_method()) // 10 % 10
    if together and not cvode.active() and not any(s.has_membrane("extracellular") for s in h.allsec()):
        dt = h.dt
        objects.changed_structure()
        cvode.use_daspk(0)
        cvode.active(1)
        cvode.active(0)
        h.dt = dt


def skip(duration: float, dt: float) -> None:
    """Let the model settle by ten implicit steps of ``duration / 10`` ms each before its time starts.

    Afterwards time is ``duration`` and the step is ``dt`` again, both in ms.
    """
    h = runtime.raw_h()
    with ending_all(), runtime.guard("skipping forward"):
        h.t = -1e9
        h.dt = 0.1 * duration
        for _ in range(10):
            h.fadvance()
        h.dt = dt
        h.t = duration


Look = Callable[[], float]
"""Called in between: does what is due, and returns the next time (ms) it must be called at the latest."""


def _pause(cost: float) -> float:
    """Return how long (s of wall time) to let NEURON run after a look that took so many s."""
    return min(max(_LOOK_EVERY, cost / _LOOK_SHARE), _LOOK_LATEST)


def advance_fixed(steps: int, dt: float, look: Look, sampling: Sampling | None = None) -> None:
    """Integrate a number of fixed steps; all ranks do so together.

    Parameters
    ----------
    steps
        How many.
    dt
        The step in ms, as NEURON has it now.
    look
        Called between chunks, and once at the end.
    sampling
        Takes samples after certain steps, without the cost of a look.

    Raises
    ------
    EngineError
        If NEURON fails.
    RankError
        If another rank has failed.
    """
    h = runtime.raw_h()
    meetings = Meetings(sampling)
    count, spent, done = 0, 0.0, 0

    def meet() -> tuple[float, float]:
        begin = time.perf_counter()
        due = look()
        wanted = int(count * _pause(time.perf_counter() - begin) / max(spent, 1e-6))
        if not meetings.alone and spent < _LOOK_LATEST:  # much of it may be waiting, however many steps
            wanted = max(wanted, 2 * count)
        return due, max(1, min(count * 8, wanted))

    due, chunk = meetings.look(meet)
    if meetings.due <= 0:
        meetings.sample()
    stepper = Stepper(dt, sampling, meetings.sample)
    while steps > 0:
        until_due = math.ceil((due - h.t) / dt - 1e-6) if math.isfinite(due) else steps
        count = max(1, min(int(chunk), steps, until_due))
        begin = time.perf_counter()
        with ending_all():
            stepper.take(done, count)
        spent = time.perf_counter() - begin
        steps -= count
        done += count
        due, chunk = meetings.look(meet)


class _Ticker:
    """The look-in of a CVODE run; keeps what a look raises, because NEURON would swallow it."""

    def __init__(self, look: Look, t_stop: float, meetings: Meetings) -> None:
        self.look: Look | None = look
        self.t_stop = t_stop
        self.failure: BaseException | None = None
        self._meetings = meetings
        self._interval = 1e-3
        self._pause = _LOOK_EVERY
        self._last = time.perf_counter()

    def release(self) -> None:
        """Hold on to nothing, and do nothing any more."""
        self.look = None

    def _meet(self) -> tuple[float, float]:
        look = self.look
        begin = time.perf_counter()
        taken = max(begin - self._last, 1e-6)
        interval = min(self._interval * min(8.0, self._pause / taken), 1e6)
        due = math.inf if look is None else look()
        self._pause = _pause(time.perf_counter() - begin)
        return due, interval

    def __call__(self) -> None:
        if self.look is None:
            return
        h = runtime.raw_h()
        try:
            due, self._interval = self._meetings.look(self._meet)
            self._last = time.perf_counter()
            following = min(due, h.t + max(self._interval, 1e-6))
            if not self._meetings.alone:
                following = aside(following)
            if following < self.t_stop:
                objects.cvode().event(following, self)
        except BaseException as failure:  # noqa: BLE001 - handed on by advance_variable
            self.failure = failure
            h.stoprun = 1


class _SamplingTicker:
    """Samples a CVODE run at the times that are asked for, to which NEURON interpolates without a step."""

    def __init__(self, meetings: Meetings, t_stop: float) -> None:
        self.meetings: Meetings | None = meetings
        self.t_stop = t_stop
        self.failure: BaseException | None = None

    def begin(self) -> None:
        """Take what is due now, and have the next sample taken."""
        if self.meetings is not None:
            due = self.meetings.due
            self._go_on(due if due > now() else self.meetings.sample())

    def _go_on(self, due: float) -> None:
        if due < self.t_stop:
            objects.cvode().event(due, self)

    def release(self) -> None:
        """Hold on to nothing, and do nothing any more."""
        self.meetings = None

    def __call__(self) -> None:
        if self.meetings is None:
            return
        try:
            self._go_on(self.meetings.sample())
        except BaseException as failure:  # noqa: BLE001 - handed on by advance_variable
            self.failure = failure
            runtime.raw_h().stoprun = 1


def advance_variable(t_stop: float, look: Look, sampling: Sampling | None = None) -> None:
    """Integrate with CVODE until ``t_stop`` ms; all ranks do so together.

    Parameters
    ----------
    t_stop
        Where to end, in ms.
    look
        Called now and then, and once at the end.
    sampling
        Takes samples at certain times.

    Raises
    ------
    EngineError
        If NEURON fails, for example because a mechanism cannot be integrated with CVODE.
    RankError
        If another rank has failed.
    """
    h = runtime.raw_h()
    meetings = Meetings(sampling)
    ticker = _Ticker(look, t_stop, meetings)
    tickers: list[_Ticker | _SamplingTicker] = [ticker]
    problem: BluecellabError | None = None
    try:
        h.stoprun = 0
        ticker()
        if sampling is not None:
            sampler = _SamplingTicker(meetings, t_stop)
            tickers.append(sampler)
            sampler.begin()
        if ticker.failure is None:
            with runtime.guard(f"integrating with CVODE from {h.t:g} ms"):
                # psolve would return in silence if the integrator failed, but only when all ranks have come
                objects.cvode().solve(t_stop)
    except BluecellabError as error:
        if all(tick.failure is None for tick in tickers) and not isinstance(error, RunError):
            problem = error
    finally:
        for tick in tickers:
            tick.release()  # a tick still in NEURON's queue must hold on to nothing
        h.stoprun = 0
    for tick in tickers:
        if tick.failure is not None:
            raise tick.failure

    def look_back() -> tuple[float, float]:
        due = look()  # says if potentials have diverged
        if problem is not None:
            raise problem
        return due, 0.0

    try:
        if problem is None:
            meetings.look(look_back)
        else:
            meetings.look_alone(look_back)
    finally:
        problem = None  # or it would keep itself, by its traceback
