"""Steady potentials, searches and curves: their values, their errors, live cells and specifications."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bluecellab.analysis import (
    Bracket,
    CurveSettings,
    SpikeTest,
    StepTimes,
    fi_curve,
    holding_current,
    hyperpolarizing_current,
    input_resistance,
    iv_curve,
    memodel_properties,
    rheobase,
    spikes_at,
    steady_state_voltage,
    threshold_current,
    upper_bound_of_threshold,
    voltage_at_end,
)
from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import BracketError, InvalidSpecError, SearchError, UnsteadyCellError
from bluecellab.nrn import runtime
from bluecellab.simulation import Simulation
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.base import Site
from bluecellab.spec.cells import BallStickCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step

SHORT = StepTimes(delay=20.0, duration=60.0, post_delay=20.0)
TEST = SpikeTest(times=SHORT, holding_current=-0.07)
CURVE = CurveSettings(times=SHORT)
SLOW = RunConditions(cvode=True, celsius=18)  # fires less often
DENDRITE = Site(section="dend[0]", x=0.5)


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick() as live:
        yield live


@pytest.mark.parametrize(
    "measurement",
    [
        lambda cell: rheobase(cell, times=SHORT),
        lambda cell: memodel_properties(cell, holding_voltage=-70.0),
        lambda cell: hyperpolarizing_current(cell, -70.0, site=DENDRITE),
        lambda cell: upper_bound_of_threshold(cell),
        lambda cell: [array.tobytes() for array in (iv_curve(cell, [-0.2, 0.0], settings=CURVE).voltages,)],
        lambda cell: [fi_curve(cell, [0.1, 0.5], settings=CURVE).rates.tolist()],
    ],
    ids=["rheobase", "properties", "hyperpolarizing", "bound", "iv", "fi"],
)
def test_live_cells_and_specifications_agree_bit_for_bit(
    cell: Cell, measurement: Callable[[object], object]
) -> None:
    first = measurement(cell)
    assert measurement(cell) == first
    assert measurement(BallStickCell()) == first


def test_a_live_cell_is_as_before(cell: Cell) -> None:
    cell.add_step(5.0, 15.0, 0.4)
    cell.start_recording_spikes(None, "soma", -20.0)
    with Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(30.0, cvode=False)
        before, spikes = cell.get_soma_voltage().copy(), cell.get_recorded_spikes("soma", -20.0)
        rheobase(cell, times=SHORT)
        assert holding_current(cell, -80.0) < 0
        iv_curve(cell, [-0.1], settings=CURVE)
        assert cell.get_soma_voltage().tobytes() == before.tobytes()
        assert cell.get_recorded_spikes("soma", -20.0) == spikes != []
        assert len(cell.stimuli) == 1
        simulation.run(30.0, cvode=False)
        assert cell.get_soma_voltage().tobytes() == before.tobytes()


def test_what_is_attached_to_a_live_cell_takes_part(cell: Cell) -> None:
    free = steady_state_voltage(cell)
    cell.add_step(0.0, 2000.0, -0.1)
    assert steady_state_voltage(cell) < free
    assert steady_state_voltage(cell) == pytest.approx(steady_state_voltage(BallStickCell(), -0.1), abs=0.01)


def test_steady_potential_is_the_plain_mean_of_the_last_samples(cell: Cell) -> None:
    conditions = RunConditions(cvode=True, v_init=-70.0, cvode_atol=1e-4)
    step = Placed(stimulus=Step(delay=500, duration=500, amplitude=-0.1))
    trace = run_on(cell, Protocol(duration=1000, stimuli=(step,), conditions=conditions)).traces[
        "soma[0](0.5).v"
    ]
    expected = trace.values[(trace.time > 800) & (trace.time <= 1000)].mean()
    assert steady_state_voltage(cell, -0.1, conditions=conditions) == pytest.approx(expected, abs=1e-9)


def test_a_cell_that_fires_is_not_steady(cell: Cell) -> None:
    with pytest.raises(UnsteadyCellError, match=r"is above -20 mV at 5\d\d.* ms with 0.6 nA: the cell fires"):
        steady_state_voltage(cell, 0.6, conditions=SLOW)
    assert steady_state_voltage(cell, 0.6, spike_threshold=None, conditions=SLOW) > -60


def test_input_resistance_is_the_slope(cell: Cell) -> None:
    slope = (steady_state_voltage(cell, -0.02) - steady_state_voltage(cell, 0.0)) / -0.02
    assert input_resistance(cell) == slope
    with pytest.raises(SearchError, match="current_delta other than 0"):
        input_resistance(cell, current_delta=0.0)


def test_a_holding_current_holds(cell: Cell) -> None:
    current = holding_current(cell, -75.0)
    assert steady_state_voltage(cell, current) == pytest.approx(-75.0, abs=0.05)
    fixed = holding_current(cell, -75.0, conditions=RunConditions())
    assert current == pytest.approx(fixed, abs=1e-6)


def test_hyperpolarizing_current_leads_to_the_target(cell: Cell) -> None:
    current = hyperpolarizing_current(cell, -72.0, tolerance=0.1)
    assert steady_state_voltage(cell, current) == pytest.approx(-72.0, abs=0.1)
    assert hyperpolarizing_current(cell, steady_state_voltage(cell, -1.0), tolerance=1e-6) == -1.0


@pytest.mark.parametrize(("target", "side"), [(-20.0, "below"), (-500.0, "above")])
def test_a_target_out_of_range_is_said(cell: Cell, target: float, side: str) -> None:
    with pytest.raises(BracketError, match=f"settles at .* mV, {side} the target of {target:g} mV") as caught:
        hyperpolarizing_current(cell, target)
    assert (caught.value.lower, caught.value.upper) == (-1.0, 0.0)


def test_a_target_that_is_jumped_across_ends_the_search(cell: Cell) -> None:
    with pytest.raises(SearchError, match=r"no current leads to a potential within 1e-15 mV"):
        hyperpolarizing_current(cell, -70.0, tolerance=1e-15)
    with pytest.raises(InvalidSpecError, match="must be below the upper"):
        hyperpolarizing_current(cell, -70.0, between=(0.0, 0.0))


def test_threshold_is_bracketed(cell: Cell) -> None:
    found = threshold_current(cell, Bracket(lower=0.0, upper=1.0, precision=0.002), TEST)
    assert 0 < found.current - found.below < 0.002
    assert spikes_at(cell, found.current, TEST)
    assert not spikes_at(cell, found.below, TEST)
    assert found.tried[0] == (1.0, True)
    assert {found.current, found.below} <= {current for current, _ in found.tried}
    assert float(found) == found.current
    assert found.holding_current == -0.07


def test_early_ends_change_no_answer(cell: Cell) -> None:
    bracket = Bracket(lower=0.0, upper=1.0)
    early = threshold_current(cell, bracket, TEST)
    cell.start_recording_spikes(None, "soma[0](0.5)", -35.0)  # takes the place's only threshold
    assert threshold_current(cell, bracket, TEST) == early
    fixed = TEST.model_copy(update={"conditions": RunConditions(v_init=-65.0)})
    late = threshold_current(cell, bracket, fixed)
    assert late.current == pytest.approx(early.current, abs=0.05)
    cell._detectors.pop("spike_detector_soma[0](0.5)_-35.0").close()
    assert threshold_current(cell, bracket, fixed) == late


def test_spikes_outside_of_the_step_do_not_count(cell: Cell) -> None:
    cell.add_step(5.0, 10.0, 1.0)
    assert not spikes_at(cell, 0.0, TEST)
    assert spikes_at(cell, 0.8, TEST)


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        (0.0, 0.05, r"0.05 nA, the upper end of the range, makes no spike, so that there is no threshold"),
        (0.6, 0.9, r"0.6 nA, the lower end of the range, on top of -0.07 nA makes the cell fire as well"),
    ],
)
def test_a_range_without_a_threshold_is_said(cell: Cell, lower: float, upper: float, message: str) -> None:
    with pytest.raises(BracketError, match=message) as caught:
        threshold_current(cell, Bracket(lower=lower, upper=upper), TEST)
    assert (caught.value.lower, caught.value.upper) == (lower, upper)
    with pytest.raises(InvalidSpecError, match="must be below the upper"):
        Bracket(lower=1.0, upper=1.0)


def test_a_range_is_widened_as_far_as_is_allowed(cell: Cell) -> None:
    found = threshold_current(cell, Bracket(lower=0.0, upper=0.05, widest=1.0), TEST)
    assert [current for current, _ in found.tried[:3]] == pytest.approx([0.05, 0.15, 0.45])
    assert found.below >= 0.15
    with pytest.raises(BracketError, match=r"0.1 nA, .* makes no spike \(nor does 0.05 nA\)"):
        threshold_current(cell, Bracket(lower=0.0, upper=0.05, widest=0.1), TEST)


def test_rheobase_is_on_top_of_the_holding_current(cell: Cell) -> None:
    held, free, pushed = (
        rheobase(cell, times=SHORT, holding_current=holding) for holding in (-0.2, 0.0, 0.05)
    )
    assert held.current > free.current + 0.1
    assert pushed.current < free.current
    assert min(current for current, _ in held.tried) > -0.2
    assert rheobase(cell, times=SHORT).holding_current == cell.hypamp == -0.070557


def test_rheobase_of_a_cell_that_cannot_fire(cell: Cell) -> None:
    for section in cell.sections.values():
        for segment in section.raw:
            segment.hh.gnabar = 0.0
    with pytest.raises(BracketError, match="makes no spike .* can the cell fire"):
        rheobase(cell, times=SHORT, widest=2.0)


def test_the_bound_is_ohms_law(cell: Cell) -> None:
    expected = (-20.0 - steady_state_voltage(cell)) / input_resistance(cell)
    assert upper_bound_of_threshold(cell) == pytest.approx(expected)
    assert upper_bound_of_threshold(cell, largest=0.5) == 0.5


def test_properties_leave_the_specification_alone() -> None:
    spec = BallStickCell()
    before = spec.to_json()
    found = memodel_properties(spec, holding_voltage=-75.0)
    assert spec.to_json() == before
    conditions = RunConditions(cvode="auto", v_init=-80.0)
    assert found.holding_current == holding_current(spec, -75.0, conditions=conditions)
    assert found.resting_potential == steady_state_voltage(spec, conditions=conditions)
    assert found.input_resistance == input_resistance(spec, conditions=conditions)
    expected = rheobase(
        spec, holding_current=found.holding_current, spike_threshold=-30.0, conditions=conditions
    )
    assert found.threshold_current == expected.current
    assert memodel_properties(spec).holding_current == -0.070557


def test_voltage_at_end_is_that_of_efel() -> None:
    efel = pytest.importorskip("efel")
    generator = np.random.default_rng(1)
    for start, stop in ((100.0, 600.0), (100.0, 601.3), (70.0, 300.0), (33.3, 77.7)):
        time = np.sort(np.concatenate([generator.uniform(0, 700, 500), [0, start, start, stop, stop, 700]]))
        voltage = -80 + 10 * np.sin(time / 30) + generator.normal(size=len(time))
        trace = {"T": time, "V": voltage, "stim_start": [start], "stim_end": [stop]}
        name = "steady_state_voltage_stimend"
        expected = efel.get_feature_values([trace], [name])[0][name][0]
        assert voltage_at_end(time, voltage, start, stop) == pytest.approx(expected, abs=1e-9)
        within = time <= stop  # a run that ends with the step gives the same
        assert voltage_at_end(time[within], voltage[within], start, stop) == pytest.approx(expected, abs=1e-9)
    assert np.isnan(voltage_at_end([], [], 0, 1))
    assert np.isnan(voltage_at_end([0, 1], [0, 0], 5, 6))


def test_iv_curve_has_no_potential_where_the_cell_fires(cell: Cell) -> None:
    curve = iv_curve(cell, [-0.5, 0.0, 0.6], settings=CURVE)
    assert curve.voltages[0] < curve.voltages[1]
    assert np.isnan(curve.voltages[2])
    assert len(curve.notes) == 1
    assert curve.notes[0].startswith("0.6 nA: no steady potential, a spike at 2")
    assert curve.holding_current == -0.070557
    assert not curve.voltages.flags.writeable


def test_fi_curve_counts_the_whole_run_and_rates_the_step(cell: Cell) -> None:
    cell.add_step(2.0, 4.0, 1.5)  # spikes before the step
    curve = fi_curve(cell, [0.0, 0.6], settings=CURVE)
    assert curve.counts[0] > 0
    assert curve.rates[0] == 0
    assert 0 < curve.rates[1] * 0.06 < curve.counts[1]


def test_curves_choose_their_currents_by_the_rheobase(cell: Cell) -> None:
    iv = iv_curve(cell, bins=3, threshold_current=0.3, settings=CURVE)
    assert iv.currents == pytest.approx([-1.7, -0.75, 0.2])
    fi = fi_curve(cell, bins=2, threshold_current=0.3, max_current=0.2, settings=CURVE)
    assert fi.currents == pytest.approx([0.3, 0.2])
    measured = iv_curve(cell, bins=2, settings=CURVE)
    assert measured.currents[0] == pytest.approx(rheobase(cell).current - 2.0)
    with pytest.raises(SearchError, match="at least one current"):
        fi_curve(cell, [])


def test_curves_elsewhere_than_at_the_soma(cell: Cell) -> None:
    settings = CurveSettings(times=SHORT, injected=DENDRITE, recorded=DENDRITE)
    at_dendrite, at_soma = iv_curve(cell, [-0.5], settings=settings), iv_curve(cell, [-0.5], settings=CURVE)
    assert abs(at_dendrite.voltages[0] - at_soma.voltages[0]) > 0.1
    assert (at_dendrite.injected, at_dendrite.recorded) == (DENDRITE, DENDRITE)
    assert fi_curve(cell, [0.8], settings=settings).counts[0] > 0


def _bare_soma() -> object:
    section = runtime.raw_h().Section(name="soma")
    section.L = section.diam = 20.0
    section.insert("hh")
    return section


def test_a_soma_by_another_name_is_found() -> None:
    with Cell.from_python(_bare_soma) as cell:
        assert steady_state_voltage(cell) == pytest.approx(-63, abs=3)
        assert rheobase(cell, times=SHORT, precision=0.1).current > 0
        assert holding_current(cell, -80.0, duration=50.0) < 0
        assert iv_curve(cell, [-0.01], settings=CURVE).recorded.section == "soma"
        assert fi_curve(cell, [0.0], settings=CURVE).counts.tolist() == [0.0]
