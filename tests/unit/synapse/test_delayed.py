"""Weights that change in the middle of runs."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from bluecellab import Simulation
from bluecellab.errors import SynapseError
from bluecellab.nrn import clock, objects, runtime
from bluecellab.synapse import (
    Minis,
    ResolvedOverrides,
    SpikeSource,
    SynapseConditions,
    build_synapses,
    change_weights,
    gids,
    keep_silent,
)
from tests.material import material
from tests.unit.synapse.making import ball, edges

EVERYWHERE = np.ones(6, dtype=bool)
EVERY_OTHER = np.arange(6) % 2 == 0


@contextmanager
def wired(times, delayed=(), factor=1.0, minis=False, bundles=None):
    """Six synapses on a ball and stick that all receive spikes at given times, 1 ms later."""
    with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
        resolved = ResolvedOverrides.none(6)
        resolved.weight[:] = factor
        group = build_synapses(edges(delay=np.ones(6)), receiver, SynapseConditions(), resolved)
        first = gids.allocate(source.scope, 1)
        source.add_trains({first: times})
        group.connect(dict.fromkeys(range(4), first), "replay")
        if minis:
            source.add_minis(Minis(group, np.full(6, 10.0)))
        change_weights(group, delayed, bundles)
        simulation.attach(source)
        yield cell, group, simulation


def weights(group, kind="replay"):
    return np.concatenate([[c.weight for c in group.connections_of(i) if c.kind == kind] for i in range(6)])


def soma(cell, simulation, t_stop=20.0, *, cvode=False):
    simulation.run(t_stop, cvode=cvode)
    return cell.get_soma_voltage()


@pytest.mark.parametrize("cvode", [False, True])
def test_silent_at_first_then_as_strong_as_ever_in_every_run(cvode):
    with wired([3.0, 13.0]) as (cell, _, simulation):
        always = soma(cell, simulation, 10.0, cvode=cvode)
    with wired([3.0, 13.0], [(EVERYWHERE, 10.0, 1.0)], factor=0.0) as (cell, group, simulation):
        assert not weights(group).any()
        late = soma(cell, simulation, 10.0, cvode=cvode)
        assert np.ptp(always) > 5 * np.ptp(late)
        first = soma(cell, simulation, cvode=cvode)
        assert np.array_equal(weights(group), group.made.weights)
        second = soma(cell, simulation, cvode=cvode)
        assert np.array_equal(first, second)
    with wired([13.0]) as (cell, _, simulation):
        if not cvode:
            assert np.array_equal(first, soma(cell, simulation))


def test_a_weight_holds_for_what_arrives_at_its_time():
    for time, active in ((4.0, True), (4.025, False), (3.99, True)):
        with wired([3.0], [(EVERYWHERE, time, 1.0)], factor=0.0) as (cell, _, simulation):
            trace = soma(cell, simulation)
        with wired([3.0], factor=float(active)) as (cell, _, simulation):
            assert np.array_equal(trace, soma(cell, simulation)), time


def test_only_those_concerned_and_several_times():
    changes = [(EVERY_OTHER, 5.0, 0.5), (EVERYWHERE, 10.0, 3.0), (EVERY_OTHER, 10.0, 2.0)]
    with wired([1.0], changes, minis=True) as (_, group, simulation):
        own, seen = group.made.weights, {}
        for time in (4.0, 6.0, 11.0):
            simulation.run(time, cvode=False)
            seen[time] = weights(group)
            assert np.array_equal(weights(group, "mini"), own)
        assert np.array_equal(seen[4.0], own)
        assert np.array_equal(seen[6.0], np.where(EVERY_OTHER, 0.5 * own, own))
        assert np.array_equal(seen[11.0], np.where(EVERY_OTHER, 2 * own, 3 * own))


def test_a_continued_run_is_one_run():
    with wired([3.0, 13.0], [(EVERYWHERE, 10.0, 0.2)]) as (cell, _, simulation):
        whole = soma(cell, simulation)
        simulation.run(10.0, cvode=False)
        simulation.continue_run(20.0)
        assert np.array_equal(whole, cell.get_soma_voltage())


def test_a_run_that_settles_beyond_the_time():
    with wired([13.0], [(EVERYWHERE, 10.0, 0.2)]) as (_, group, simulation):
        simulation.run(14.0, cvode=False, forward_skip=True, forward_skip_value=12.0)
        assert np.array_equal(weights(group), 0.2 * group.made.weights)


def test_runs_by_foreign_code():
    with wired([3.0], [(EVERYWHERE, 2.0, 0.2)]) as (_, group, _simulation):
        for _ in range(2):
            clock.initialise(-65.0)
            assert np.array_equal(weights(group), group.made.weights)
            objects.parallel_context().psolve(3.0)
            assert np.array_equal(weights(group), 0.2 * group.made.weights)
        clock.initialise(-65.0)


def test_what_is_no_change():
    with wired([3.0]) as (_, group, _simulation):
        assert change_weights(group, []) == 0
        assert change_weights(group, [(EVERYWHERE, 5.0, 1.0)], bundles=()) == 0
        for wrong in ((EVERYWHERE, -1.0, 1.0), (EVERYWHERE, 1.0, np.nan), (EVERYWHERE, 1.0, -1.0)):
            with pytest.raises(SynapseError, match="a time and a factor of 0 or more"):
                change_weights(group, [wrong])


def test_silent_connections_are_silent_whatever_the_mechanism_sets():
    from bluecellab import load_mechanisms

    load_mechanisms(material().mechanisms["sscx"])
    columns = {
        "afferent_section_id": np.zeros(6, int),
        "u_syn": 0.5,
        "Use_d_TM": 0.9,
        "Use_p_TM": 0.9,
        "depression_time": 100.0,
        "facilitation_time": 10.0,
        "decay_time": 1.7,
        "n_rrp_vesicles": 1,
        "syn_type_id": 120,
        "theta_d": 0.1,
        "theta_p": 0.2,
        "rho0_GB": 0.0,
        "volume_CR": 0.1,
        "gmax_d_AMPA": 1.0,
        "gmax_p_AMPA": 2.0,
        "delay": 1.0,
    }
    with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
        resolved = ResolvedOverrides.none(6)
        resolved.weight[:3] = 0.0
        resolved = ResolvedOverrides(
            resolved.weight, resolved.spont_minis, resolved.delay, np.ones(6, int), (None, "GluSynapse")
        )
        group = build_synapses(edges("chemical", **columns), receiver, SynapseConditions(), resolved)
        first = gids.allocate(source.scope, 1)
        source.add_trains({first: [3.0]})
        group.connect(dict.fromkeys(range(4), first), "replay")
        assert keep_silent(group) == 3
        simulation.attach(source)
        simulation.run(1.0, cvode=False)
        assert weights(group).tolist() == [0, 0, 0, 1, 1, 1]
    assert runtime.raw_h().List("BluecellabWeightSwitch").count() == 0
