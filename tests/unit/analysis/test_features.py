"""Features by eFEL: settings put back, unknown names, CVODE traces."""

from __future__ import annotations

import threading

import efel
import numpy as np
import pytest

from bluecellab.analysis.features import (
    efel_settings,
    feature_names,
    features,
    features_of,
    stimulus_window,
)
from bluecellab.cell import create_ball_stick
from bluecellab.errors import FeatureError, NotRecordedError
from bluecellab.results import Trace
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.base import Site
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step


def _flat(level: float = -70.0) -> Trace:
    time = np.arange(0, 100, 0.1)
    return Trace("v", time, np.full(len(time), level), "mV")


def _spiking(cvode: bool = False) -> Protocol:
    return Protocol(
        duration=150,
        stimuli=(
            Placed(stimulus=Step(delay=0, duration=150, amplitude=-0.2)),
            Placed(stimulus=Step(delay=50, duration=80, amplitude=0.6)),
        ),
        conditions=RunConditions(cvode=cvode, celsius=6.3, v_init=-70),
    )


def test_features_of_a_run_at_a_variable_step_are_those_of_a_fixed_one() -> None:
    names = ["AP_amplitude", "peak_time", "voltage_base"]
    with create_ball_stick() as cell:
        fixed = features_of(run_on(cell, _spiking()), names)
    with create_ball_stick() as cell:
        variable = features_of(run_on(cell, _spiking(True)), names)
    assert variable["peak_time"][0] == pytest.approx(fixed["peak_time"][0], abs=0.3)
    assert variable["AP_amplitude"][0] == pytest.approx(fixed["AP_amplitude"][0], abs=3)
    assert variable["voltage_base"] == pytest.approx(fixed["voltage_base"], abs=0.1)


def test_a_feature_that_is_not_defined_is_an_empty_array() -> None:
    found = features(_flat(), ["AP_amplitude", "peak_time", "voltage_base"], stim_start=20, stim_end=80)
    assert found["AP_amplitude"].shape == found["peak_time"].shape == (0,)
    assert found["voltage_base"] == pytest.approx([-70.0])
    assert list(found) == ["AP_amplitude", "peak_time", "voltage_base"]


def test_unknown_features_name_the_nearest() -> None:
    with pytest.raises(FeatureError, match=r"no feature 'AP_amplitud'; nearest are AP_amplitude"):
        features(_flat(), "AP_amplitud", stim_start=20, stim_end=80)
    with pytest.raises(FeatureError, match=r"'zzzzqqq'; none of its \d+ names is like it"):
        features(_flat(), "zzzzqqq", stim_start=20, stim_end=80)


def test_settings_are_for_the_call_and_put_back() -> None:
    before = dict(vars(efel.get_settings()))
    low = features(
        Trace("v", _flat().time, -70 + 40 * ((_flat().time % 20) < 1), "mV"),
        "spike_count",
        stim_start=10,
        stim_end=90,
        settings={"Threshold": -40},
    )
    assert low["spike_count"][0] > 0
    assert vars(efel.get_settings()) == before


def test_settings_are_put_back_after_an_error_and_after_a_reset() -> None:
    before = dict(vars(efel.get_settings()))
    with pytest.raises(RuntimeError, match="mine"), efel_settings({"Threshold": -40.0}):
        raise RuntimeError("mine")
    with efel_settings({"stimulus_current": 1}):
        assert efel.get_settings().stimulus_current == 1.0
        efel.set_setting("Threshold", -10.0)
        efel.reset()
    assert vars(efel.get_settings()) == before


def test_settings_nest() -> None:
    with efel_settings({"Threshold": -40.0}):
        with efel_settings({"interp_step": 0.05}):
            assert (efel.get_settings().Threshold, efel.get_settings().interp_step) == (-40.0, 0.05)
        assert efel.get_settings().interp_step == 0.1


def test_bad_settings_change_nothing() -> None:
    before = dict(vars(efel.get_settings()))
    for settings, words in [
        ({"threshold": -40.0}, "no setting 'threshold'; nearest are Threshold"),
        ({"Threshold": "high"}, "setting Threshold cannot be 'high'"),
        ({"dependencyfile_path": "/nowhere"}, "cannot be '/nowhere'"),
    ]:
        with pytest.raises(FeatureError, match=words), efel_settings({"interp_step": 0.2, **settings}):
            pass
        assert vars(efel.get_settings()) == before


def test_threads_wait_for_each_other() -> None:
    seen: list[float] = []

    def other() -> None:
        with efel_settings({}):
            seen.append(efel.get_settings().Threshold)

    with efel_settings({"Threshold": -40.0}):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.05)
        assert not seen
    thread.join(5)
    assert seen == [-20.0]


def test_windows_must_have_a_length() -> None:
    for start, end in ((80.0, 20.0), (20.0, 20.0), (0.0, float("inf")), (float("nan"), 5.0)):
        with pytest.raises(FeatureError, match="begin and end"):
            features(_flat(), "voltage_base", stim_start=start, stim_end=end)


def test_traces_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(FeatureError, match="diverged"):
        features(_flat(float("nan")), "voltage_base", stim_start=20, stim_end=80)
    with pytest.raises(FeatureError, match="1 samples"):
        features(Trace("v", [0.0], [-70.0]), "voltage_base", stim_start=20, stim_end=80)


def test_the_window_of_a_run() -> None:
    with create_ball_stick() as cell:
        results = run_on(cell, _spiking())
        assert stimulus_window(results) == (50, 130)
        with pytest.raises(NotRecordedError, match=r"dend\[0\]"):
            features_of(results, "voltage_base", site=Site(section="dend[0]"))
        quiet = run_on(cell, Protocol(duration=5, name="quiet"))
        with pytest.raises(FeatureError, match="'quiet' has no stimulus"):
            features_of(quiet, "voltage_base")
        two = tuple(Placed(stimulus=Step(delay=at, duration=1, amplitude=0.1)) for at in (1, 3))
        with pytest.raises(FeatureError, match=r"stimuli at \(1.0, 2.0\), \(3.0, 4.0\) ms"):
            stimulus_window(run_on(cell, Protocol(duration=5, stimuli=two)))


def test_the_current_is_passed_on() -> None:
    trace = _flat()
    current = Trace("i", trace.time, np.where(trace.time > 20, 0.5, -0.1), "nA")
    found = features(trace, "current_base", stim_start=20, stim_end=80, current=current)
    assert found["current_base"] == pytest.approx([-0.1])
    assert "current_base" in feature_names()
