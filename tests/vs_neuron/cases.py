"""Stimuli in two words each: those of the bare script, and ours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from bluecellab.spec import stimuli as spec

__all__ = ["PLAYED", "STIMULI", "Pair", "at"]

#: What the bare script does by hand, and our specification (None: a plain translation).
Pair = tuple[Mapping[str, Any], spec.Stimulus | None]


def at(pair: Pair, section: str = "soma[0]", x: float = 0.5) -> Pair:
    """Put a stimulus elsewhere."""
    theirs, ours = pair
    return {**theirs, "section": section, "x": x}, ours


def _played(points: list[tuple[float, float]], ours: spec.Stimulus) -> Pair:
    times, values = zip(*points, strict=True)
    return at(({"kind": "play", "times": times, "values": values}, ours))


def _sine() -> Pair:
    delay, duration, amplitude, frequency, dt = 2.0, 20.0, 0.4, 120.0, 0.025
    points = [
        (delay + i * dt, amplitude * math.sin(i * (2 * math.pi / 1000 * frequency * dt)))
        for i in range(round(duration / dt) + 1)
    ]
    end = delay + duration
    points[-1] = (end, amplitude * math.sin(2 * math.pi / 1000 * frequency * duration))
    ours = spec.Sinusoidal(delay=delay, duration=duration, amp_start=amplitude, frequency=frequency, dt=dt)
    return _played([*points, (end, 0), (end, 0)], ours)


def _waveform() -> Pair:
    samples = np.random.default_rng(5).normal(0.3, 0.3, 60)
    times = np.cumsum(np.random.default_rng(6).uniform(0.05, 0.6, 60)) + 1
    theirs = {"kind": "hold", "times": times.tolist(), "values": samples.tolist()}
    return at((theirs, None))


def _conductance() -> Pair:
    times = [1.0, 1.0, 4.0, 12.0, 20.0, 20.0, 20.0]
    conductances = [0.0, 0.002, 0.01, 0.004, 0.02, 0.0, 0.0]
    resistances = [1e9 if g <= 1e-9 else 1.0 / g for g in conductances]
    theirs = {
        "kind": "conductance",
        "times": times,
        "resistances": resistances,
        "dur": 20.0,
        "reversal": -10.0,
    }
    ours = spec.Sampled(
        times=tuple(times[1:5]),
        values=tuple(conductances[1:5]),
        mode="conductance",
        reversal=-10,
    )
    return at((theirs, ours))


_LEVELS = spec.VoltageClamp(
    duration=18, voltage=-80, duration_levels=(5, 6), voltage_levels=(-20, -60), series_resistance=0.5
)

STIMULI: dict[str, Pair] = {
    "step": at(({"kind": "step", "delay": 3.0, "dur": 20.0, "amp": 0.5}, None)),
    "steps that overlap a step of time": at(
        ({"kind": "step", "delay": 3.01, "dur": 10.003, "amp": 0.5}, None)
    ),
    "ramp": _played(
        [(0, 0), (2, 0), (2, 0.1), (22, 0.9), (22, 0), (22, 0)],
        spec.Ramp(delay=2, duration=20, amp_start=0.1, amp_end=0.9),
    ),
    "sine": _sine(),
    "waveform": _waveform(),
    "conductance": _conductance(),
    "voltage clamp": at(({"kind": "clamp", "dur1": 12.0, "amp1": -40.0, "rs": 0.5}, None)),
    "voltage clamp with levels": at(
        (
            {
                "kind": "clamp",
                "dur1": 5.0,
                "amp1": -80.0,
                "dur2": 6.0,
                "amp2": -20.0,
                "dur3": 7.0,
                "amp3": -60.0,
                "rs": 0.5,
            },
            _LEVELS,
        )
    ),
}

#: CVODE treats its own clamps and played Vectors differently; these play what the former do.
PLAYED = {
    **{name: pair for name, pair in STIMULI.items() if pair[0]["kind"] != "step"},
    "step": _played(
        [(3, 0), (3, 0.5), (23, 0.5), (23, 0), (23, 0)], spec.Step(delay=3, duration=20, amplitude=0.5)
    ),
    "voltage clamp with levels": at(
        (
            {"kind": "levels", "dur": 18.0, "times": [0, 5, 11], "values": [-80, -20, -60], "rs": 0.5},
            _LEVELS,
        )
    ),
}
