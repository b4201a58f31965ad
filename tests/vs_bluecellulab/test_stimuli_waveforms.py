"""Stimuli against the peer: equal, or a difference that is documented in docs/migrating.md.

The peer runs in its own Python, named by the environment variable BLUECELLAB_ORACLE_PYTHON.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import stimulus as room
from bluecellab.nrn import runtime
from bluecellab.nrn.handles import Section
from bluecellab.nrn.scope import Scope
from bluecellab.spec import stimuli as spec
from bluecellab.stimulus import Electrical, Random123, Seeds, StimulusFactory
from bluecellab.stimulus.random123 import gamma

pytestmark = pytest.mark.peers

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

SHOT = {"rise_time": 0.4, "decay_time": 4.0}
CELL = Electrical(threshold_current=0.3, holding_current=-0.05)

# name: (job for the peer, our spec, seeds)
PLAYED: dict[str, tuple[dict[str, Any], spec.Stimulus, Seeds]] = {
    "step": (
        {"method": "add_step", "args": [5, 20, 0.2]},
        spec.Step(delay=5, duration=15, amplitude=0.2),
        Seeds(),
    ),
    "ramp": (
        {"method": "add_ramp", "args": [5, 20, 0.1, 0.2]},
        spec.Ramp(delay=5, duration=15, amp_start=0.1, amp_end=0.2),
        Seeds(),
    ),
    "pulse": (
        {"method": "add_pulse", "stimulus": ["Pulse", ["x", 5, 21, 0.3, 2.0, 100.0], {}]},
        spec.PulseTrain(delay=5, duration=21, amp_start=0.3, width=2, frequency=100),
        Seeds(),
    ),
    "linear": (
        {"method": "add_replay_linear", "stimulus": ["Linear", ["x", 5, 20, 0.1, 0.2], {}]},
        spec.Linear(delay=5, duration=20, amp_start=0.1, amp_end=0.2),
        Seeds(),
    ),
    "relative linear": (
        {"method": "add_replay_relativelinear", "stimulus": ["RelativeLinear", ["x", 5, 20, 50, 90], {}]},
        spec.RelativeLinear(delay=5, duration=20, percent_start=50, percent_end=90),
        Seeds(),
    ),
    "subthreshold": (
        {"method": "add_replay_subthreshold", "stimulus": ["SubThreshold", ["x", 5, 20, 10], {}]},
        spec.SubThreshold(delay=5, duration=20, percent_less=10),
        Seeds(),
    ),
    "hyperpolarizing": (
        {"method": "add_replay_hypamp", "stimulus": ["Hyperpolarizing", ["x", 5, 20], {}]},
        spec.Hyperpolarizing(delay=5, duration=20),
        Seeds(),
    ),
    "sinusoidal": (
        {"method": "add_sin_current", "args": [0.1, 5, 35, 50]},
        spec.Sinusoidal(delay=5, duration=35, amp_start=0.1, frequency=50),
        Seeds(),
    ),
    "noise": (
        {
            "method": "add_replay_noise",
            "stimulus": ["Noise", ["x", 5, 35, 0.02], {"mean": 0.1}],
            "named": {"noisestim_count": 3},
        },
        spec.Noise(delay=5, duration=35, mean=0.1, variance=0.02),
        Seeds(count=3),
    ),
    "relative noise": (
        {"method": "add_replay_noise", "stimulus": ["Noise", ["x", 5, 35, 2], {"mean_percent": 50}]},
        spec.Noise(delay=5, duration=35, mean_percent=50, variance=2),
        Seeds(),
    ),
    "noise with a seed": (
        {"method": "add_noise_step", "args": [0.1, 0.02, 0, 40], "named": {"seed": 7}, "section_first": True},
        spec.Noise(duration=40, mean=0.1, variance=0.02, seed=7),
        Seeds(),
    ),
    "shot noise": (
        {
            "method": "add_replay_shotnoise",
            "stimulus": ["ShotNoise", ["x", 5, 30, 0.4, 4, 200, 0.04, 0.0016], {}],
            "section_first": True,
        },
        spec.ShotNoise(delay=5, duration=30, rate=200, amp_mean=0.04, amp_var=0.0016, **SHOT),
        Seeds(),
    ),
    "shot noise, conductance": (
        {
            "method": "add_replay_shotnoise",
            "stimulus": [
                "ShotNoise",
                ["x", 5, 30, 0.4, 4, 200, 0.004, 0.000016],
                {"mode": "conductance", "seed": 9, "reversal": -10},
            ],
            "section_first": True,
        },
        spec.ShotNoise(
            delay=5,
            duration=30,
            rate=200,
            amp_mean=0.004,
            amp_var=0.000016,
            random_seed=9,
            mode="conductance",
            reversal=-10,
            **SHOT,
        ),
        Seeds(),
    ),
    "relative shot noise": (
        {
            "method": "add_replay_relative_shotnoise",
            "stimulus": ["RelativeShotNoise", ["x", 5, 30, 0.4, 4, 30, 10], {}],
            "section_first": True,
        },
        spec.RelativeShotNoise(delay=5, duration=30, mean_percent=30, sd_percent=10, **SHOT),
        Seeds(),
    ),
    "Ornstein-Uhlenbeck": (
        {
            "method": "add_ornstein_uhlenbeck",
            "stimulus": ["OrnsteinUhlenbeck", ["x", 0, 30, 3, 0.05, 0.1], {}],
            "section_first": True,
            "named": {"stim_count": 2},
        },
        spec.OrnsteinUhlenbeck(duration=30, tau=3, sigma=0.05, mean=0.1),
        Seeds(count=2),
    ),
    "Ornstein-Uhlenbeck, conductance": (
        {
            "method": "add_ornstein_uhlenbeck",
            "stimulus": [
                "OrnsteinUhlenbeck",
                ["x", 0, 30, 3, 0.001, 0.002],
                {"mode": "conductance", "reversal": 0},
            ],
            "section_first": True,
        },
        spec.OrnsteinUhlenbeck(duration=30, tau=3, sigma=0.001, mean=0.002, mode="conductance"),
        Seeds(),
    ),
    "relative Ornstein-Uhlenbeck": (
        {
            "method": "add_relative_ornstein_uhlenbeck",
            "stimulus": ["RelativeOrnsteinUhlenbeck", ["x", 0, 30, 3, 30, 10], {}],
            "section_first": True,
        },
        spec.RelativeOrnsteinUhlenbeck(duration=30, tau=3, mean_percent=30, sd_percent=10),
        Seeds(),
    ),
    "voltage clamp": (
        {"method": "add_voltage_clamp", "args": [20, -70]},
        spec.VoltageClamp(duration=20, voltage=-70, series_resistance=1),
        Seeds(),
    ),
    "voltage clamp with levels": (
        {
            "method": "add_voltage_clamp",
            "args": [20, -70],
            "named": {"durations": [5, 5, 3], "levels": [-60, -50, -40], "rs": 0.01},
        },
        spec.VoltageClamp(
            duration=20, voltage=-70, duration_levels=(5, 5, 3), voltage_levels=(-60, -50, -40)
        ),
        Seeds(),
    ),
    "alpha synapse": (
        {"method": "add_alpha_synapse", "args": [5, 2, 0.01, 0]},
        spec.AlphaSynapse(onset=5, tau=2, gmax=0.01, e=0),
        Seeds(),
    ),
    "waveform": (
        {"method": "inject_current_waveform", "args": [[3, 5, 9, 12.5], [0.1, 0.2, 0.3, 0.4]]},
        spec.Sampled(times=(3, 5, 9, 12.5), values=(0.1, 0.2, 0.3, 0.4), interpolation="hold"),
        Seeds(),
    ),
    # documented differences
    "sine that ends": (
        {"method": "add_sin_current", "args": [0.1, 5, 13.01, 50]},
        spec.Sinusoidal(delay=5, duration=13.01, amp_start=0.1, frequency=50),
        Seeds(),
    ),
    "noise that ends": (
        {"method": "add_replay_noise", "stimulus": ["Noise", ["x", 5, 15, 0.02], {"mean": 0.1}]},
        spec.Noise(delay=5, duration=15, mean=0.1, variance=0.02),
        Seeds(),
    ),
    "late Ornstein-Uhlenbeck": (
        {
            "method": "add_ornstein_uhlenbeck",
            "stimulus": ["OrnsteinUhlenbeck", ["x", 5, 30, 3, 0.05, 0.1], {}],
            "section_first": True,
        },
        spec.OrnsteinUhlenbeck(delay=5, duration=30, tau=3, sigma=0.05, mean=0.1),
        Seeds(),
    ),
    "late Ornstein-Uhlenbeck, conductance": (
        {
            "method": "add_ornstein_uhlenbeck",
            "stimulus": ["OrnsteinUhlenbeck", ["x", 5, 30, 3, 0.001, 0.002], {"mode": "conductance"}],
            "section_first": True,
        },
        spec.OrnsteinUhlenbeck(delay=5, duration=30, tau=3, sigma=0.001, mean=0.002, mode="conductance"),
        Seeds(),
    ),
}
DIFFERENT = {
    "sine that ends",
    "noise that ends",
    "late Ornstein-Uhlenbeck",
    "late Ornstein-Uhlenbeck, conductance",
}
EQUAL = [name for name in PLAYED if name not in DIFFERENT]

SIGNALS: list[tuple[str, list[float]]] = [
    *(
        ("gen_ornstein_uhlenbeck", [tau, 0.1, 0.5, duration, dt])
        for tau in (0.1, 3, 1e-10)
        for duration, dt in ((50, 0.25), (20.7, 0.1), (1, 0.025))
    ),
    *(
        ("gen_shotnoise_signal", [4, 0.4, rate, mean, variance, duration, dt])
        for rate in (10, 200, 2000)
        for mean, variance in ((0.04, 0.0016), (-0.04, 0.0001), (0.04, 0.01))
        for duration, dt in ((50, 0.25), (20.7, 0.1), (3.9, 0.025))
    ),
    *(("gamma", [shape, scale, 500]) for shape in (0.05, 0.9, 1.0, 2.5, 40.0) for scale in (1.0, 3e-3)),
]
PARAMETERS = [
    [mean, sd, 4, 0.4, skew] for mean in (0.5, 20.0) for sd in (0.1, 3.0) for skew in (0.1, 0.5, 0.9)
]

PRE = {"pre_delay": 2, "duration": 21, "post_delay": 3}
SHOTS = {**PRE, "rate": 500, **SHOT, "seed": 5}
FACTORY: dict[str, tuple[float, str, dict[str, Any]]] = {
    "step": (0.1, "step", {**PRE, "amplitude": 0.3}),
    "ramp": (0.1, "ramp", {**PRE, "threshold_current": 0.3}),
    "ramp amplitude": (0.025, "ramp", {**PRE, "amplitude": 0.3}),
    "ap_waveform": (0.1, "ap_waveform", {"threshold_current": 0.3}),
    "idrest": (0.1, "idrest", {"threshold_current": 0.3, "threshold_percentage": 130}),
    "iv": (0.1, "iv", {"threshold_current": 0.3}),
    "fire_pattern": (0.1, "fire_pattern", {"threshold_current": 0.3, "amplitude": 0.1}),
    "pos_cheops": (0.25, "pos_cheops", {"threshold_current": 0.3}),
    "neg_cheops": (0.25, "neg_cheops", {"threshold_current": 0.3}),
    "neg_cheops amplitude": (0.25, "neg_cheops", {"amplitude": 0.3}),
    "sinusoidal": (0.025, "sinusoidal", {**PRE, "frequency": 100, "amplitude": 0.1}),
    "sinusoidal percent": (
        0.025,
        "sinusoidal",
        {**PRE, "frequency": 100, "amplitude_percent": 20, "threshold_current": 0.3},
    ),
    "ou": (0.25, "ornstein_uhlenbeck", {**PRE, "tau": 3, "sigma": 0.1, "mean": 0.5, "seed": 4}),
    "ou percent": (
        0.1,
        "ornstein_uhlenbeck",
        {**PRE, "tau": 3, "sigma_percent": 10, "mean_percent": 50, "threshold_current": 0.3},
    ),
    "shot_noise": (0.25, "shot_noise", {**SHOTS, "mean": 0.1, "sigma": 0.05}),
    # documented differences
    "pulse": (0.5, "pulse", {**PRE, "frequency": 100, "width": 2, "amplitude": 0.1}),
    "sinespec": (0.5, "sinespec", {"amplitude": 0.1}),
    "step_noise": (0.5, "step_noise", {**PRE, "step_interval": 3, "mean": 0.1, "sigma": 0.2}),
    "shot_noise percent": (
        0.25,
        "shot_noise",
        {**SHOTS, "mean_percent": 50, "sigma_percent": 10, "threshold_current": 0.3},
    ),
    "seed 0": (0.25, "ornstein_uhlenbeck", {**PRE, "tau": 3, "sigma": 0.1, "mean": 0.5, "seed": 0}),
    "no amplitude": (0.25, "ramp", {**PRE, "threshold_current": 0}),
}
FACTORY_DIFFERENT = {
    "pulse",
    "sinespec",
    "step_noise",
    "shot_noise percent",
    "seed 0",
    "no amplitude",
}
FACTORY_EQUAL = [name for name in FACTORY if name not in FACTORY_DIFFERENT]


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    """Start NEURON before the first census."""
    runtime.start()


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """All answers of the peer, from one process."""
    folder = tmp_path_factory.mktemp("oracle")
    groups: dict[str, list[dict[str, Any]]] = {
        "played": [{"kind": "injector", **job} for job, _, _ in PLAYED.values()],
        "signals": [
            {"kind": "signal", "function": name, "args": args, "ids": [index, 4000000000, 77]}
            for index, (name, args) in enumerate(SIGNALS)
        ],
        "parameters": [
            {"kind": "signal", "function": "get_relative_shotnoise_params", "args": args}
            for args in PARAMETERS
        ],
        "factory": [
            {"kind": "factory", "dt": dt, "method": method, "named": named}
            for dt, method, named in FACTORY.values()
        ],
    }
    (folder / "jobs.json").write_text(json.dumps([job for jobs in groups.values() for job in jobs]))
    script = Path(__file__).parent / "oracle_stimuli.py"
    assert _PYTHON is not None
    done = subprocess.run(
        [_PYTHON, str(script), str(folder / "jobs.json"), str(folder / "results.json")],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "results.json").exists(), done.stderr
    answers = iter(json.loads((folder / "results.json").read_text()))
    return {name: [next(answers) for _ in jobs] for name, jobs in groups.items()}


@pytest.fixture
def probe() -> Iterator[Section]:
    """A section as the peer has it."""
    h = runtime.raw_h()
    scope = Scope("Cell probe")
    raw = scope.own(h.Section(name="probe"), lambda raw: h.delete_section(sec=raw))
    section = Section(raw, scope, "probe")
    section.L = section.diam = 20
    section.insert("hh")
    yield section
    scope.close()


def _trace(probe: Section) -> np.ndarray:
    h = runtime.raw_h()
    v = h.Vector().record(probe(0.5)._ref_v)
    h.dt = 0.025
    h.celsius = 6.3
    h.finitialize(-65)
    h.continuerun(40)
    return np.array(v)


def _played(name: str, probe: Section, peer: dict[str, list[Any]]) -> tuple[dict[str, Any], Any, np.ndarray]:
    _, ours, seeds = PLAYED[name]
    theirs = peer["played"][list(PLAYED).index(name)]
    assert "error" not in theirs, theirs
    live = room.play(ours, probe(0.5), probe._scope, electrical=CELL, seeds=seeds)
    v = _trace(probe)
    return theirs, live, v


@pytest.mark.parametrize("name", EQUAL)
def test_same_potential(name: str, probe: Section, peer: dict[str, list[Any]]) -> None:
    theirs, _, v = _played(name, probe, peer)
    assert len(v) == len(theirs["v"])
    assert np.abs(v - theirs["v"]).max() < 1e-9


def test_peer_lets_a_sine_grow_after_its_end(probe: Section, peer: dict[str, list[Any]]) -> None:
    theirs, live, v = _played("sine that ends", probe, peer)
    difference = np.abs(v - theirs["v"])
    end = round(18.0 / 0.025)
    assert difference[:end].max() < 1e-9
    assert difference[-1] > 10  # mV: the peer's current goes on growing
    assert live.waveform.at([18.02, 40.0]).tolist() == [0, 0]


def test_peer_lets_noise_go_on_after_its_end(probe: Section, peer: dict[str, list[Any]]) -> None:
    theirs, live, v = _played("noise that ends", probe, peer)
    difference = np.abs(v - theirs["v"])
    end = round(20.0 / 0.025)
    assert difference[: end - 20].max() < 1e-9
    assert difference[end:].max() > 1e-3
    assert live.waveform.at([20.0, 40.0]).tolist() == [0, 0]


def test_peer_injects_the_process_before_its_delay(probe: Section, peer: dict[str, list[Any]]) -> None:
    theirs, live, v = _played("late Ornstein-Uhlenbeck", probe, peer)
    assert np.abs(np.array(theirs["v"]) - v)[: round(5 / 0.025)].max() > 1
    assert live.waveform.at([0, 4.99]).tolist() == [0, 0]
    times, values = theirs["points"]
    assert times[0] == 5
    ours = live.waveform.values[1 : len(values)]
    assert np.abs(ours - np.array(values)[:-1]).max() < 1e-14


def test_peer_lets_a_conductance_set_in_before_its_delay(probe: Section, peer: dict[str, list[Any]]) -> None:
    """Its resistance falls along a line from time 0; ours jumps at the delay."""
    theirs, _, v = _played("late Ornstein-Uhlenbeck, conductance", probe, peer)
    difference = np.abs(np.array(theirs["v"]) - v)
    assert 1e-9 < difference[: round(5 / 0.025)].max() < 1e-2


@pytest.mark.parametrize("index", range(len(SIGNALS)))
def test_same_signal(index: int, peer: dict[str, list[Any]]) -> None:
    name, args = SIGNALS[index]
    stream = Random123(index, 4000000000, 77)
    theirs = peer["signals"][index]
    if name == "gamma":
        shape, scale, n = args
        ours = gamma(stream, shape, scale, int(n))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        return
    times, values = getattr(room, name)(*args, stream)
    np.testing.assert_allclose(times, theirs[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(values, theirs[1], rtol=0, atol=1e-14)


@pytest.mark.parametrize("index", range(len(PARAMETERS)))
def test_same_shot_parameters(index: int, peer: dict[str, list[Any]]) -> None:
    ours = room.get_relative_shotnoise_params(*PARAMETERS[index])
    np.testing.assert_allclose(ours, peer["parameters"][index], rtol=1e-9)


def _series(name: str, peer: dict[str, list[Any]]) -> tuple[Any, dict[str, Any]]:
    dt, method, named = FACTORY[name]
    theirs = peer["factory"][list(FACTORY).index(name)]
    return getattr(StimulusFactory(dt), method)(**named), theirs


@pytest.mark.parametrize("name", FACTORY_EQUAL)
def test_same_series(name: str, peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series(name, peer)
    assert "error" not in theirs, theirs
    assert len(ours) == len(theirs["time"])
    np.testing.assert_allclose(ours.time, theirs["time"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.current, theirs["current"], rtol=0, atol=1e-12)
    if len(np.unique(ours.time)) == len(ours.time):
        assert ours.stimulus_time == pytest.approx(theirs["stimulus_time"])
    else:  # the peer counts both samples of a jump
        assert theirs["stimulus_time"] - ours.stimulus_time == pytest.approx(FACTORY[name][0])


def test_pulse_samples_lie_dt_apart_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("pulse", peer)
    np.testing.assert_allclose(np.diff(ours.time), 0.5)
    assert np.abs(np.diff(theirs["time"]) - 0.5).max() > 0.01
    assert ours.stimulus_time == 26


def test_sinespec_counts_in_seconds_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("sinespec", peer)
    assert len(ours) == len(theirs["time"])

    def formula(t: float) -> float:
        return 0.1 * math.sin(2 * math.pi * (1 + 1 / (5.15 - (t - 0.1))) * (t - 0.1))

    for index in (3, 999, 9000):
        assert ours.current[index] == pytest.approx(formula(ours.time[index] / 1000))
        assert theirs["current"][index] == pytest.approx(formula(theirs["time"][index]))


def test_step_noise_has_a_standard_deviation_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("step_noise", peer)
    assert ours.stimulus_time == pytest.approx(26)
    assert theirs["stimulus_time"] < 20
    their_numbers = (np.array(theirs["current"][4:11]) - 0.1) / math.sqrt(0.2)
    our_numbers = (ours.current[4:46:6] - 0.1) / 0.2
    np.testing.assert_allclose(our_numbers, their_numbers, atol=1e-12)


def test_shot_noise_in_percent_has_its_own_variance_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("shot_noise percent", peer)
    assert "error" not in theirs, theirs
    assert not np.allclose(ours.current, theirs["current"])
    long = StimulusFactory(0.25).shot_noise(
        0, 0, 60_000, 0, mean_percent=50, sigma_percent=10, threshold_current=0.3, **SHOT
    )
    settled = long.current[400:-2]
    assert settled.mean() == pytest.approx(0.15, rel=0.02)
    assert settled.std() == pytest.approx(0.03, rel=0.05)


def test_seed_0_is_a_seed_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("seed 0", peer)
    dt, method, named = FACTORY["seed 0"]
    default = getattr(StimulusFactory(dt), method)(**{**named, "seed": None})
    np.testing.assert_allclose(default.current, theirs["current"], atol=1e-12)
    assert not np.allclose(ours.current, default.current)


def test_no_amplitude_is_a_type_error_in_both(peer: dict[str, list[Any]]) -> None:
    dt, method, named = FACTORY["no amplitude"]
    theirs = peer["factory"][list(FACTORY).index("no amplitude")]
    assert theirs["error"].startswith("TypeError: You have to give either threshold_current or amplitude")
    with pytest.raises(TypeError, match="You have to give either threshold_current or amplitude"):
        getattr(StimulusFactory(dt), method)(**named)
