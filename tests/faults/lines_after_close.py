"""Lines 1 to 12: after close (or delete)."""

from __future__ import annotations

import gc
import threading
import warnings

import numpy as np

from tests.faults.harness import line, refused


@line
def line_01_cell_closed_then_its_parts() -> None:
    from bluecellab import create_ball_stick
    from bluecellab.errors import ClosedError

    cell = create_ball_stick()
    cell.close()
    for use in (
        lambda: cell.soma,
        lambda: cell.sections,
        lambda: cell.somatic,
        lambda: cell.basal,
        lambda: cell.axonal,
        lambda: cell.apical,
        lambda: cell.n_segments,
        lambda: cell.area(),
        lambda: cell.hoc,
        lambda: cell.cell,
        lambda: cell.get_section("soma[0]"),
        lambda: cell.get_section_by_id(0),
        lambda: cell.get_psection(0),
        lambda: cell.at("soma[0]"),
        lambda: cell.distance("dend[0]"),
        lambda: cell.ttx_enabled,
    ):
        with refused("Cell", "closed", error=ClosedError):
            use()


@line
def line_02_cell_closed_then_its_traces() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import ClosedError

    cell = create_ball_stick()
    with Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(5, cvode=False)
    traces = cell.traces()
    before = cell.get_soma_voltage()
    cell.delete()
    with refused("closed", error=ClosedError):
        cell.get_soma_voltage()
    with refused("closed", error=ClosedError):
        cell.get_time()
    with refused("closed", error=ClosedError):
        cell.traces()
    trace = next(trace for trace in traces.values() if trace.variable == "v")
    assert np.array_equal(trace.values, before)


@line
def line_03_cell_closed_then_changed() -> None:
    from bluecellab import create_ball_stick
    from bluecellab.errors import ClosedError

    cell = create_ball_stick()
    cell.close()
    for use in (
        lambda: cell.add_step(1, 2, 0.1),
        lambda: cell.add_ramp(1, 2, 0.1, 0.2),
        lambda: cell.add_voltage_clamp(10, -70),
        lambda: cell.add_recording("self.soma(0.5)._ref_v"),
        lambda: cell.add_voltage_recording(),
        lambda: cell.add_allsections_voltagerecordings(),
        lambda: cell.add_variable_recording("ina"),
        lambda: cell.start_recording_spikes(None, "soma"),
        lambda: cell.make_passive(),
        lambda: cell.enable_ttx(),
        lambda: cell.disable_ttx(),
        lambda: cell.re_init_rng(),
    ):
        with refused("closed", error=ClosedError):
            use()


@line
def line_04_handles_kept() -> None:
    from bluecellab import create_ball_stick
    from bluecellab.errors import ClosedError

    cell = create_ball_stick()
    section, segment = cell.soma, cell.soma(0.5)
    stimulus = cell.add_step(1, 2, 0.1)
    clamp = cell.add_voltage_clamp(10, -70, section=cell.basal[0])
    recorder = cell.add_voltage_recording(cell.basal[0], 0.3)
    cell.close()
    for use in (
        lambda: section.L,
        lambda: section(0.5),
        lambda: list(section),
        lambda: segment.v,
        lambda: segment._ref_v,
        lambda: setattr(section, "L", 10),
        lambda: setattr(segment, "v", 10),
        lambda: stimulus.hoc,
        lambda: stimulus.ic,
        lambda: stimulus.tvec,
        lambda: clamp.hoc,
    ):
        with refused("closed", error=ClosedError):
            use()
    with refused("closed", error=ClosedError):
        recorder.trace()


@line
def line_05_raw_handle_kept() -> None:
    from bluecellab import create_ball_stick

    cell = create_ball_stick()
    raw, pointer = cell.soma.raw, cell.soma(0.5)._ref_v
    cell.close()
    for use in (lambda: raw.L, lambda: raw(0.5).v, lambda: pointer[0]):
        try:
            use()
        except (ReferenceError, ValueError, RuntimeError, AttributeError):
            continue
        raise AssertionError("a raw handle of a freed section answered")


@line
def line_06_point_process_and_netcon_outlive_their_section() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.nrn import h

    cell = create_ball_stick()
    synapse = h.ExpSyn(cell.soma(0.5))
    connection = h.NetCon(cell.soma(0.5)._ref_v, synapse, sec=cell.soma)
    cell.close()
    with create_ball_stick() as other, Simulation() as simulation:
        simulation.add_cell(other)
        simulation.run(10, cvode=False)
        assert np.isfinite(other.get_soma_voltage()).all()
    del synapse, connection


@line
def line_07_stimulus_closed() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import BusyError

    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(20, cvode=False)
        without = cell.get_soma_voltage()
        stimulus = cell.add_step(5, 15, 0.5)
        simulation.run(20, cvode=False)
        assert not np.array_equal(cell.get_soma_voltage(), without)
        stimulus.close()
        stimulus.close()
        simulation.run(20, cvode=False)
        assert np.array_equal(cell.get_soma_voltage(), without)
        stimulus = cell.add_step(5, 15, 0.5)
        refusals = []

        def hook(time: float) -> None:
            try:
                stimulus.close()
            except BusyError as error:
                refusals.append(str(error))

        simulation.add_hook(hook, every=10)
        simulation.run(20, cvode=False)
        simulation.run(20, cvode=True)
        assert len(refusals) >= 3
        assert "while" in refusals[0]


@line
def line_08_closing_twice_wrongly_inside_a_run_and_elsewhere() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import BusyError, HookError

    cell = create_ball_stick()
    simulation = Simulation()
    simulation.add_cell(cell)
    simulation.add_hook(lambda time: cell.close(), every=5)
    with refused("running", error=BusyError):
        simulation.run(20, cvode=False)
    with refused("running", error=BusyError):
        simulation.run(20, cvode=True)
    simulation.hooks.clear()
    simulation.run(20, cvode=False)
    assert HookError is not BusyError
    thread = threading.Thread(target=cell.close)
    thread.start()
    thread.join()
    assert cell.closed
    cell.close()
    simulation.close()
    simulation.close()


@line
def line_09_simulation_closed() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.errors import ClosedError

    with create_ball_stick() as cell:
        simulation = Simulation()
        simulation.add_cell(cell)
        simulation.run(5, cvode=False)
        simulation.close()
        for use in (
            lambda: simulation.run(5),
            lambda: simulation.continue_run(10),
            lambda: simulation.add_cell(cell),
            lambda: simulation.add_hook(print, 1),
        ):
            with refused("Simulation", "closed", error=ClosedError):
                use()


def _busy_cell(simulation: object | None = None) -> object:
    from bluecellab import create_ball_stick

    cell = create_ball_stick()
    cell.add_step(1, 4, 0.3)
    cell.add_voltage_clamp(2, -70, section=cell.basal[0], current_record_name="clamp")
    cell.add_allsections_voltagerecordings()
    cell.start_recording_spikes(None, "soma", -20)
    return cell


@line
def line_10_dropped_without_close() -> None:
    from bluecellab import Simulation
    from bluecellab.nrn.census import census

    before = census()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cell = _busy_cell()
        simulation = Simulation(custom_progress_function=lambda: None)
        simulation.add_cell(cell)
        simulation.run(5, cvode=False, show_progress=True)
        del cell, simulation
        after = census(collect=False)  # by reference counting alone: there is no cycle
    assert not before.difference(after), before.difference(after)
    texts = [str(warning.message) for warning in caught if warning.category is ResourceWarning]
    assert any(
        "Cell" in text and "lines_after_close.py" in text or "create_ball_stick" in text for text in texts
    ), texts


@line
def line_11_dropped_in_a_cycle_during_a_run() -> None:
    from bluecellab import Simulation, create_ball_stick
    from bluecellab.nrn.census import census

    before = census()

    class Holder:
        pass

    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        for cvode in (False, True):
            holder = Holder()
            holder.cell, holder.me = _busy_cell(), holder
            dropped = [holder]
            del holder

            def hook(time: float, dropped: list[object] = dropped) -> None:
                dropped.clear()
                gc.collect()

            simulation.hooks.clear()
            simulation.add_hook(hook, every=2)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                simulation.run(10, cvode=cvode)
        trace = cell.get_soma_voltage()
    assert np.isfinite(trace).all()
    assert not before.difference(census())


@line
def line_12_trace_after_everything_is_gone() -> None:
    from bluecellab import Simulation, create_ball_stick

    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(5, cvode=False)
        trace = cell.get_soma_voltage()
        copy = trace.copy()
    with create_ball_stick() as other, Simulation() as simulation:
        simulation.add_cell(other)
        simulation.run(50, cvode=False)
    assert np.array_equal(trace, copy)
