"""Lines 21 to 30: runs that go wrong."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np

from tests.faults.harness import line, refused


@line
def line_21_exception_in_a_hook() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import HookError

    for cvode in (False, True):
        with create_ball_stick() as cell, Simulation() as simulation:
            simulation.add_cell(cell)

            def hook(now: float) -> None:
                if now >= 10:
                    raise KeyError("mine")

            simulation.add_hook(hook, every=5)
            with refused("KeyError", "mine", error=HookError) as caught:
                simulation.run(20, cvode=cvode)
            assert isinstance(caught[0].__cause__, KeyError)
            assert 10 <= caught[0].time < 15
            simulation.hooks.clear()
            simulation.run(20, cvode=cvode)
            assert abs(cell.get_time()[-1] - 20) < 1e-6


@line
def line_22_interrupts() -> None:
    from bluecellab import Simulation, create_ball_stick

    handler = signal.getsignal(signal.SIGINT)
    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        for cvode in (False, True):

            def hook(now: float) -> None:
                raise KeyboardInterrupt

            simulation.add_hook(hook, every=5)
            try:
                simulation.run(20, cvode=cvode)
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError("the interrupt was swallowed")
            simulation.hooks.clear()
            cell.add_step(0, 1e6, 0.5)
            pressed = []

            def press(pressed: list[float] = pressed) -> None:
                pressed.append(time.monotonic())
                os.kill(os.getpid(), signal.SIGINT)

            timer = threading.Timer(0.4, press)
            timer.start()
            try:
                simulation.run(1e6, cvode=cvode)
            except KeyboardInterrupt:
                assert time.monotonic() - pressed[0] < 0.5
            else:
                raise AssertionError("Ctrl-C was swallowed")
            timer.join()
            assert signal.getsignal(signal.SIGINT) is handler
            simulation.run(5, cvode=cvode)


@line
def line_23_divergence() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import DivergedError

    for cvode in (False, True):
        with create_ball_stick() as cell, Simulation() as simulation:
            simulation.add_cell(cell)
            cell.add_step(5, 20, 1e9, section=cell.basal[0])
            with refused("dend[0]", "Cell", "mV", error=DivergedError) as caught:
                simulation.run(20, cvode=cvode)
            assert 5 <= caught[0].time <= 20.1
            assert caught[0].section == "dend[0]"
    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)

        def poison(now: float) -> None:
            cell.soma(0.5).v = float("nan")

        simulation.add_hook(poison, every=5)
        with refused("nan", error=DivergedError):
            simulation.run(20, cvode=False)


@line
def line_24_senseless_requests() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import SimulationError

    with Simulation() as empty, refused("no cells", error=SimulationError):
        empty.run(5)
    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        for tstop in (-1, 0, float("nan"), float("inf"), "ten", None):
            with refused("tstop", error=SimulationError):
                simulation.run(tstop, cvode=False)
        for dt in (0, -0.1, float("nan"), "x"):
            with refused("dt", error=SimulationError):
                simulation.run(5, cvode=False, dt=dt)
        with refused("dt", "longer", error=SimulationError):
            simulation.run(5, cvode=False, dt=6)
        simulation.run(1.01, cvode=False, dt=0.25)  # documented: the first step at or beyond tstop
        assert np.isclose(cell.get_time()[-1], 1.25)


@line
def line_25_voltage_before_any_run() -> None:
    from bluecellab import create_ball_stick
    from bluecellab.errors import NotRecordedError

    with create_ball_stick() as cell:
        with refused("run", error=NotRecordedError):
            cell.get_soma_voltage()
        with refused("run", error=NotRecordedError):
            cell.get_time()


@line
def line_26_cancel_and_time_limit() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import CancelledError, TimeLimitError

    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        for cvode in (False, True):
            cell.add_step(0, 1e6, 0.5)
            asked: list[float] = []

            def cancel(asked: list[float] = asked) -> None:
                asked.append(time.monotonic())
                simulation.cancel()

            timer = threading.Timer(0.3, cancel)
            timer.start()
            with refused("cancelled", error=CancelledError) as caught:
                simulation.run(1e6, cvode=cvode)
            assert time.monotonic() - asked[0] < 0.5
            timer.join()
            assert 0 < caught[0].time < 1e6
            trace = next(iter(cell.traces().values()))
            assert trace.partial
            assert len(trace.values) > 1
            begin = time.monotonic()
            with refused("time limit", error=TimeLimitError):
                simulation.run(1e6, cvode=cvode, time_limit=0.3)
            assert time.monotonic() - begin < 0.9
            simulation.run(5, cvode=cvode)
            assert not next(iter(cell.traces().values())).partial


@line
def line_27_clamps() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import InvalidSpecError

    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        one = cell.add_step(2, 8, 0.3)
        two = cell.add_step(2, 8, 0.2)
        simulation.run(10, cvode=False)
        both = cell.get_soma_voltage()
        one.close()
        two.close()
        cell.add_step(2, 8, 0.5)
        simulation.run(10, cvode=False)
        assert np.allclose(both, cell.get_soma_voltage(), rtol=0, atol=1e-6)
        with refused(error=InvalidSpecError):
            cell.add_step(8, 2, 0.5)
        with refused(error=InvalidSpecError):
            cell.add_step(2, 8, float("nan"))
        with refused(error=InvalidSpecError):
            cell.add_ramp(2, 8, float("nan"), 1)


@line
def line_28_what_cannot_be_recorded() -> None:
    from bluecellab import create_ball_stick
    from bluecellab.errors import RecordingError, SectionNotFoundError

    with create_ball_stick() as cell:
        with refused("no_such", "gnabar_hh", error=RecordingError):
            cell.add_variable_recording("no_such")
        with refused("m_Ih", error=RecordingError):
            cell.add_variable_recording("m_Ih")
        with refused("Ih.m", "hh", error=RecordingError):
            cell.add_variable_recording("Ih.m")
        with refused("dend[7]", "dend[0]", error=SectionNotFoundError):
            cell.add_voltage_recording(cell.get_section("dend[7]"))
        with create_ball_stick() as other, refused("not one of", error=SectionNotFoundError):
            cell.add_voltage_recording(other.soma)


@line
def line_29_intervals() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import RecordingError

    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        cell.add_voltage_recording(cell.basal[0], 0.5, dt=0.1)
        for cvode in (False, True):
            simulation.run(10, cvode=cvode)
            values = cell.get_voltage_recording(cell.basal[0], 0.5)
            assert len(values) == 101
        cell.add_voltage_recording(cell.basal[0], 0.25, dt=0.03)
        with refused("0.03", "0.025", error=RecordingError):
            simulation.run(10, cvode=False)
    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        cell.add_voltage_recording(cell.basal[0], 0.25, dt=20)
        with refused("20", error=RecordingError):
            simulation.run(10, cvode=False)
