"""Simulations: the same again, continued, watched, cancelled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bluecellab import BallStickCell, Protocol, RNGSettings, Simulation, create_ball_stick, run_protocol
from bluecellab.cell import Cell
from bluecellab.errors import (
    CancelledError,
    DivergedError,
    HookError,
    InvalidSpecError,
    SimulationError,
    UnaddedCellWarning,
)
from bluecellab.nrn import settings
from bluecellab.simulation import NeuronGlobals, run_here, set_neuron_globals
from bluecellab.spec.protocols import Placed
from bluecellab.spec.recordings import (
    CurrentsRecording,
    PointProcessRecording,
    SpikeRecording,
    VariableRecording,
    VoltageRecording,
)
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick() as made:
        made.add_step(2, 18, 0.5)
        yield made


@pytest.fixture
def simulation(cell: Cell) -> Iterator[Simulation]:
    with Simulation() as made:
        made.add_cell(cell)
        yield made


@pytest.mark.parametrize("cvode", [False, True])
def test_progress_changes_nothing(cell: Cell, simulation: Simulation, cvode: bool) -> None:
    simulation.run(20, cvode=cvode)
    time, voltage = cell.get_time(), cell.get_soma_voltage()
    calls: list[int] = []
    with Simulation(cell, custom_progress_function=lambda: calls.append(1)) as watched:
        watched.run(20, cvode=cvode, show_progress=True)
    assert len(calls) == 101
    assert np.array_equal(cell.get_time(), time)
    assert np.array_equal(cell.get_soma_voltage(), voltage)


def test_progress_bar_is_drawn(simulation: Simulation, capsys: pytest.CaptureFixture[str]) -> None:
    simulation.run(20, cvode=False, show_progress=True)
    assert "20.0/20.0 ms" in capsys.readouterr().err
    simulation.run(20, cvode=False)
    assert capsys.readouterr().err == ""


def test_continued_is_bitwise_uncut(cell: Cell, simulation: Simulation) -> None:
    simulation.run(20, cvode=False)
    time, voltage = cell.get_time(), cell.get_soma_voltage()
    simulation.run(7.5, cvode=False)
    simulation.continue_run(11)
    simulation.continue_run(20)
    assert np.array_equal(cell.get_time(), time)
    assert np.array_equal(cell.get_soma_voltage(), voltage)


def test_what_cannot_be_continued(cell: Cell, simulation: Simulation) -> None:
    with pytest.raises(SimulationError, match="no run to continue"):
        simulation.continue_run(10)
    simulation.run(5, cvode=False)
    with pytest.raises(SimulationError, match="already reached"):
        simulation.continue_run(5)
    with Simulation(cell) as other:
        other.run(5, cvode=False)
    with pytest.raises(SimulationError, match="no run to continue"):
        simulation.continue_run(10)
    simulation.run(5, cvode=False)
    create_ball_stick().close()
    with pytest.raises(SimulationError, match="no run to continue"):
        simulation.continue_run(10)


def test_hooks_are_called_in_time(simulation: Simulation) -> None:
    for cvode in (False, True):
        times: list[float] = []
        simulation.hooks.clear()
        simulation.add_hook(times.append, every=2.5)
        simulation.run(10, cvode=cvode)
        assert np.allclose(times, [2.5, 5, 7.5, 10], atol=0.026)


def test_a_hook_may_cancel(cell: Cell, simulation: Simulation) -> None:
    for cvode in (False, True):
        simulation.hooks.clear()
        simulation.add_hook(lambda time: simulation.cancel() if time > 6.5 else None, every=1)
        with pytest.raises(CancelledError, match="cancelled at 7") as caught:
            simulation.run(20, cvode=cvode)
        assert caught.value.time == pytest.approx(7, abs=0.03)
        trace = next(iter(cell.traces().values()))
        assert trace.partial
        assert trace.time[-1] <= 7.1


def test_a_hook_may_not_hide_its_error(simulation: Simulation) -> None:
    def hook(time: float) -> None:
        raise LookupError("gone")

    simulation.add_hook(hook, every=3)
    with pytest.raises(HookError, match="LookupError at 3 ms: gone") as caught:
        simulation.run(10, cvode=False)
    assert isinstance(caught.value.__cause__, LookupError)


@pytest.mark.parametrize("every", [0, -1, float("nan"), "x"])
def test_senseless_hook(simulation: Simulation, every: object) -> None:
    with pytest.raises(SimulationError, match="positive interval"):
        simulation.add_hook(print, every)


def test_divergence_names_the_place(cell: Cell, simulation: Simulation) -> None:
    cell.add_step(1, 20, 1e9, section=cell.basal[0])
    with pytest.raises(DivergedError, match=r"dend\[0\]\(0.5\) of Cell") as caught:
        simulation.run(20, cvode=False)
    assert caught.value.section == "dend[0]"
    assert 1 <= caught.value.time <= 20


def test_forward_skip(cell: Cell, simulation: Simulation) -> None:
    simulation.run(20, cvode=False, forward_skip=True, forward_skip_value=5)
    time = cell.get_time()
    assert time[0] == 5
    assert time[-1] == pytest.approx(20)
    assert np.all(np.diff(time) > 0)
    with pytest.raises(SimulationError, match="CVODE"):
        simulation.run(20, cvode=True, forward_skip=True, forward_skip_value=5)
    with pytest.raises(SimulationError, match="not between 0"):
        simulation.run(20, cvode=False, forward_skip=True, forward_skip_value=50)


def test_defaults_of_the_process(cell: Cell) -> None:
    defaults = NeuronGlobals.get_instance()
    kept = defaults.export_params()
    assert kept == (34.0, -65.0)
    try:
        set_neuron_globals(temperature=20.0, v_init=-72.0)
        with Simulation(cell) as simulation:
            simulation.run(5, cvode=False)
        assert cell.get_soma_voltage()[0] == -72.0
        assert settings.read("celsius") == 6.3
    finally:
        defaults.load_params(kept)
    with pytest.raises(RuntimeError, match="get_instance"):
        NeuronGlobals()
    with pytest.raises(SimulationError, match="temperature must be a number"):
        set_neuron_globals(temperature="hot")


def test_base_seed_is_applied_and_put_back(cell: Cell) -> None:
    seen: list[int] = []
    with Simulation(cell, base_seed=77) as simulation:
        simulation.add_hook(lambda time: seen.append(settings.read("random123_globalindex")), every=1)
        simulation.run(2, cvode=False)
    assert set(seen) == {77}
    assert settings.read("random123_globalindex") == 0
    assert RNGSettings(base_seed=3).base_seed == 3
    assert settings.read("random123_globalindex") == 0
    with pytest.raises(SimulationError, match="integer from 0"):
        RNGSettings(base_seed=-1)
    with pytest.raises(SimulationError, match="random mode"):
        RNGSettings(mode="Philox")


def test_stranger_is_named_and_recorded(cell: Cell, simulation: Simulation) -> None:
    with create_ball_stick() as stranger:
        with pytest.warns(UnaddedCellWarning, match=str(stranger.label)):
            simulation.run(5, cvode=False)
        assert len(stranger.get_soma_voltage()) == 201


class TestProtocols:
    protocol = Protocol(
        duration=20,
        stimuli=(Placed(stimulus=Step(delay=2, duration=10, amplitude=0.5), name="clamp"),),
        recordings=(
            VoltageRecording(interval=0.1),
            VariableRecording(variable="hh.m"),
            CurrentsRecording(interval=0.5),
            SpikeRecording(threshold=-20),
            PointProcessRecording(target="clamp"),
        ),
        conditions=RunConditions(celsius=22),
    )

    def test_here_and_isolated_are_equal(self) -> None:
        here = run_here(BallStickCell(), self.protocol)
        there = run_protocol(BallStickCell(), self.protocol, time_limit=60)
        assert here.traces == there.traces
        assert here.spikes == there.spikes
        assert {"soma[0](0.5).v", "soma[0](0.5).hh.m", "soma[0](0.5).ina", "clamp.i"} <= set(here.traces)
        assert len(here.traces["soma[0](0.5).v"]) == 201
        assert here.protocol == there.protocol == self.protocol

    def test_unknown_target(self) -> None:
        with pytest.raises(InvalidSpecError, match="'absent'"):
            Protocol(duration=5, recordings=(PointProcessRecording(target="absent"),))

    def test_limits_need_a_process(self) -> None:
        with pytest.raises(SimulationError, match="isolated=True"):
            run_protocol(BallStickCell(), self.protocol, isolated=False, time_limit=1)
        with pytest.raises(InvalidSpecError, match="duration"):
            Protocol(duration=0)
