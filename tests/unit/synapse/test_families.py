"""Parameters of synapses from attributes of edges."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab.errors import ColumnError, SynapseError
from bluecellab.nrn.synapses import PointMechanism
from bluecellab.spec.simulation import Seeds
from bluecellab.synapse import SynapseConditions
from bluecellab.synapse.families import FAMILIES, PLASTICITY, Batch, family_of, hill_factor, minis_streams
from tests.unit.synapse.making import chemical, edges, without

NUMBERS = (4058, 1761)
COMMON = ("Use", "Dep", "Fac", "Nrrp", "synapseID", "conductance")
VARIABLES = {
    "ProbAMPANMDA_EMS": (*COMMON, "tau_d_AMPA", "NMDA_ratio"),
    "ProbGABAAB_EMS": (*COMMON, "tau_d_GABAA", "tau_r_GABAA", "GABAB_ratio"),
    "GluSynapse": (*COMMON, "tau_d_AMPA", "gmax_NMDA", "gmax0_AMPA"),
    "Exp2Syn": ("tau1", "tau2", "e"),
}


def batch(name, made, **conditions):
    defaults = dict.fromkeys(VARIABLES[name], 0.71)
    mechanism = PointMechanism(name, defaults, draws=True, forgets=True, kind_index=4)
    return Batch(made, 1003, NUMBERS, SynapseConditions(**conditions), mechanism)


def parameters(name, made, **conditions):
    return FAMILIES[name].parameters(batch(name, made, **conditions))


def plastic(count=2, **columns):
    values = dict.fromkeys(PLASTICITY, 0.5) | {
        "gmax_d_AMPA": 1.0, "gmax_p_AMPA": 2.0, "Use_d_TM": 0.2, "Use_p_TM": 0.8, "conductance": 1.0,
        "u_syn": 0.5, "depression_time": 100.0, "facilitation_time": 10.0, "decay_time": 1.7,
    }  # fmt: skip
    return edges("chemical", **{name: np.full(count, value) for name, value in values.items()} | columns)


def test_hill_factor_is_one_at_two_millimolar_and_where_nothing_is_known():
    coefficients = np.array([2.79, 1.0, np.nan, -1.0, 0.0])
    np.testing.assert_allclose(hill_factor(coefficients, 2.0), 1.0)
    np.testing.assert_allclose(hill_factor(coefficients, 1.1)[2:], 1.0)
    assert (hill_factor(coefficients, None) == 1).all()
    expected = (1 + 16) / 16 * 1.1**4 / (1 + 1.1**4)
    assert hill_factor(np.array([1.0]), 1.1)[0] == pytest.approx(expected)


def test_excitatory_parameters():
    made = chemical(20, 2)
    found = parameters("ProbAMPANMDA_EMS", made, extracellular_calcium=1.2)
    columns = made.columns
    factor = hill_factor(columns["u_hill_coefficient"], 1.2)
    np.testing.assert_array_equal(found["Use"], np.abs(columns["u_syn"] * factor))
    np.testing.assert_array_equal(found["tau_d_AMPA"], columns["decay_time"])
    np.testing.assert_array_equal(found["synapseID"], made.numbers)
    ratio = columns["conductance_scale_factor"]
    np.testing.assert_array_equal(found["NMDA_ratio"], np.where(ratio >= 0, ratio, 0.71))


def test_the_columns_given_are_never_changed():
    made = chemical(20, 2)
    before = {name: values.copy() for name, values in made.columns.items()}
    first = parameters("ProbAMPANMDA_EMS", made, extracellular_calcium=1.2)
    again = parameters("ProbAMPANMDA_EMS", made, extracellular_calcium=1.2)
    for name, values in before.items():
        np.testing.assert_array_equal(made.columns[name], values)
    np.testing.assert_array_equal(first["Use"], again["Use"])


def test_a_ratio_that_nobody_gives_is_left_to_the_mechanism():
    for ratio in (-1.0, np.nan):
        assert "NMDA_ratio" not in parameters("ProbAMPANMDA_EMS", plastic(conductance_scale_factor=ratio))
    assert "NMDA_ratio" not in parameters("ProbAMPANMDA_EMS", plastic())
    assert "Nrrp" not in parameters("ProbAMPANMDA_EMS", plastic())


def test_time_constants_are_taken_without_their_sign():
    found = parameters("ProbGABAAB_EMS", plastic(depression_time=-5.0, facilitation_time=-3.0, u_syn=-0.2))
    assert (found["Dep"][0], found["Fac"][0], found["Use"][0]) == (5.0, 3.0, 0.2)


@pytest.mark.parametrize("vesicles", [0, -1, 1.5])
def test_vesicles_must_be_counted(vesicles):
    with pytest.raises(SynapseError, match=r"1 of 3 edges .* n_rrp_vesicles .* number 1, from node 1"):
        parameters("ProbAMPANMDA_EMS", plastic(3, n_rrp_vesicles=np.array([1, vesicles, np.nan])))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("u_syn", np.nan, "u_syn that is not a number"),
        ("decay_time", 0.0, "decay_time that is not above 0"),
        ("conductance", -1.0, "negative conductance"),
        ("depression_time", np.inf, "depression_time that is not a number"),
    ],
)
def test_values_that_make_no_sense_are_counted(column, value, words):
    values = plastic(5).columns[column].copy()
    values[3] = value
    with pytest.raises(SynapseError, match=rf"1 of 5 edges of 'A_to_B' to node 3 .*{words}.* number 3"):
        parameters("ProbAMPANMDA_EMS", plastic(5, **{column: values}))


def test_missing_attributes_are_named():
    with pytest.raises(ColumnError, match=r"ProbAMPANMDA_EMS need 'u_syn'.*it has .*conductance") as caught:
        parameters("ProbAMPANMDA_EMS", without(plastic(), "u_syn"))
    assert caught.value.name == "u_syn"


def test_texts_are_no_numbers():
    with pytest.raises(SynapseError, match="'u_syn' .* is not numeric"):
        parameters("ProbAMPANMDA_EMS", plastic(u_syn=np.array(["a", "b"], dtype=object)))


def test_plastic_synapses_start_in_one_of_two_states():
    made = plastic(rho0_GB=np.array([0.2, 0.7]), conductance_scale_factor=0.5)
    found = parameters("GluSynapse", made)
    np.testing.assert_array_equal(found["gmax0_AMPA"], [1.0, 2.0])
    np.testing.assert_array_equal(found["Use"], [0.2, 0.8])
    np.testing.assert_array_equal(found["gmax_NMDA"], [0.5, 1.0])
    np.testing.assert_array_equal(found["theta_d_GB"], [0.5, 0.5])
    assert "gmax_NMDA" not in parameters("GluSynapse", plastic(conductance_scale_factor=-1.0))


def test_plastic_synapses_need_all_of_their_attributes():
    made = plastic(theta_d=np.array([0.1, np.nan]))
    with pytest.raises(SynapseError, match="lacks volume_CR, theta_d, or has it for some edges only|theta_d"):
        parameters("GluSynapse", without(made, "volume_CR"))


def test_exponentials():
    found = parameters("Exp2Syn", edges(erev=np.full(3, -70.0)))
    assert {name: values[0] for name, values in found.items()} == {"tau1": 0.2, "tau2": 2.0, "e": -70.0}


def test_streams_of_release_as_published():
    made = edges(conductance=np.zeros(3))
    found = FAMILIES["ProbAMPANMDA_EMS"].streams(batch("ProbAMPANMDA_EMS", made, seeds=Seeds(synapse=7)))
    pathway = 4058 * 65536 + 1761
    assert found.tolist() == [[1254, 100 + number, pathway + 307] for number in range(3)]
    found = FAMILIES["GluSynapse"].streams(batch("GluSynapse", made, seeds=Seeds(synapse=7)))
    assert found.tolist() == [[1004, 100_000 + number, 207] for number in range(3)]


def test_golden_stream_of_the_specification():
    made = edges(conductance=np.zeros(1))
    mechanism = PointMechanism("ProbAMPANMDA_EMS", {}, draws=True, forgets=True, kind_index=4)
    found = FAMILIES["ProbAMPANMDA_EMS"].streams(Batch(made, 1001, NUMBERS, SynapseConditions(), mechanism))
    assert found.tolist() == [[1252, 100, 265947149]]


def test_streams_of_minis_follow_the_convention():
    made = edges(conductance=np.zeros(2))
    pathway = 4058 * 65536 + 1761
    for convention, second in (("neurodamus", 1003 + 251), ("bluecellulab", 3 + 250)):
        conditions = SynapseConditions(seeds=Seeds(minis=5, convention=convention))
        expected = [[200 + number, second, pathway + 305] for number in range(2)]
        assert minis_streams(made, 1003, NUMBERS, conditions).tolist() == expected


def test_numbers_stay_with_edges_that_are_taken_out():
    made = edges(conductance=np.zeros(6)).take(np.array([1, 4]))
    assert minis_streams(made, 1003, NUMBERS, SynapseConditions())[:, 0].tolist() == [201, 204]


def test_random_rise_times_follow_the_convention():
    from bluecellab.nrn.random123 import Random123

    made = plastic()
    for convention, first in (("neurodamus", 1254), ("bluecellulab", 1253)):
        seeds = Seeds(base=11, synapse=2, convention=convention)
        found = parameters("ProbGABAAB_EMS", made, seeds=seeds, randomize_gaba_rise_time=True)
        pathway = 4058 * 65536 + 1761
        expected = [
            Random123(first, 100 + number, pathway + 452, global_index=11).lognormal(2, 0.2, 0.1)[1]
            for number in range(2)
        ]
        assert found["tau_r_GABAA"].tolist() == expected
    assert "tau_r_GABAA" not in parameters("ProbGABAAB_EMS", made)


def test_families_by_name():
    assert family_of("AMPANMDA") is FAMILIES["ProbAMPANMDA_EMS"]
    assert family_of("DetGABAAB").mechanism == "DetGABAAB"
    assert family_of("Mine") is None


def test_parameters_that_the_loaded_mechanism_lacks_are_named():
    older = PointMechanism("GluSynapse", {"Use0_TM": 0.5}, draws=True, forgets=False, kind_index=0)
    with pytest.raises(
        SynapseError, match=r"GluSynapse that is loaded has no parameter .*Use_d_TM.*; it has Use0"
    ):
        FAMILIES["GluSynapse"].parameters_of(Batch(plastic(), 0, NUMBERS, SynapseConditions(), older))
