"""Specs of recordings and the published names made of them."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bluecellab.errors import InvalidSpecError, SiteError
from bluecellab.spec.base import CellId, Site
from bluecellab.spec.recordings import (
    AnyRecording,
    CurrentsRecording,
    PointProcessRecording,
    SpikeRecording,
    VariableRecording,
    VoltageRecording,
    parse_spike_location,
    spike_key,
    variable_key,
    voltage_key,
)

ADAPTER: TypeAdapter[object] = TypeAdapter(AnyRecording)

EXAMPLES = [
    VoltageRecording(),
    VoltageRecording(site=Site(section="dend[3]", x=0.7, cell=CellId("S1", 12)), interval=0.1),
    VariableRecording(variable="hh.m", interval="100 us"),
    CurrentsRecording(include_nonspecific=False),
    SpikeRecording(location="dend[3](1)", threshold="-0.02 V"),
    PointProcessRecording(target="clamp"),
]


@pytest.mark.parametrize("spec", EXAMPLES, ids=repr)
def test_round_trips(spec: VoltageRecording) -> None:
    assert eval(repr(spec)) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert type(spec).from_json(spec.to_json()) == spec
    assert ADAPTER.validate_json(spec.to_json()) == spec
    assert hash(spec) == hash(type(spec).from_dict(spec.to_dict()))


def test_units() -> None:
    assert VariableRecording(variable="ina", interval="100 us").interval == 0.1
    assert SpikeRecording(threshold="-0.02 V").threshold == -20.0


@pytest.mark.parametrize(
    ("cls", "fields", "told"),
    [
        (VoltageRecording, {"interval": 0}, "greater than 0"),
        (VoltageRecording, {"interval": -1}, "greater than 0"),
        (VoltageRecording, {"interval": float("nan")}, "finite"),
        (VoltageRecording, {"sight": 1}, "no such field"),
        (VariableRecording, {"variable": ""}, "not the name of a variable"),
        (VariableRecording, {"variable": "a.b.c"}, "not the name of a variable"),
        (VariableRecording, {"variable": "__import__('os')"}, "not the name of a variable"),
        (SpikeRecording, {"location": "dend["}, "Invalid location format"),
        (SpikeRecording, {"location": "dend(2)"}, "Invalid spike detection location"),
        (SpikeRecording, {"threshold": "1 nA"}, "mV is needed"),
        (PointProcessRecording, {}, "target: is needed"),
        (PointProcessRecording, {"target": ""}, "at least 1 character"),
    ],
)
def test_bad_fields(cls: type, fields: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidSpecError, match=told):
        cls(**fields)


def test_published_names() -> None:
    assert voltage_key("Cell[0].soma[0]") == "neuron.h.Cell[0].soma[0](0.5)._ref_v"
    assert voltage_key("Cell[0].soma[0]", 1) == voltage_key("Cell[0].soma[0]", 1.0)
    assert variable_key("a.b[1]", 0.5, "v") == voltage_key("a.b[1]")
    assert variable_key("a.b[1]", 0.25, "ina") == "neuron.h.a.b[1](0.25)._ref_ina"
    assert variable_key("a.b[1]", 0.5, "hh.m") == "neuron.h.a.b[1](0.5).hh._ref_m"
    assert spike_key("soma", -30) == "spike_detector_soma_-30.0"
    assert spike_key("AIS") == "spike_detector_AIS_-30.0"


def test_names_in_results() -> None:
    assert [spec.name for spec in EXAMPLES if not isinstance(spec, CurrentsRecording)] == [
        "soma[0](0.5).v",
        "S1/12 dend[3](0.7).v",
        "soma[0](0.5).hh.m",
        "spike_detector_dend[3](1)_-20.0",
        "clamp.i",
    ]


@pytest.mark.parametrize(
    ("location", "parsed"),
    [
        ("soma", ("soma", 0, 1.0)),
        ("AIS", ("axon", 1, 0.5)),
        ("dend", ("dend", None, 0.5)),
        ("dend[3]", ("dend", 3, 0.5)),
        ("dend(0.25)", ("dend", None, 0.25)),
        ("my_apic2[12](1.0)", ("my_apic2", 12, 1.0)),
        ("soma[0](1)", ("soma", 0, 1.0)),
        ("soma[0](0)", ("soma", 0, 0.0)),
        ("soma[0](.5)", ("soma", 0, 0.5)),
        ("soma[0](1.)", ("soma", 0, 1.0)),
    ],
)
def test_locations(location: str, parsed: tuple[str, int | None, float]) -> None:
    found = parse_spike_location(location)
    assert (found.name, found.index, found.x) == parsed


def test_section_names() -> None:
    assert parse_spike_location("dend[3]").section_names == ("dend[3]",)
    assert parse_spike_location("dend").section_names == ("dend[0]", "dend")


@pytest.mark.parametrize(
    "location",
    [
        "",
        "dend[",
        "dend[-1]",
        "dend[a]",
        "dend()",
        "dend[1]()",
        "3dend",
        "a b",
        "soma.x",
        "dend(x)",
        "dend\n",
    ],
)
def test_location_format(location: str) -> None:
    with pytest.raises(SiteError, match="Invalid location format"):
        parse_spike_location(location)


@pytest.mark.parametrize("location", ["dend(1.5)", "dend[0](-0.1)", "dend(7)"])
def test_location_outside(location: str) -> None:
    with pytest.raises(SiteError, match="Invalid spike detection location"):
        parse_spike_location(location)


@given(st.text(max_size=12))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        assert 0 <= parse_spike_location(text).x <= 1
    except SiteError:
        pass


@given(st.from_regex(r"[a-z_]{1,5}", fullmatch=True), st.integers(0, 999), st.floats(0, 1))
def test_any_place_parses(name: str, index: int, x: float) -> None:
    found = parse_spike_location(f"{name}[{index}]({x:f})")
    assert (found.name, found.index) == (name, index)
    assert found.x == pytest.approx(x, abs=1e-6)
