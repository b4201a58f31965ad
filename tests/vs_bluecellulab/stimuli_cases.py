"""Stimuli for the comparison with the peer: ours, the peer's job for the same, and where they differ."""

from __future__ import annotations

from typing import Any

from bluecellab.spec import stimuli as spec
from bluecellab.stimulus import Electrical, Seeds

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
