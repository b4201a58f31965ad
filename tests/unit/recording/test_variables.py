"""What there is to record at a place."""

from __future__ import annotations

import pytest

from bluecellab.recording import available, currents_of, currents_vars, mechs_vars
from bluecellab.recording import variables as module
from tests.unit.recording.bench import Bench


def test_available(bench: Bench) -> None:
    there = available(bench.at())
    assert there[""] == ["v", "i_membrane_"]
    assert "m_hh" in there["hh"]
    assert there["na_ion"] == ["dina_dv_", "ena", "ina", "nai", "nao"]


def test_currents(bench: Bench) -> None:
    assert currents_of(bench.soma) == ["ik", "il_hh", "ina"]
    assert currents_of(bench.soma, include_nonspecific=False) == ["ik", "ina"]
    assert currents_of(bench.dend.raw) == ["i_pas"]
    assert currents_vars(bench.soma) == {
        "ik": {"units": "mA/cm²", "kind": "ionic_current"},
        "il_hh": {"units": "mA/cm²", "kind": "nonspecific_current"},
        "ina": {"units": "mA/cm²", "kind": "ionic_current"},
    }


def test_mechs_vars(bench: Bench) -> None:
    found = mechs_vars(bench.soma)
    assert list(found) == ["mech"]
    assert list(found["mech"]) == ["hh"]
    assert {"m", "gnabar", "il"} <= set(found["mech"]["hh"])
    with_points = mechs_vars(bench.soma, include_point_mechs=True)
    assert with_points["point"] == {"IClamp": ["amp", "delay", "dur", "i"]}
    assert mechs_vars(bench.dend, True)["point"] == {}


@pytest.mark.parametrize(
    ("variable", "unit"),
    [
        ("v", "mV"),
        ("ina", "mA/cm2"),
        ("na_ion.ina", "mA/cm2"),
        ("m_hh", ""),
        ("hh.m", ""),
        ("hh.gnabar", "S/cm2"),
        ("i_membrane_", "nA"),
        ("IClamp.i", "nA"),
        ("IClamp.dur", "ms"),
        ("no.such", ""),
        ("nosuch", ""),
    ],
)
def test_units(bench: Bench, variable: str, unit: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert module.unit_of_variable(variable) == unit
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("NEURON { SUFFIX Ih\n NONSPECIFIC_CURRENT ihcn\n RANGE g }", ("ihcn",)),
        ("NEURON { NONSPECIFIC_CURRENT a , b,\n c }", ("a", "b", "c")),
        ("COMMENT NONSPECIFIC_CURRENT old ENDCOMMENT NEURON { : NONSPECIFIC_CURRENT no\n }", ()),
        (
            "NEURON { ? NONSPECIFIC_CURRENT no\n NONSPECIFIC_CURRENT yes : NONSPECIFIC_CURRENT x\n}",
            ("yes",),
        ),
        ("NEURON { USEION na WRITE ina }", ()),
    ],
)
def test_nonspecific_currents_of_a_text(text: str, names: tuple[str, ...]) -> None:
    assert module._nonspecific_in("mine", text) == names


def test_nonspecific_currents_without_text() -> None:
    assert module._nonspecific_in("Ih", "") == ("ihcn",)
    assert module._nonspecific_in("mine", " ") == ()
    assert module.nonspecific_currents("hh") == ("il",)
    assert module.nonspecific_currents("pas") == ("i",)
