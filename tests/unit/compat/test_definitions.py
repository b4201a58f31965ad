"""Published definitions of stimuli: order of fields, and what they are in our words."""

from __future__ import annotations

import dataclasses

import pytest

from bluecellab.compat.stimulus import circuit_stimulus_definitions as definitions
from bluecellab.compat.stimulus.circuit_stimulus_definitions import ClampMode, Pattern, Stimulus
from bluecellab.errors import InvalidSpecError, StimulusError
from bluecellab.spec import stimuli as spec

TIMES = {"delay": 5, "duration": 10}
SHOT = {"rise_time": 0.4, "decay_time": 4}
CONDUCTANCE = {"random_seed": 3, "mode": "conductance", "reversal": -10}

# kind: (positional fields after the times, named ones, SONATA's, the same in our words)
CASES = {
    "Noise": ([0.1], {"mean": 1}, {"variance": 0.1, "mean": 1}, spec.Noise(**TIMES, variance=0.1, mean=1)),
    "Hyperpolarizing": ([], {}, {}, spec.Hyperpolarizing(**TIMES)),
    "Pulse": (
        [1, 2, 30],
        {},
        {"amp_start": 1, "width": 2, "frequency": 30},
        spec.PulseTrain(**TIMES, amp_start=1, width=2, frequency=30),
    ),
    "Linear": ([1, 1], {}, {"amp_start": 1}, spec.Linear(**TIMES, amp_start=1, amp_end=1)),
    "RelativeLinear": (
        [10, 10],
        {},
        {"percent_start": 10},
        spec.RelativeLinear(**TIMES, percent_start=10, percent_end=10),
    ),
    "ShotNoise": (
        [0.4, 4, 10, 1, 0.1, 0.5],
        {"seed": 3, "mode": ClampMode.CONDUCTANCE, "reversal": -10},
        {
            **SHOT,
            "rate": 10,
            "amp_mean": 1,
            "amp_var": 0.1,
            "dt": 0.5,
            "random_seed": 3,
            "input_type": "conductance",
            "reversal": -10,
        },
        spec.ShotNoise(**TIMES, **SHOT, rate=10, amp_mean=1, amp_var=0.1, dt=0.5, **CONDUCTANCE),
    ),
    "RelativeShotNoise": (
        [0.4, 4, 50, 10, 0.2],
        {},
        {**SHOT, "mean_percent": 50, "sd_percent": 10, "relative_skew": 0.2, "input_type": "current_clamp"},
        spec.RelativeShotNoise(**TIMES, **SHOT, mean_percent=50, sd_percent=10, relative_skew=0.2),
    ),
    "OrnsteinUhlenbeck": (
        [3, 0.1, 0.5],
        {},
        {"tau": 3, "sigma": 0.1, "mean": 0.5},
        spec.OrnsteinUhlenbeck(**TIMES, tau=3, sigma=0.1, mean=0.5),
    ),
    "RelativeOrnsteinUhlenbeck": (
        [3, 50, 10],
        {},
        {"tau": 3, "mean_percent": 50, "sd_percent": 10},
        spec.RelativeOrnsteinUhlenbeck(**TIMES, tau=3, mean_percent=50, sd_percent=10),
    ),
    "Sinusoidal": (
        [1, 50],
        {},
        {"amp_start": 1, "frequency": 50, "dt": 0.1},
        spec.Sinusoidal(**TIMES, amp_start=1, frequency=50),
    ),
    "SEClamp": (
        [-70, [2, 3], [-60, -50], 0.01],
        {},
        {"voltage": -70, "duration_levels": [2, 3], "voltage_levels": [-60, -50]},
        spec.VoltageClamp(
            **TIMES, voltage=-70, duration_levels=(2, 3), voltage_levels=(-60, -50), series_resistance=0.01
        ),
    ),
    "SubThreshold": ([10], {}, {"percent_less": 10}, spec.SubThreshold(**TIMES, percent_less=10)),
}
MODULES = {pattern.name.lower().replace("_", ""): pattern.value for pattern in Pattern}


@pytest.mark.parametrize("kind", CASES)
def test_by_hand_and_from_sonata(kind: str) -> None:
    positional, named, entry, wanted = CASES[kind]
    made = getattr(definitions, kind)("All", 5, 10, *positional, node_set="All", **named)
    assert made.to_spec() == wanted
    assert made.target == "All"
    block = {"module": MODULES[kind.lower()], "node_set": "All", "unknown": 1, **TIMES, **entry}
    assert Stimulus.from_sonata(block) == made
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.delay = 3
    with pytest.raises(TypeError):
        type(made)("All", 5, 10, *positional, nonsense=3)
    with pytest.raises(InvalidSpecError, match="delay"):
        type(made)("All", -5, 10, *positional, **named)


def test_targets() -> None:
    block = {"module": "hyperpolarizing", **TIMES}
    made = Stimulus.from_sonata({**block, "compartment_set": "dendrites"})
    assert (made.target, made.node_set, made.compartment_set) == ("dendrites", None, "dendrites")
    with pytest.raises(ValueError, match="must contain either"):
        Stimulus.from_sonata(block)
    with pytest.raises(ValueError, match="must not contain both"):
        Stimulus.from_sonata({**block, "node_set": "a", "compartment_set": "b"})


def test_what_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="Unknown pattern poisson; there are noise, hyper"):
        Stimulus.from_sonata({"module": "poisson", "node_set": "All", **TIMES})
    with pytest.raises(InvalidSpecError, match="an input of module noise needs 'variance'"):
        Stimulus.from_sonata({"module": "noise", "node_set": "All", "mean": 1, **TIMES})
    with pytest.raises(InvalidSpecError, match="an input of module linear needs 'duration'"):
        Stimulus.from_sonata({"module": "linear", "node_set": "All", "amp_start": 1, "delay": 0})
    with pytest.raises(StimulusError, match="use from_sonata"):
        Stimulus.from_blueconfig({})


def test_clamp_without_levels() -> None:
    assert definitions.SEClamp("x", 0, 10, -70, None, None, 0.1).to_spec() == spec.VoltageClamp(
        duration=10, voltage=-70, series_resistance=0.1
    )


def test_replay_is_a_definition_only() -> None:
    block = {"module": "synapse_replay", "node_set": "All", "spike_file": "x.h5", **TIMES}
    made = Stimulus.from_sonata(block, config_dir="folder")
    assert made == definitions.SynapseReplay("All", 5, 10, "x.h5", "folder", node_set="All")
    with pytest.raises(StimulusError, match="cannot be played by a single cell"):
        made.to_spec()
    with pytest.raises(StimulusError, match="cannot be played by a single cell"):
        Stimulus("x", 0, 1).to_spec()
    with pytest.raises(InvalidSpecError, match="delay"):
        definitions.SynapseReplay("All", -5, 10, "x.h5")
