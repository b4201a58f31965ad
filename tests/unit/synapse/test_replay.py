"""Sources of spikes: replay, real cells, numbers of sources, synapses placed by hand."""

from __future__ import annotations

import gc
from contextlib import nullcontext

import numpy as np
import pytest

from bluecellab import Simulation, create_ball_stick
from bluecellab.errors import BusyError, CircuitWarning, ClosedError, SynapseError
from bluecellab.nrn import objects, runtime, synapses
from bluecellab.nrn.scope import Scope
from bluecellab.spec.base import CellId
from bluecellab.spec.synapses import Exp2Syn, ExpSyn
from bluecellab.synapse import (
    Minis,
    SpikeSource,
    SynapseConditions,
    build_synapses,
    drive,
    gids,
    place_edge,
    place_synapse,
)
from tests.unit.synapse.making import ball, edges, receiver_of, soma_trace

DT = SynapseConditions()


def spikes_as_events(group, trains, t_stop, cell):
    """The same without a source of spikes: every NetCon gets its own events."""
    from bluecellab.nrn import clock

    soma = next(iter(cell.raw_sections()))
    trace = objects.vector()
    trace.record(soma(0.5)._ref_v)
    runtime.raw_h().dt = 0.025
    clock.initialise(-65.0)
    for index in range(len(group)):
        for connection in group.connections_of(index):
            for time in trains[connection.source]:
                connection.post_netcon.event(time + connection.delay)
    objects.parallel_context().psolve(t_stop)
    return objects.values_of(trace)


def test_replay_is_what_events_at_the_same_times_do():
    trains = {50: [0.0, 3.3, 3.3, 11.0125], 51: [2.0], 52: []}
    with ball() as (cell, receiver):
        group = build_synapses(edges(), receiver, DT)
        assert group.connect({0: 50, 1: 51, 2: 52, 9: 51}, "replay") == 5
        expected = spikes_as_events(group, trains, 20.0, cell)
        with SpikeSource() as source:
            source.add_trains(trains)
            found = soma_trace(cell, 20.0, source)
            np.testing.assert_array_equal(found, expected)
            np.testing.assert_array_equal(soma_trace(cell, 20.0, source), expected)
        assert np.ptp(expected) > 0.1


@pytest.mark.parametrize("delay", [0.0, 0.025])
def test_replay_with_a_delay_of_one_step(delay):
    trains = {50: [0.0, 3.3, 11.0125]}
    with ball() as (cell, receiver):
        with pytest.warns(CircuitWarning, match="below the time step") if not delay else nullcontext():
            group = build_synapses(edges(delay=delay), receiver, DT)
        group.connect({0: 50}, "replay")
        expected = spikes_as_events(group, trains, 20.0, cell)
        with SpikeSource() as source:
            source.add_trains(trains)
            np.testing.assert_array_equal(soma_trace(cell, 20.0, source), expected)


def test_trains_are_merged_and_sorted():
    with SpikeSource() as source:
        source.add_trains({1: [5.0, 1.0], 2: [3.0]})
        source.add_trains({1: [2.0]})
        assert source.trains[1].tolist() == [1.0, 2.0, 5.0]
        times, sources = source.spikes()
        assert times.tolist() == [1.0, 2.0, 3.0, 5.0]
        assert sources.tolist() == [1, 1, 2, 1]


@pytest.mark.parametrize("wrong", [-0.1, np.nan, np.inf])
def test_times_must_be_times(wrong):
    with SpikeSource() as source:
        with pytest.raises(
            SynapseError, match="spikes of source 4: every time must be a number, 0 ms or later"
        ):
            source.add_trains({3: [1.0], 4: [1.0, wrong]})
        assert not source.trains


def test_a_source_that_is_closed_or_busy():
    source = SpikeSource()
    with runtime.marked_running("a simulation"), pytest.raises(BusyError, match="adding spikes"):
        source.add_trains({1: [1.0]})
    source.close()
    with pytest.raises(ClosedError):
        source.add_trains({1: [1.0]})
    assert objects.listing("PatternStim").count() == 0


def test_real_cells_send_the_spikes_that_replay_repeats():
    with create_ball_stick(CellId("NodeA", 0)) as sender, ball() as (cell, receiver):
        owner = Scope("test")
        gid = gids.allocate(owner, 1)
        detector = owner.own(sender.create_netcon_spikedetector(None, "soma", -20))
        synapses.register(gid, detector)
        times = objects.vector()
        detector.record(times)
        group = build_synapses(edges(), receiver, DT)
        assert group.connect({0: gid}, "real") == 2
        with Simulation() as simulation:
            simulation.add_cell(sender)
            simulation.add_cell(cell)
            sender.add_step(1, 30, 1.0)
            simulation.run(40, cvode=False)
            whole = cell.get_soma_voltage()
            spikes = objects.values_of(times)
        assert len(spikes) > 1
        assert np.ptp(whole) > 0.1
        del detector, times
        owner.close()
        group.close()
        sender.close()
        with SpikeSource() as source, Simulation(cell) as simulation:
            group = build_synapses(edges(), receiver, DT)
            group.connect({0: 77}, "replay")
            source.add_trains({77: spikes})
            simulation.attach(source)
            simulation.run(40, cvode=False)
            np.testing.assert_array_equal(cell.get_soma_voltage(), whole)


def test_senders_and_receivers_may_close_in_any_order():
    for first in ("sender", "receiver"):
        with create_ball_stick() as sender, create_ball_stick() as cell:
            gid = gids.allocate(sender.scope, 1)
            synapses.register(gid, sender.scope.own(sender.create_netcon_spikedetector(None, "soma", -20)))
            group = build_synapses(edges(), receiver_of(cell), DT)
            group.connect({0: gid}, "real")
            soma_trace(cell, 2.0)
            (sender if first == "sender" else cell).close()
            soma_trace(cell if first == "sender" else sender, 2.0)
        assert not objects.parallel_context().gid_exists(gid)


def test_numbers_of_sources_are_never_given_twice():
    one, two = Scope("one"), Scope("two")
    first, second = gids.allocate(one, 10), gids.allocate(two, 5)
    assert second == first + 10
    one.close()
    assert gids.allocate(two, 1) == second + 5
    two.close()
    again = Scope("again")
    assert gids.allocate(again, 1) == first
    again.close()


def test_numbers_of_sources_may_run_out():
    owner, middle = Scope("owner"), Scope("middle")
    gids.allocate(owner, 5)
    hole = gids.allocate(middle, 50)
    gids.allocate(owner, 2**31 - hole - 50)
    middle.close()
    assert gids.allocate(owner, 50) == hole
    with pytest.raises(SynapseError, match="too many for NEURON"):
        gids.allocate(owner, 10)
    owner.close()


def test_a_synapse_placed_by_hand():
    spec = Exp2Syn(conductance=0.01, tau1=0.3, tau2=3.0, erev=-70.0, delay=0.5, source=CellId("NodeA", 4))
    with ball() as (cell, receiver):
        soma = next(iter(cell.raw_sections()))
        synapse = place_synapse(spec, receiver, soma, 0.5)
        process = synapse.hsynapse
        assert (process.tau1, process.tau2, process.e) == (0.3, 3.0, -70.0)
        assert synapse.pre_cell_id == CellId("NodeA", 4)
        connection = drive(synapse, [2.0, 1.0])
        assert (connection.weight, connection.delay, connection.kind) == (0.01, 0.5, "replay")
        trace = soma_trace(cell, 10.0)
        connection.set_netcon_weight(0.0)
        alone = soma_trace(cell, 10.0)
        differ = np.flatnonzero(trace != alone) * 0.025
        assert differ[0] == pytest.approx(1.5, abs=0.051)
        del process, connection
        synapse.group.close()
        assert objects.listing("PatternStim").count() == 0
        other = place_synapse(ExpSyn(conductance=0.01, tau1=3.0), receiver, soma, 0.25)
        assert other.hsynapse.tau == 3.0
        assert drive(other, [], delay=0.0).delay == pytest.approx(0.025, rel=1e-5)


def test_an_edge_on_a_section_that_is_not_there():
    from bluecellab.errors import CircuitWarning

    description = {"afferent_section_id": 5, "afferent_section_pos": 0.5, "conductance": 1.0, "delay": 1.0}
    with ball() as (_, receiver):
        with pytest.warns(CircuitWarning), pytest.raises(SynapseError, match="has no section 5"):
            place_edge(description, receiver, DT, source=CellId("NodeA", 0), number=0, model="ExpSyn")


def test_specs_are_values():
    spec = Exp2Syn(conductance="500 pS", tau1=0.2)
    assert spec.conductance == 0.0005
    assert Exp2Syn.from_json(spec.to_json()) == spec
    assert eval(repr(spec), {"Exp2Syn": Exp2Syn, "CellId": CellId}) == spec


def test_groups_of_a_cell_that_is_dropped_go_too():
    cell = create_ball_stick()
    group = build_synapses(edges(), receiver_of(cell), DT)
    group.connect({0: 5}, "replay")
    with pytest.warns(ResourceWarning, match="dropped without close"):
        del cell
        gc.collect()
    assert group.closed
    assert objects.listing("NetCon").count() == 0


def test_replay_and_minis_with_a_variable_step():
    with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
        group = build_synapses(edges(), receiver, DT)
        group.connect({0: 50, 1: 50}, "replay")
        source.add_trains({50: [2.0, 3.5]})
        source.add_minis(Minis(group, np.full(6, 100.0)))
        simulation.attach(source)
        heard = objects.vector()
        group.connections_of(0)[0].post_netcon.record(heard)
        simulation.run(20, cvode=True)
        fine = np.interp([3.0, 5.0, 15.0], cell.get_time(), cell.get_soma_voltage())
        assert objects.values_of(heard).tolist() == [2.0, 3.5]
        simulation.run(20, cvode=False, dt=0.001)
        coarse = np.interp([3.0, 5.0, 15.0], cell.get_time(), cell.get_soma_voltage())
        np.testing.assert_allclose(fine, coarse, atol=0.05)
