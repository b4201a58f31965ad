"""Specifications of stimuli."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bluecellab.errors import InvalidSpecError
from bluecellab.spec.base import unit_of
from bluecellab.spec.stimuli import (
    AbsoluteShotNoise,
    AlphaSynapse,
    AnyStimulus,
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
    Sum,
    VoltageClamp,
    Zap,
    parts_of,
)

ADAPTER: TypeAdapter[Any] = TypeAdapter(AnyStimulus)
SHAPE = {"rise_time": 0.4, "decay_time": 4.0}
EXAMPLES: list[Stimulus] = [
    Step(delay=5, duration=10, amplitude=0.2),
    Step(duration=10, amplitude=0.002, mode="conductance", reversal=-70),
    Ramp(delay=5, duration=10, amp_end=0.3),
    Linear(duration=10, amp_start=0.1),
    RelativeLinear(duration=10, percent_start=10, percent_end=50),
    SubThreshold(duration=10, percent_less=-20),
    Hyperpolarizing(duration=10),
    PulseTrain(duration=100, amp_start=1, width=2, frequency=50),
    Sinusoidal(duration=100, amp_start=1, frequency=50),
    Zap(delay=100),
    Segments(levels=(1, 2), durations=(3, 4)),
    Sampled(times=(0, 1, 1, 2), values=(0, 1, 2, 3), interpolation="hold"),
    Noise(duration=100, mean=0, variance=0.1),
    Noise(duration=100, mean_percent=20, variance=0.1, seed=7),
    ShotNoise(duration=100, rate=100, amp_mean=0.1, amp_var=0.01, random_seed=3, **SHAPE),
    AbsoluteShotNoise(duration=100, mean=0.1, sigma=0.01, **SHAPE),
    RelativeShotNoise(duration=100, mean_percent=50, sd_percent=10, relative_skew=1, **SHAPE),
    OrnsteinUhlenbeck(duration=100, tau=3, sigma=0.1, mean=-0.1),
    RelativeOrnsteinUhlenbeck(duration=100, tau=3, mean_percent=50, sd_percent=10, mode="conductance"),
    VoltageClamp(duration=100, voltage=-70, duration_levels=(10,), voltage_levels=(-50,)),
    AlphaSynapse(onset=5, tau=2, gmax=0.01, e=0),
    Step(duration=1, amplitude=1) + Hyperpolarizing(duration=9),
]
NAMES = [type(example).__name__ for example in EXAMPLES]


@pytest.mark.parametrize("spec", EXAMPLES, ids=NAMES)
def test_every_way_there_and_back(spec: Stimulus) -> None:
    assert eval(repr(spec)) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert type(spec).from_json(spec.to_json()) == spec
    assert ADAPTER.validate_json(spec.to_json()) == spec
    assert ADAPTER.validate_python(spec.to_dict()) == spec
    assert hash(type(spec).from_dict(spec.to_dict())) == hash(spec)


def test_types_are_distinct() -> None:
    types = {type(example): example.to_dict()["type"] for example in EXAMPLES}
    assert len(set(types.values())) == len(types)


def test_texts_with_units() -> None:
    assert Step(delay="0.1 s", duration="500 us", amplitude="200 pA") == Step(
        delay=100, duration=0.5, amplitude=0.2
    )
    assert Step(duration=1, amplitude="2 nS", mode="conductance").amplitude == 0.002
    assert Segments(levels=["1 pA", 2], durations=[1, 1]).levels == (0.001, 2.0)
    assert PulseTrain(duration=1, amp_start=1, width=1, frequency="1 kHz").frequency == 1000


def test_units_of_fields() -> None:
    assert unit_of(Step, "delay") == "ms"
    assert unit_of(Noise, "variance") == "nA2"
    assert unit_of(VoltageClamp, "series_resistance") == "Mohm"
    assert Step(duration=1, amplitude=1).unit == "nA"
    assert Step(duration=1, amplitude=1, mode="conductance").unit == "uS"


def test_numpy_arrays_are_taken() -> None:
    spec = Sampled(times=np.arange(3), values=np.array([0.1, 0.2, 0.3]))
    assert spec.times == (0.0, 1.0, 2.0)
    assert all(type(value) is float for value in (*spec.times, *spec.values))
    assert spec.end == 2
    assert Segments(levels=np.ones(2), durations=np.ones(2), delay=1).end == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(duration=-1, amplitude=1), "duration: .*greater than or equal to 0"),
        (lambda: Step.between(10, 5, 1), "ends at 5 ms, before it starts at 10 ms"),
        (lambda: Ramp.between(10, 5, 1, 2), "ends at 5 ms, before it starts at 10 ms"),
        (lambda: Step(duration=1, amplitude=float("nan")), "amplitude: .*finite"),
        (lambda: Step(duration=float("inf"), amplitude=1), "duration: .*finite"),
        (lambda: Step(duration=1, amplitude="2 nS"), "wrong unit; nA is needed"),
        (lambda: Step(duration=1, amplitude="2 nA", mode="conductance"), "wrong unit; uS is needed"),
        (lambda: Step(duration=1, amplitude=-1, mode="conductance"), "negative conductance"),
        (lambda: Step(duration=1, amplitude=1, mode="voltage"), "mode"),
        (lambda: Step(duration=1, amplitude=1, amp=2), "amp: no such field"),
        (lambda: Noise(duration=1, variance=1), "exactly one of mean and mean_percent; neither"),
        (lambda: Noise(duration=1, variance=1, mean=1, mean_percent=1), "exactly one .*; both"),
        (lambda: Noise(duration=1, variance=-1, mean=1), "variance"),
        (
            lambda: ShotNoise(duration=1, rise_time=4, decay_time=4, rate=1, amp_mean=1, amp_var=1),
            "decay_time 4.0 ms must be longer than rise_time 4.0 ms",
        ),
        (lambda: ShotNoise(duration=1, rate=1, amp_mean=0, amp_var=1, **SHAPE), "amp_mean is 0"),
        (
            lambda: RelativeShotNoise(duration=1, mean_percent=1, sd_percent=1, relative_skew=1.1, **SHAPE),
            "relative_skew",
        ),
        (lambda: OrnsteinUhlenbeck(duration=1, tau=1, sigma=0, mean=1), "sigma"),
        (lambda: OrnsteinUhlenbeck(duration=1, tau=0, sigma=1, mean=1), "tau"),
        (lambda: OrnsteinUhlenbeck(duration=1, tau=1, sigma=1, mean=1, random_seed=-1), "random_seed"),
        (lambda: PulseTrain(duration=1, amp_start=1, width=0, frequency=1), "width"),
        (lambda: Zap(duration=10_001), "duration"),
        (lambda: Segments(levels=(1,), durations=(1, 2)), "1 levels but 2 durations"),
        (lambda: Segments(levels=(), durations=()), "levels"),
        (lambda: Sampled(times=(0, 1), values=(1,)), "2 times but 1 values"),
        (lambda: Sampled(times=(1, 0), values=(1, 1)), "times must ascend"),
        (
            lambda: VoltageClamp(duration=9, voltage=0, duration_levels=(1,), voltage_levels=()),
            "1 duration_levels but 0 voltage_levels",
        ),
        (
            lambda: VoltageClamp(duration=9, voltage=0, duration_levels=(10,), voltage_levels=(1,)),
            "duration_levels make 10.0 ms, more than the duration of 9.0 ms",
        ),
        (lambda: Sum(stimuli=()), "stimuli"),
        (lambda: Sum.from_json('{"type": "sum", "stimuli": [{"type": "stepp"}]}'), "stepp"),
        (lambda: Step.from_json("{"), "JSON"),
    ],
)
def test_nonsense_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidSpecError, match=message):
        make()


def test_a_sum_plays_both() -> None:
    a, b, c = Step(duration=1, amplitude=1), Hyperpolarizing(duration=1), Zap()
    assert a + b == Sum(stimuli=(a, b))
    assert (a + b) + c == a + (b + c) == sum([a, b, c])
    assert parts_of(a + b + c) == (a, b, c)
    assert parts_of(a) == (a,)
    with pytest.raises(TypeError):
        _ = a + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = 1 + a


def test_ends_and_defaults() -> None:
    assert Step(delay=5, duration=10, amplitude=1).end == 15
    assert Linear(duration=1, amp_start=3).last_amplitude == 3
    assert Linear(duration=1, amp_start=3, amp_end=4).last_amplitude == 4
    assert RelativeLinear(duration=1, percent_start=3).last_percent == 3
    assert RelativeLinear(duration=1, percent_start=3, percent_end=0).last_percent == 0


def test_levels_of_a_voltage_clamp_follow_their_durations() -> None:
    clamp = VoltageClamp(
        delay=1, duration=40, voltage=-70, duration_levels=(10, 20, 5), voltage_levels=(-60, -50, -40)
    )
    assert clamp.commands() == ((1, -70), (11, -60), (31, -50), (36, -40))


def test_frozen() -> None:
    step = Step(duration=1, amplitude=1)
    with pytest.raises(Exception, match="frozen"):
        step.amplitude = 2  # type: ignore[misc]


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(-1e3, 1e3))
def test_any_step_comes_back(delay: float, duration: float, amplitude: float) -> None:
    step = Step(delay=delay, duration=duration, amplitude=amplitude)
    assert Step.from_json(step.to_json()) == step
    assert eval(repr(step)) == step
