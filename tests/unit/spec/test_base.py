"""Specifications: units, errors, JSON."""

from __future__ import annotations

import gc
import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import field_validator

from bluecellab.errors import InvalidSpecError
from bluecellab.spec.base import (
    CellId,
    Nanoampere,
    NonNegativeMillisecond,
    PositiveMillisecond,
    Site,
    Spec,
    unit_of,
)
from bluecellab.spec.cells import BallStickCell, EmodelProperties, HocCell, PythonCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import SpikeRecording, VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step


class Example(Spec):
    amplitude: Nanoampere
    delay: NonNegativeMillisecond = 0.0
    width: PositiveMillisecond = 1.0
    site: Site = Site()


@pytest.mark.parametrize(
    ("text", "value"),
    [("500 pA", 0.5), ("0.5 nA", 0.5), ("1e-9 A", 1.0), ("2uA", 2000.0), ("-3 µA", -3000.0), ("1 mA", 1e6)],
)
def test_text_with_a_unit(text: str, value: float) -> None:
    assert Example(amplitude=text).amplitude == value


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"amplitude": "1 mV"}, "wrong unit; nA is needed"),
        ({"amplitude": "1 furlong"}, "unknown unit"),
        ({"amplitude": "much"}, "not a quantity"),
        ({"amplitude": True}, "number in nA"),
        ({"amplitude": float("nan")}, "finite"),
        ({"amplitude": float("inf")}, "finite"),
        ({}, "amplitude: is needed"),
        ({"amplitude": 1, "dellay": 2}, "no such field; Example has amplitude, delay, width, site"),
        ({"amplitude": 1, "delay": -1}, "greater than or equal to 0"),
        ({"amplitude": 1, "width": "0 s"}, "greater than 0"),
        ({"amplitude": 1, "site": {"x": 2}}, "less than or equal to 1"),
    ],
)
def test_what_is_refused(bad: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidSpecError, match="Example") as caught:
        Example(**bad)
    assert words in str(caught.value)
    with pytest.raises(InvalidSpecError):
        Example.from_dict(bad)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidSpecError, match=r"(?s)3 problems.*amplitude.*delay.*nonsense"):
        Example(amplitude="x", delay=-1, nonsense=1)


def test_not_json() -> None:
    with pytest.raises(InvalidSpecError, match="JSON"):
        Example.from_json("{")


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1))
def test_round_trips(amplitude: float, delay: float, x: float) -> None:
    spec = Example(amplitude=amplitude, delay=delay, site=Site(section="dend[2]", x=x, cell=CellId("S1", 3)))
    assert Example.from_json(spec.to_json()) == spec
    assert Example.from_dict(spec.to_dict()) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert eval(repr(spec)) == spec
    assert hash(spec) == hash(Example.from_json(spec.to_json()))


def test_units_are_known() -> None:
    assert unit_of(Example, "amplitude") == "nA"
    assert unit_of(Example, "site") == ""
    assert Example.model_json_schema()["properties"]["delay"]["unit"] == "ms"
    with pytest.raises(InvalidSpecError, match="no field 'x'"):
        unit_of(Example, "x")


@pytest.mark.parametrize(
    "spec",
    [
        BallStickCell(),
        HocCell(template_path="a.hoc", morphology_path="b.asc", id=CellId("S1", 4)),
        HocCell(
            template_path="a.hoc", morphology_path="b.asc", template_format="v6",
            emodel_properties=EmodelProperties(0.1, -0.2, 1.5),
        ),
        PythonCell(factory="a.b:c", arguments={"length": 3}),
        RunConditions(celsius=30, globals={"x_hh": 1.0}),
        Protocol(
            duration=10, stimuli=(Placed(stimulus=Step(delay=1, duration=2, amplitude=0.1), name="s"),),
            recordings=(VoltageRecording(interval=0.1), SpikeRecording()),
        ),
    ],
    ids=lambda spec: type(spec).__name__,
)  # fmt: skip
def test_specs_of_cells_and_protocols_round_trip(spec: Spec) -> None:
    assert type(spec).from_json(spec.to_json()) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert hash(type(spec).from_json(spec.to_json())) == hash(spec)
    assert eval(repr(spec)) == spec


def test_properties_by_position_and_none() -> None:
    properties = EmodelProperties(0.1, -0.2, None)
    assert (properties.threshold_current, properties.holding_current, properties.AIS_scaler) == (
        0.1,
        -0.2,
        1.0,
    )
    with pytest.raises(InvalidSpecError, match="emodel_properties"):
        HocCell(template_path="a", morphology_path="b", template_format="v6")


def test_signatures_are_there_before_the_class_is_used() -> None:
    class Deferred(Spec):
        number: int = 1

    class More(Deferred):
        text: str

    assert list(inspect.signature(Deferred).parameters) == ["number"]
    assert list(inspect.signature(More).parameters) == ["number", "text"]
    assert More(text="a").number == 1
    assert not hasattr(Deferred(), "__signature__")


def test_refused_parts_are_not_kept() -> None:
    def refuse() -> None:
        kept: InvalidSpecError | None = None
        try:
            Protocol.from_dict({"duration": 10, "stimuli": [{"stimulus": {"type": "step"}}, {}]})
            Placed(stimulus=Step(delay=float("nan"), duration=1, amplitude=1))
        except InvalidSpecError as error:
            kept = error  # its frames hold the error: a circle, which the collector must see
        assert kept is not None
        outer: InvalidSpecError | None = None
        try:
            Outer.from_dict({"inner": {"amplitude": "one"}})
        except InvalidSpecError as error:
            outer = error
        assert outer is not None

    def errors() -> int:
        gc.collect()
        return sum(type(thing) is InvalidSpecError for thing in gc.get_objects())

    refuse()
    before = errors()
    for _ in range(20):
        refuse()
    assert errors() == before


class Outer(Spec):
    inner: Example

    @field_validator("inner", mode="before")
    @classmethod
    def _made_early(cls, value: dict[str, float]) -> Example:
        return Example(**value)
