"""Lines 13 to 20: one simulation after another."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np

from tests.faults.harness import line, refused


@line
def line_13_second_cell_after_a_run() -> None:
    from bluecellab import Simulation, create_ball_stick

    with create_ball_stick() as first, Simulation() as simulation:
        simulation.add_cell(first)
        first.add_step(2, 8, 0.5)
        simulation.run(10, cvode=False)
        before = first.get_soma_voltage().copy()
        with create_ball_stick() as second, Simulation() as other:
            assert np.array_equal(first.get_soma_voltage(), before)
            other.add_cell(second)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                other.run(7, cvode=False)
            assert np.array_equal(first.get_soma_voltage(), before)
            assert len(second.get_soma_voltage()) == 281


@line
def line_14_the_same_again() -> None:
    from bluecellab import Simulation, create_ball_stick

    def trace(level: float, cvode: bool) -> tuple[np.ndarray, np.ndarray]:
        with create_ball_stick() as cell, Simulation() as simulation:
            simulation.add_cell(cell)
            cell.add_step(2, 18, level)
            simulation.run(20, cvode=cvode)
            once = cell.get_soma_voltage()
            simulation.run(20, cvode=cvode)
            assert np.array_equal(once, cell.get_soma_voltage())
            return cell.get_time(), once

    for cvode in (False, True):
        first = trace(0.5, cvode)
        trace(-0.3, not cvode)
        again = trace(0.5, cvode)
        assert np.array_equal(first[0], again[0])
        assert np.array_equal(first[1], again[1])


def _globals() -> dict[str, object]:
    from bluecellab.nrn import h, settings
    from bluecellab.nrn.settings import known_settings

    del h
    return {name: settings.read(name) for name in known_settings()}


@line
def line_15_globals_are_put_back() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import EngineError, HookError
    from bluecellab.nrn import h

    h.celsius = 17.0
    h.CVode().atol(1e-4)
    before = _globals() | {"depth": h.depth_nacl if hasattr(h, "depth_nacl") else None}
    with create_ball_stick() as cell:
        for cvode in (False, True):
            with Simulation(celsius=30, v_init=-75, base_seed=7) as simulation:
                simulation.add_cell(cell)
                simulation.run(5, cvode=cvode, dt=0.05, cvode_maxstep=0.5, cvode_minstep=1e-6)
                assert _globals() == {key: before[key] for key in _globals()}
                simulation.add_hook(lambda time: 1 / 0, every=1)
                with refused("ZeroDivisionError", error=HookError):
                    simulation.run(5, cvode=cvode, dt=0.05)
                assert _globals() == {key: before[key] for key in _globals()}
        with (
            Simulation(globals={"no_such_global": 1.0}) as simulation,
            refused("no_such_global", error=EngineError),
        ):
            simulation.add_cell(cell)
            simulation.run(5)
        assert _globals() == {key: before[key] for key in _globals()}
    h.celsius = 6.3
    h.CVode().atol(1e-3)


@line
def line_16_another_integrator_before() -> None:
    from bluecellab import Simulation, create_ball_stick

    def trace(**how: object) -> np.ndarray:
        with create_ball_stick() as cell, Simulation() as simulation:
            simulation.add_cell(cell)
            cell.add_step(2, 8, 0.5)
            simulation.run(10, **how)
            return cell.get_soma_voltage()

    fresh = trace(cvode=False)
    assert len(fresh) == 401
    trace(cvode=True)
    assert np.array_equal(trace(cvode=False), fresh)
    assert len(trace(cvode=False, dt=0.5)) == 21
    assert np.array_equal(trace(cvode=False), fresh)


@line
def line_17_no_progress_from_the_dead() -> None:
    from bluecellab import Simulation, create_ball_stick

    calls: list[int] = []
    with create_ball_stick() as cell:
        for cvode in (False, True):
            simulation = Simulation(custom_progress_function=lambda: calls.append(1))
            simulation.add_cell(cell)
            simulation.run(5, cvode=cvode, show_progress=True)
            simulation.close()
            seen = len(calls)
            assert seen > 90
            out, err = io.StringIO(), io.StringIO()
            with Simulation() as other:
                other.add_cell(cell)
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    other.run(5, cvode=cvode)
            assert len(calls) == seen
            assert out.getvalue() + err.getvalue() == ""


@line
def line_18_cell_not_added() -> None:
    from bluecellab import CellId, Simulation, create_ball_stick
    from bluecellab.errors import UnaddedCellWarning

    with (
        create_ball_stick() as cell,
        create_ball_stick(CellId("S1", 12)) as stranger,
        Simulation() as simulation,
    ):
        simulation.add_cell(cell)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            simulation.run(5, cvode=False)
        assert [warning.category for warning in caught] == [UnaddedCellWarning]
        assert "S1/12" in str(caught[0].message)
        assert len(cell.get_soma_voltage()) == 201
        assert not stranger.closed


@line
def line_19_two_simulations() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import BusyError

    with create_ball_stick() as cell, Simulation() as first, Simulation() as second:
        first.add_cell(cell)
        second.add_cell(cell)
        first.run(5, cvode=False)
        before = cell.get_soma_voltage()
        second.run(8, cvode=False)
        assert len(cell.get_soma_voltage()) == 321
        first.run(5, cvode=False)
        assert np.array_equal(cell.get_soma_voltage(), before)
        first.add_hook(lambda time: second.run(3, cvode=False), every=1)
        with refused("running", error=BusyError):
            first.run(5, cvode=False)
        with refused("running", error=BusyError):
            first.run(5, cvode=True)


@line
def line_20_section_ids_after_a_run() -> None:
    from bluecellab import Simulation, create_ball_stick

    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(5, cvode=False)
        assert cell.get_section_by_id(1).name == "dend[0]"
        assert cell.get_section_id(cell.basal[0]) == 1
