"""GLOBALs of mechanisms that conditions set."""

from __future__ import annotations

import pytest

from bluecellab import load_mechanisms, run_isolated
from bluecellab.errors import MechanismError, MissingMechanismError
from bluecellab.nrn.mechanisms.variables import global_names, is_range_variable, range_names
from bluecellab.simulation.circuit.globals import mechanism_globals
from bluecellab.spec.simulation import CircuitConditions
from tests.material import material


def of(**mechanisms: dict[str, float]) -> dict[str, float]:
    return mechanism_globals(CircuitConditions(mechanisms=mechanisms))


def test_variables_of_mechanisms() -> None:
    assert global_names("hh") == ("usetable_hh",)
    assert "gnabar_hh" in range_names("hh")
    assert "tau" in range_names("ExpSyn")
    assert global_names("ExpSyn") == ()
    with pytest.raises(MissingMechanismError, match="'nonsense'"):
        global_names("nonsense")


def test_range_variables() -> None:
    assert all(map(is_range_variable, ("v", "cm", "diam", "gnabar_hh", "ena")))
    assert not any(map(is_range_variable, ("L", "insert", "celsius", "n3d", "nonsense", "usetable_hh")))


def test_globals_under_neurons_names() -> None:
    assert of() == {}
    assert of(hh={"usetable": 0}) == {"usetable_hh": 0.0}


def test_calcium_needs_the_mechanism_that_takes_it() -> None:
    # in a process of its own: another test may have loaded GluSynapse in this one
    assert run_isolated(mechanism_globals, CircuitConditions(extracellular_calcium=1.05)) == {}


@pytest.mark.parametrize(
    ("mechanisms", "message"),
    [
        ({"hh": {"gnabar": 1}}, "gnabar is a RANGE variable, .* set it by a modification"),
        ({"hh": {"usetables": 1}}, "no such GLOBAL; it has usetable. Is 'usetable' meant?"),
        ({"ExpSyn": {"tau": 1}}, "it has none. tau is a RANGE variable, .* synapse_configure"),
        ({"ExpSyn": {"taus": 1}}, "sets taus of ExpSyn, which has no such GLOBAL; it has none."),
    ],
)
def test_what_is_no_global(mechanisms: dict[str, dict[str, float]], message: str) -> None:
    with pytest.raises(MechanismError, match=message):
        of(**mechanisms)


def test_a_mechanism_that_is_not_loaded() -> None:
    with pytest.raises(MissingMechanismError, match="no mechanism 'ProbAMPANMDA_EMZ'") as caught:
        of(ProbAMPANMDA_EMZ={"init_depleted": 1})
    assert caught.value.names == ("ProbAMPANMDA_EMZ",)


def _of_synapses(folder: str) -> dict[str, float]:
    load_mechanisms(folder)
    conditions = CircuitConditions(
        extracellular_calcium=1.05, mechanisms={"ProbGABAAB_EMS": {"init_depleted": 1, "tau_r_GABAB": 4.0}}
    )
    with pytest.raises(MechanismError, match="sets init_depleted_ProbAMPANMDA_EMS to 2; it is 0 or 1"):
        of(ProbAMPANMDA_EMS={"init_depleted": 2})
    other = mechanism_globals(conditions.model_copy(update={"mechanisms": {"GluSynapse": {"cao_CR": 2.0}}}))
    assert other == {"cao_CR_GluSynapse": 2.0}
    return mechanism_globals(conditions)


@pytest.mark.material
def test_synapses() -> None:
    found = run_isolated(_of_synapses, str(material().mechanisms["sscx"]))
    assert found["init_depleted_ProbGABAAB_EMS"] == 1.0
    assert found["cao_CR_GluSynapse"] == 1.05
