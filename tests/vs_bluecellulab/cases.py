"""What both sides do to a cell: every ``Cell.add_*`` and ``inject_*``, with the same arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bluecellab.spec import stimuli as spec

__all__ = ["CASES", "DIFFERENT", "EQUAL", "RELATIVE", "TSTOP", "Case"]

TSTOP = 50.0
SHOT = {"rise_time": 0.4, "decay_time": 4.0}


@dataclass(frozen=True)
class Case:
    """One stimulus.

    ``@stimulus`` among the arguments stands for the peer's definition, a class and its fields, and for
    ours; ``@dend[0]`` for a section.
    """

    method: str
    args: Sequence[Any] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    definition: tuple[str, Mapping[str, Any]] | None = None
    ours: spec.Stimulus | None = None


def _defined(
    method: str,
    theirs: str,
    ours: type[spec.Stimulus],
    fields: Mapping[str, Any],
    *,
    args: Sequence[Any] = ("@stimulus",),
    renamed: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
    **named: Any,
) -> Case:
    """A stimulus that is described; the peer calls ``renamed`` fields otherwise, and has ``more``."""
    there = {(renamed or {}).get(name, name): value for name, value in fields.items()} | dict(more or {})
    return Case(method, args, named, (theirs, there), ours(**fields))


def _placed(
    method: str, theirs: str, ours: type[spec.Stimulus], fields: Mapping[str, Any], **named: Any
) -> Case:
    return _defined(
        method,
        theirs,
        ours,
        fields,
        args=("@soma[0]", 0.5, "@stimulus"),
        renamed={"random_seed": "seed"},
        **named,
    )


_WAVE = np.random.default_rng(8).normal(0.2, 0.3, 90)
_TIMES = (2 + np.cumsum(np.random.default_rng(9).uniform(0.1, 0.8, 90))).round(6)
_ALL = {"delay": 0.0, "duration": TSTOP + 5}  # to the end, which the peer does not end
_LATE = {"delay": 5.0, "duration": TSTOP}

CASES: dict[str, Case] = {
    # what the peer makes of this depends on whether it has run before
    "noise that ends, first of its process": Case("add_noise_step", ["@soma[0]", 0.5, 0.2, 0.05, 5, 20]),
    "step": Case("add_step", [5, 35, 0.4]),
    "step in a dendrite": Case("add_step", [5, 35, 0.3], {"section": "@dend[0]", "segx": 0.7}),
    "two steps": Case("add_step", [10, 20, 0.2, "@soma[0]"]),
    "ramp": Case("add_ramp", [5, 40, 0.05, 0.6]),
    "ramp in a dendrite": Case("add_ramp", [5, 40, 0.6, -0.1, "@dend[0]", 0.2]),
    "voltage clamp": Case("add_voltage_clamp", [30, -50], {"current_record_name": "clamp"}),
    "voltage clamp with levels": Case(
        "add_voltage_clamp",
        [40, -70],
        {"durations": [10, 10, 15], "levels": [-60, -20, -50], "rs": 0.05, "current_record_name": "clamp"},
    ),
    "alpha synapse": Case("add_alpha_synapse", [5, 2, 0.02, 0, "@dend[0]"]),
    "sine": Case("add_sin_current", [0.4, 5, TSTOP, 60]),
    "sine of the old kind": Case("addSineCurrentInject", [5, 45, 0.06, 0.3, 0.1]),
    "sine of the old kind, finer": Case("addSineCurrentInject", [5, 45, 0.06, 0.3, 0.1], {"dt": 0.1}),
    "waveform": Case("inject_current_waveform", [_TIMES.tolist(), _WAVE.tolist()]),
    "current signal": Case(
        "inject_current_clamp_signal",
        ["@soma[0]", 0.5, [0, *_TIMES.tolist(), 60, 60], [0, *_WAVE.tolist(), 0, 0]],
    ),
    "conductance signal": Case(
        "inject_dynamic_clamp_signal",
        ["@soma[0]", 0.5, [0.025, *_TIMES.tolist(), 60], [0, *np.abs(_WAVE / 20).tolist(), 0], -10.0],
    ),
    "noise step": Case("add_noise_step", ["@soma[0]", 0.5, 0.2, 0.05, *_LATE.values()]),
    "noise step from the start": Case("add_noise_step", ["@soma[0]", 0.5, 0.2, 0.05, *_ALL.values()]),
    "noise step with a seed": Case(
        "add_noise_step", ["@dend[0]", 0.3, 0.2, 0.05, *_LATE.values()], {"seed": 11}
    ),
    "noise step of a count": Case(
        "add_noise_step", ["@soma[0]", 0.5, 0.2, 0.05, *_LATE.values()], {"noisestim_count": 4}
    ),
    "noise": _defined(
        "add_replay_noise", "Noise", spec.Noise, {**_LATE, "mean": 0.2, "variance": 0.05}, noisestim_count=2
    ),
    "pulse": _defined(
        "add_pulse",
        "Pulse",
        spec.PulseTrain,
        {"delay": 5, "duration": 33, "amp_start": 0.8, "width": 2.5, "frequency": 110},
    ),
    "pulse wider than its period": _defined(
        "add_pulse",
        "Pulse",
        spec.PulseTrain,
        {"delay": 5, "duration": 33, "amp_start": 0.3, "width": 15, "frequency": 110},
    ),
    "linear": _defined(
        "add_replay_linear",
        "Linear",
        spec.Linear,
        {"delay": 5, "duration": 30, "amp_start": 0.1, "amp_end": 0.5},
    ),
    "sinusoidal": _defined(
        "add_sinusoidal",
        "Sinusoidal",
        spec.Sinusoidal,
        {"delay": 5, "duration": TSTOP, "amp_start": 0.4, "frequency": 60},
    ),
    "seclamp": _defined(
        "add_seclamp",
        "SEClamp",
        spec.VoltageClamp,
        {
            "delay": 0,
            "duration": 40,
            "voltage": -70,
            "duration_levels": [10, 20, 5],
            "voltage_levels": [-60, -20, -40],
            "series_resistance": 0.02,
        },
        renamed={"duration_levels": "durations", "voltage_levels": "voltages"},
    ),
    "shot noise": _placed(
        "add_replay_shotnoise",
        "ShotNoise",
        spec.ShotNoise,
        {**_LATE, **SHOT, "rate": 300, "amp_mean": 0.2, "amp_var": 0.01},
        shotnoise_stim_count=3,
    ),
    "shot noise that ends": _placed(
        "add_replay_shotnoise",
        "ShotNoise",
        spec.ShotNoise,
        {
            "delay": 5,
            "duration": 20.3,
            **SHOT,
            "rate": 300,
            "amp_mean": -0.2,
            "amp_var": 0.1,
            "random_seed": 3,
        },
    ),
    "shot noise, conductance": _placed(
        "add_replay_shotnoise",
        "ShotNoise",
        spec.ShotNoise,
        {
            **_LATE,
            **SHOT,
            "rate": 300,
            "amp_mean": 0.01,
            "amp_var": 0.0001,
            "mode": "conductance",
            "reversal": 5,
        },
    ),
    "Ornstein-Uhlenbeck": _placed(
        "add_ornstein_uhlenbeck",
        "OrnsteinUhlenbeck",
        spec.OrnsteinUhlenbeck,
        {**_ALL, "tau": 3, "sigma": 0.1, "mean": 0.3},
        stim_count=2,
    ),
    "Ornstein-Uhlenbeck, conductance": _placed(
        "add_ornstein_uhlenbeck",
        "OrnsteinUhlenbeck",
        spec.OrnsteinUhlenbeck,
        {
            **_ALL,
            "tau": 3,
            "sigma": 0.002,
            "mean": 0.006,
            "mode": "conductance",
            "reversal": -5,
            "random_seed": 5,
        },
    ),
    # relative to the cell's currents
    "hyperpolarizing": _defined(
        "add_replay_hypamp", "Hyperpolarizing", spec.Hyperpolarizing, {"delay": 5, "duration": 35}
    ),
    "relative linear": _defined(
        "add_replay_relativelinear",
        "RelativeLinear",
        spec.RelativeLinear,
        {"delay": 5, "duration": 35, "percent_start": 50, "percent_end": 250},
    ),
    "subthreshold": _defined(
        "add_replay_subthreshold",
        "SubThreshold",
        spec.SubThreshold,
        {"delay": 5, "duration": 35, "percent_less": 10},
    ),
    "above threshold": _defined(
        "add_replay_subthreshold",
        "SubThreshold",
        spec.SubThreshold,
        {"delay": 5, "duration": 35, "percent_less": -150},
    ),
    "relative noise": _defined(
        "add_replay_noise", "Noise", spec.Noise, {**_LATE, "mean_percent": 120, "variance": 10}
    ),
    "relative shot noise": _placed(
        "add_replay_relative_shotnoise",
        "RelativeShotNoise",
        spec.RelativeShotNoise,
        {**_LATE, **SHOT, "mean_percent": 120, "sd_percent": 30},
    ),
    "relative Ornstein-Uhlenbeck": _placed(
        "add_relative_ornstein_uhlenbeck",
        "RelativeOrnsteinUhlenbeck",
        spec.RelativeOrnsteinUhlenbeck,
        {**_ALL, "tau": 3, "mean_percent": 120, "sd_percent": 30},
    ),
    # the peer is documented to be wrong
    "sine that ends": Case("add_sin_current", [0.4, 5, 16.685, 60]),
    "noise that ends": Case("add_noise_step", ["@soma[0]", 0.5, 0.2, 0.05, 5, 20]),
    "late Ornstein-Uhlenbeck": _placed(
        "add_ornstein_uhlenbeck",
        "OrnsteinUhlenbeck",
        spec.OrnsteinUhlenbeck,
        {**_LATE, "tau": 3, "sigma": 0.1, "mean": 0.3},
    ),
    "late Ornstein-Uhlenbeck, conductance": _placed(
        "add_ornstein_uhlenbeck",
        "OrnsteinUhlenbeck",
        spec.OrnsteinUhlenbeck,
        {**_LATE, "tau": 3, "sigma": 0.002, "mean": 0.006, "mode": "conductance"},
    ),
    "late seclamp": _defined(
        "add_seclamp",
        "SEClamp",
        spec.VoltageClamp,
        {"delay": 10, "duration": 30, "voltage": -50, "series_resistance": 0.02},
        more={"durations": None, "voltages": None},
    ),
}
RELATIVE = [name for name in CASES if "relative" in name or "threshold" in name or name == "hyperpolarizing"]
DIFFERENT = [
    "sine that ends",
    "noise that ends, first of its process",
    "noise that ends",
    "late Ornstein-Uhlenbeck",
    "late Ornstein-Uhlenbeck, conductance",
    "late seclamp",
]
EQUAL = [name for name in CASES if name not in DIFFERENT]
