"""``synapse_configure``: assignments to many synapses at once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bluecellab import load_mechanisms
from bluecellab.errors import AssignmentError, CircuitWarning, SynapseError
from bluecellab.nrn import objects, runtime
from bluecellab.spec.assignments import parse_assignments
from bluecellab.synapse import ResolvedOverrides, SynapseConditions, build_synapses, shared_globals
from tests.material import material
from tests.unit.synapse.making import ball, chemical, edges

FIRST = np.array([True, True, True, False, False, False])


def build(receiver, *blocks, models=(None,), model=0):
    made = edges(tau2=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    resolved = dataclasses.replace(
        ResolvedOverrides.none(6),
        models=models,
        model=np.broadcast_to(np.asarray(model), 6),
        configure=[(mask, parse_assignments(text)) for mask, text in blocks],
    )
    return build_synapses(made, receiver, SynapseConditions(), resolved)


def column(group, name):
    return [getattr(process, name) for process in group.processes_of(np.arange(6))]


def test_constants_and_expressions_apply_in_order():
    with ball() as (_, receiver):
        group = build(
            receiver,
            (FIRST, "%s.e = -70"),
            (~FIRST, "%s.tau2 *= 2; %s.e = %s.tau2 + 1"),
            (FIRST, "%s.e += 5"),
        )
        assert column(group, "e") == [-65.0, -65.0, -65.0, 9.0, 11.0, 13.0]
        assert column(group, "tau2") == [1.0, 2.0, 3.0, 8.0, 10.0, 12.0]
        assert group.synapse(0).info_dict["synapseconfigure_cmds"] == ["%s.e = -70", "%s.e += 5"]
        assert not group.globals


def test_only_the_parameters_of_the_mechanism():
    with ball() as (_, receiver):
        with pytest.raises(
            AssignmentError, match=r"'%s.mg = 1.4': Exp2Syn has no parameter 'mg'; it has .*tau1"
        ):
            build(receiver, (FIRST, "%s.mg = 1.4"))
        with pytest.raises(AssignmentError, match="ExpSyn has no parameter 'tau2'"):
            build(
                receiver,
                (np.ones(6, dtype=bool), "%s.tau2 = 1.4"),
                models=(None, "ExpSyn"),
                model=[0, 0, 0, 1, 1, 1],
            )
        assert objects.listing("Exp2Syn").count() == objects.listing("ExpSyn").count() == 0


def test_values_must_be_numbers():
    with ball() as (_, receiver), pytest.raises(AssignmentError, match="no finite number"):
        build(receiver, (FIRST, "%s.tau2 = 1 / (%s.tau2 - 2)"))


def test_a_block_for_no_synapse_of_a_mechanism_does_not_concern_it():
    with ball() as (_, receiver):
        group = build(receiver, (~FIRST, "%s.tau = 9"), models=(None, "ExpSyn"), model=[0, 0, 0, 1, 1, 1])
        assert group.synapse(5).hsynapse.tau == 9.0


EVERYWHERE = np.ones(6, dtype=bool)


def excitatory(receiver, *blocks):
    """Build six synapses of ProbAMPANMDA_EMS, which has GLOBALs."""
    load_mechanisms(material().mechanisms["sscx"])
    made = chemical(6, 2)
    made.columns["syn_type_id"][:] = 120
    resolved = dataclasses.replace(
        ResolvedOverrides.none(6), configure=[(mask, parse_assignments(text)) for mask, text in blocks]
    )
    return build_synapses(made, receiver, SynapseConditions(), resolved)


def shared(*groups):
    return shared_globals((group.mechanisms, group.made.configuration) for group in groups)


def test_globals_are_for_the_simulation_to_set():
    with ball() as (_, receiver):
        group = excitatory(
            receiver, (EVERYWHERE, "%s.mg = 1.4; %s.tau_d_NMDA = 50; %s.Use = %s.tau_d_NMDA / 100")
        )
        assert shared(group) == {"tau_d_NMDA_ProbAMPANMDA_EMS": 50.0}
        assert column(group, "Use") == [0.5] * 6
        assert column(group, "mg") == [1.4] * 6
        assert runtime.raw_h().tau_d_NMDA_ProbAMPANMDA_EMS == 43.0
        with pytest.raises(AssignmentError, match="'%s.tau_d_NMDA .= 2'.*is a GLOBAL.*write a number"):
            excitatory(receiver, (EVERYWHERE, "%s.tau_d_NMDA *= 2"))
        with pytest.raises(AssignmentError, match="has no parameter 'tau_d'; it has .*mg.*tau_d_NMDA"):
            excitatory(receiver, (EVERYWHERE, "%s.tau_d = 2"))


def test_globals_must_be_the_same_for_all():
    with ball() as (_, receiver):
        with pytest.raises(SynapseError, match="set e_ProbAMPANMDA_EMS to 1 for some synapses and to 2"):
            excitatory(receiver, (EVERYWHERE, "%s.e = 1"), (FIRST, "%s.e = 2"))
        later = excitatory(receiver, (FIRST, "%s.e = 1"), (EVERYWHERE, "%s.e = 2"))
        assert shared(later) == {"e_ProbAMPANMDA_EMS": 2.0}
        with pytest.raises(SynapseError, match="to 2 for some synapses and to 3"):
            shared(later, excitatory(receiver, (EVERYWHERE, "%s.e = 3")))
        with pytest.warns(CircuitWarning, match="e_ProbAMPANMDA_EMS = 2, which is a GLOBAL"):
            assert shared(excitatory(receiver, (FIRST, "%s.e = 2"))) == {"e_ProbAMPANMDA_EMS": 2.0}
        with pytest.warns(CircuitWarning, match="for all synapses of its mechanism"):
            shared(later, excitatory(receiver))
