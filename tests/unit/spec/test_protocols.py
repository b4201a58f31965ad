"""Protocols as values: JSON both ways, hashes, keys, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluecellab.errors import InvalidSpecError
from bluecellab.spec.base import CellId, Site
from bluecellab.spec.cells import BallStickCell, HocCell, PythonCell
from bluecellab.spec.protocols import HOLDING, Placed, Protocol
from bluecellab.spec.recordings import (
    CurrentsRecording,
    PointProcessRecording,
    SpikeRecording,
    VoltageRecording,
)
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Hyperpolarizing, Sampled, Step, Sum

STEP = Placed(stimulus=Step(delay=1, duration=2, amplitude=0.1), name="step")
CLAMP = PointProcessRecording(target="step")


class TestKeys:
    def test_equal_values_share_hash_and_key(self) -> None:
        one = RunConditions(globals={"a_x": 1, "b_x": 2})
        other = RunConditions(globals={"b_x": 2.0, "a_x": 1.0})
        assert one == other
        assert hash(one) == hash(other)
        assert one.key == other.key
        assert {Protocol(duration=1, conditions=one): 1}[Protocol(duration=1, conditions=other)] == 1

    def test_mappings_deep_inside(self) -> None:
        cell = PythonCell(factory="a:b", arguments={"n": [1, {"x": None}], "m": {}})
        same = PythonCell(factory="a:b", arguments={"m": {}, "n": [1.0, {"x": None}]})
        assert hash(cell) == hash(same)
        assert cell == same
        assert hash(Placed(stimulus=Sampled(times=(0, 1), values=(0, 1))))

    def test_keys_tell_apart(self) -> None:
        protocols = [
            Protocol(duration=10),
            Protocol(duration=10.5),
            Protocol(duration=10, name="x"),
            Protocol(duration=10, stimuli=(STEP,)),
            Protocol(duration=10, conditions=RunConditions(cvode="auto")),
        ]
        assert len({protocol.key for protocol in protocols}) == len(protocols)
        assert BallStickCell().key != BallStickCell(id=CellId("", 1)).key
        assert all(len(protocol.key) == 64 for protocol in protocols)

    def test_the_same_in_every_process(self) -> None:
        protocol = Protocol.of_step(0.2, 10, 20, conditions=RunConditions(globals={"b": 2, "a": 1}))
        code = (
            "import sys; from bluecellab.spec.protocols import Protocol;"
            "print(Protocol.from_json(sys.argv[1]).key)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, protocol.to_json()], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == protocol.key

    def test_files_do_not_enter(self, tmp_path: object) -> None:
        cell = HocCell(template_path=f"{tmp_path}/absent.hoc", morphology_path="absent.asc")
        assert cell.key == cell.replace().key


def test_conditions_are_given_once() -> None:
    with pytest.raises(InvalidSpecError, match="condition of its own: give celsius=20"):
        RunConditions(globals={"celsius": 20})


class TestProtocol:
    @settings(max_examples=30, deadline=None)
    @given(
        duration=st.floats(0.1, 1e9),
        amplitude=st.floats(-1e3, 1e3),
        seed=st.integers(0, 2**32 - 1),
        name=st.text(max_size=5),
    )
    def test_json_both_ways(self, duration: float, amplitude: float, seed: int, name: str) -> None:
        step = Placed(stimulus=Step(duration=duration, amplitude=amplitude), site=Site(section="dend[1]"))
        conditions = RunConditions(base_seed=seed, cvode="auto", globals={"a_b": amplitude})
        protocol = Protocol(duration=duration, stimuli=(step,), conditions=conditions, name=name)
        back = Protocol.from_json(protocol.to_json())
        assert back == protocol
        assert (hash(back), back.key) == (hash(protocol), protocol.key)

    def test_repr(self) -> None:
        protocol = Protocol.of_step(0.2, 10, 20, 5, holding=True, name="x")
        assert eval(repr(protocol), _names()) == protocol

    def test_of_step(self) -> None:
        protocol = Protocol.of_step(0.2, 10, 20, 5, holding=True, site=Site(section="dend[0]"))
        assert protocol.duration == 35
        assert [placed.site.section for placed in protocol.stimuli] == ["soma[0]", "dend[0]"]
        assert protocol.stimuli[0].name == HOLDING
        assert isinstance(protocol.stimuli[0].stimulus, Hyperpolarizing)
        assert protocol.stimuli[0].stimulus.end > 1e8
        assert len(Protocol.of_step(0.2, 10, 20).stimuli) == 1

    def test_replace(self) -> None:
        protocol = Protocol(duration=10)
        assert protocol.replace(duration="1 s").duration == 1000
        assert protocol.duration == 10
        with pytest.raises(InvalidSpecError, match="no such field"):
            protocol.replace(durations=1)

    @pytest.mark.parametrize(
        ("fields", "match"),
        [
            ({"stimuli": (STEP, STEP)}, "two stimuli are called 'step'"),
            ({"recordings": (VoltageRecording(), VoltageRecording(interval=1))}, "two recordings are called"),
            (
                {"recordings": (CurrentsRecording(), CurrentsRecording(interval=1))},
                "two recordings are called",
            ),
            ({"recordings": (SpikeRecording(), SpikeRecording())}, "two recordings are called"),
            ({"recordings": (CLAMP,)}, "named 'step'; there is none, as none has a name"),
            ({"recordings": (CLAMP,), "stimuli": (STEP.replace(name="other"),)}, "there is 'other'"),
            (
                {"recordings": (CLAMP,), "stimuli": (STEP.replace(stimulus=Sum(stimuli=(STEP.stimulus,))),)},
                "a sum, which has a point process for each",
            ),
            ({"conditions": RunConditions(dt=20)}, "longer than the duration"),
            ({"version": 2}, "of version 2, and this bluecellab reads version 1"),
            ({"version": True}, "of version True"),
        ],
    )
    def test_refused(self, fields: dict[str, object], match: str) -> None:
        with pytest.raises(InvalidSpecError, match=match):
            Protocol(duration=10, **fields)

    def test_several_without_a_name(self) -> None:
        unnamed = STEP.replace(name="")
        assert len(Protocol(duration=10, stimuli=(unnamed, unnamed)).stimuli) == 2
        assert Protocol(duration=10, conditions=RunConditions(dt=20, cvode=True)).duration == 10


def _names() -> dict[str, object]:
    from bluecellab import spec
    from bluecellab.spec import base, protocols, recordings, simulation, stimuli

    modules = (spec, base, protocols, recordings, simulation, stimuli)
    return {name: value for module in modules for name, value in vars(module).items()}
