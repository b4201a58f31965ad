"""TIME in NEURON: initialise, advance in chunks that change nothing, look in between.

With a fixed step the integration is cut into chunks of whole steps; between chunks Python runs,
NEURON's model is not frozen, and the result is bitwise that of one uncut call. With CVODE cutting
would add points to recordings, so Python looks in from events that leave the integration untouched.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol

from bluecellab.errors import BluecellabError, BrokenError, DivergedError, RunError
from bluecellab.nrn import objects, runtime

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
_LIMIT = 1e4  # mV; beyond it a potential is not physiology
_FOREVER = 1e9  # ms; the longest stretch NEURON's spike exchange may leave uncut


def now() -> float:
    """Return NEURON's time in ms."""
    return float(runtime.raw_h().t)


def initialise(v_init: float) -> None:
    """Initialise the model at a membrane potential of ``v_init`` mV, at time 0.

    Raises
    ------
    EngineError
        If a mechanism or a handler refuses.
    """
    h = runtime.raw_h()
    objects.parallel_context().set_maxstep(_FOREVER)
    with runtime.guard("initialising"):
        _LastRun.switch_to(cvode=bool(objects.cvode().active()))
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
    with runtime.guard("skipping forward"):
        h.t = -1e9
        h.dt = 0.1 * duration
        for _ in range(10):
            h.fadvance()
        h.dt = dt
        h.t = duration


@dataclass
class Interrupt:
    """Why a run should stop: Ctrl-C, a cancel from anywhere, or a time limit.

    Parameters
    ----------
    cancelled
        Set it from any thread to stop the run.
    deadline
        ``time.monotonic()`` value at which to stop.
    """

    cancelled: threading.Event
    deadline: float = math.inf
    interrupted: bool = False

    @contextmanager
    def catching_ctrl_c(self) -> Iterator[None]:
        """Note Ctrl-C instead of raising it inside NEURON, which would swallow it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)
        if before is None or before is signal.SIG_IGN:
            yield
            return

        def note(_number: int, _frame: FrameType | None) -> None:
            self.interrupted = True

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @property
    def overdue(self) -> bool:
        """Whether the time limit has passed."""
        return time.monotonic() > self.deadline


class Watcher:
    """Watches the potentials of all sections for divergence.

    It looks at the middle of every section: NaN spreads over a whole cell within one step. It holds
    no references to variables, because NEURON never gives back the memory of one whose section goes.

    Parameters
    ----------
    describe
        Gives the name of a raw section's cell, for the message.
    """

    def __init__(self, describe: Callable[[Any], str]) -> None:
        self._describe = describe
        self._middles = [section(0.5) for section in runtime.raw_h().allsec()]
        self._last_good = 0.0

    def check(self) -> None:
        """Raise if any potential is NaN, infinite or beyond 1e4 mV.

        Raises
        ------
        DivergedError
            With the time, cell, section and value.
        BrokenError
            If a section has been deleted in the middle of the run.
        """
        try:
            potentials = [segment.v for segment in self._middles]
        except ReferenceError as error:
            raise BrokenError(
                "a section was deleted in the middle of the run, so that it cannot go on; "
                "delete sections before or after a run"
            ) from error
        if not all(-_LIMIT <= potential <= _LIMIT for potential in potentials):  # nor NaN
            sizes = [abs(v) if math.isfinite(v) else math.inf for v in potentials]
            worst = sizes.index(max(sizes))
            raise self._diverged(self._middles[worst], potentials[worst])
        self._last_good = now()

    def _diverged(self, segment: Any, potential: float) -> DivergedError:
        section = segment.sec
        name = str(section.hname()).rpartition(".")[2]
        cell = self._describe(section)
        return DivergedError(
            f"the membrane potential of {name}({segment.x:g}) of {cell} became {potential:g} mV between "
            f"{self._last_good:g} and {now():g} ms. Look at the stimuli there, use a smaller dt, "
            "or check the parameters of its mechanisms.",
            time=now(),
            cell=cell,
            section=name,
            value=potential,
        )


Look = Callable[[], float]
"""Called in between: does what is due, and returns the next time (ms) it must be called at the latest."""


class Sampling(Protocol):
    """Takes samples of the state at times of its own. It must be quick, and change nothing."""

    @property
    def due(self) -> float:
        """When to sample next: after so many steps of the present advance; with CVODE, the time in ms."""

    def sample(self) -> float:
        """Take the sample that is due; return when the next one is."""


def _pause(cost: float) -> float:
    """Return how long (s of wall time) to let NEURON run after a look that took so many s."""
    return min(max(_LOOK_EVERY, cost / _LOOK_SHARE), _LOOK_LATEST)


def _take_steps(taken: int, count: int, dt: float, sampling: Sampling | None) -> None:
    """Take ``count`` steps after the first ``taken`` ones, and samples on the way."""
    h = runtime.raw_h()
    solve = objects.parallel_context().psolve
    end = taken + count
    due = math.inf if sampling is None else sampling.due
    with runtime.guard(f"integrating from {h.t:g} ms"):
        while taken < end:
            stop = end if due > end else int(due)
            # a quarter step beyond, so that rounding in t never costs a step
            solve(h.t + (stop - taken + 0.25) * dt)
            taken = stop
            if sampling is not None and due <= taken:
                due = sampling.sample()


def advance_fixed(steps: int, dt: float, look: Look, sampling: Sampling | None = None) -> None:
    """Integrate a number of fixed steps.

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
    """
    h = runtime.raw_h()
    chunk, done = 1, 0
    due = look()
    if sampling is not None and sampling.due <= 0:
        sampling.sample()
    while steps > 0:
        until_due = math.ceil((due - h.t) / dt - 1e-6) if math.isfinite(due) else steps
        count = max(1, min(chunk, steps, until_due))
        begin = time.perf_counter()
        _take_steps(done, count, dt, sampling)
        taken = time.perf_counter() - begin
        steps -= count
        done += count
        begin = time.perf_counter()
        due = look()
        pause = _pause(time.perf_counter() - begin)
        chunk = max(1, min(count * 8, int(count * pause / max(taken, 1e-6))))


class _Ticker:
    """The look-in of a CVODE run; keeps what a look raises, because NEURON would swallow it."""

    def __init__(self, look: Look, t_stop: float) -> None:
        self.look: Look | None = look
        self.t_stop = t_stop
        self.failure: BaseException | None = None
        self._interval = 1e-3
        self._pause = _LOOK_EVERY
        self._last = time.perf_counter()

    def release(self) -> None:
        """Hold on to nothing, and do nothing any more."""
        self.look = None

    def __call__(self) -> None:
        if self.look is None:
            return
        h = runtime.raw_h()
        try:
            begin = time.perf_counter()
            taken = max(begin - self._last, 1e-6)
            self._interval = min(self._interval * min(8.0, self._pause / taken), 1e6)
            due = self.look()
            self._last = time.perf_counter()
            self._pause = _pause(self._last - begin)
            following = min(due, h.t + max(self._interval, 1e-6))
            if following < self.t_stop:
                objects.cvode().event(following, self)
        except BaseException as failure:  # noqa: BLE001 - handed on by advance_variable
            self.failure = failure
            h.stoprun = 1


class _SamplingTicker:
    """Samples a CVODE run at the times that are asked for, to which NEURON interpolates without a step."""

    def __init__(self, sampling: Sampling, t_stop: float) -> None:
        self.sampling: Sampling | None = sampling
        self.t_stop = t_stop
        self.failure: BaseException | None = None

    def begin(self) -> None:
        """Take what is due now, and have the next sample taken."""
        if self.sampling is not None:
            due = self.sampling.due
            self._go_on(due if due > now() else self.sampling.sample())

    def _go_on(self, due: float) -> None:
        if due < self.t_stop:
            objects.cvode().event(due, self)

    def release(self) -> None:
        """Hold on to nothing, and do nothing any more."""
        self.sampling = None

    def __call__(self) -> None:
        if self.sampling is None:
            return
        try:
            self._go_on(self.sampling.sample())
        except BaseException as failure:  # noqa: BLE001 - handed on by advance_variable
            self.failure = failure
            runtime.raw_h().stoprun = 1


def advance_variable(t_stop: float, look: Look, sampling: Sampling | None = None) -> None:
    """Integrate with CVODE until ``t_stop`` ms.

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
    """
    h = runtime.raw_h()
    ticker = _Ticker(look, t_stop)
    tickers: list[_Ticker | _SamplingTicker] = [ticker]
    try:
        h.stoprun = 0
        ticker()
        if sampling is not None:
            sampler = _SamplingTicker(sampling, t_stop)
            tickers.append(sampler)
            sampler.begin()
        if ticker.failure is None:
            with runtime.guard(f"integrating with CVODE from {h.t:g} ms"):
                objects.parallel_context().psolve(t_stop)
    except BluecellabError as error:
        if all(tick.failure is None for tick in tickers) and not isinstance(error, RunError):
            raise
    finally:
        for tick in tickers:
            tick.release()  # a tick still in NEURON's queue must hold on to nothing
        h.stoprun = 0
    for tick in tickers:
        if tick.failure is not None:
            raise tick.failure
    look()
