"""Modules of the user's, called after every step of a run."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from bluecellab import Simulation, create_ball_stick
from bluecellab.cell import Cell
from bluecellab.errors import BusyError, HookError, SimulationError
from bluecellab.nrn import runtime
from bluecellab.recording.modules import ModuleMember, make_module
from bluecellab.spec.allen import ModuleInput
from bluecellab.spec.functions import MODULES, add_module

DT = 0.5


class Log:
    """Writes down what is called, and when."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.calls: list[Any] = []

    def initialize(self, sim: Any) -> None:
        self.calls.append(("initialize", type(sim).__name__))

    def step(self, sim: Any, tstep: int) -> None:
        self.calls.append((tstep, round(runtime.raw_h().t, 6)))

    def block(self, sim: Any, interval: tuple[int, int]) -> None:
        self.calls.append(interval)

    def finalize(self, sim: Any) -> None:
        self.calls.append("finalize")


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick() as made:
        yield made


@pytest.fixture
def simulation(cell: Cell) -> Iterator[Simulation]:
    with Simulation() as made:
        made.add_cell(cell)
        yield made


def run(simulation: Simulation, *modules: object, until: float = 2.5, block: int | None = 2) -> ModuleMember:
    member = ModuleMember(modules, simulation, simulation._scope, block=block)
    simulation.attach(member)
    simulation.run(until, cvode=False, dt=DT)
    return member


WHOLE = [
    ("initialize", "Simulation"), (0, 0.5), (1, 1.0), (0, 2), (2, 1.5), (3, 2.0), (2, 4), (4, 2.5), (4, 5),
    "finalize",
]  # fmt: skip


def test_order_of_calls(simulation: Simulation) -> None:
    log = Log()
    member = run(simulation, log)
    assert log.calls == WHOLE
    simulation.run(2.5, cvode=False, dt=DT)
    assert log.calls == WHOLE * 2
    member.close()
    simulation.run(2.5, cvode=False, dt=DT)
    assert len(log.calls) == 2 * len(WHOLE)
    assert repr(member) == "<ModuleMember Simulation > modules closed>"


def test_one_block_when_nothing_is_said(simulation: Simulation) -> None:
    log = Log()
    run(simulation, log, block=None)
    assert [call for call in log.calls if isinstance(call, tuple)][-1] == (0, 5)
    long = Log()
    run(simulation, long, block=1000)
    assert long.calls[-2:] == [(0, 5), "finalize"]


def test_several_modules_take_turns(simulation: Simulation) -> None:
    calls: list[str] = []

    class Partly:
        def __init__(self, name: str) -> None:
            self.name = name

        def step(self, sim: Any, tstep: int) -> None:
            calls.append(f"{self.name}{tstep}")

        def finalize(self, sim: Any) -> None:
            calls.append(self.name)

    run(simulation, Partly("a"), Partly("b"), until=1.0)
    assert calls == ["a0", "b0", "a1", "b1", "a", "b"]


def test_a_run_that_is_continued(simulation: Simulation) -> None:
    log = Log()
    run(simulation, log, until=1.0)
    simulation.continue_run(2.5)
    assert [call for call in log.calls if isinstance(call, tuple) and isinstance(call[0], int)] == WHOLE[1:-1]


def test_what_modules_change_acts_from_the_next_step_on(simulation: Simulation, cell: Cell) -> None:
    cell.add_step(0, 100, 0.0)
    clamp = cell.stimuli[0]

    class Kick:
        def step(self, sim: Simulation, tstep: int) -> None:
            if tstep == 1:
                clamp.stim.fill(1.0)

    simulation.run(2.5, cvode=False, dt=DT)
    before = cell.get_soma_voltage()
    run(simulation, Kick())
    after = cell.get_soma_voltage()
    assert after[:3].tolist() == before[:3].tolist()
    assert after[3] > before[3] + 1


def test_modules_that_raise(simulation: Simulation) -> None:
    class Wrong:
        def __init__(self, name: str) -> None:
            self.name = name

        def initialize(self, sim: Any) -> None:
            self.fail("initialize")

        def step(self, sim: Any, tstep: int) -> None:
            if tstep == 2:
                self.fail("step")

        def finalize(self, sim: Any) -> None:
            self.fail("finalize")

        def fail(self, name: str) -> None:
            if name == self.name:
                raise KeyError("mine")

    for name, time in (("initialize", 0), ("step", 1.5), ("finalize", 2.5)):
        with pytest.raises(
            HookError, match=f"{name} of module Wrong raised KeyError at .* ms: 'mine'"
        ) as raised:
            run(simulation, module := Wrong(name))
        assert isinstance(raised.value.__cause__, KeyError)
        if time:
            assert raised.value.time == pytest.approx(time)
        module.name = ""
    log = Log()
    run(simulation, log)
    assert log.calls == WHOLE


def test_nothing_is_made_during_a_run(simulation: Simulation) -> None:
    class Makes:
        def step(self, sim: Any, tstep: int) -> None:
            create_ball_stick()

    with pytest.raises(BusyError):
        run(simulation, Makes())


def test_what_is_refused(simulation: Simulation) -> None:
    with pytest.raises(
        SimulationError, match="has some of the functions initialize, step, block, finalize, unlike 3"
    ):
        ModuleMember([3], simulation, simulation._scope)
    with pytest.raises(SimulationError, match="a block has one step or more, not 0"):
        ModuleMember([Log()], simulation, simulation._scope, block=0)
    simulation.attach(ModuleMember([Log()], simulation, simulation._scope))
    with pytest.raises(SimulationError, match="cannot take part in a run with CVODE"):
        simulation.run(1, cvode=True)


def test_modules_of_inputs() -> None:
    add_module(Log, "test_log")
    try:
        made = make_module(ModuleInput(module="test_log", options={"amp": 3}), "mine", {"node_set": "all"})
        assert isinstance(made, Log)
        assert made.options == {"amp": 3, "node_set": "all"}
        with pytest.raises(
            SimulationError, match="input 'mine' is of module 'test_lg', which is not registered"
        ):
            make_module(ModuleInput(module="test_lg"), "mine")
        add_module(lambda: 3, "test_log")
        with pytest.raises(SimulationError, match="has some of the functions"):
            make_module(ModuleInput(module="test_log"))
        with pytest.raises(HookError, match="input 'mine': module 'test_log' raised TypeError"):
            make_module(ModuleInput(module="test_log", options={"x": 1}), "mine")
    finally:
        MODULES.remove("test_log")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_dropped_simulation_takes_its_modules_along(cell: Cell) -> None:
    def make() -> weakref.ref[object]:
        simulation = Simulation()
        simulation.add_cell(cell)
        run(simulation, Log())
        return weakref.ref(simulation)

    gc.disable()
    try:
        assert make()() is None
    finally:
        gc.enable()
