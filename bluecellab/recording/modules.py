"""Modules of the user's that take part in runs, called after every step."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from bluecellab.errors import BusyError, HookError, RunError, SimulationError
from bluecellab.nrn import clock
from bluecellab.nrn.scope import Live, Scope
from bluecellab.nrn.stepping import Schedule
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.samples import TimeAxis
from bluecellab.spec.allen import ModuleInput
from bluecellab.spec.functions import MODULES

__all__ = ["ModuleMember", "make_module"]

_HOOKS = ("initialize", "step", "block", "finalize")


def make_module(spec: ModuleInput, name: str = "", extra: Mapping[str, object] | None = None) -> object:
    """Make a module of an input: what is registered is called with the options of the input.

    Parameters
    ----------
    spec
        Its name and options.
    name
        Of the input, for messages.
    extra
        Further keyword arguments, such as ``node_set``.

    Raises
    ------
    SimulationError
        If no such module is registered, or what it returns has none of the four functions.
    HookError
        If it raises; the original is ``__cause__``.
    """
    what = f"input {name!r}" if name else "an input"
    if spec.module not in MODULES:
        known = ", ".join(sorted(MODULES)) or "none"
        raise SimulationError(
            f"{what} is of module {spec.module!r}, which is not registered; there is {known}. Register it "
            "with add_module before the simulation is made."
        )
    try:
        made: object = MODULES[spec.module](**spec.options, **(extra or {}))
    except Exception as error:
        raise HookError(f"{what}: module {spec.module!r} raised {type(error).__name__}: {error}") from error
    return _checked(made)


def _checked(module: object) -> object:
    if not any(callable(getattr(module, name, None)) for name in _HOOKS):
        raise SimulationError(f"a module has some of the functions {', '.join(_HOOKS)}, unlike {module!r}")
    return module


class ModuleMember(Live):
    """Lets modules of the user's take part in runs; to be attached to a simulation.

    Before a run ``initialize(simulation)`` is called. After each step, of which the first is number 0, comes
    ``step(simulation, number)``; then, after every so many steps and after the last one,
    ``block(simulation, (first, end))`` for those from ``first`` to ``end - 1``; and at the end
    ``finalize(simulation)``, unless the run broke off. Each is called for all modules in their order, and a
    module need not have all four. They may read and change the model, but not make or close anything of it
    during the run.

    Parameters
    ----------
    modules
        Objects with some of these functions.
    simulation
        Their first argument. It is held weakly where that is possible, as it holds this.
    owner
        The scope that owns it.
    block
        Number of steps of a block; the whole run when left out.

    Raises
    ------
    SimulationError
        If an object has none of the functions, or the number of steps is none.
    """

    needs_fast_imem = False

    def __init__(
        self, modules: Iterable[object], simulation: object, owner: Scope, *, block: int | None = None
    ) -> None:
        chosen = [_checked(module) for module in modules]
        if block is not None and block < 1:
            raise SimulationError(f"a block has one step or more, not {block}")
        super().__init__("modules", owner)
        self._modules = self._scope.own(chosen, list.clear)
        self._simulation = _weakly(simulation)
        self._block = block
        self._done = self._first = self._total = 0
        self.due: float = math.inf

    def _call(self, name: str, *arguments: object) -> None:
        simulation = self._simulation()
        for module in self._modules:
            function = getattr(module, name, None)
            if callable(function):
                with _blaming(module, name):
                    function(simulation, *arguments)

    def check(self, plan: RunPlan) -> None:
        """Raise unless the step is fixed.

        Raises
        ------
        SimulationError
            If it is not.
        """
        if not plan.fixed:
            raise SimulationError(
                "modules are called after every step of a fixed length, so that they cannot take part in a "
                "run with CVODE; run with cvode=False"
            )

    def prepare(self, plan: RunPlan) -> None:
        """Let modules get ready."""
        self._done = self._first = 0
        self._total = round(plan.duration / plan.dt)
        self._dt, self._start = plan.dt, plan.t_start
        self.due = math.inf
        self._call("initialize")

    def reset(self, axis: TimeAxis) -> None:  # noqa: ARG002 - it records nothing
        """Be called after the first step."""
        self.due = self._done + 1 if self._total else math.inf

    def extend(self, t_stop: float) -> None:
        """Go on, with numbers of steps that go on, too."""
        self._total = math.ceil((t_stop - self._start) / self._dt - 1e-6)
        self.due = self._done + 1

    @property
    def schedule(self) -> Schedule | None:
        """After which steps it still samples: all."""
        return Schedule(self._done + 1, 1, self._total - self._done) if math.isfinite(self.due) else None

    def sample(self) -> None:
        """Call what is to be called after a step."""
        number = self._done
        self._done += 1
        self.due = self._done + 1 if self._done < self._total else math.inf
        self._call("step", number)
        last = self._done == self._total
        if last or (self._block is not None and self._done - self._first >= self._block):
            self._call("block", (self._first, self._done))
            self._first = self._done
        if last:
            self._call("finalize")

    def harvest(self) -> None:
        """Do nothing: it records nothing."""

    def finish(self, *, partial: bool) -> None:  # noqa: ARG002 - the last step has been the end of it
        """Be called no more."""
        self.due = math.inf

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"open, {len(self._modules)} modules"
        return f"<ModuleMember {self._scope.path()} {state}>"


def _weakly(simulation: object) -> Callable[[], object]:
    try:
        return weakref.ref(simulation)
    except TypeError:  # of a kind that cannot be held weakly, and holds nothing either
        return lambda: simulation


@contextmanager
def _blaming(module: object, name: str) -> Iterator[None]:
    """Say which module raised; leave interrupts and our own errors of runs as they are."""
    try:
        yield
    except (RunError, BusyError):
        raise
    except Exception as error:
        now = clock.now()
        raise HookError(
            f"{name} of module {type(module).__name__} raised {type(error).__name__} at {now:g} ms: {error}",
            time=now,
        ) from error
