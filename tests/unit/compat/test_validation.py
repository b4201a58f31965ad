"""Published validations."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from bluecellab.compat import validation as parts
from bluecellab.compat.analysis.inject_sequence import Recording
from bluecellab.compat.cell.core import BALL_STICK, Cell
from bluecellab.compat.validation import validation
from bluecellab.compat.validation.criterion import Criterion
from bluecellab.simulation.conditions import NeuronGlobals
from bluecellab.spec.cells import EmodelProperties

PARAMS = BALL_STICK._replace(emodel_properties=EmodelProperties(threshold_current=0.2, holding_current=0.0))
SHORT = parts.SequenceProtocol([(20, 50), (30.3, 200)], 10, 5, 0.5, measurement_phase=1)


def test_single_tests(tmp_path: Path) -> None:
    """One that is cheap; the published suite as a whole is compared with BlueCelluLab."""
    found = validation.hyperpolarization_test(PARAMS, 0.2, tmp_path)
    assert found["name"] == "Simulatable Neuron Hyperpolarization Validation"
    assert found["passed"] is True
    assert found["validation_details"].startswith("Validation passed:")
    assert [path.relative_to(tmp_path).as_posix() for path in found["figures"]] == [
        "hyperpolarization_validation.pdf"
    ]
    assert found["figures"][0].is_file()
    skipped = validation.ais_spiking_test(PARAMS, 0.2, tmp_path)  # there is no axon
    assert skipped["passed"]
    assert skipped["validation_details"].startswith("Validation skipped:")
    assert skipped["figures"] == []
    for rin, passed in ((100.0, True), (1000.0, False)):
        told = validation.rin_test(rin)
        assert told["passed"] is passed
        assert told["validation_details"].startswith(f"Validation {'passed' if passed else 'failed'}:")
        assert told["name"] == "Simulatable Neuron Input Resistance Validation"


def test_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of the suite, as it does them all."""
    few = validation.DEFAULT_SUITE.only("rin_test", "hyperpolarization_test")
    monkeypatch.setattr(validation, "DEFAULT_SUITE", few)
    before = NeuronGlobals.get_instance().export_params()
    with Cell.from_template_parameters(PARAMS) as cell:
        cell.threshold = 0.2
        found = validation.run_validations(cell, "name", v_init=-65.0, output_dir=tmp_path, n_processes=2)
    assert list(found) == ["memodel_properties", "hyperpolarization_test", "rin_test"]
    assert found["memodel_properties"]["rheobase"] == 0.2
    assert found["rin_test"]["passed"]
    assert [path.name for path in (tmp_path / "name").iterdir()] == ["hyperpolarization_validation.pdf"]
    assert NeuronGlobals.get_instance().export_params() == before  # published: they stay


def test_constants() -> None:
    assert validation.DEFAULT_SPIKE_THRESHOLD_VOLTAGE == -40.0
    assert validation.EFEL_DEFAULT_SPIKE_THRESHOLD_VOLTAGE == -20.0
    assert parts.TestResult.__test__ is False
    assert parts.TestResult("a", True, "b").figures == []


def test_a_validation_of_parts(tmp_path: Path) -> None:
    spikes = parts.EfelMeasurement("spike_count", {"Threshold": -30.0})
    made = parts.ParametricValidation("In a row / of 2", SHORT, spikes, parts.GreaterThan(0))
    assert isinstance(made, parts.ValidationTest)
    found = made.run(PARAMS, 0.2, tmp_path)
    assert found.name == made.name == "In a row / of 2"
    assert found.passed, found.details
    assert found.details.startswith("Value (")
    assert found.figures == [tmp_path / "In_a_row_of_2.pdf"]
    assert found.figures[0].is_file()


def test_what_goes_wrong_is_a_failure(tmp_path: Path) -> None:
    class Broken(Criterion):
        def evaluate(self, value):
            raise KeyError("nonsense")

        def describe(self, value):
            return ""

    run = _recorded()
    protocol = type("Given", (parts.Protocol,), {
        "stim_start": 5.0, "stim_end": 10.0, "execute": lambda self, params, rheobase: run})()  # fmt: skip
    base = parts.EfelMeasurement("voltage_base")
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    for measurement, criterion, folder, words in (
        (parts.EfelMeasurement("nonsense"), parts.IsFalse(), tmp_path, "could not be extracted"),
        (base, Broken(), tmp_path, "raised KeyError"),
        (base, parts.GreaterThan(0), tmp_path, "is not greater than 0"),
        (base, parts.GreaterThan(0), nowhere, "figure could not be made"),
    ):
        found = parts.ParametricValidation("x", protocol, measurement, criterion).run(PARAMS, 0.2, folder)
        assert not found.passed
        assert words in found.details
    lost = parts.SequenceProtocol([(1, 1)], section="nonsense")
    found = parts.ParametricValidation("x", lost, base, parts.IsFalse()).run(PARAMS, 0.2, tmp_path)
    assert not found.passed
    assert "protocol raised" in found.details
    assert found.figures == []


def _recorded() -> Recording:
    time = np.arange(0, 20, 0.1)
    return Recording(np.zeros(len(time)), np.full(len(time), -70.0), time)


def test_measurements() -> None:
    run = _recorded()
    assert parts.EfelMeasurement("voltage_base").extract(run, 5, 10) == -70.0
    assert parts.EfelMeasurement("peak_time").extract(run, 5, 10) is None
    values = parts.EfelMeasurement("voltage").extract(run, 5, 10)
    assert isinstance(values, np.ndarray)
    assert len(values) > 1


def test_criteria() -> None:
    above, equal, false = parts.GreaterThan(0), parts.EqualTo(1.0), parts.IsFalse()
    assert above.evaluate(np.array([1.0, 2.0]))
    assert not above.evaluate(np.array([0.0, 2.0]))
    assert not above.evaluate(np.array([]))
    assert above.describe(2.0) == "Value (2) is greater than 0."
    assert equal.evaluate(1)
    assert equal.describe(3) == "Value (3) does not equal expected 1."
    with pytest.raises(TypeError, match="not 2"):
        equal.evaluate(np.array([1.0, 1.0]))
    assert false.evaluate(False)
    assert not false.evaluate(1.0)
    assert false.describe(0.0) == "Value (0) is false."
    with pytest.raises(ValueError, match="not 0"):
        false.evaluate(np.array([]))


def test_windows_are_on_the_grid_of_samples() -> None:
    step = parts.StepProtocol(dt=0.7)
    assert (step.stim_start, step.stim_end) == pytest.approx((250.6, 1600.9))
    assert (SHORT.stim_start, SHORT.stim_end) == (30.0, 60.5)
    every = parts.SequenceProtocol([(10.1, 1), (5, 2)], 3.3, 2, 0.7)
    assert (every.stim_start, every.stim_end) == pytest.approx((3.5, 19.6))
    assert parts.SequenceProtocol().phases == [(1350.0, 130.0)]


@pytest.mark.parametrize(
    ("kind", "named", "error"),
    [
        (parts.StepProtocol, {"dt": True}, TypeError),
        (parts.StepProtocol, {"dt": "1"}, TypeError),
        (parts.StepProtocol, {"dt": 0.0}, ValueError),
        (parts.StepProtocol, {"dt": math.inf}, ValueError),
        (parts.SequenceProtocol, {"phases": []}, ValueError),
        (parts.SequenceProtocol, {"phases": [(0, 100)]}, ValueError),
        (parts.SequenceProtocol, {"phases": [(10, "a")]}, TypeError),
        (parts.SequenceProtocol, {"phases": [(10,)]}, ValueError),
        (parts.SequenceProtocol, {"pre_delay": -1}, ValueError),
        (parts.SequenceProtocol, {"post_delay": "x"}, TypeError),
        (parts.SequenceProtocol, {"amplitude_mode": "nonsense"}, ValueError),
        (parts.SequenceProtocol, {"measurement_phase": 5}, IndexError),
        (parts.SequenceProtocol, {"measurement_phase": 1.0}, ValueError),
    ],
)
def test_protocols_that_make_no_sense(kind, named, error) -> None:
    with pytest.raises(error):
        kind(**named)


def test_figures(tmp_path: Path) -> None:
    run = _recorded()
    assert validation.plot_trace(run, tmp_path, "a.png", "title", plot_current=False).is_file()
    path = validation.plot_traces([run, run], tmp_path, "b.pdf", "title", ["x", "y"], (2.0, 8.0))
    assert path.is_file()
