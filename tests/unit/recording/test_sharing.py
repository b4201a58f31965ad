"""Many recorders that are read together: bit for bit what NEURON records of each, at every moment of their life."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import EngineError, HookError
from bluecellab.nrn import banks, objects, runtime
from bluecellab.recording import sharing
from bluecellab.recording.recorder import Recorder
from bluecellab.results import Traces
from bluecellab.simulation import Simulation
from bluecellab.spec.recordings import SOMA_VOLTAGE

SOURCES = 12


@pytest.fixture
def cell() -> Iterator[Cell]:
    """A cell whose synapses get events at any time, and others exactly at steps and half steps."""
    h = runtime.raw_h()
    with create_ball_stick() as made:
        made.sections["dend[0]"].raw.nseg = 7
        made.sections["dend[0]"].insert("hh")
        for index in range(SOURCES):
            source, synapse = h.NetStim(), h.Exp2Syn(made.sections["dend[0]"].raw(index / SOURCES))
            source.start, source.interval, source.number = 0.1 * index, 0.725 + 0.0125 * index, 1e6
            source.noise = float(index % 3 == 0)
            connection = h.NetCon(source, synapse)
            connection.weight[0], connection.delay = 0.004, 0.0125 * (index + 1)
            made.own([source, synapse, connection])
            made.record_pointer(f"g{index}", synapse._ref_g)
            made.record_pointer(f"A{index}", synapse._ref_A, interval=0.1)
        made.add_step(1.0, 4.0, 0.4)
        for x in np.linspace(0.05, 0.95, 5):
            for variable in ("v", "hh.m", "ina", "il_hh"):
                made.add_variable_recording(variable, made.sections["dend[0]"], x)
            made.add_variable_recording("v", made.soma, x, dt=0.05)
        yield made


def together(monkeypatch: pytest.MonkeyPatch, few: int = 1) -> None:
    monkeypatch.setattr(sharing, "_FEWEST", few)


def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_FEWEST", 10**9)


def shared(simulation: Simulation) -> bool:
    return simulation._recorders._sharing.active


def same(found: Traces, expected: Traces) -> None:
    assert list(found) == list(expected)
    for name in expected:
        np.testing.assert_array_equal(found[name].time, expected[name].time)
        np.testing.assert_array_equal(found[name].values, expected[name].values)


RUNS: dict[str, dict[str, Any]] = {
    "plain": {},
    "long step": {"dt": 0.05},
    "step that adds up to something else": {"dt": 0.1 / 3 * 1.5},
    "settled first": {"forward_skip": True, "forward_skip_value": 2.0},
    "end between steps": {"tstop": 7.013},
}


@pytest.mark.parametrize("how", RUNS)
def test_as_neuron_records(cell: Cell, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    options = {"tstop": 12.0, "cvode": False, **RUNS[how]}
    with Simulation() as simulation:
        simulation.add_cell(cell)
        apart(monkeypatch)
        simulation.run(**options)
        assert not shared(simulation)
        expected = cell.traces()
        together(monkeypatch)
        simulation.run(**options)
        assert shared(simulation)
        same(cell.traces(), expected)
        simulation.run(**options)  # again
        same(cell.traces(), expected)
        apart(monkeypatch)
        simulation.run(**options)
        assert not shared(simulation)
        same(cell.traces(), expected)
    assert float(np.ptp(expected["g0"].values)) > 1e-4
    assert len(expected["A1"].values) < len(expected["g1"].values) / 1.9


def test_continued(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulation() as simulation:
        simulation.add_cell(cell)
        apart(monkeypatch)
        simulation.run(11.3, cvode=False)
        expected = cell.traces()
        together(monkeypatch)
        simulation.run(2.025, cvode=False)
        first = cell.traces()
        for stop in (3.0, 7.15, 11.3):
            simulation.continue_run(stop)
        same(cell.traces(), expected)
        np.testing.assert_array_equal(first["g3"].values, expected["g3"].values[: len(first["g3"].values)])


def test_read_and_taken_out_in_the_middle(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulation() as simulation:
        simulation.add_cell(cell)
        apart(monkeypatch)
        simulation.run(6.0, cvode=False)
        expected = cell.traces()
        together(monkeypatch)
        monkeypatch.setattr(sharing, "_MOST_BYTES", 0)
        seen: list[tuple[int, bool]] = []

        name = next(name for name in expected if name.endswith("il_hh"))

        def look(time: float) -> None:
            trace = cell.recordings[name].trace()
            np.testing.assert_array_equal(trace.values, expected[name].values[: len(trace.values)])
            assert abs(trace.time[-1] - time) < 1e-9
            seen.append((len(trace.values), trace.partial))

        simulation.add_hook(look, 0.7)
        simulation.run(6.0, cvode=False)
        same(cell.traces(), expected)
        assert len(seen) >= 8
        assert all(partial for _, partial in seen)


def test_ended_early(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    together(monkeypatch)
    with Simulation() as simulation:
        simulation.add_cell(cell)

        def stop(time: float) -> None:
            if time > 3:
                raise ValueError("enough")

        simulation.add_hook(stop, 0.5)
        with pytest.raises(HookError, match="enough"):
            simulation.run(6.0, cvode=False)
        trace = cell.traces()["g4"]
        assert trace.partial
        assert len(trace.time) == len(trace.values) > 3 / 0.025


def test_something_is_deleted_in_the_middle(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    together(monkeypatch)
    name = next(name for name in cell.recordings if name.endswith("il_hh"))
    with Simulation() as simulation:
        simulation.add_cell(cell)

        def delete(time: float) -> None:
            if time > 3:
                cell.sections["dend[0]"].raw.uninsert("hh")

        simulation.add_hook(delete, 0.5)
        with pytest.raises(EngineError, match="integrating"):
            simulation.run(6.0, cvode=False)
        for trace in (cell.traces()[name], cell.recordings[SOMA_VOLTAGE].trace()):
            assert trace.partial
            assert 3 / 0.025 < len(trace.time) == len(trace.values) < 4 / 0.025


def test_total_currents_are_let_go_of(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    cell.add_variable_recording("i_membrane_")
    name = next(each for each in cell.recordings if each.endswith("i_membrane_"))
    with Simulation() as simulation, Simulation() as other:
        simulation.add_cell(cell)
        apart(monkeypatch)
        simulation.run(3.0, cvode=False)
        expected = cell.traces()
        together(monkeypatch)
        simulation.run(3.0, cvode=False)
        assert not shared(simulation)
        same(cell.traces(), expected)
        assert float(np.ptp(expected[name].values)) > 0
        cell.recordings.pop(name).close()
        other.add_cell(cell)
        other.run(3.0, cvode=False)


def test_simulations_in_turn(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    together(monkeypatch)
    with Simulation() as one, Simulation() as other:
        one.add_cell(cell)
        other.add_cell(cell)
        one.run(4.0, cvode=False)
        expected = cell.traces()
        other.run(4.0, cvode=False)
        one.run(4.0, cvode=False)
        same(cell.traces(), expected)
        one.close()
        other.run(4.0, cvode=False)
        same(cell.traces(), expected)


def test_closed_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    together(monkeypatch)
    cell, other, simulation = create_ball_stick(), create_ball_stick(), Simulation()
    simulation.add_cell(cell)
    simulation.add_cell(other)
    simulation.run(1.0, cvode=False)
    kept = other.get_soma_voltage().copy()
    cell.close()
    np.testing.assert_array_equal(other.get_soma_voltage(), kept)
    with Simulation() as later:
        later.add_cell(other)
        later.run(1.0, cvode=False)
        np.testing.assert_array_equal(other.get_soma_voltage(), kept)
        simulation.close()
        later.run(1.5, cvode=False)
        assert len(other.get_soma_voltage()) > len(kept)
    other.close()


def test_where_it_does_not_go(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    together(monkeypatch)
    with Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(1.0)
        assert not shared(simulation)  # CVODE records at steps that only it knows
        recorders = [each for each in cell.recordings.values() if isinstance(each, Recorder)]
        of_sections = sum(recorder.shareable for recorder in recorders)
        assert 2 * SOURCES < len(recorders) - of_sections + 1 <= 2 * SOURCES + 1
        together(monkeypatch, of_sections + 1)
        simulation.run(1.0, cvode=False)
        assert not shared(simulation)  # neither time nor what is of synapses is counted
        together(monkeypatch, of_sections)
        simulation.run(1.0, cvode=False)
        assert shared(simulation)


@pytest.mark.threads
def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    together(monkeypatch)
    with create_ball_stick() as cell, create_ball_stick() as other, Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.add_cell(other)
        simulation.run(2.0, cvode=False, threads=2)
        assert not shared(simulation)
        expected = cell.traces()
        simulation.run(2.0, cvode=False)
        assert shared(simulation)
        same(cell.traces(), expected)


def test_what_events_leave_alone() -> None:
    h = runtime.raw_h()
    section = h.Section(name="kinds")
    section.insert("hh")
    synapse, source, vector = h.Exp2Syn(section(0.5)), h.NetStim(), objects.vector([1.0])
    alone = section(0.5)._ref_v, section(0.5)._ref_m_hh, section(0.5)._ref_ina, section(0.5)._ref_cm
    changed = synapse._ref_g, source._ref_start, h._ref_t, vector._ref_x[0]
    assert [banks.keeps(each) for each in alone] == [True] * 4
    assert [banks.keeps(each) for each in changed] == [False] * 4
    del synapse, source, vector, alone, changed
    objects.delete_section(section)


def test_neuron_gets_nothing_for_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        cell.sections["dend[0]"].raw.nseg = 501
        before = int(objects.listing("Vector").count())
        for x in (np.arange(1000) + 0.5) / 1000:
            cell.add_variable_recording("v", cell.sections["dend[0]"], float(x))
        simulation.run(0.5, cvode=False)
        assert shared(simulation)
        assert int(objects.listing("Vector").count()) - before < 10
        traces = cell.traces()
        assert len(traces) > 1000
        assert all(trace.values.base is None for trace in traces.values())  # none keeps alive the others


def test_a_bank_that_is_released_lets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    h = runtime.raw_h()
    section = h.Section(name="banked")
    bank = banks.Bank({1: [section(0.5)._ref_v], 3: [section(0.5)._ref_v, h._ref_t]})
    h.finitialize(-60)
    bank.begin()
    for _ in range(6):
        h.fadvance()
    one, three = bank.take()
    assert one.shape == (1, 7)
    assert three.shape == (2, 3)
    np.testing.assert_array_equal(three[0], one[0, ::3])
    assert bank.pending == 0
    h.fadvance()
    assert bank.pending == 8
    bank.release()
    bank.release()
    h.fadvance()  # its event is still there
    objects.delete_section(section)
