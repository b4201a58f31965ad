"""``Simulation``: runs cells, as often as one likes, and leaves NEURON as it was."""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bluecellab.cell import Cell, living_cells
from bluecellab.errors import (
    SimulationError,
    UnaddedCellWarning,
)
from bluecellab.nrn import clock, objects, runtime, scope, settings
from bluecellab.nrn.handles import name_of
from bluecellab.nrn.parallel import ranks
from bluecellab.nrn.rng import RNGSettings
from bluecellab.nrn.scope import Live
from bluecellab.recording import Recordable, Recorders, RunPlan
from bluecellab.simulation.conditions import ALWAYS_PUT_BACK, NeuronGlobals
from bluecellab.simulation.look import Hook, Look
from bluecellab.simulation.progress import progress_for
from bluecellab.simulation.ranks import all_running
from bluecellab.simulation.request import Engine, RunRequest

if TYPE_CHECKING:
    from bluecellab.simulation.engines import Handover

__all__ = ["Hook", "Simulation"]


class Simulation(Live):
    """Runs the cells that were added to it.

    NEURON integrates every cell that is alive; one that was not added is named in a warning. What a
    run changes in NEURON (temperature, time step, integrator, ...) is put back when it ends, also
    when it fails. Two runs with the same inputs are bitwise equal.

    Parameters
    ----------
    parallel_context
        The published first argument; a :class:`~bluecellab.cell.Cell` given here is added.
    custom_progress_function
        Called without arguments at every hundredth of a run with ``show_progress=True``, instead
        of the progress bar.
    celsius
        Temperature in degC; by default that of
        :class:`~bluecellab.simulation.conditions.NeuronGlobals`, 34.
    v_init
        Initial membrane potential in mV; by default that of ``NeuronGlobals``, -65.
    base_seed
        Random123 global index; by default that of :class:`~bluecellab.nrn.rng.RNGSettings`, 0.
    globals
        GLOBALs of mechanisms and other settings by name, applied while the simulation runs.
    channel_seed
        Handed to the ``re_init_rng`` of the cells' templates.

    Examples
    --------
    >>> from bluecellab import Simulation, create_ball_stick
    >>> with create_ball_stick() as cell, Simulation() as simulation:
    ...     simulation.add_cell(cell)
    ...     simulation.run(10, cvode=False)
    ...     len(cell.get_soma_voltage())
    401
    """

    def __init__(
        self,
        parallel_context: object | None = None,
        custom_progress_function: Callable[[], object] | None = None,
        *,
        celsius: float | None = None,
        v_init: float | None = None,
        base_seed: int | None = None,
        globals: Mapping[str, float] | None = None,
        channel_seed: int | None = None,
    ) -> None:
        super().__init__("Simulation")
        self.cells: list[Cell] = []
        self.pc = None if isinstance(parallel_context, Cell) else parallel_context
        self.custom_progress_function = custom_progress_function
        self.celsius = celsius
        self.v_init = v_init
        self.base_seed = base_seed
        self.globals = dict(globals or {})
        self.channel_seed = channel_seed
        self.hooks: list[Hook] = []
        self._attached: list[Recordable] = self._scope.own([], list.clear)
        self._cancelled = threading.Event()
        self._state: tuple[int, int] | None = None
        self.begun = 0  # which run of the process its last one was; 0: none yet
        self._places: list[Any] = self._scope.own([], list.clear)
        self._scope.own(self.cells, list.clear)
        self._scope.own(self.hooks, list.clear)
        self._recorders = self._scope.own(Recorders(self._scope))
        if isinstance(parallel_context, Cell):
            self.add_cell(parallel_context)

    def add_cell(self, new_cell: Cell) -> None:
        """Add a cell, which is kept alive as long as the simulation is open.

        Raises
        ------
        ClosedError
            If the simulation or the cell is closed.
        BusyError
            If a run is in progress.
        """
        self._scope.check()
        if not isinstance(new_cell, Cell):
            raise SimulationError(f"a Cell is needed, not {new_cell!r}")
        new_cell.check_open()
        runtime.refuse_while_running("adding a cell")
        if new_cell not in self.cells:
            self.cells.append(new_cell)
            new_cell.joined(self)

    def add_hook(self, function: Callable[[float], object], every: float) -> None:
        """Have a function called, with the time in ms, every so many ms of a run.

        Raises
        ------
        SimulationError
            If ``every`` is not a positive number.
        """
        self._scope.check()
        if not (isinstance(every, (int, float)) and math.isfinite(every) and every > 0):
            raise SimulationError(f"a hook needs a positive interval in ms, not {every!r}")
        self.hooks.append(Hook(function, float(every)))

    def attach(self, member: Recordable) -> None:
        """Let something that belongs to no cell take part in every run: reports, sources of spikes, ...

        It is kept alive as long as the simulation is open, unless it is closed before.

        Raises
        ------
        BusyError
            If a run is in progress.
        """
        self._scope.check()
        runtime.refuse_while_running("attaching something to a simulation")
        self._attached[:] = [item for item in self._attached if not item.closed]
        self._attached.append(member)

    def cancel(self) -> None:
        """Stop the run in progress, from a hook or another thread; it raises CancelledError."""
        self._cancelled.set()

    def run(
        self,
        tstop: float,
        cvode: bool = True,
        cvode_minstep: float | None = None,
        cvode_maxstep: float | None = None,
        dt: float = 0.025,
        forward_skip: bool | None = None,
        forward_skip_value: float | bool = False,
        show_progress: bool | None = None,
        *,
        time_limit: float | None = None,
        threads: int = 1,
        engine: Engine = "neuron",
    ) -> None:
        """Initialise the cells and run them from 0 to ``tstop``.

        Parameters
        ----------
        tstop
            End in ms. With a fixed step that does not divide it, the first step beyond it.
        cvode
            Variable step (CVODE) if true, else the fixed step ``dt``.
        cvode_minstep, cvode_maxstep
            Bounds of the variable step in ms.
        dt
            Fixed step in ms.
        forward_skip, forward_skip_value
            If true, settle for that many ms with ten long steps; the run's time then starts there.
        show_progress
            Whether to show a progress bar, or call the custom progress function.
        time_limit
            Wall time in s after which the run is stopped.
        threads
            How many threads integrate; whole cells are spread over them, so that one cell gains nothing.
        engine
            ``"neuron"``, or ``"coreneuron"``, which is faster and knows less.

        Raises
        ------
        SimulationError
            If an argument makes no sense, or there is no cell to run.
        UnsupportedByEngineError
            If something takes part that the engine cannot do, or not with several threads.
        DivergedError, HookError, CancelledError, TimeLimitError, EngineError, RankError
            If the run fails on its way. What was recorded until then can be read, marked partial.
        BusyError
            If another run is in progress.
        """
        skip = float(forward_skip_value) if forward_skip and forward_skip_value else 0.0
        request = RunRequest(
            tstop, dt, cvode, cvode_minstep, cvode_maxstep, skip, time_limit, threads, engine
        )
        self._state = None
        self._run(request, bool(show_progress), fresh=True)

    def continue_run(
        self, tstop: float, *, show_progress: bool = False, time_limit: float | None = None
    ) -> None:
        """Go on from where the last run ended until ``tstop`` ms, with the same settings.

        With a fixed step the traces are bitwise those of one uncut run. CVODE starts its integrator
        anew, which shows within its tolerance.

        Raises
        ------
        SimulationError
            If there is nothing to continue: no run yet, a failed one, or cells have been made or
            closed, or another simulation has run, since.
        """
        self._scope.check()
        if self._state != (scope.changes(), _Runs.count) or self._last is None:
            raise SimulationError(
                "there is no run to continue: the last one must have been this simulation's, must have "
                "succeeded, and nothing may have been created or closed since. Use run() to start anew."
            )
        if self._last.final:
            raise SimulationError(f"{self._last.final} Run it anew to the later end.")
        if not self._recorders.resumable:
            raise SimulationError(
                "a run that records i_membrane_ cannot be continued: NEURON computes it only within a run. "
                "Run it anew to the later end."
            )
        request = replace(self._last, tstop=tstop, skip=0.0, time_limit=time_limit)
        if tstop <= clock.now() + 1e-9:
            raise SimulationError(
                f"the run has already reached {clock.now():g} ms, so it cannot end at {tstop:g} ms"
            )
        self._run(request, show_progress, fresh=False)

    _last: RunRequest | None = None

    def _run(self, request: RunRequest, show_progress: bool, *, fresh: bool) -> None:
        self._scope.check()
        with all_running(request, fresh=fresh):
            cells = self._cells_to_run()
            try:
                with (
                    runtime.marked_running("a simulation"),
                    settings.preserved(ALWAYS_PUT_BACK),
                    settings.applied(self._settings(request, cells)),
                ):
                    self._cancelled.clear()
                    _Runs.count = self.begun = _Runs.count + 1
                    self._integrate(request, cells, show_progress, fresh=fresh)
            finally:
                scope.release_deferred()
        self._last = request
        self._state = (scope.changes(), _Runs.count)

    def _settings(self, request: RunRequest, cells: Iterable[Cell]) -> dict[str, float]:
        defaults = NeuronGlobals.get_instance()
        chosen: dict[str, float] = {
            "celsius": defaults.temperature if self.celsius is None else self.celsius,
            "v_init": defaults.v_init if self.v_init is None else self.v_init,
            "cvode": request.cvode,
            "dt": request.dt,
            "steps_per_ms": 1 / request.dt,
            "tstop": request.tstop,
            "secondorder": 0,
            "nthread" if request.engine == "neuron" else "nthread_of_engine": request.threads,
            "use_fast_imem": any(item.needs_fast_imem for item in self._members(cells)),
        }
        if request.cvode_minstep is not None:
            chosen["cvode_minstep"] = request.cvode_minstep
        if request.cvode_maxstep is not None:
            chosen["cvode_maxstep"] = request.cvode_maxstep
        settings_of_process = RNGSettings.get_instance()
        chosen["random123_globalindex"] = (
            settings_of_process.base_seed if self.base_seed is None else self.base_seed
        )
        return {**chosen, **self.globals}

    def _cells_to_run(self) -> list[Cell]:
        """Return the cells whose recordings this run fills; warn of those that merely live."""
        for cell in self.cells:
            cell.check_open()
        added = set(map(id, self.cells))
        strangers = [cell for cell in living_cells() if id(cell) not in added]
        known = {raw for cell in (*self.cells, *strangers) for raw in cell.raw_sections()}
        known.update(self._places)
        foreign = [raw for raw in runtime.raw_h().allsec() if raw not in known]
        if not any(ranks().gathered(bool(self.cells or strangers or foreign), "looking for cells")):
            raise SimulationError("no cells to run; make one and add it with simulation.add_cell(cell)")
        if strangers or foreign:
            names = [str(cell.label) for cell in strangers]
            names += sorted({f"section {name_of(raw)} made outside bluecellab" for raw in foreign})
            shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            warnings.warn(
                f"alive but not added to this simulation: {shown}. NEURON integrates them too, which costs "
                "time and, under CVODE, changes the steps. Add them with add_cell(), or close them.",
                UnaddedCellWarning,
                stacklevel=4,
            )
        return [*self.cells, *(cell for cell in strangers if not cell.in_a_simulation)]

    def _integrate(self, request: RunRequest, cells: list[Cell], show_progress: bool, *, fresh: bool) -> None:
        recorders = self._recorders
        start = request.skip if fresh else clock.now()
        stop = request.last_time(start)
        complete = False
        interrupt = clock.Interrupt(self._cancelled, _deadline(request))
        handover = self._handover(request, cells)
        try:
            # Ctrl-C is noted while NEURON initialises, too: it would swallow one that arrives in a callback
            with interrupt.catching_ctrl_c():
                if fresh:
                    self._begin(RunPlan(not request.cvode, request.dt, start, stop), cells, *handover)
                else:
                    recorders.extend(stop)
                with progress_for(self.custom_progress_function, show_progress, start, stop) as progress:
                    look = Look(interrupt, clock.Watcher(_owner_of), self.hooks, recorders, progress)
                    if handover:
                        handover[0].advance(look)
                    elif request.cvode:
                        clock.advance_variable(request.tstop, look, recorders)
                    else:
                        clock.advance_fixed(request.steps_from(start), request.dt, look, recorders)
            complete = True
        finally:
            recorders.finish(partial=not complete)

    def _handover(self, request: RunRequest, cells: Iterable[Cell]) -> list[Handover]:
        """Return what hands the run over to another engine, if one was asked for and can do it."""
        if request.engine == "neuron":
            return []
        from bluecellab.simulation.engines import Handover

        with ranks().agreed("asking for another engine"):
            return [Handover(request, self._recorders, self._members(cells), self.hooks)]

    def _members(self, cells: Iterable[Cell]) -> list[Recordable]:
        """Return everything that takes part in a run."""
        attached = [item for item in self._attached if not item.closed]
        return [*(recorder for cell in cells for recorder in cell.recorders()), *attached]

    def _any_section(self) -> Any:
        """Return a raw section that is there during the run; artificial cells alone have none."""
        h = runtime.raw_h()
        if next(iter(h.allsec()), None) is None:
            self._places.append(self._scope.own(h.Section(name="of_time"), objects.delete_section))
        return next(iter(h.allsec()))

    def _begin(self, plan: RunPlan, cells: list[Cell], *more: Recordable) -> None:
        """Initialise NEURON and begin to record; settle first, if the run does not start at 0 ms."""
        with ranks().agreed("preparing a run"):
            members = [*self._members(cells), *more]
            self._recorders.prepare(plan, members, self._any_section(), share=not more)
            for cell in cells:
                cell.reseed(self.channel_seed)
        clock.initialise(float(runtime.raw_h().v_init))
        with ranks().agreed("beginning to record"):
            self._recorders.reset()
        if plan.t_start:
            clock.skip(plan.t_start, plan.dt)
            self._recorders.restart()  # what was recorded while settling is dropped


class _Runs:
    """Counts the runs of this process."""

    count = 0


def _deadline(request: RunRequest) -> float:
    return math.inf if request.time_limit is None else time.monotonic() + request.time_limit


def _owner_of(raw: Any) -> str:
    for cell in living_cells():
        if raw in cell.raw_sections():
            return str(cell.label)
    return "no cell of bluecellab"
