"""Times of spontaneous minis."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab.errors import SynapseError
from bluecellab.nrn import runtime
from bluecellab.nrn.random123 import Random123
from bluecellab.nrn.random_streams import first_lognormals, uniforms
from bluecellab.synapse import Minis, SpikeSource, SynapseConditions, build_synapses
from bluecellab.synapse import minis as module
from bluecellab.synapse.minis import event_times
from tests.unit.synapse.making import ball, edges, soma_trace

STREAMS = np.array([[200 + k, 254, 265_947_000 + 7 * k] for k in range(40)], dtype=np.uint64)


def one_by_one(streams, rates, t_stop, global_index=0):
    """The same, drawn one number after another."""
    found = []
    for ids, rate in zip(streams.tolist(), rates, strict=True):
        stream = Random123(*ids, global_index=global_index)
        stream.negexp(1)
        time, times = 0.0, []
        while True:
            time += 1000.0 / rate * stream.negexp(1)[0]
            if time > t_stop:
                break
            times.append(time)
        found.append(times)
    return found


def test_many_streams_at_once_are_those_of_neuron():
    h = runtime.raw_h()
    random = h.Random()
    before = random.Random123_globalindex()
    random.Random123_globalindex(9)
    try:
        drawn = uniforms(STREAMS, 3, 10, global_index=9)
        logs = first_lognormals(STREAMS, 0.2, 0.1, global_index=9)
        for ids, row, log in zip(STREAMS.tolist(), drawn, logs, strict=True):
            random.Random123(*ids)
            random.seq(3)
            assert [random.uniform(0, 1), *(random.repick() for _ in range(9))] == row.tolist()
            random.seq(0)
            assert [random.lognormal(0.2, 0.1), random.repick()] == log.tolist()
    finally:
        random.Random123_globalindex(before)


def test_first_lognormal_when_the_polar_method_refuses_for_long():
    streams = np.array([[k, 1, 2] for k in range(3000)], dtype=np.uint64)
    found = first_lognormals(streams, 0.2, 0.1)
    pairs = (2 * uniforms(streams, 0, 8) - 1).reshape(-1, 4, 2)
    late = np.flatnonzero(((pairs**2).sum(axis=2) > 1).all(axis=1))
    assert len(late)
    for k in late.tolist():
        assert found[k].tolist() == Random123(k, 1, 2).lognormal(2, 0.2, 0.1).tolist()


@pytest.mark.parametrize("at_once", [2_000_000, 7])
def test_event_times_are_those_drawn_one_by_one(at_once, monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    rates = np.linspace(0.01, 60, len(STREAMS))
    members, times = event_times(STREAMS, rates, 500.0, global_index=5)
    for k, expected in enumerate(one_by_one(STREAMS, rates, 500.0, 5)):
        assert times[members == k].tolist() == expected


def test_a_longer_run_begins_with_the_shorter_one():
    rates = np.full(len(STREAMS), 4.0)
    members, times = event_times(STREAMS, rates, 300.0)
    long_members, long_times = event_times(STREAMS, rates, 900.0)
    early = long_times <= 300.0
    pairs = sorted(zip(long_members[early], long_times[early], strict=True))
    assert pairs == sorted(zip(members, times, strict=True))


def test_no_processes_have_no_events():
    members, times = event_times(np.empty((0, 3), np.uint64), np.empty(0), 100.0)
    assert len(members) == len(times) == 0


def test_minis_reach_synapses_and_go_on_in_a_continued_run():
    from bluecellab import Simulation

    with ball() as (cell, receiver), Simulation(cell) as simulation, SpikeSource() as source:
        group = build_synapses(edges(), receiver, SynapseConditions())
        rates = np.array([200.0, 0, 200.0, 200.0, 0, 0])
        minis = Minis(group, rates)
        assert minis.members.tolist() == [0, 2, 3]
        assert group.connected("mini").tolist() == [True, False, True, True, False, False]
        source.add_minis(minis)
        simulation.attach(source)
        simulation.run(40, cvode=False)
        whole = cell.get_soma_voltage()
        assert np.ptp(whole) > 0.1
        simulation.run(13, cvode=False)
        simulation.continue_run(40)
        np.testing.assert_array_equal(cell.get_soma_voltage(), whole)


def test_minis_that_settle_first_are_not_sent_twice():
    from bluecellab import Simulation

    with ball() as (cell, receiver), Simulation(cell) as simulation, SpikeSource() as source:
        group = build_synapses(edges(), receiver, SynapseConditions())
        source.add_minis(Minis(group, np.full(6, 300.0)))
        simulation.attach(source)
        seen = []
        for bundle in group.bundles:
            for k in range(len(bundle.members)):
                from bluecellab.nrn import objects

                times = objects.vector()
                bundle.connections.o(k).record(times)
                seen.append(times)
        simulation.run(20, cvode=False, forward_skip=True, forward_skip_value=5)
        settled = sum(map(len, seen))
        simulation.run(20, cvode=False)
        assert sum(map(len, seen)) == settled
        for times in seen:
            times.play_remove()


def test_minis_end_with_their_synapses():
    with ball() as (cell, receiver), SpikeSource() as source:
        group = build_synapses(edges(), receiver, SynapseConditions())
        minis = Minis(group, np.full(6, 100.0))
        source.add_minis(minis)
        group.close()
        assert minis.closed
        assert np.ptp(soma_trace(cell, 5.0, source)) == pytest.approx(np.ptp(soma_trace(cell, 5.0)))


def test_rates_must_be_numbers():
    with ball() as (_, receiver):
        group = build_synapses(edges(), receiver, SynapseConditions())
        for wrong in (-1.0, np.nan, np.inf):
            with pytest.raises(SynapseError, match="rates must be numbers"):
                Minis(group, np.array([1, 1, wrong, 1, 1, 1]))
        assert not len(Minis(group, np.zeros(6)))
