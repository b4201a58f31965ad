"""Waveforms, by hand-computed points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from bluecellab.errors import StimulusError
from bluecellab.spec.stimuli import (
    AbsoluteShotNoise,
    AlphaSynapse,
    Hyperpolarizing,
    Linear,
    Noise,
    OrnsteinUhlenbeck,
    PulseTrain,
    Ramp,
    RelativeLinear,
    RelativeOrnsteinUhlenbeck,
    RelativeShotNoise,
    Sampled,
    Segments,
    ShotNoise,
    Sinusoidal,
    Step,
    Stimulus,
    SubThreshold,
    VoltageClamp,
    Zap,
)
from bluecellab.stimulus import (
    Electrical,
    NoiseStream,
    Random123,
    Seeds,
    gen_ornstein_uhlenbeck,
    gen_shotnoise_signal,
    get_relative_shotnoise_params,
    stream_of,
    waveform_of,
)
from bluecellab.stimulus.signals import noise_points, skipped_numbers

CELL = Electrical(threshold_current=0.2, holding_current=-0.05, input_resistance=100.0)
SHAPE = {"rise_time": 0.4, "decay_time": 4.0}


@pytest.mark.parametrize(
    ("spec", "times", "values"),
    [
        (Step(delay=5, duration=10, amplitude=0.2), [5, 5, 15, 15, 15], [0, 0.2, 0.2, 0, 0]),
        (Ramp(delay=5, duration=10, amp_start=1, amp_end=2), [0, 5, 5, 15, 15, 15], [0, 0, 1, 2, 0, 0]),
        (Linear(delay=5, duration=10, amp_start=1), [0, 5, 5, 15, 15, 15], [0, 0, 1, 1, 0, 0]),
        (
            RelativeLinear(duration=10, percent_start=50, percent_end=100),
            [0, 0, 0, 10, 10, 10],
            [0, 0, 0.1, 0.2, 0, 0],
        ),
        (SubThreshold(delay=1, duration=1, percent_less=10), [1, 1, 2, 2, 2], [0, 0.18, 0.18, 0, 0]),
        (SubThreshold(delay=1, duration=1, percent_less=-10), [1, 1, 2, 2, 2], [0, 0.22, 0.22, 0, 0]),
        (Hyperpolarizing(delay=1, duration=1), [1, 1, 2, 2, 2], [0, -0.05, -0.05, 0, 0]),
        (
            PulseTrain(delay=5, duration=21, amp_start=3, width=2, frequency=100),
            [5, 5, 7, 7, 15, 15, 17, 17, 25, 25, 26, 26, 26, 26],
            [0, 3, 3, 0, 0, 3, 3, 0, 0, 3, 3, 0, 0, 0],
        ),
        (
            PulseTrain(delay=5, duration=21, amp_start=3, width=11, frequency=100),
            [5, 5, 26, 26, 26],
            [0, 3, 3, 0, 0],
        ),
        (
            Segments(delay=1, levels=(1, 2), durations=(3, 4)),
            [1, 1, 4, 4, 8, 8, 8],
            [0, 1, 1, 2, 2, 0, 0],
        ),
        (Sampled(times=(1, 2, 4), values=(5, 6, 7)), [1, 1, 2, 4, 4, 4], [0, 5, 6, 7, 0, 0]),
        (
            Sampled(times=(1, 2, 4), values=(5, 6, 7), interpolation="hold"),
            [1, 1, 2, 4],
            [0, 5, 6, 0],
        ),
        (
            VoltageClamp(
                delay=1, duration=40, voltage=-70, duration_levels=(10, 20), voltage_levels=(-60, -50)
            ),
            [1, 11, 31],
            [-70, -60, -50],
        ),
    ],
)
def test_points(spec: Stimulus, times: list[float], values: list[float]) -> None:
    waveform = waveform_of(spec, CELL)
    assert waveform.times.tolist() == times
    np.testing.assert_allclose(waveform.values, values, rtol=1e-15)


def test_sine() -> None:
    waveform = waveform_of(Sinusoidal(delay=5, duration=1, amp_start=0.1, frequency=200, dt=0.3))
    np.testing.assert_allclose(waveform.times, [5, 5.3, 5.6, 5.9, 6, 6, 6])
    expected = [0.1 * math.sin(2 * math.pi * 0.2 * t) for t in (0, 0.3, 0.6, 0.9, 1)]
    np.testing.assert_allclose(waveform.values, [*expected, 0, 0])


def test_zap() -> None:
    waveform = waveform_of(Zap(delay=5, amplitude=2))
    assert waveform.duration == 10005
    assert len(waveform) == 1 + 20001 + 2
    assert waveform.at([5, 4.9, 10005.1]).tolist() == [2 * math.sin(math.e), 0, 0]
    assert waveform.at(5005.0) == 2 * math.sin(math.exp(math.e))


def test_alpha() -> None:
    waveform = waveform_of(AlphaSynapse(onset=5, tau=2, gmax=0.01))
    assert waveform.unit == "uS"
    assert waveform.at([4.9, 5, 7, 26]).tolist() == pytest.approx([0, 0, 0.01, 0])


class TestStreams:
    def test_documented_identities(self) -> None:
        seeds = Seeds(base_seed=3, stimulus_seed=10, cell=4, count=2)
        assert seeds.noise() == NoiseStream(102, 510, 304, 3)
        assert seeds.shot_noise() == NoiseStream(2999, 19226, 127, 3)
        assert seeds.ornstein_uhlenbeck() == NoiseStream(2999, 291214, 127, 3)
        assert seeds.ornstein_uhlenbeck(9) == NoiseStream(2999, 291214, 9, 3)
        assert seeds.noise(7) == NoiseStream(7, 55, 0, 3)

    def test_neurodamus_counts_cells_from_one(self) -> None:
        seeds = Seeds(cell=4, convention="neurodamus")
        assert seeds.noise().id3 == 305
        assert seeds.shot_noise().id3 == seeds.ornstein_uhlenbeck().id3 == 128

    def test_of_each_stimulus(self) -> None:
        seeds = Seeds()
        assert stream_of(Step(duration=1, amplitude=1), seeds) is None
        assert stream_of(Noise(duration=1, mean=1, variance=1), seeds) == seeds.noise()
        assert stream_of(ShotNoise(duration=1, rate=1, amp_mean=1, amp_var=1, **SHAPE), seeds) == NoiseStream(
            2997, 19216, 123
        )
        assert stream_of(
            OrnsteinUhlenbeck(duration=1, tau=1, sigma=1, mean=1, random_seed=5), seeds
        ) == NoiseStream(2997, 291204, 5)

    def test_open(self) -> None:
        stream = NoiseStream(1, 2, 3, 4).open()
        assert (stream.ids, stream.global_index, stream.position) == ((1, 2, 3), 4, 0)


class TestNoise:
    def test_points(self) -> None:
        waveform = waveform_of(Noise(duration=1.2, mean=0.1, variance=0.02))
        assert waveform.times.tolist() == [0, 0.5, 1, 1.2, 1.2, 1.2]
        drawn = Seeds().noise().open().normal(4, 0.1, 0.02)[1:]
        assert waveform.values.tolist() == [*drawn, drawn[-1], 0, 0]

    def test_numbers_are_skipped_for_the_time_before(self) -> None:
        waveform = waveform_of(Noise(delay=5, duration=4, mean=0.1, variance=0.02), seeds=Seeds(count=3))
        drawn = Seeds(count=3).noise().open().normal(20, 0.1, 0.02)
        assert waveform.values[1:9].tolist() == drawn[12:20].tolist()
        assert waveform.values[0] == 0

    @pytest.mark.parametrize(
        ("delay", "duration", "skipped"),
        [(5, 4, 10), (5, 50, 10), (100, 20.7, 203), (0.02, 5, 0), (1, 0.01, 0), (12.3, 4, 25)],
    )
    def test_how_many_are_skipped(self, delay: float, duration: float, skipped: int) -> None:
        assert skipped_numbers(delay, duration, 0.025, 0.5) == skipped

    def test_neurodamus_jumps_to_the_first_sample(self) -> None:
        waveform = waveform_of(
            Noise(delay=5, duration=1, mean=0.1, variance=0.02), seeds=Seeds(convention="neurodamus")
        )
        assert waveform.times.tolist() == [5, 5, 5.5, 6, 6, 6]
        assert waveform.values[0] == 0 != waveform.values[1]

    def test_relative(self) -> None:
        relative = waveform_of(Noise(duration=50, mean_percent=50, variance=10), CELL)
        absolute = waveform_of(Noise(duration=50, mean=0.1, variance=0.02))
        np.testing.assert_allclose(relative.values, absolute.values)

    def test_nothing(self) -> None:
        times, values = noise_points(Random123(), 5, 0, 1, 1)
        assert times.tolist() == [5, 5, 5]
        assert values.tolist() == [0, 0, 0]

    def test_seed(self) -> None:
        one = waveform_of(Noise(duration=5, mean=0, variance=1, seed=7))
        assert one.values[0] == Random123(7, 55, 0).normal(2)[1]

    def test_linear_interpolation_leaves_two_thirds_of_the_variance(self) -> None:
        waveform = waveform_of(Noise(duration=20_000, mean=0.1, variance=0.04))
        between = waveform.at(np.arange(0, 20_000, 0.01))
        assert between.var() == pytest.approx(0.04 * 2 / 3, rel=0.03)


class TestProcesses:
    def test_golden(self) -> None:
        _, values = gen_ornstein_uhlenbeck(3, 0.1, 0.5, 5)
        assert values[:4] == pytest.approx([0.5, 0.60728104175, 0.50335539100, 0.46297408114], abs=1e-11)
        assert values.size == 22

    def test_nothing_before_the_delay(self) -> None:
        for mode in ("current", "conductance"):
            waveform = waveform_of(
                OrnsteinUhlenbeck(delay=5, duration=2, tau=3, sigma=0.1, mean=0.5, mode=mode)
            )
            assert waveform.at([0, 4.999]).tolist() == [0, 0]
            assert waveform.at(5.0) == 0.5
            assert waveform.times[-2:].tolist() == [7, 7]
            assert waveform.values[-2:].tolist() == [0, 0]

    def test_moments(self) -> None:
        _, values = gen_ornstein_uhlenbeck(3, 0.1, 0.5, 50_000, rng=Random123(1, 2, 3))
        settled = values[100:-1]
        assert settled.mean() == pytest.approx(0.5, abs=0.01)
        assert settled.std() == pytest.approx(0.1, rel=0.05)
        lag = np.corrcoef(settled[:-12], settled[12:])[0, 1]
        assert lag == pytest.approx(math.exp(-1), abs=0.03)

    def test_relative(self) -> None:
        relative = RelativeOrnsteinUhlenbeck(duration=9, tau=3, mean_percent=50, sd_percent=10)
        absolute = OrnsteinUhlenbeck(duration=9, tau=3, mean=0.1, sigma=0.02)
        np.testing.assert_allclose(waveform_of(relative, CELL).values, waveform_of(absolute).values)

    def test_relative_conductance(self) -> None:
        relative = RelativeOrnsteinUhlenbeck(
            duration=9, tau=3, mean_percent=50, sd_percent=10, mode="conductance"
        )
        absolute = OrnsteinUhlenbeck(duration=9, tau=3, mean=0.005, sigma=0.001, mode="conductance")
        waveform = waveform_of(relative, CELL)
        assert waveform.unit == "uS"
        np.testing.assert_allclose(waveform.values, waveform_of(absolute).values)


class TestShots:
    def test_one_shot_peaks_at_its_amplitude(self) -> None:
        """With equal peaks and a low rate every shot stands alone."""
        stream = Random123(1, 2, 3)
        _, values = gen_shotnoise_signal(4, 0.4, 0.5, 0.3, 0.0, 10_000, 0.025, stream)
        assert values.max() == pytest.approx(0.3, rel=1e-3)
        assert values.min() == 0

    def test_moments(self) -> None:
        rate, mean, variance = get_relative_shotnoise_params(0.5, 0.1, 4, 0.4, 0.5)
        assert (rate, mean, variance) == pytest.approx((5681.818181818, 0.017033801019, 0.00029015037715))
        _, values = gen_shotnoise_signal(4, 0.4, rate, mean, variance, 40_000)
        settled = values[200:-1]
        assert settled.mean() == pytest.approx(0.5, rel=0.02)
        assert settled.std() == pytest.approx(0.1, rel=0.05)

    def test_negative_shots(self) -> None:
        up = gen_shotnoise_signal(4, 0.4, 200, 0.04, 0.001, 50)[1]
        down = gen_shotnoise_signal(4, 0.4, 200, -0.04, 0.001, 50)[1]
        assert down.tolist() == (-up).tolist()

    def test_no_shots(self) -> None:
        assert not waveform_of(ShotNoise(duration=9, rate=0, amp_mean=1, amp_var=1, **SHAPE)).values.any()

    def test_relative_and_absolute(self) -> None:
        relative = RelativeShotNoise(duration=9, mean_percent=50, sd_percent=10, **SHAPE)
        absolute = AbsoluteShotNoise(duration=9, mean=0.1, sigma=0.02, **SHAPE)
        np.testing.assert_allclose(waveform_of(relative, CELL).values, waveform_of(absolute).values)

    def test_least_skewness(self) -> None:
        assert get_relative_shotnoise_params(0.5, 0.1, 4, 0.4, 0.0)[2] == 0

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((0.5, 0.1, 4, 0.4, 1.0), "relative_skew 1.0 leaves shots of no size"),
            ((0.5, 0.1, 4, 0.4, 1.1), "relative_skew is 1.1"),
            ((-0.5, 0.1, 4, 0.4, 0.5), "mean -0.5"),
            ((0.5, 0.1, 0.4, 4, 0.5), "decay must be the longer"),
        ],
    )
    def test_no_solution(self, arguments: Any, message: str) -> None:
        with pytest.raises(StimulusError, match=message):
            get_relative_shotnoise_params(*arguments)

    def test_nonsense(self) -> None:
        with pytest.raises(StimulusError, match="rate and variance must not be negative"):
            gen_shotnoise_signal(4, 0.4, -1, 1, 1, 1)
        with pytest.raises(StimulusError, match="sampled every 0 ms"):
            gen_ornstein_uhlenbeck(1, 1, 1, 1, 0)
