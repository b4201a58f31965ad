"""StimulusFactory and the series it makes."""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
import pytest

from bluecellab.errors import BluecellabError, StimulusError
from bluecellab.spec.stimuli import Sampled
from bluecellab.stimulus import Random123, StimulusFactory, waveform_of
from bluecellab.stimulus.factory import (
    APWaveformTimings,
    FirePatternTimings,
    IDRestTimings,
    IVTimings,
    NegCheopsTimings,
    PosCheopsTimings,
    SineSpecTimings,
)
from bluecellab.stimulus.processes import OUProcess, ShotNoiseProcess, StepNoiseProcess
from bluecellab.stimulus.protocols import Pulse, Ramp, ShotNoise, Sinusoidal, Step
from bluecellab.stimulus.series import CombinedStimulus, Empty, Flat, PulseTrain, SinusoidalWave, Slope, Zap

FACTORY = StimulusFactory(dt=0.5)


class TestPieces:
    def test_grids_leave_out_the_end(self) -> None:
        assert Flat(0.5, 2, 3).time.tolist() == [0, 0.5, 1, 1.5]
        assert Flat(0.5, 2, 3).current.tolist() == [3, 3, 3, 3]
        assert Empty(0.5, 1).current.tolist() == [0, 0]
        assert len(Empty(0.5, 0)) == 0
        assert Empty(0.5, 0).stimulus_time == 0

    def test_slope_includes_both_ends(self) -> None:
        assert Slope(0.5, 2, 0, 3).current.tolist() == [0, 1, 2, 3]

    def test_sine_includes_the_end(self) -> None:
        wave = SinusoidalWave(0.25, 1, 2, 250)
        assert wave.time.tolist() == [0, 0.25, 0.5, 0.75, 1]
        np.testing.assert_allclose(
            wave.current[[1, 2]], [2 * math.sin(math.pi / 8), 2 * math.sin(math.pi / 4)]
        )

    def test_zap_counts_in_seconds(self) -> None:
        zap = Zap(100, 5000, 2)
        s = 2.4 - 0.1
        assert zap.current[24] == pytest.approx(2 * math.sin(2 * math.pi * (1 + 1 / (5.15 - s)) * s))
        with pytest.raises(StimulusError, match="infinite at 5250 ms"):
            Zap(50, 6000, 1)

    def test_pulses(self) -> None:
        train = PulseTrain(1, 14, 3, 250, 2)
        assert train.current.tolist() == [3, 3, 0, 0] * 3 + [3, 3]
        assert PulseTrain(1, 13, 3, 250, 2).current.tolist() == [3, 3, 0, 0] * 3 + [0]
        with pytest.raises(StimulusError, match="both must be positive"):
            PulseTrain(1, 13, 3, 0, 2)

    def test_step_noise(self) -> None:
        steps = StepNoiseProcess(0.5, 4, 1.5, 1, 0.1)
        heights = 1 + 0.1 * Random123(2997, 19216, 123).normal(6)[::2]
        assert steps.current.tolist() == np.repeat(heights, [3, 3, 2]).tolist()
        assert steps.stimulus_time == 4
        assert len(StepNoiseProcess(0.5, 0, 1.5, 1, 0.1)) == 0
        with pytest.raises(StimulusError, match="longer than 0"):
            StepNoiseProcess(0.5, 4, 0, 1, 0.1)

    def test_processes_end_with_a_jump(self) -> None:
        for process in (OUProcess(0.5, 4, 3, 0.1, 1), ShotNoiseProcess(0.5, 4, 500, 1, 0.1, 0.4, 4)):
            assert process.time.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4]
            assert process.current[-1] == 0
            assert process.stimulus_time == 4.5

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: Flat(0, 1, 1), "interval of 0 ms"),
            (lambda: Flat(0.1, -1, 1), "lasts|last 0 ms or more"),
            (lambda: Flat(0.1, 1, float("nan")), "amplitude of nan nA"),
            (lambda: Slope(0.1, 1, 0, float("inf")), "amplitude of inf nA"),
            (lambda: CombinedStimulus(0.1, [1, 2], [1]), "equally many"),
            (lambda: CombinedStimulus(-1, [1], [1]), "interval of -1 ms"),
            (lambda: StimulusFactory(0), "interval of 0 ms"),
            (lambda: StimulusFactory(float("nan")), "interval of nan ms"),
            (lambda: FACTORY.step(-1, 1, 1, 1), "-1 ms"),
            (lambda: FACTORY.step(1, -1, 1, 1), "-1 ms"),
        ],
    )
    def test_nonsense(self, make: Any, message: str) -> None:
        with pytest.raises(StimulusError, match=message):
            make()


class TestArithmetic:
    def test_one_after_the_other(self) -> None:
        both = Flat(0.5, 1, 1) + Slope(0.5, 1, 2, 3)
        assert both.time.tolist() == [0, 0.5, 1, 1.5]
        assert both.current.tolist() == [1, 1, 2, 3]
        assert both.stimulus_time == 2
        assert repr(both) == "CombinedStimulus(dt=0.5)"

    def test_empty_adds_nothing(self) -> None:
        flat = Flat(0.5, 1, 1)
        assert flat + Empty(0.5, 0) is flat
        assert Empty(0.5, 0) + flat is flat

    def test_different_steps_do_not_add(self) -> None:
        with pytest.raises(ValueError, match="must have the same dt to be concatenated"):
            Flat(0.5, 1, 1) + Flat(0.25, 1, 1)
        with pytest.raises(TypeError):
            Flat(0.5, 1, 1) + 3  # type: ignore[operator]

    def test_equality_is_approximate(self) -> None:
        assert Flat(0.5, 1, 1) == CombinedStimulus(0.5, [0, 0.5], [1, 1 + 1e-12])
        assert Flat(0.5, 1, 1) != Flat(0.5, 1.5, 1)
        assert Flat(0.5, 1, 1) != Flat(0.25, 1, 1)
        assert Flat(0.5, 1, 1) != Flat(0.5, 1, 2)
        assert Flat(0.5, 1, 1) != 1
        with pytest.raises(TypeError, match="unhashable"):
            hash(Flat(0.5, 1, 1))

    def test_to_spec(self) -> None:
        assert Flat(0.5, 1, 1).to_spec() == Sampled(times=(0, 0.5), values=(1, 1), interpolation="hold")
        assert waveform_of((Flat(0.5, 1, 1) + Empty(0.5, 1)).to_spec()).at([0.2, 1.2]).tolist() == [1, 0]


class TestProtocols:
    @pytest.mark.parametrize(
        ("name", "percent", "pre", "body", "total"),
        [
            ("ap_waveform", 220, 250, 50, 550),
            ("idrest", 200, 250, 1350, 1850),
            ("iv", -40, 250, 3000, 3500),
            ("fire_pattern", 200, 250, 3600, 4100),
        ],
    )
    def test_steps(self, name: str, percent: float, pre: float, body: float, total: float) -> None:
        method = getattr(FACTORY, name)
        stimulus = method(threshold_current=0.3)
        assert stimulus == FACTORY.step(pre, body, total - pre - body, 0.3 * percent / 100)
        assert stimulus.stimulus_time == total
        assert method(threshold_current=0.3, threshold_percentage=50).current.max() == 0.15
        assert method(amplitude=0.7).current[int(2 * pre)] == 0.7

    def test_pos_cheops(self) -> None:
        stimulus = FACTORY.pos_cheops(threshold_current=0.1)
        assert stimulus.stimulus_time == 19166
        assert stimulus.current.max() == pytest.approx(0.3)
        assert stimulus.current[stimulus.time == 4249.5] == pytest.approx(0.3)
        assert stimulus.current[(stimulus.time >= 8250) & (stimulus.time < 10250)].max() == 0

    def test_neg_cheops(self) -> None:
        stimulus = FACTORY.neg_cheops(threshold_current=0.1)
        assert stimulus.stimulus_time == 18220
        assert stimulus.current.min() == pytest.approx(-0.3)
        assert FACTORY.neg_cheops(amplitude=0.3).current.max() == 0.3

    def test_sinespec(self) -> None:
        stimulus = FACTORY.sinespec(threshold_current=0.1, pre_delay=100)
        assert stimulus.stimulus_time == 5100
        assert np.abs(stimulus.current).max() == pytest.approx(0.06, rel=1e-3)
        assert stimulus.current[:200].max() == 0

    def test_ramp(self) -> None:
        stimulus = FACTORY.ramp(1, 2, 1, threshold_current=0.1)
        np.testing.assert_allclose(stimulus.current, [0, 0, 0, 0.22 / 3, 0.44 / 3, 0.22, 0, 0])
        assert FACTORY.ramp(1, 2, 1, 0.3) == Ramp.amplitude_based(0.5, 1, 2, 1, 0.3)

    def test_sinusoidal(self) -> None:
        assert FACTORY.sinusoidal(1, 1, 2, 100, 0.1).dt == 0.5
        assert FACTORY.sinusoidal(1, 1, 2, 100, 0.1, dt=0.025).dt == 0.025
        assert FACTORY.sinusoidal(1, 1, 2, 100, amplitude_percent=20, threshold_current=0.5) == (
            Sinusoidal.threshold_based(0.5, 1, 2, 1, 100, 0.5, 20)
        )

    def test_pulse(self) -> None:
        assert FACTORY.pulse(1, 20, 1, 100, 2, 0.1, 50) == Pulse.threshold_based(
            0.5, 1, 20, 1, 0.1, 50, 100, 2
        )
        with pytest.raises(TypeError, match="give threshold_percentage too"):
            FACTORY.pulse(1, 20, 1, 100, 2, threshold_current=0.1)

    def test_threshold_based(self) -> None:
        assert Step.threshold_based(0.5, 1, 2, 1, 0.2, 150) == FACTORY.step(1, 2, 1, 0.3)

    def test_noise_in_percent(self) -> None:
        common = {"pre_delay": 1, "post_delay": 2, "duration": 20}
        percent = {"mean_percent": 50, "sigma_percent": 10, "threshold_current": 0.2}
        absolute = {"mean": 0.1, "sigma": 0.02}
        assert FACTORY.ornstein_uhlenbeck(**common, tau=3, **percent) == FACTORY.ornstein_uhlenbeck(
            **common, tau=3, **absolute
        )
        assert FACTORY.step_noise(**common, step_interval=2, **percent) == FACTORY.step_noise(
            **common, step_interval=2, **absolute
        )
        shots = {**common, "rate": 100, "rise_time": 0.4, "decay_time": 4}
        stimulus = FACTORY.shot_noise(**shots, **percent)
        assert stimulus == ShotNoise.threshold_based(0.5, 1, 20, 2, 0.4, 4, 50, 10, 0.2)
        assert FACTORY.shot_noise(**shots, **absolute) == ShotNoise.amplitude_based(
            0.5, 1, 20, 2, 100, 0.1, 0.02, 0.4, 4
        )

    def test_seeds(self) -> None:
        def make(seed: int | None, base_seed: int = 0) -> list[float]:
            factory = StimulusFactory(0.5, base_seed=base_seed)
            return factory.ornstein_uhlenbeck(0, 0, 20, 3, 0.1, 0.5, seed=seed).current.tolist()

        assert make(None) == make(123)
        assert make(0) != make(123)
        assert make(None) != make(None, base_seed=1)
        assert make(5) == make(5)

    @pytest.mark.parametrize(
        "call",
        [
            lambda f: f.ramp(1, 1, 1),
            lambda f: f.idrest(),
            lambda f: f.idrest(threshold_current=0),
            lambda f: f.sinusoidal(1, 1, 1, 1),
            lambda f: f.ornstein_uhlenbeck(1, 1, 1, 1),
            lambda f: f.ornstein_uhlenbeck(1, 1, 1, 1, sigma=1),
            lambda f: f.ornstein_uhlenbeck(1, 1, 1, 1, mean_percent=1, sigma_percent=1),
            lambda f: f.shot_noise(1, 1, 1, 1, 1, 2, mean=1),
            lambda f: f.step_noise(1, 1, 1, 1),
            lambda _: Step(1),
        ],
    )
    def test_what_is_missing_is_a_type_error_of_ours(self, call: Any) -> None:
        with pytest.raises(TypeError) as caught:
            call(FACTORY)
        assert isinstance(caught.value, BluecellabError)
        assert "give" in str(caught.value) or "use" in str(caught.value)

    def test_amplitude_wins_and_says_so(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, logger="bluecellab.stimulus.factory"):
            assert FACTORY.idrest(threshold_current=1, amplitude=0.1).current.max() == 0.1
        assert "threshold_current is not used" in caplog.text

    def test_repr(self) -> None:
        assert repr(FACTORY) == "StimulusFactory(dt=0.5)"


def test_timings() -> None:
    assert APWaveformTimings.POST_DELAY.value == 250
    assert IDRestTimings.DURATION.value == 1350
    assert IVTimings.DURATION.value == 3000
    assert FirePatternTimings.DURATION.value == 3600
    assert PosCheopsTimings.INTER_DELAY.value == 2000
    assert NegCheopsTimings.PRE_DELAY.value == 1750
    assert SineSpecTimings.DURATION.value == 5000


class _Axes:
    def __init__(self) -> None:
        self.lines: list[Any] = []

    def plot(self, x: Any, y: Any, **_style: Any) -> None:
        self.lines.append((x, y))

    def set_xlabel(self, text: str) -> None: ...

    def set_ylabel(self, text: str) -> None: ...


def test_plot() -> None:
    axes = _Axes()
    assert Flat(0.5, 1, 1).plot(axes) is axes
    assert len(axes.lines) == 1
    own: Any = Flat(0.5, 1, 1).plot()
    assert own.get_ylabel() == "current (nA)"
    assert len(own.lines) == 1
