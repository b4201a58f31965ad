"""Configurations of inputs and modifications for the comparison with the peer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.unit.circuit.sonata_files import write_config, write_nodes
from tests.unit.simulation.circuit.small import MORPHOLOGY, TEMPLATE

__all__ = [
    "CELLS",
    "COARSE",
    "DIFFERENT",
    "EQUAL",
    "HOC",
    "INPUTS",
    "MODIFICATIONS",
    "TSTOP",
    "TWICE",
    "write",
]

TSTOP = 40.0
SIZE = 4
CELLS = [("A", 2), ("A", 0), ("B", 1)]

_ALL = {"delay": 0.0, "duration": 60.0}  # to the end, which the peer does not end
_LATE = {"delay": 6.0, "duration": 60.0}
_SHOT = {"rise_time": 0.4, "decay_time": 4.0}
_CLAMP = {"input_type": "current_clamp", "node_set": "All"}
_CONDUCTANCE = {"input_type": "conductance", "node_set": "All"}
_PLACES = {"input_type": "current_clamp", "compartment_set": "places"}

Blocks = Mapping[str, Mapping[str, Any]]

INPUTS: dict[str, Blocks] = {
    "linear": {
        "a": {"module": "linear", "delay": 3, "duration": 20, "amp_start": 0.1, "amp_end": 0.4, **_CLAMP},
        "b": {"module": "linear", "delay": 10, "duration": 20, "amp_start": 0.1, **_CLAMP},
    },
    "relative linear": {
        "a": {"module": "relative_linear", "delay": 3, "duration": 20, "percent_start": 150, **_CLAMP}
    },
    "pulse": {
        "a": {"module": "pulse", "delay": 3, "duration": 31, "amp_start": 0.7, "width": 2, "frequency": 90, **_CLAMP}
    },
    "sinusoidal": {"a": {"module": "sinusoidal", "amp_start": 0.5, "frequency": 40, **_LATE, **_CLAMP}},
    "subthreshold": {
        "a": {"module": "subthreshold", "delay": 3, "duration": 20, "percent_less": -90, **_CLAMP}
    },
    "hyperpolarizing": {"a": {"module": "hyperpolarizing", "delay": 3, "duration": 20, **_CLAMP}},
    "noise, names not in order": {
        "z": {"module": "noise", "mean": 0.2, "variance": 0.01, **_LATE, **_CLAMP},
        "a": {"module": "noise", "mean_percent": 50, "variance": 1, **_LATE, **_CLAMP},
        "Z": {"module": "noise", "mean": 0.05, "variance": 0.02, **_ALL, **_CLAMP, "node_set": "Two"},
    },
    "noise at places": {"a": {"module": "noise", "mean": 0.1, "variance": 0.05, **_ALL, **_PLACES}},
    "shots, names not in order": {
        "z": {"module": "shot_noise", "rate": 200, "amp_mean": 0.1, "amp_var": 0.01, **_LATE, **_SHOT, **_CLAMP},
        "silent": {"module": "shot_noise", "rate": 20, "amp_mean": 0.1, "amp_var": 0.01, **_LATE, **_SHOT,
                   **_CLAMP, "node_set": "Nobody"},
        "a": {"module": "relative_shot_noise", "mean_percent": 70, "sd_percent": 20, **_LATE, **_SHOT, **_CLAMP},
        "B": {"module": "relative_shot_noise", "mean_percent": 10, "sd_percent": 3, "relative_skew": 0.3,
              "random_seed": 77, **_LATE, **_SHOT, **_CLAMP},
    },
    "shots of conductance": {
        "a": {"module": "shot_noise", "rate": 200, "amp_mean": 0.004, "amp_var": 1e-5, "dt": 0.1, **_LATE, **_SHOT,
              **_CONDUCTANCE},
        "b": {"module": "relative_shot_noise", "mean_percent": 20, "sd_percent": 5, "reversal": 10, **_LATE,
              **_SHOT, **_CONDUCTANCE},
    },
    "shots at places": {
        "a": {"module": "shot_noise", "rate": 200, "amp_mean": 0.1, "amp_var": 0.01, **_LATE, **_SHOT, **_PLACES}
    },
    "Ornstein-Uhlenbeck, names not in order": {
        "z": {"module": "ornstein_uhlenbeck", "tau": 3, "mean": 0.2, "sigma": 0.1, **_ALL, **_CLAMP},
        "a": {"module": "relative_ornstein_uhlenbeck", "tau": 5, "mean_percent": 50, "sd_percent": 20, **_ALL,
              **_CLAMP},
        "b": {"module": "ornstein_uhlenbeck", "tau": 3, "mean": 0.1, "sigma": 0.1, "random_seed": 5, **_ALL,
              **_PLACES},
    },
    "Ornstein-Uhlenbeck of conductance": {
        "a": {"module": "ornstein_uhlenbeck", "tau": 3, "mean": 0.002, "sigma": 0.001, **_ALL, **_CONDUCTANCE},
        "b": {"module": "relative_ornstein_uhlenbeck", "tau": 3, "mean_percent": 20, "sd_percent": 8,
              "reversal": -5, **_ALL, **_CONDUCTANCE},
    },
    "seclamp": {
        "a": {"module": "seclamp", "input_type": "voltage_clamp", "node_set": "All", "delay": 0, "duration": 30,
              "voltage": -70, "duration_levels": [10, 5, 7], "voltage_levels": [-60, -40, -65],
              "series_resistance": 0.5}
    },
    "linear at places": {
        "a": {"module": "linear", "delay": 3, "duration": 20, "amp_start": 0.3, **_PLACES},
        "b": {"module": "pulse", "delay": 3, "duration": 31, "amp_start": 0.7, "width": 2, "frequency": 90,
              **_PLACES},
    },
}  # fmt: skip

_STEP: Blocks = {"a": {"module": "linear", "delay": 3, "duration": 30, "amp_start": 0.3, **_CLAMP}}


def _change(kind: str, text: str, **target: str) -> dict[str, object]:
    return {
        "name": f"{kind} {text}",
        "type": kind,
        "section_configure": text,
        **(target or {"node_set": "All"}),
    }


MODIFICATIONS: dict[str, list[dict[str, object]]] = {
    "all sections": [_change("configure_all_sections", "%s.gnabar_hh *= 0.7; %s.cm = 1.5")],
    "all sections that have it": [_change("configure_all_sections", "%s.g_pas = 0.001; %s.cm = 3")],
    "all sections, on the right": [_change("configure_all_sections", "%s.gkbar_hh = %s.gnabar_hh * 0.4")],
    "a list": [_change("section_list", "dend.gnabar_hh = 0.2; dend.cm *= 2", node_set="Two")],
    "a list by its other name": [_change("section_list", "apical.cm *= 2"), _change("section_list", "somatic.cm = 3")],
    "a section": [_change("section", "apic[0].gnabar_hh = 0"), _change("section", "soma[0].gl_hh *= 3")],
    "a compartment set": [_change("compartment_set", "gnabar_hh = 0.4; cm *= 1.5", compartment_set="places")],
}  # fmt: skip

# the peer is documented to be wrong
DIFFERENT: dict[str, Blocks] = {
    "sine at places": {"a": {"module": "sinusoidal", "amp_start": 0.5, "frequency": 40, **_LATE, **_PLACES}},
    "late Ornstein-Uhlenbeck": {
        "a": {"module": "ornstein_uhlenbeck", "tau": 3, "mean": 0.2, "sigma": 0.1, **_LATE, **_CLAMP}
    },
    "noise that ends": {"a": {"module": "noise", "mean": 0.2, "variance": 0.01, "delay": 5, "duration": 10.3, **_CLAMP}},
}  # fmt: skip
# how many numbers noise skips before its delay depends on the step: the last of all, as the peer takes that
# of the last run of its process, 0.025 ms in the first
COARSE = "noise, another step"
_NOISE_OF_A_STEP: Blocks = {
    "a": {"module": "noise", "mean": 0.2, "variance": 0.01, "delay": 6.03, "duration": 60, **_CLAMP}
}
EQUAL = [*INPUTS, *MODIFICATIONS, COARSE]

# of places that share a segment the peer changes it once for each; here it is changed once
TWICE = {"places in one segment": "cm *= 2", "places in one segment, spelt out": "cm *= 4"}


def _twice(text: str) -> dict[str, object]:
    return _change("compartment_set", text, compartment_set="close")


HOC = (
    TEMPLATE.replace("public init,", "public init, re_init_rng,")
    .replace("obfunc getCell", "proc re_init_rng() {}\nobfunc getCell")
    .replace("    nSecAll = i\n", "    nSecAll = i\n    soma[0] insert pas\n")
)


def write(folder: Path) -> dict[str, Path]:
    """Write a circuit of two populations and a configuration for each case; return their paths."""
    for population in ("A", "B"):
        write_nodes(
            folder / f"{population}.h5",
            population,
            {
                "mtype": ["x"] * SIZE,
                "model_type": ["biophysical"] * SIZE,
                "model_template": ["hoc:small"] * SIZE,
                "morphology": ["m"] * SIZE,
                "@dynamics:threshold_current": [0.15 + 0.01 * node for node in range(SIZE)],
                "@dynamics:holding_current": [-0.02 - 0.01 * node for node in range(SIZE)],
                "@dynamics:input_resistance": [150.0 + 20 * node for node in range(SIZE)],
            },
        )
    for inner, name, text in (("morphologies", "m.swc", MORPHOLOGY), ("hoc", "small.hoc", HOC)):
        (folder / inner).mkdir()
        (folder / inner / name).write_text(text)
    sets: dict[str, object] = {
        "A": {"population": "A"},
        "B": {"population": "B"},
        "All": ["A", "B"],
        "Two": {"population": "A", "node_id": [0, 3]},
        "Nobody": {"population": "A", "node_id": [3]},
    }
    (folder / "node_sets.json").write_text(json.dumps(sets))
    listed = [[0, 0, 0.5], [0, 1, 0.3], [2, 1, 0.2], [2, 2, 0.9], [3, 0, 0.5]]
    close = [[0, 1, 0.4], [0, 1, 0.5], [2, 0, 0.4], [2, 0, 0.5]]
    places = {
        "places": {"population": "A", "compartment_set": listed},
        "close": {"population": "A", "compartment_set": close},
    }
    (folder / "places.json").write_text(json.dumps(places))
    write_config(
        folder,
        [{"nodes_file": f"{name}.h5", "populations": {name: {"type": "biophysical"}}} for name in ("A", "B")],
        [],
        components={"morphologies_dir": "morphologies", "biophysical_neuron_models_dir": "hoc"},
        node_sets_file="node_sets.json",
    )
    cases: dict[str, tuple[Blocks, list[dict[str, object]]]] = {
        **{name: (blocks, []) for name, blocks in {**INPUTS, **DIFFERENT}.items()},
        **{name: (_STEP, listed) for name, listed in MODIFICATIONS.items()},
        **{name: (_STEP, [_twice(text)]) for name, text in TWICE.items()},
    }
    paths = {name: _write_case(folder, name, *case) for name, case in cases.items()}
    return {**paths, COARSE: _write_case(folder, COARSE, _NOISE_OF_A_STEP, [], dt=0.05)}


def _write_case(
    folder: Path, name: str, blocks: Blocks, modifications: list[dict[str, object]], dt: float = 0.025
) -> Path:
    config = {
        "version": 2.4,
        "network": "circuit_config.json",
        "node_sets_file": "node_sets.json",
        "compartment_sets_file": "places.json",
        "run": {"tstop": TSTOP, "dt": dt, "random_seed": 3, "stimulus_seed": 8},
        "conditions": {"v_init": -65, "celsius": 22, "modifications": modifications},
        "output": {"output_dir": "output"},
        "inputs": blocks,
        "reports": {},
    }
    path = folder / f"{name.replace(' ', '_').replace(',', '')}.json"
    path.write_text(json.dumps(config))
    return path
