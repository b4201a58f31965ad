"""Back-propagation: amplitudes as eFEL's, distances that stay with them, fits, verdicts."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from bluecellab.analysis.attenuation import assess, fit_attenuation
from bluecellab.analysis.back_propagation import (
    amplitude_at,
    back_propagation,
    back_propagation_of,
    branches_of,
    recording_interval,
)
from bluecellab.analysis.features import features
from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import FeatureError, SimulationError
from bluecellab.nrn import runtime
from bluecellab.results.measured import BackPropagation, BranchAttenuation
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.cells import BallStickCell, HocCell
from bluecellab.spec.simulation import RunConditions
from tests.material import material

module = importlib.import_module("bluecellab.analysis.back_propagation")  # its function has its name
FIXED = RunConditions(v_init=-80)


def _forked() -> object:
    h = runtime.raw_h()
    soma = h.Section(name="soma")
    soma.L = soma.diam = 20
    made = [soma]
    for index, name in enumerate(["dend0", "dend1", "apic0", "axon"]):
        one = h.Section(name=name)
        one.L, one.diam, one.nseg = 100 * (index + 1), 2, 11
        one.connect(soma(0.5 if index else 1), 0)
        made.append(one)
    for one in made:
        one.insert("hh")
    return SimpleNamespace(soma=made[0], rest=made[1:])


def _branch(distances: list[float], amplitudes: list[float], fit: object = None) -> BranchAttenuation:
    names = tuple(f"dend[{index}]" for index in range(len(distances)))
    return BranchAttenuation(names, np.array(distances), np.array(amplitudes), fit)  # type: ignore[arg-type]


def test_a_live_cell_and_its_specification_give_the_same() -> None:
    with Cell.from_spec(BallStickCell()) as cell:
        live = back_propagation(cell, amplitude=2.0, start=50)
    isolated = back_propagation(BallStickCell(), amplitude=2.0, start=50)
    assert live.soma_amplitude == isolated.soma_amplitude > 60
    assert live.basal is not None
    assert isolated.basal is not None
    assert live.basal.amplitudes == pytest.approx(isolated.basal.amplitudes, rel=0, abs=0)
    assert live.basal.distances == pytest.approx([100.5])  # the middle of a segment of 1 um
    assert live.apical is None
    assert repr(live).startswith("<BackPropagation soma ")
    assert repr(live.basal) == "<BranchAttenuation 1 sections, 100.5..100.5 um>"
    assert live.results.traces == isolated.results.traces


def test_potentials_are_recorded_as_often_as_is_worth_it() -> None:
    with create_ball_stick() as cell:
        assert recording_interval(cell, RunConditions(cvode="auto")) is None
        assert recording_interval(cell, RunConditions(cvode=True)) is None
        assert recording_interval(cell, RunConditions()) == 0.1
        assert recording_interval(cell, RunConditions(dt=0.1)) is None
        assert recording_interval(cell, RunConditions(dt=0.03)) is None
        branches = branches_of(cell)
        step = module.Step(delay=20, duration=5, amplitude=2)
        found = [
            back_propagation_of(
                run_on(
                    cell,
                    module.back_propagation_protocol(
                        branches, step, total=30, conditions=FIXED, interval=interval
                    ),
                ),
                branches,
                (20, 25),
            )
            for interval in (None, 0.1)
        ]
    assert found[0].soma_amplitude == pytest.approx(found[1].soma_amplitude, abs=1e-9)


@pytest.mark.parametrize("cvode", [True, False])
def test_amplitudes_are_those_of_efel_on_the_whole_trace(cvode: bool) -> None:
    conditions = RunConditions(v_init=-80, cvode=cvode)
    with create_ball_stick() as cell:
        found = back_propagation(cell, amplitude=2.0, start=53.7, duration=3.1, conditions=conditions)
    for section, amplitude in (("soma[0]", found.soma_amplitude), ("dend[0]", found.basal.amplitudes[0])):
        name = "maximum_voltage_from_voltagebase"
        trace = found.results.traces[f"{section}(0.5).v"]
        assert features(trace, name, stim_start=53.7, stim_end=56.8)[name] == pytest.approx(
            [amplitude], abs=0.02
        )


def test_sections_without_lists_are_sorted_by_their_names() -> None:
    with Cell.from_python(_forked) as cell:
        cell._model.lists = {"somatic": ["soma"]}
        found = branches_of(cell)
    assert found.basal == pytest.approx({"dend0": 60.0, "dend1": 100.0})
    assert found.apical == pytest.approx({"apic0": 150.0})
    assert found.soma == "soma"


def test_the_peak_may_come_behind_a_short_step() -> None:
    with create_ball_stick() as cell:
        short = back_propagation(cell, amplitude=6.0, start=50, duration=0.1, conditions=FIXED)
    with create_ball_stick() as cell:
        longer = back_propagation(cell, amplitude=6.0, start=50, duration=0.1, window=10, conditions=FIXED)
    assert longer.basal.amplitudes[0] > short.basal.amplitudes[0] + 5
    assert len(longer.results.traces.time) == 901  # 90 ms, every 0.1 ms


def test_sections_without_an_amplitude_are_left_out_with_their_distance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Cell.from_python(_forked) as cell:
        branches = branches_of(cell)
        run = module.back_propagation_protocol(
            branches, module.Step(delay=20, duration=5, amplitude=2), total=40
        )
        results = run_on(cell, run)
    real = amplitude_at
    monkeypatch.setattr(
        module, "amplitude_at", lambda trace, window: None if "dend0" in trace.name else real(trace, window)
    )
    found = back_propagation_of(results, branches, (20, 25))
    assert found.basal is not None
    assert found.basal.sections == ("dend1",)
    assert found.basal.distances == pytest.approx([100.0])
    monkeypatch.setattr(module, "amplitude_at", lambda trace, window: None)
    with pytest.raises(FeatureError, match="soma has no amplitude between 20 and 25 ms"):
        back_propagation_of(results, branches, (20, 25))


def test_fits() -> None:
    x = np.linspace(0, 900, 60)
    noise = np.random.default_rng(1).normal(0, 2, 60)
    a, b, c = fit_attenuation(x, 85 * np.exp(-x / 150) + 8 + noise)
    assert (a, 1 / b, c) == pytest.approx((85, 150, 8), rel=0.1)
    rising = fit_attenuation(x, 30 - 20 * np.exp(-x / 300))
    assert rising == pytest.approx((-20, 1 / 300, 30), rel=1e-4)
    growing = fit_attenuation(x + 100, 5 * np.exp((x + 100) / 400) + 1)
    assert growing == pytest.approx((5, -1 / 400, 1), rel=1e-4)
    assert fit_attenuation([0, 50, 100], [80, 60, 50]) == pytest.approx((40, np.log(2) / 50, 40), rel=1e-4)


def test_fits_are_those_of_scipy() -> None:
    from scipy.optimize import curve_fit

    x = np.linspace(0, 900, 60)
    y = 200 * np.exp(-x / 1200) - 80 + np.random.default_rng(2).normal(0, 1, 60)
    theirs, _ = curve_fit(lambda x, a, b, c: a * np.exp(-b * x) + c, x, y, p0=(200, 1 / 1200, -80))
    assert fit_attenuation(x, y) == pytest.approx(tuple(theirs), rel=1e-3)


def test_what_no_exponential_fits_best_has_no_fit() -> None:
    for amplitudes in ([80, 60], [5, 4, 3, 2], [7, 7, 7, 7], [1, 2, float("nan"), 4]):
        assert fit_attenuation(100.0 * np.arange(len(amplitudes)), amplitudes) is None
        assert fit_attenuation([10.0] * len(amplitudes), amplitudes) is None


def test_verdicts() -> None:
    good = _branch([50, 200], [60, 30], (70.0, 0.01, 10.0))
    loud = _branch([50, 200], [60, 99], (70.0, -0.01, 10.0))
    results = object()

    def judged(basal: BranchAttenuation | None, apical: BranchAttenuation | None, fit: bool) -> bool:
        passed, notes = assess(BackPropagation(90.0, basal, apical, results), with_fit=fit)
        assert notes.startswith("Validation passed: " if passed else "Validation failed: ")
        return passed

    for fit in (True, False):
        assert judged(good, None, fit)
        assert judged(good, good, fit)
        assert judged(None, good, fit)
        assert not judged(good, loud, fit)
        assert not judged(loud, None, fit)
        assert not judged(None, None, fit)
    assert not judged(_branch([50, 200], [60, 30]), None, True)
    assert judged(_branch([50, 200], [60, 30]), None, False)
    assert not judged(_branch([50], [60], (-1.0, 0.1, 0.0)), None, True)


def test_times_must_make_sense() -> None:
    with create_ball_stick() as cell:
        for wrong in ({"duration": 0.0}, {"start": 0.0}, {"window": -1.0}):
            with pytest.raises(SimulationError, match="longer than 0 ms"):
                back_propagation(cell, amplitude=1.0, **wrong)
        with pytest.raises(SimulationError, match="ends at 10 ms, before the window does: 1005 ms"):
            back_propagation(cell, amplitude=1.0, total=10)


@pytest.mark.material
def test_a_bluepyopt_template_has_branches_too() -> None:
    found = material()
    names = [name for name, cell in found.cells.items() if cell.template_format == "bluepyopt"]
    model = found.cell(names[0])
    spec = HocCell(
        template_path=str(model.template),
        morphology_path=str(model.morphology),
        template_format="bluepyopt",
        emodel_properties=model.emodel_properties,
        mechanisms=str(model.mechanisms),
    )
    result = back_propagation(spec, amplitude=2.0, start=30, total=50)
    assert result.basal is not None
    assert len(result.basal.sections) == len(result.basal.distances) == len(result.basal.amplitudes) > 5
    assert result.soma_amplitude > 20
