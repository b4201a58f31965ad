"""Waveforms as values: what they are relative to, how they end, and how they add."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluecellab.errors import StimulusError
from bluecellab.spec.stimuli import (
    Hyperpolarizing,
    Noise,
    OrnsteinUhlenbeck,
    PulseTrain,
    Ramp,
    RelativeLinear,
    RelativeOrnsteinUhlenbeck,
    Sampled,
    Segments,
    ShotNoise,
    Sinusoidal,
    Step,
    Stimulus,
    VoltageClamp,
    Zap,
)
from bluecellab.stimulus import (
    Electrical,
    Waveform,
    superpose,
    waveform_of,
)

CELL = Electrical(threshold_current=0.2, holding_current=-0.05, input_resistance=100.0)
SHAPE = {"rise_time": 0.4, "decay_time": 4.0}


class TestRelativeToWhat:
    def test_missing_properties(self) -> None:
        with pytest.raises(
            StimulusError, match="relative_linear is relative to the cell's threshold current"
        ):
            waveform_of(RelativeLinear(duration=1, percent_start=1))
        with pytest.raises(StimulusError, match="holding current, and the cell has none"):
            waveform_of(Hyperpolarizing(duration=1), Electrical(threshold_current=1))
        spec = RelativeOrnsteinUhlenbeck(duration=1, tau=1, mean_percent=1, sd_percent=1, mode="conductance")
        with pytest.raises(StimulusError, match="input resistance"):
            waveform_of(spec, Electrical(threshold_current=1))
        with pytest.raises(StimulusError, match="input resistance is 0 Mohm"):
            waveform_of(spec, Electrical(input_resistance=0))

    def test_what_is_no_stimulus(self) -> None:
        with pytest.raises(StimulusError, match="Stimulus is no stimulus that can be played"):
            waveform_of(Stimulus())


class TestWaveform:
    def test_at(self) -> None:
        waveform = Waveform([1, 1, 2, 4], [0, 1, 2, 6], unit="nA")
        assert waveform.at([0, 1, 1.5, 3, 4, 9]).tolist() == [0, 1, 1.5, 4, 6, 6]
        assert waveform.duration == 4
        assert len(waveform) == 4
        assert waveform.at(3.0) == 4

    def test_at_hold(self) -> None:
        waveform = Waveform([1, 2, 4], [5, 6, 7], unit="mV", interpolation="hold")
        assert waveform.at([0, 1, 1.9, 2, 3, 5]).tolist() == [5, 5, 5, 6, 6, 7]

    def test_is_a_value(self) -> None:
        waveform = Waveform([1, 2], [5, 6], unit="mV")
        assert waveform == Waveform([1, 2], [5, 6], unit="mV")
        assert hash(waveform) == hash(Waveform([1, 2], [5, 6], unit="mV"))
        assert waveform != Waveform([1, 2], [5, 6], unit="nA")
        assert waveform != 3
        assert waveform.shifted(1).times.tolist() == [2, 3]
        with pytest.raises(ValueError, match="read-only"):
            waveform.values[0] = 1

    def test_nonsense(self) -> None:
        with pytest.raises(StimulusError, match="equally many"):
            Waveform([1, 2], [5], unit="mV")
        with pytest.raises(StimulusError, match="must ascend"):
            Waveform([2, 1], [5, 5], unit="mV")

    def test_plot(self) -> None:
        class Axes:
            def __init__(self) -> None:
                self.drawn: dict[str, Any] = {}

            def plot(self, x: Any, y: Any, **style: Any) -> None:
                self.drawn.update(x=list(x), y=list(y), **style)

            def set_xlabel(self, text: str) -> None:
                self.drawn["xlabel"] = text

            def set_ylabel(self, text: str) -> None:
                self.drawn["ylabel"] = text

        axes = Axes()
        waveform = Waveform([1, 2], [5, 6], unit="uS", label="g", interpolation="hold")
        assert waveform.plot(axes) is axes
        assert axes.drawn == {
            "x": [1, 2],
            "y": [5, 6],
            "label": "g",
            "drawstyle": "steps-post",
            "xlabel": "time (ms)",
            "ylabel": "conductance (uS)",
        }


class TestSuperposition:
    def test_two_steps(self) -> None:
        both = waveform_of(Step(delay=1, duration=4, amplitude=1) + Step(delay=3, duration=4, amplitude=2))
        assert both.at([0, 1, 2, 3, 4, 5, 6, 7, 8]).tolist() == [0, 1, 1, 3, 3, 2, 2, 0, 0]
        assert both.times.tolist() == [1, 1, 3, 3, 5, 5, 7, 7]

    def test_units(self) -> None:
        current = waveform_of(Step(duration=1, amplitude=1))
        clamp = waveform_of(VoltageClamp(duration=1, voltage=1))
        with pytest.raises(StimulusError, match="mV and nA do not add up"):
            superpose([current, clamp])
        with pytest.raises(StimulusError, match="no unit"):
            superpose([])

    @given(
        st.lists(
            st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(-3, 3)), min_size=1, max_size=5
        )
    )
    def test_adds_everywhere(self, steps: list[tuple[int, int, int]]) -> None:
        waveforms = [
            waveform_of(Ramp(delay=delay, duration=duration, amp_start=size, amp_end=-size))
            for delay, duration, size in steps
        ]
        times = np.arange(0, 45, 0.25)
        total = np.sum([waveform.at(times) for waveform in waveforms], axis=0)
        np.testing.assert_allclose(superpose(waveforms).at(times), total, atol=1e-12)


@pytest.mark.parametrize(
    "spec",
    [
        Step(delay=5, duration=10, amplitude=0.2),
        Ramp(delay=5, duration=10, amp_end=1),
        PulseTrain(delay=5, duration=10.3, amp_start=1, width=1, frequency=300),
        Sinusoidal(delay=5, duration=10.31, amp_start=1, frequency=300),
        Zap(delay=5, duration=10.3),
        Segments(delay=5, levels=(1,), durations=(10,)),
        Sampled(times=(5, 15), values=(1, 1)),
        Noise(delay=5, duration=10.3, mean=1, variance=1),
        OrnsteinUhlenbeck(delay=5, duration=10.3, tau=1, sigma=1, mean=1),
        ShotNoise(delay=5, duration=10.3, rate=500, amp_mean=1, amp_var=1, **SHAPE),
    ],
    ids=lambda spec: spec.type,
)
def test_every_current_ends(spec: Any) -> None:
    """The last two points are equal and 0: NEURON extrapolates from them for ever after."""
    waveform = waveform_of(spec)
    assert waveform.times[-1] == waveform.times[-2] == spec.end
    assert waveform.values[-2:].tolist() == [0, 0]
    assert waveform.values[0] == 0 or waveform.times[0] == 0
    assert waveform.at(0.0) == 0
