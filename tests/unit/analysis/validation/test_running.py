"""Validating cells: one sweep, errors that stay where they are, reports."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bluecellab.analysis.validation import (
    DEFAULT_SUITE,
    AtLeast,
    BackPropagates,
    BackPropagationProtocol,
    EfelMeasurement,
    FirstSpikeLag,
    IVProtocol,
    LessThan,
    Measured,
    Phase,
    Property,
    SequenceProtocol,
    Slope,
    SpikeCount,
    StepProtocol,
    Suite,
    Validation,
    running,
    validate_cell,
)
from bluecellab.analysis.validation.base import Observation
from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import CancelledError, CellError, FeatureError, ResultsError, RunError
from bluecellab.results import Results
from bluecellab.results.measured import IVCurve, ValidationReport
from bluecellab.spec.base import Site
from bluecellab.spec.cells import BallStickCell, HocCell, PythonCell
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.simulation import RunConditions
from tests.material import material
from tests.unit.analysis.validation.helpers import RHEOBASE, SHORT, SOMA, small_suite

STEP = StepProtocol(percent=-50, times=SHORT)


def _live(suite: Suite, **keywords: object) -> ValidationReport:
    with Cell.from_spec(BallStickCell()) as cell:
        return validate_cell(cell, suite=suite, **{"rheobase": RHEOBASE, **keywords})  # type: ignore[arg-type]


def test_a_live_cell_and_its_specification_give_the_same() -> None:
    live = _live(small_suite(), name="it")
    isolated = validate_cell(BallStickCell(), suite=small_suite(), rheobase=RHEOBASE, name="it", processes=1)
    assert isolated.to_dict() == live.to_dict()
    assert [result.status for result in live.results] == ["passed"] * 5
    assert live["bap"].details == "Validation passed: it is one."
    evidence = isolated["spikes"].evidence
    assert isinstance(evidence, Results)
    assert evidence.traces == live["spikes"].evidence.traces


def test_runs_are_shared_and_show_what_each_validation_records(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Protocol] = []
    real = running.run_on
    monkeypatch.setattr(
        running, "run_on", lambda cell, protocol: (ran.append(protocol), real(cell, protocol))[1]
    )
    report = _live(small_suite().only("spikes", "block", "mine"))
    assert len(ran) == report.provenance["simulations"] == 1
    assert [recording.name for recording in ran[0].recordings] == [
        "soma[0](0.5).v",
        "spike_detector_soma[0](0.5)_-40.0",
        "dend[0](0.5).v",
    ]
    spikes, block = report["spikes"].evidence, report["block"].evidence
    assert list(spikes.traces) == ["soma[0](0.5).v"]
    assert list(spikes.spikes) == ["spike_detector_soma[0](0.5)_-40.0"]
    assert list(block.traces) == ["soma[0](0.5).v", "dend[0](0.5).v"]
    assert list(block.spikes) == []
    assert spikes.protocol.recordings == small_suite().validations[0].protocol.runs(_subject())[0].recordings


def _subject() -> object:
    with create_ball_stick() as cell:
        request = running.Request(RHEOBASE, True, -40.0, RunConditions())
        return running.subject_of(cell, request)


def _raises(seen: Observation) -> float:
    raise ZeroDivisionError("mine")


def _nothing(seen: Observation) -> None:
    return None


def test_what_goes_wrong_in_one_validation_is_its_result() -> None:
    wrong = {
        "raises": Validation(name="raises", protocol=STEP, measurement=_raises),
        "of a run": Validation(name="of a run", protocol=STEP, measurement=Slope()),
        "of nothing": Validation(
            name="of nothing",
            measurement=EfelMeasurement(feature="voltage_base"),
            criterion=LessThan(threshold=0),
        ),
        "no spikes": Validation(
            name="no spikes", protocol=STEP, measurement=SpikeCount(), criterion=AtLeast(threshold=0)
        ),
        "no section": Validation(
            name="no section", protocol=StepProtocol(times=SHORT, recorded=(Site(section="apic[3]"),))
        ),
        "no phase": Validation(
            name="no phase",
            protocol=SequenceProtocol(
                phases=(Phase(duration=10),), measured_phase=1, pre_delay=10, post_delay=5
            ),
        ),
    }
    fine = Validation(
        name="fine",
        protocol=STEP,
        measurement=EfelMeasurement(feature="voltage_base"),
        criterion=LessThan(threshold=0),
    )
    report = _live(Suite(validations=(*wrong.values(), fine), properties=()))
    expected = {
        "raises": "it raised ZeroDivisionError: mine",
        "of a run": "a slope is that of a curve, not of Results",
        "of nothing": "of one run, and its protocol gives NoneType",
        "no spikes": "detects no spikes at soma[0](0.5)",
        "no section": "the cell has no section 'apic[3]'; it has 2: soma[0], dend[0]",
        "no phase": "measured_phase is 1; there are 1 phases",
    }
    for name, words in expected.items():
        assert report[name].status == "error"
        assert not report[name].passed
        assert report[name].details.startswith("Validation failed: it could not be done. ")
        assert words in report[name].details, report[name].details
    assert report["fine"].status == "passed"
    assert not report.passed
    assert report["of a run"].evidence is not None


def test_a_run_that_fails_is_the_result_of_those_that_needed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = running.run_on

    def failing(cell: Cell, protocol: Protocol) -> Results:
        if protocol.recordings[-1].name == "dend[0](0.5).v":
            raise RunError("it broke")
        return real(cell, protocol)

    monkeypatch.setattr(running, "run_on", failing)
    report = _live(small_suite().only("spikes", "block", "rest"))
    assert [result.status for result in report.results] == ["error", "error", "passed"]
    assert "RunError: it broke" in report["spikes"].details


def test_undefined_values_fail() -> None:
    report = _live(
        Suite(
            validations=(
                Validation(
                    name="no spike",
                    protocol=STEP,
                    measurement=EfelMeasurement(feature="AP_amplitude"),
                    criterion=AtLeast(threshold=0),
                ),
                Validation(name="none", protocol=STEP, measurement=_nothing, criterion=AtLeast(threshold=0)),
                Validation(
                    name="silent",
                    protocol=StepProtocol(percent=-50, times=SHORT, recorded=(SOMA, Site(section="dend[0]"))),
                    measurement=FirstSpikeLag(after=Site(section="dend[0]")),
                    criterion=AtLeast(threshold=0),
                ),
            )
        )
    )
    assert {result.status for result in report.results} == {"failed"}
    assert report["no spike"].details == "Validation failed: the AP_amplitude is not defined here."
    assert report["none"].details == "Validation failed: the value of _nothing is not defined here."
    assert "no spike at dend[0](0.5) and soma[0](0.5)" in report["silent"].details


def test_without_a_rheobase_what_needs_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = Suite(
        validations=(
            Validation(name="relative", protocol=STEP),
            Validation(name="absolute", protocol=StepProtocol(amplitude=-0.1, times=SHORT)),
            Validation(name="rin", measurement=Property(name="rin"), criterion=LessThan(threshold=1000)),
        )
    )
    with create_ball_stick() as cell:
        cell.threshold = 0.0
        monkeypatch.setattr(running.subject_of.__globals__["Cell"], "nothing", None, raising=False)

        def none(*args: object, **keywords: object) -> None:
            raise FeatureError("no current makes it fire")

        monkeypatch.setitem(running.subject_of.__globals__, "rheobase", none)
        report = validate_cell(cell, suite=suite)
    assert [result.status for result in report.results] == ["error", "passed", "error"]
    assert "there is no rheobase to take -50 % of: no current makes it fire" in report["relative"].details
    assert "no current makes it fire" in report["rin"].details
    assert report.properties == {"holding_current": pytest.approx(-0.070557)}
    assert report.provenance["rheobase_problem"] == "no current makes it fire"


def test_the_rheobase_is_measured_if_nobody_knows_it() -> None:
    with create_ball_stick() as cell:
        cell.threshold = 0.0
        report = validate_cell(cell, suite=Suite(validations=(Validation(name="one", protocol=STEP),)))
    assert 0 < report.properties["rheobase"] < 1
    assert 20 < report.properties["rin"] < 100


def test_properties_are_measured_if_they_are_asked_for_only() -> None:
    report = _live(small_suite().only("rest"))
    assert set(report.properties) == {"holding_current", "rheobase"}
    assert report.provenance["simulations"] == 1
    report = _live(DEFAULT_SUITE.only("rin_test"))
    assert set(report.properties) == {"holding_current", "rheobase", "rin"}
    assert report["rin_test"].values == {"rin": pytest.approx(report.properties["rin"])}


def test_the_cell_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with create_ball_stick() as cell:
        stimuli, recordings = list(cell.stimuli), dict(cell.recordings)
        first = validate_cell(cell, suite=small_suite(), rheobase=RHEOBASE)
        assert (cell.stimuli, cell.recordings) == (stimuli, recordings)
        assert validate_cell(cell, suite=small_suite(), rheobase=RHEOBASE).to_dict() == first.to_dict()


def _strange(seen: Observation) -> Measured:
    values = {"nan": np.float64("nan"), "many": np.array([1.0, np.inf]), "count": np.int64(3), "what": SOMA}
    return Measured(np.float64("nan"), values)  # type: ignore[arg-type]


def test_values_of_users_become_json() -> None:
    validations = (Validation(name="x", protocol=STEP, measurement=_strange, criterion=AtLeast(threshold=0)),)
    report = _live(Suite(validations=validations, properties=()))
    assert report["x"].status == "failed"
    assert json.loads(report.to_json())["results"][0]["values"] == {
        "nan": None,
        "many": [1.0, None],
        "count": 3,
        "what": repr(SOMA),
    }


def test_a_soma_that_does_not_fire_is_told_of() -> None:
    def bap(percent: float) -> Validation:
        protocol = BackPropagationProtocol(percent=percent, start=20, total=30)
        return Validation(name=f"{percent:g}", protocol=protocol, measurement=BackPropagates())

    report = _live(Suite(validations=(bap(-100), bap(500)), properties=()))
    assert report["-100"].values["soma_fires"] is False
    assert "the soma does not fire within the window" in report["-100"].details
    assert report["500"].values["soma_fires"] is True
    assert "not fire" not in report["500"].details


def test_a_cancelled_run_ends_the_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancelled(cell: Cell, protocol: Protocol) -> Results:
        raise CancelledError("cancelled")

    monkeypatch.setattr(running, "run_on", cancelled)
    with pytest.raises(CancelledError):
        _live(small_suite())


def test_curves_and_sequences() -> None:
    suite = Suite(
        validations=(
            Validation(
                name="iv",
                protocol=IVProtocol(bins=3, lowest=-0.7, highest=-0.4, times=SHORT),
                measurement=Slope(),
                criterion=AtLeast(threshold=0),
            ),
            Validation(
                name="sequence",
                protocol=SequenceProtocol(
                    phases=(Phase(duration=40, percent=-50), Phase(duration=40, amplitude=-0.4)),
                    pre_delay=30,
                    post_delay=5,
                    measured_phase=1,
                ),
                measurement=EfelMeasurement(feature="voltage_base"),
                criterion=LessThan(threshold=-60),
            ),
        )
    )
    report = _live(suite)
    curve = report["iv"].evidence
    assert isinstance(curve, IVCurve)
    assert curve.currents == pytest.approx([-0.35, -0.2, -0.05])
    assert np.all(np.diff(curve.voltages) > 0)
    assert report["iv"].values["slope"] == pytest.approx(np.polyfit(curve.currents, curve.voltages, 1)[0])
    assert report["sequence"].passed
    steps = [placed.stimulus for placed in report["sequence"].evidence.protocol.stimuli]
    assert [(step.delay, step.duration, step.amplitude) for step in steps[1:]] == [
        (30, 40, -0.175),
        (70, 40, -0.4),
    ]


def test_reports_are_plain() -> None:
    report = _live(small_suite(), name="cell 1")
    table = report.to_pandas()
    assert list(table.index) == ["spikes", "block", "rest", "mine", "bap"]
    assert list(table.columns) == ["name", "status", "passed", "details", "values"]
    assert table.loc["block", "name"] == "No block"
    assert table.attrs["cell_name"] == "cell 1"
    assert repr(report) == "<ValidationReport 'cell 1' 5 of 5 passed>"
    assert repr(report["rest"]) == "<ValidationResult rest passed>"
    read = json.loads(report.to_json())
    assert read == report.to_dict()
    assert read["results"][0]["values"] == {"spike_count": report["spikes"].values["spike_count"]}
    with pytest.raises(ResultsError, match="no validation 'nope'; it has spikes, block"):
        report["nope"]


def test_unknown_features_and_cells_are_refused_before_anything_runs() -> None:
    suite = Suite(
        validations=(Validation(name="x", protocol=STEP, measurement=EfelMeasurement(feature="nope")),)
    )
    with pytest.raises(FeatureError, match="no feature 'nope'"):
        _live(suite)
    with pytest.raises(CellError, match="nowhere"):
        validate_cell(PythonCell(factory="nowhere:nothing"), suite=small_suite())


@pytest.mark.material
def test_the_default_suite_on_a_real_cell() -> None:
    model = material().cell("sscx_v6")
    spec = HocCell(
        template_path=str(model.template),
        morphology_path=str(model.morphology),
        template_format=model.template_format,
        emodel_properties=model.emodel_properties,
        mechanisms=str(model.mechanisms),
    )
    names = ("spiking_test", "bpap_test", "hyperpolarization_test", "rin_test", "thumbnail_test")
    report = validate_cell(spec, name="L4", suite=DEFAULT_SUITE.only(*names))
    assert [result.key for result in report.results] == list(names)
    assert report.passed, report.to_pandas()[["status", "details"]].to_string()
    assert report.provenance["simulations"] == 5
    assert report.properties["rheobase"] == 0.1123
