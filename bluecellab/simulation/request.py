"""What a run was asked for, checked before NEURON hears of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Literal, Protocol, get_args

from bluecellab.errors import SimulationError
from bluecellab.spec.base import TargetSimulator

__all__ = ["ENGINES", "Engine", "RunRequest", "check_workers", "engine_of"]

Engine = Literal["neuron", "coreneuron"]
"""What integrates: NEURON itself, or CoreNEURON, which is faster and knows less."""

ENGINES: tuple[Engine, ...] = get_args(Engine)


class _Targets(Protocol):
    @property
    def target_simulator(self) -> TargetSimulator:
        """What integrates."""


def engine_of(config: _Targets, asked: Engine | None) -> Engine:
    """Return the engine that was asked for, or else that of a configuration."""
    if asked is not None:
        return asked
    return "coreneuron" if config.target_simulator == "CORENEURON" else "neuron"


@dataclass(frozen=True)
class RunRequest:
    """A checked request for a run.

    Parameters
    ----------
    tstop
        Where to end, in ms.
    dt
        Fixed step in ms; with CVODE only the step that NEURON is left with.
    cvode
        Whether the step is variable.
    cvode_minstep, cvode_maxstep
        Bounds of the variable step in ms.
    skip
        Settling time before the run's own time begins, in ms; 0 for none.
    time_limit
        Wall time in s after which the run is stopped.
    threads
        How many threads integrate.
    engine
        ``"neuron"`` or ``"coreneuron"``.

    Raises
    ------
    SimulationError
        If any of them makes no sense.
    """

    tstop: float
    dt: float = 0.025
    cvode: bool = True
    cvode_minstep: float | None = None
    cvode_maxstep: float | None = None
    skip: float = 0.0
    time_limit: float | None = None
    threads: int = 1
    engine: Engine = "neuron"

    def __post_init__(self) -> None:
        _positive("tstop", self.tstop, "ms")
        _positive("dt", self.dt, "ms")
        for name in ("cvode_minstep", "cvode_maxstep", "time_limit"):
            if getattr(self, name) is not None:
                _positive(name, getattr(self, name), "s" if name == "time_limit" else "ms")
        if not self.cvode and self.dt > self.tstop:
            raise SimulationError(f"dt = {self.dt:g} ms is longer than the run of tstop = {self.tstop:g} ms")
        check_workers(self.threads, self.engine)
        if not isinstance(self.cvode, bool):
            raise SimulationError(f"cvode is True or False, not {self.cvode!r}")
        if self.cvode_minstep and self.cvode_maxstep and self.cvode_minstep > self.cvode_maxstep:
            raise SimulationError(
                f"cvode_minstep = {self.cvode_minstep:g} ms is larger than cvode_maxstep = "
                f"{self.cvode_maxstep:g} ms"
            )
        if self.skip and self.cvode:
            raise SimulationError(
                "forward skip takes ten long implicit steps, which CVODE does not do: use cvode=False"
            )
        if not (_is_number(self.skip) and 0 <= self.skip < self.tstop):
            raise SimulationError(
                f"forward skip {self.skip!r} is not between 0 and tstop = {self.tstop:g} ms"
            )

    @property
    def final(self) -> str:
        """Why the run cannot be continued when it has ended; empty if it can."""
        if self.engine != "neuron":
            return (
                f"a run with engine={self.engine!r} cannot be continued: the engine worked on a copy: the "
                "model here is as it was at its beginning."
            )
        if self.threads > 1:
            return (
                f"a run with threads={self.threads} cannot be continued: NEURON goes back to one thread at "
                "its end, and forgets the spikes that are on their way."
            )
        return ""

    def steps_from(self, start: float) -> int:
        """Return the number of fixed steps from ``start`` ms to the first at or beyond the end."""
        return max(0, math.ceil((self.tstop - start) / self.dt - 1e-6))

    def last_time(self, start: float) -> float:
        """Return the time in ms of the last step."""
        return self.tstop if self.cvode else start + self.steps_from(start) * self.dt


def check_workers(threads: int, engine: Engine | None) -> None:
    """Raise SimulationError unless there can be so many threads, and such an engine (None: any)."""
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise SimulationError(f"threads is a positive whole number, not {threads!r}")
    if engine is not None and engine not in ENGINES:
        raise SimulationError(f"engine is one of {', '.join(ENGINES)}, not {engine!r}")


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return math.isfinite(float(value))


def _positive(name: str, value: object, unit: str) -> None:
    if not _is_number(value) or float(value) <= 0:  # type: ignore[arg-type]
        raise SimulationError(f"{name} must be a positive number of {unit}, not {value!r}")
