"""Published sequences of stimuli, curves and back-propagation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluecellab import run_isolated
from bluecellab.compat import analysis as package
from bluecellab.compat import create_ball_stick
from bluecellab.compat.analysis import analysis, inject_sequence, plotting
from bluecellab.compat.analysis.inject_sequence import (
    StimulusName,
    apply_multiple_stimuli,
    held,
    run_multirecordings_stimulus,
    run_stimulus,
)
from bluecellab.compat.analysis.utils import exp_decay
from bluecellab.compat.cell.core import BALL_STICK, Cell
from bluecellab.errors import NotRecordedError, StimulusError
from bluecellab.spec.cells import EmodelProperties
from bluecellab.stimulus import StimulusFactory

PARAMS = BALL_STICK._replace(emodel_properties=EmodelProperties(threshold_current=0.2, holding_current=-0.05))
STEP = StimulusFactory(dt=0.1).step(5, 20, 5, 0.3)


def test_what_is_recorded() -> None:
    found = run_stimulus(PARAMS, STEP, "soma[0]", 0.5, cvode=False, enable_spike_detection=True)
    assert len(found.time) == len(found.voltage) == len(found.current) == 1201
    assert found.time[-1] == pytest.approx(30.0)
    during = (found.time > 5.05) & (found.time < 24.95)
    assert np.all(found.current[during] == 0.3)
    assert np.all(found.current[found.time < 4.95] == 0)
    crossed = np.flatnonzero((found.voltage[1:] >= -20) & (found.voltage[:-1] < -20))
    assert found.spike is not None
    assert found.spike == pytest.approx(found.time[crossed + 1], abs=0.026)
    assert run_stimulus(PARAMS, STEP, "soma[0]", 0.5, False).spike is None


def test_it_is_what_a_script_does() -> None:
    """Bitwise the published way on a live cell; and bitwise the same beside other cells."""
    from bluecellab.compat import Simulation

    alone = run_stimulus(PARAMS, STEP, "dend[0]", 0.3, False, False, "dend[0]", 0.3)
    with create_ball_stick() as cell, Simulation(cell) as simulation:
        dend = cell.get_section("dend[0]")
        cell.inject_current_waveform(STEP.time, STEP.current, dend, 0.3)
        cell.add_voltage_recording(dend, 0.3)
        simulation.run(STEP.stimulus_time, cvode=False)
        by_hand = cell.get_voltage_recording(dend, 0.3)
        beside = run_stimulus(PARAMS, STEP, "dend[0]", 0.3, False, False, "dend[0]", 0.3)
    assert np.array_equal(alone.voltage, by_hand)
    assert np.array_equal(beside.voltage, by_hand)


def test_several_places() -> None:
    places = [("soma[0]", 0.5), ("dend[0]", 0.9), ("soma[0]", 0.5)]
    soma, dend, again = run_multirecordings_stimulus(
        PARAMS, STEP, "soma[0]", 0.5, False, True, places, enable_spike_detection=True
    )
    assert np.array_equal(soma.voltage, again.voltage)
    assert soma.voltage.max() < dend.voltage.max()
    between = float(soma.voltage.max() + dend.voltage.max()) / 2
    soma, dend, _ = run_multirecordings_stimulus(
        PARAMS, STEP, "soma[0]", 0.5, False, True, places, True, between
    )
    assert soma.spike is not None
    assert dend.spike is not None
    assert (len(soma.spike), len(dend.spike)) == (0, 1)


def test_places_that_are_not_there() -> None:
    for place in (("dend[7]", 0.5), ("soma[0]", 1.5)):
        with pytest.raises(ValueError, match="not found|between 0 and 1"):
            run_stimulus(PARAMS, STEP, *place)
        with pytest.raises(ValueError, match="not found|between 0 and 1"):
            run_stimulus(PARAMS, STEP, "soma[0]", 0.5, True, True, *place)


def test_samples_that_change_nothing_are_left_out() -> None:
    spec = held(STEP)
    assert len(spec.times) == 4
    assert spec.times[-1] == STEP.time[-1]
    ramp = StimulusFactory(dt=1.0).ramp(2, 5, 2, 0.3)
    assert len(held(ramp).times) >= 5
    quiet = StimulusFactory(dt=0.1).step(5, 200, 5, -0.1)
    variable = run_stimulus(PARAMS, quiet, "soma[0]", 0.5, cvode=True)
    assert len(variable.time) < len(quiet.time) / 3  # CVODE stops at changes, not at samples


def test_several_amplitudes() -> None:
    with Cell.from_template_parameters(PARAMS) as cell:
        name = StimulusName.AP_WAVEFORM
        found = apply_multiple_stimuli(cell, name, [0.05, 0.3], False, n_processes=2)
        assert list(found) == ["StimulusName.AP_WAVEFORM_0.05", "StimulusName.AP_WAVEFORM_0.3"]
        assert [one.current.max() for one in found.values()] == pytest.approx([0.05, 0.3])
        assert apply_multiple_stimuli(cell, name, []) == {}
        with pytest.raises(ValueError, match="Unknown stimulus name: 'IDREST'"):
            apply_multiple_stimuli(cell, "IDREST", [100])  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="not found"):
            apply_multiple_stimuli(cell, name, [100], section_name="nonsense")
        cell.threshold = 0.0
        with pytest.raises(StimulusError, match="no threshold current"):
            apply_multiple_stimuli(cell, name, [100])


def test_names_of_stimuli() -> None:
    assert [one.value for one in StimulusName] == [1, 2, 3, 4, 5, 6]
    made = inject_sequence._made(StimulusName.IDREST, 150, 0.2)
    assert made.current.max() == pytest.approx(0.3)
    assert exp_decay(0.0, 2.0, 3.0, 1.0) == 3.0


def test_curves(tmp_path: Path) -> None:
    with Cell.from_template_parameters(PARAMS) as cell:
        quiet = {"show_figure": False, "save_figure": True, "output_dir": tmp_path / "new"}
        short = {"stim_start": 20, "duration": 50, "post_delay": 10, "nb_bins": 3, "v_init": -70, **quiet}
        currents, voltages = analysis.compute_plot_iv_curve(cell, rheobase=0.2, **short)
        assert currents == pytest.approx([-1.8, -0.85, 0.1])
        assert np.all(np.diff(voltages) > 0)
        currents, counts = analysis.compute_plot_fi_curve(cell, rheobase=0.2, max_current=0.1, **short)
        assert currents == pytest.approx([0.2, 0.15, 0.1])
        assert counts[0] >= counts[-1]
        assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["fi_curve.pdf", "iv_curve.pdf"]
        with pytest.raises(ValueError, match="not found"):
            analysis.compute_plot_iv_curve(cell, recording_section="nonsense", rheobase=0.2)
    with create_ball_stick() as cell, pytest.raises(ValueError, match="has no emodel_properties"):
        analysis.compute_plot_fi_curve(cell)


def test_curves_are_drawn_as_asked(tmp_path: Path) -> None:
    where = ("soma[0]", 0.5, "soma[0]", 0.5)
    plotting.plot_iv_curve([0.0, 0.1], [-70, -65], *where, True, False, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    plotting.plot_fi_curve([0.0, 0.1], [0, 2], *where, False, True, tmp_path, "x.png")
    assert (tmp_path / "x.png").is_file()
    for draw in (plotting.plot_iv_curve, plotting.plot_fi_curve):
        with pytest.raises(ValueError, match="2 currents, but 1"):
            draw([0.0, 0.1], [1.0], *where)


@pytest.mark.parametrize("duration", [True, "5"])
def test_durations_of_no_number(duration) -> None:
    with create_ball_stick() as cell, pytest.raises(TypeError, match="must be a number"):
        analysis.BPAP(cell, duration)


def test_back_propagation(tmp_path: Path) -> None:
    with create_ball_stick() as cell:
        bpap = analysis.BPAP(cell, stim_duration=3.0)
        assert (bpap.start_index, bpap.end_index) == (40000, 40120)
        with pytest.raises(NotRecordedError, match="call run"):
            bpap.get_recordings()
        bpap.stim_start = 50.0  # attributes are the user's, as published
        bpap.run(80, 2.0)
        soma, basal, apical = bpap.get_recordings()
        assert list(basal) == [cell.get_section("dend[0]").hname()]
        assert apical == {}
        assert len(soma) == len(next(iter(basal.values()))) == 3201
        found = bpap.get_amplitudes_and_distances()
        assert found[0][0] > 80
        assert found[2] == [pytest.approx(100.0, abs=10.0)]
        assert found[3:] == (None, None)
        assert bpap.amplitudes(basal) == found[1]
        passed, notes = bpap.validate(*found, validate_with_fit=False)
        assert notes.startswith("Validation ")
        assert passed is bool(found[1][0] < found[0][0])
        assert bpap.fit(found[0], found[1], found[2]) == (None, True)  # too few points
        quiet = {"show_figure": True, "output_dir": str(tmp_path)}  # there is nowhere to show it
        assert bpap.plot_amp_vs_dist(*found, **quiet) == tmp_path / "bpap.pdf"
        assert not (tmp_path / "bpap.pdf").exists()
        path = bpap.plot_recordings(save_figure=True, **quiet)
        assert path.is_file()
        assert path.name == "bpap_recordings.pdf"
        for wrong in (0.0, -1.0, float("nan"), float("inf")):
            with pytest.raises(ValueError, match="positive and finite"):
                analysis.BPAP(cell, wrong)
        assert not cell.stimuli  # put back


def test_fits() -> None:
    distances = np.linspace(20, 500, 20)
    amplitudes = exp_decay(distances, 80.0, 0.005, 10.0)
    values, wrong = analysis.BPAP.fit([90.0], amplitudes.tolist(), distances.tolist())
    assert not wrong
    assert values == pytest.approx([80.0, 0.005, 10.0], rel=1e-5)
    assert analysis.BPAP.fit([90.0], None, None) == (None, False)
    assert analysis.BPAP.fit([90.0], [1.0], [1.0, 2.0]) == (None, False)
    with create_ball_stick() as cell:
        bpap = analysis.BPAP(cell)
        along = (amplitudes.tolist(), distances.tolist())
        assert bpap.validate([90.0], *along, None, None)[0]
        assert not bpap.validate([90.0], *along, [95.0] * 20, distances.tolist(), False)[0]
        assert not bpap.validate([90.0], None, None, None, None)[0]
        with pytest.raises(ValueError, match="amplitudes, but"):
            bpap.validate([90.0], [1.0], [1.0, 2.0], None, None, False)


def test_package() -> None:
    assert package.utils.exp_decay is exp_decay
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = package.nonsense


def _nested() -> float:
    return float(run_stimulus(PARAMS, STEP, "soma[0]", 0.5).voltage.max())


def test_in_workers() -> None:
    """Services call it in workers of their own."""
    assert run_isolated(_nested) == _nested()


def test_the_rooms_measure_published_cells() -> None:
    """Whose sections are NEURON's own."""
    from bluecellab.analysis import back_propagation
    from bluecellab.analysis.validation import DEFAULT_SUITE, validate_cell

    with create_ball_stick() as cell:
        found = back_propagation(cell, amplitude=2.0, start=50.0)
        assert found.basal is not None
        assert found.basal.sections == ("dend[0]",)
        report = validate_cell(cell, rheobase=0.2, suite=DEFAULT_SUITE.only("rin_test"))
        assert report.passed
