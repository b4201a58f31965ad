"""Costs are kept in a file, whole or not at all, and measured in differences."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from bluecellab.errors import CalibrationError
from bluecellab.simulation.estimating import BUILT_IN, Costs, calibration_file, read_costs, write_costs
from bluecellab.simulation.estimating.bench import Measured, Sample
from bluecellab.simulation.estimating.measuring import OwnCircuit, adjusted, measured_costs, samples

FIVE_CELLS = Path(__file__).resolve().parents[4] / "examples" / "five_cells" / "simulation_config.json"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BLUECELLAB_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_without_a_calibration_there_are_built_in_figures(cache: Path) -> None:
    assert read_costs() == BUILT_IN
    assert not cache.exists()
    assert "bluecellab calibrate" in BUILT_IN.source


def test_written_and_read(cache: Path) -> None:
    costs = replace(BUILT_IN, run=1.5, source="here")
    assert write_costs(costs) == calibration_file() == cache / "calibration.json"
    assert read_costs() == costs
    assert [path.name for path in cache.iterdir()] == ["calibration.json"]


def _without(name: str) -> dict[str, Any]:
    costs = asdict(BUILT_IN)
    del costs[name]
    return costs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "is no calibration of this version"),
        (json.dumps({"format": 99, "costs": asdict(BUILT_IN)}), "is no calibration of this version"),
        (json.dumps({"format": 1, "costs": _without("run")}), "has no run"),
        (
            json.dumps({"format": 1, "costs": {**asdict(BUILT_IN), "speed": 1}}),
            "has 'speed', which is not known",
        ),
        (
            json.dumps({"format": 1, "costs": {**asdict(BUILT_IN), "run": "fast"}}),
            "run of a calibration is a number",
        ),
        (json.dumps({"format": 1, "costs": {**asdict(BUILT_IN), "run": -1.0}}), "from 0 on, not -1.0"),
        (json.dumps({"format": 1, "costs": {**asdict(BUILT_IN), "engines": 3}}), "is damaged"),
        (json.dumps({"format": 1, "costs": {**asdict(BUILT_IN), "low": 3.0}}), "low <= high"),
    ],
)
def test_a_damaged_file_is_told(cache: Path, text: str, said: str) -> None:
    cache.mkdir()
    calibration_file().write_text(text, encoding="utf-8")
    with pytest.raises(CalibrationError) as caught:
        read_costs()
    assert said in str(caught.value)
    assert str(calibration_file()) in str(caught.value)
    assert "make it anew: bluecellab calibrate" in str(caught.value)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="there is no calibration"):
        read_costs(tmp_path / "costs.json")


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CalibrationError, match="cannot be written"):
        write_costs(BUILT_IN, tmp_path / "file" / "costs.json")


def _what(sample: Sample, costs: Costs) -> Measured:
    """Return what a circuit would take if parts cost exactly this."""
    segments, steps = sample.segments, sample.steps
    channels = segments * (1 + 2.75 * sample.active)  # passive ones are everywhere
    build = 5 + (
        costs.cell_seconds * sample.cells
        + costs.section_seconds * sample.sections
        + costs.segment_seconds * segments
        + costs.synapse_seconds * sample.synapses
        + costs.connection_seconds * sample.synapses * bool(sample.spikes)
        + costs.variable_seconds * segments * sample.report
    )
    run = 3 + steps * (
        costs.segment_step_seconds * segments
        + costs.mechanism_step_seconds * channels
        + costs.synapse_step_seconds * sample.synapses
        + costs.sample_seconds * segments * sample.report
    )
    run += costs.event_seconds * sample.synapses * sample.spikes
    held = 7e6 + (
        costs.cell_bytes * sample.cells
        + costs.section_bytes * sample.sections
        + costs.segment_bytes * segments
        + costs.mechanism_bytes * segments * sample.active
        + costs.synapse_bytes * sample.synapses
        + costs.connection_bytes * sample.synapses * bool(sample.spikes)
        + costs.variable_bytes * segments * sample.report
    )
    return Measured(build, run, held)


def test_costs_are_found_from_differences() -> None:
    true = replace(BUILT_IN, segment_step_seconds=30e-9, mechanism_step_seconds=15e-9, synapse_seconds=9e-6)
    circuits = samples()
    found = measured_costs({name: _what(each, true) for name, each in circuits.items()}, circuits)
    for name, value in asdict(true).items():
        if name.endswith(("_seconds", "_bytes")) and name not in (
            "plastic_step_seconds",
            "point_seconds",
            "step_seconds",
        ):
            assert getattr(found, name) == pytest.approx(value, rel=1e-6), name
    assert found.source.startswith("measured on")


def test_noise_makes_nothing_free() -> None:
    circuits = samples()
    found = measured_costs(dict.fromkeys(circuits, Measured(1.0, 1.0, 1e6)), circuits)
    assert found.section_seconds == pytest.approx(0.1 * BUILT_IN.section_seconds)


def test_a_circuit_of_ones_own() -> None:
    costs = adjusted(BUILT_IN, OwnCircuit(FIVE_CELLS, cells=5, seconds=0.2))
    assert min(costs.build, costs.run, costs.memory) >= 0.1
    assert costs.run < 20
    assert costs.start_bytes >= BUILT_IN.start_bytes
    assert costs.source.endswith(f"with {FIVE_CELLS}")
    assert costs.high / costs.low < BUILT_IN.high / BUILT_IN.low
