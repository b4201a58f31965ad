"""Suites as data: both ways, with the line of what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bluecellab.analysis.validation import (
    DEFAULT_SUITE,
    Always,
    AtLeast,
    AtMost,
    Between,
    EqualTo,
    GreaterThan,
    IsFalse,
    IsTrue,
    LessThan,
    Phase,
    SequenceProtocol,
    SpikeCount,
    StepProtocol,
    Suite,
    Validation,
)
from bluecellab.errors import FeatureError, InvalidSpecError
from tests.unit.analysis.validation.helpers import small_suite


@pytest.mark.parametrize("suite", [DEFAULT_SUITE, small_suite()], ids=["default", "small"])
def test_suites_go_to_files_and_back(suite: Suite, tmp_path: Path) -> None:
    assert Suite.from_json(suite.to_json()) == suite
    assert Suite.from_yaml(suite.to_yaml()) == suite
    assert Suite.from_yaml(suite.to_json()) == suite
    for name in ("suite.json", "suite.yaml"):
        assert Suite.read(suite.write(tmp_path / name)) == suite
    assert (tmp_path / "suite.json").read_text().startswith("{")
    assert hash(suite) == hash(Suite.from_json(suite.to_json()))


def test_the_default_suite_is_the_published_one() -> None:
    assert {validation.name: validation.title for validation in DEFAULT_SUITE.validations} == {
        "spiking_test": "Simulatable Neuron Spiking Validation",
        "depolarization_block_test": "Simulatable Neuron Depolarization Block Validation",
        "bpap_test": "Simulatable Neuron Back-propagating Action Potential Validation",
        "ais_spiking_test": "Simulatable Neuron AIS Spiking Validation",
        "hyperpolarization_test": "Simulatable Neuron Hyperpolarization Validation",
        "rin_test": "Simulatable Neuron Input Resistance Validation",
        "iv_test": "Simulatable Neuron IV Curve Validation",
        "fi_test": "Simulatable Neuron FI Curve Validation",
        "thumbnail_test": "thumbnail",
    }
    windows = {v.name: v.protocol.window() for v in DEFAULT_SUITE.validations if v.protocol is not None}
    assert windows == {
        "spiking_test": (250, 1600),
        "depolarization_block_test": (250, 1600),
        "bpap_test": (1000, 1005),
        "ais_spiking_test": (250, 1600),
        "hyperpolarization_test": (250, 3250),
        "iv_test": (100, 600),
        "fi_test": (100, 600),
        "thumbnail_test": (250, 1600),
    }


def test_functions_are_named_in_files() -> None:
    text = small_suite().only("mine").to_yaml()
    assert "measurement: tests.unit.analysis.validation.helpers:base_of" in text
    local = Validation(name="x", measurement=lambda seen: 1.0)
    with pytest.raises(InvalidSpecError, match="cannot be written to a file"):
        local.to_json()
    for name, words in {
        "nowhere_at_all:f": "there is no function 'nowhere_at_all:f'",
        "json:nothing": "there is no function 'json:nothing'",
        "json:__name__": "is no function, but str",
        "json": "write 'module:function'",
    }.items():
        with pytest.raises(InvalidSpecError, match=words):
            Validation(name="x", measurement=name)


TEXT = """\
name: mine
validations:
  - name: spikes
    protocol: {type: step, percent: 130}
    measurement: {type: spike_count}
    criterion:
      type: at_least
      threshold: much
  - name: other
    protocol:
      type: step
      percnt: 5
"""


def test_mistakes_have_lines() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Suite.from_yaml(TEXT, source="mine.yaml")
    message = str(caught.value)
    assert message.startswith("mine.yaml: Suite: ")
    assert "threshold: line 8" in message
    assert "percnt: line 12" in message


_NO_SUITES = [
    ("validations: [", r"is no YAML: .*line 1"),
    ("- 1\n- 2\n", "must be a mapping with the field 'validations', not list"),
    ("", "not NoneType"),
    ("name: x\n", "validations: is needed"),
    ("validations: []\n", "Suite: a suite has at least one validation"),
    ("validations: [{name: a}, {name: a}]\n", "several validations have the name a"),
    ("validations: [{name: a, protocol: {type: nope}}]", "line 1"),
    ("!!python/object/apply:os.getcwd []", "is no YAML"),
]


def test_what_is_no_suite_is_refused() -> None:
    for text, words in _NO_SUITES:
        with pytest.raises(InvalidSpecError, match=f"(?s){words}"):
            Suite.from_yaml(text)


def test_unknown_features_have_lines() -> None:
    text = "validations:\n  - name: a\n    measurement:\n      type: efel\n      feature: AP_amplitud\n"
    with pytest.raises(
        InvalidSpecError, match="line 5: eFEL knows no feature 'AP_amplitud'; nearest are AP_amplitude"
    ):
        Suite.from_yaml(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpecError, match="cannot be read"):
        Suite.read(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSpecError, match="cannot be read"):
        Suite.read(tmp_path / "bytes.yaml")


def test_parts_and_extensions() -> None:
    part = DEFAULT_SUITE.only("rin_test", "spiking_test")
    assert part.names == ("spiking_test", "rin_test")
    assert part.properties == ()
    with pytest.raises(InvalidSpecError, match="no validation 'nope' in this suite; it has spiking_test"):
        DEFAULT_SUITE.only("nope")
    mine = Validation(name="mine", protocol=StepProtocol(), measurement=SpikeCount())
    other = Validation(name="rin_test", protocol=StepProtocol())
    extended = part.extended((mine, other))
    assert extended.names == ("spiking_test", "rin_test", "mine")
    assert extended.validations[1] == other


_CRITERIA = [
    (GreaterThan(threshold=1), (1.5, np.array([2.0, 3.0])), (1.0, np.array([2.0, 1.0])), "above 1"),
    (AtLeast(threshold=1), (1.0,), (0.9,), "at least 1"),
    (LessThan(threshold=1), (0.9,), (1.0,), "below 1"),
    (AtMost(threshold=1), (1.0,), (1.1,), "at most 1"),
    (Between(lowest=1, highest=2), (1.0, 2.0), (0.9, 2.1), "between 1 and 2"),
    (EqualTo(expected=1), (1.0, True), (1.1,), "1"),
    (EqualTo(expected=1, tolerance=0.2), (1.1,), (1.3,), "1 within 0.2"),
    (IsFalse(), (0.0, False), (1.0, True), "false"),
    (IsTrue(), (1.0, True), (0.0, False), "true"),
]


def test_criteria() -> None:
    for criterion, good, bad, words in _CRITERIA:
        assert all(criterion.met_by(value) for value in good), criterion
        assert not any(criterion.met_by(value) for value in (*bad, np.zeros(0), float("nan"))), criterion
        assert criterion.words() == words
    assert Always().met_by(float("nan"))


def test_bad_criteria_and_protocols() -> None:
    with pytest.raises(InvalidSpecError, match="lowest is 2, above highest, 1"):
        Between(lowest=2, highest=1)
    with pytest.raises(InvalidSpecError, match="phases"):
        SequenceProtocol(phases=())
    with pytest.raises(FeatureError, match="measured_phase is 2; there are 1 phases"):
        SequenceProtocol(phases=(Phase(duration=10),), measured_phase=2).window()
    assert SequenceProtocol(phases=(Phase(duration=10, amplitude=1.0),)).needs_rheobase is False
    assert json.loads(StepProtocol().to_json())["type"] == "step"
