"""Synapses of circuits against hand-written NEURON that makes, connects and drives each by itself.

Bit for bit: parameters, streams of release and of rise times, replay by VecStim, minis by InhPoissonStim.
"""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab import create_ball_stick, load_mechanisms, run_isolated
from bluecellab.circuit.access import population_number
from bluecellab.nrn import clock, objects, runtime, settings
from bluecellab.nrn.census import census
from bluecellab.spec.simulation import Seeds
from bluecellab.synapse import Minis, ResolvedOverrides, SpikeSource, SynapseConditions, build_synapses
from tests.material import material
from tests.unit.synapse.making import chemical, edges, receiver_of, soma_trace

T_STOP = 120.0
GID = 1003
SEEDS = Seeds(base=5, synapse=3, minis=4)
CALCIUM = 1.2
PATHWAY = population_number("NodeA") * 65536 + population_number("NodeB")


pytestmark = pytest.mark.material


def apart(check, *arguments):
    """Run a check in a process of its own: families of mechanisms exclude each other."""
    material()
    run_isolated(_with_mechanisms, check, *arguments)


def _with_mechanisms(check, *arguments):
    load_mechanisms(material().mechanisms["sscx"])
    before = census()
    check(*arguments)
    assert not before.difference(census())


def hill(coefficient):
    fourth = coefficient**4
    return (fourth + 16) / 16 * (CALCIUM**4 / (fourth + CALCIUM**4))


def bare_synapse(h, segment, row, number):
    """One synapse as a script makes it."""
    random = h.Random()
    random.Random123_globalindex(SEEDS.base)
    excitatory = row["syn_type_id"] >= 100
    process = h.ProbAMPANMDA_EMS(segment) if excitatory else h.ProbGABAAB_EMS(segment)
    ratio = row["conductance_scale_factor"]
    if excitatory:
        process.tau_d_AMPA = row["decay_time"]
        if ratio >= 0:
            process.NMDA_ratio = ratio
    else:
        process.tau_d_GABAA = row["decay_time"]
        random.Random123(GID + 251, number + 100, PATHWAY + SEEDS.synapse + 450)
        random.lognormal(0.2, 0.1)
        process.tau_r_GABAA = random.repick()
        if ratio >= 0:
            process.GABAB_ratio = ratio
    process.Use = abs(row["u_syn"] * hill(row["u_hill_coefficient"]))
    process.Dep, process.Fac = row["depression_time"], row["facilitation_time"]
    process.Nrrp = row["n_rrp_vesicles"]
    process.synapseID = number
    process.setRNG(GID + 251, number + 100, PATHWAY + SEEDS.synapse + 300)
    return process


def bare_replay(h, process, row, times):
    stim, vector = h.VecStim(), h.Vector(times)
    stim.play(vector)
    delay = max(int(row["delay"] / 0.025 + 1e-5) * 0.025, 0.025)
    connection = h.NetCon(stim, process, -30, delay, row["conductance"])
    connection.weight[4] = 2
    return stim, vector, connection


def bare_minis(h, process, segment, row, number, rate):
    stim, bins, rates = h.InhPoissonStim(segment), h.Vector([0.0]), h.Vector([rate])
    stim.setTbins(bins)
    stim.setRate(rates)
    ids = (number + 200, GID + 251)
    stim.setRNGs(*ids, PATHWAY + SEEDS.minis + 300, *ids, PATHWAY + SEEDS.minis + 350)
    connection = h.NetCon(stim, process, -30, 0.1, row["conductance"])
    connection.weight[4] = 1
    return stim, bins, rates, connection


def bare_trace(cell, made, trains, rates):
    h = runtime.raw_h()
    sections = list(cell.raw_sections())
    kept = []
    for number, source in enumerate(made.sources.tolist()):
        row = {name: values[number].item() for name, values in made.columns.items()}
        segment = sections[row["afferent_section_id"]](row["afferent_section_pos"])
        process = bare_synapse(h, segment, row, number)
        kept.append(process)
        if source in trains:
            kept.append(bare_replay(h, process, row, trains[source]))
        if rates[number] > 0:
            kept.append(bare_minis(h, process, segment, row, number, float(rates[number])))
    return soma_trace(cell, T_STOP)


def trains_of(count):
    return {
        node: np.sort(np.random.default_rng(node).random(20) * T_STOP) if node else np.array([0.0, 0.0, 5.0])
        for node in range(count)
    }


def check_a_cell_with_replay_and_minis_bit_for_bit():
    made = chemical(300, 2)
    made = type(made)(made.population, 3, made.numbers, np.arange(300) % 50, made.columns)
    trains = trains_of(40)
    rates = np.where(np.arange(300) % 3 == 0, 0.0, 8.0)
    conditions = SynapseConditions(seeds=SEEDS, extracellular_calcium=CALCIUM, randomize_gaba_rise_time=True)
    with settings.applied({"random123_globalindex": SEEDS.base}), create_ball_stick() as cell:
        expected = bare_trace(cell, made, trains, rates)
        group = build_synapses(made, receiver_of(cell, GID), conditions)
        with SpikeSource(cell.scope) as source:
            first = 1000
            source.add_trains({first + node: times for node, times in trains.items()})
            group.connect({node: first + node for node in trains}, "replay")
            source.add_minis(Minis(group, rates))
            found = soma_trace(cell, T_STOP, source)
            np.testing.assert_array_equal(found, expected)
            np.testing.assert_array_equal(soma_trace(cell, T_STOP, source), expected)
    assert np.ptp(expected) > 1


def check_minis_are_those_of_the_mechanism(rate):
    h = runtime.raw_h()
    made = edges()
    with settings.applied({"random123_globalindex": SEEDS.base}), create_ball_stick() as cell:
        group = build_synapses(made, receiver_of(cell, GID), SynapseConditions(seeds=SEEDS))
        minis = Minis(group, np.full(6, rate))
        members, times = minis.events(T_STOP)
        soma = next(iter(cell.raw_sections()))(0.5)
        for number in range(6):
            stim, bins, rates = h.InhPoissonStim(soma), h.Vector([0.0]), h.Vector([rate])
            stim.setTbins(bins)
            stim.setRate(rates)
            ids = (number + 200, GID + 251)
            stim.setRNGs(*ids, PATHWAY + SEEDS.minis + 300, *ids, PATHWAY + SEEDS.minis + 350)
            connection, heard = h.NetCon(stim, None), h.Vector()
            connection.record(heard)
            h.dt = 0.025
            clock.initialise(-65)
            objects.parallel_context().psolve(T_STOP)
            assert list(heard) == times[members == number].tolist()
            del connection, heard, stim, bins, rates
        del soma


def check_plastic_synapses_get_every_parameter():
    made = edges(
        "chemical", u_syn=[0.5, 0.6], depression_time=100.0, facilitation_time=20.0, decay_time=1.7,
        syn_type_id=120, n_rrp_vesicles=2, conductance=[1.0, 2.0], volume_CR=0.3, rho0_GB=[0.0, 1.0],
        Use_d_TM=0.2, Use_p_TM=0.8, gmax_d_AMPA=1.0, gmax_p_AMPA=[2.0, 3.0], theta_d=0.01, theta_p=0.02,
        conductance_scale_factor=0.7, afferent_section_id=1,
    )  # fmt: skip
    resolved = ResolvedOverrides.none(2)
    resolved = type(resolved)(
        resolved.weight, resolved.spont_minis, resolved.delay, resolved.model, ("GluSynapse",)
    )
    with create_ball_stick() as cell:
        group = build_synapses(made, receiver_of(cell, GID), SynapseConditions(seeds=SEEDS), resolved)
        first, second = (group.synapse(index).parameters for index in range(2))
        use, vesicles = ("Use0_TM", "Nrrp_TM") if "Use0_TM" in first else ("Use", "Nrrp")
        assert (first[use], first["gmax0_AMPA"], first["gmax_NMDA"]) == (0.2, 1.0, 0.7)
        assert (second[use], second["gmax0_AMPA"], second["gmax_NMDA"]) == (0.8, 3.0, 3.0 * 0.7)
        assert (second["theta_d_GB"], second["volume_CR"], second[vesicles]) == (0.01, 0.3, 2.0)
        assert group.synapse(1).randseeds == (GID + 1, 100_001, SEEDS.synapse + 200)
        group.connect({0: 5}, "real")
        connection = group.connections_of(0)[0]
        soma_trace(cell, 1.0)
        assert connection.post_netcon.weight[0] == 1.0


def check_deterministic_synapses_run():
    made = chemical(40, 2)
    for model in ("DetAMPANMDA", "DetGABAAB"):
        resolved = ResolvedOverrides.none(40)
        resolved = type(resolved)(
            resolved.weight, resolved.spont_minis, resolved.delay, resolved.model, (model,)
        )
        with create_ball_stick() as cell:
            alone = soma_trace(cell, 30.0)
            group = build_synapses(made, receiver_of(cell, GID), SynapseConditions(), resolved)
            with SpikeSource(cell.scope) as source:
                source.add_trains({5: [2.0, 9.0]})
                group.connect({0: 5, 1: 5}, "replay")
                assert np.abs(soma_trace(cell, 30.0, source) - alone).max() > 0.01


def check_the_kind_of_an_event_goes_where_the_mechanism_looks_for_it():
    made = chemical(20, 2)
    with create_ball_stick() as cell:
        group = build_synapses(made, receiver_of(cell, GID), SynapseConditions())
        group.connect(dict.fromkeys(range(4), 5), "replay")
        Minis(group, np.full(20, 1.0))
        for kind, value in (("replay", 2), ("mini", 1)):
            for bundle in group.bundles:
                if bundle.kind == kind:
                    assert {bundle.connections.o(k).weight[4] for k in range(len(bundle.members))} == {value}


def test_a_cell_with_replay_and_minis_bit_for_bit():
    apart(check_a_cell_with_replay_and_minis_bit_for_bit)


@pytest.mark.parametrize("rate", [0.3, 12.5, 100.0, 1500.0])
def test_minis_are_those_of_the_mechanism(rate):
    apart(check_minis_are_those_of_the_mechanism, rate)


def test_plastic_synapses_get_every_parameter():
    apart(check_plastic_synapses_get_every_parameter)


def test_deterministic_synapses_run():
    apart(check_deterministic_synapses_run)


def test_the_kind_of_an_event_goes_where_the_mechanism_looks_for_it():
    apart(check_the_kind_of_an_event_goes_where_the_mechanism_looks_for_it)
