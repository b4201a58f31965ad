"""A configuration with everything in it, to break one thing at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bluecellab.circuit.config import Problem, read_config
from bluecellab.errors import ConfigError

RUN = {"tstop": 100, "dt": 0.025, "random_seed": 7}


def common(**more: object) -> dict[str, object]:
    return {"delay": 5, "duration": 50.5, "node_set": "Some", **more}


_SHOTS = {"rise_time": 0.5, "decay_time": 2}
#: One block for each module that libsonata knows and that is supported: the keys that are needed.
MODULES: dict[str, dict[str, object]] = {
    "linear": {"amp_start": 0.1},
    "relative_linear": {"percent_start": 80},
    "pulse": {"amp_start": 0.1, "width": 2, "frequency": 50},
    "sinusoidal": {"amp_start": 0.1, "frequency": 8},
    "subthreshold": {"percent_less": 20},
    "hyperpolarizing": {},
    "synapse_replay": {"spike_file": "replay.h5"},
    "noise": {"mean_percent": 78},
    "shot_noise": {**_SHOTS, "rate": 200, "amp_mean": 0.01, "amp_var": 1e-5},
    "relative_shot_noise": {**_SHOTS, "mean_percent": 70, "sd_percent": 20},
    "absolute_shot_noise": {**_SHOTS, "mean": 0.1, "sigma": 0.05},
    "ornstein_uhlenbeck": {"tau": 3, "sigma": 0.05, "mean": 0.1},
    "relative_ornstein_uhlenbeck": {"tau": 3, "sd_percent": 20, "mean_percent": 70},
    "seclamp": {"voltage": -70},
    "spatially_uniform_e_field": {"fields": [{"Ex": 1, "Ey": 0, "Ez": -50.5}]},
}
INPUT_TYPES = {
    "synapse_replay": "spikes",
    "seclamp": "voltage_clamp",
    "spatially_uniform_e_field": "extracellular_stimulation",
}


def module(name: str, **more: object) -> dict[str, object]:
    more = {"delay": 0, **more} if name == "seclamp" else more  # libsonata wants no other
    return {
        "module": name,
        "input_type": INPUT_TYPES.get(name, "current_clamp"),
        **common(),
        **MODULES[name],
        **more,
    }


REPORT = {"type": "compartment", "variable_name": "v", "dt": 0.1, "start_time": 0, "end_time": 50}
OVERRIDE = {"name": "one", "source": "Some", "target": "Some"}

#: As libsonata reads it: no CamelCase, no braces, no numbers for names.
FULL: dict[str, Any] = {
    "version": 2.4,
    "manifest": {"$BASE": ".", "$OUT": "$BASE/results"},
    "network": "$BASE/circuit_config.json",
    "target_simulator": "NEURON",
    "node_sets_file": "$BASE/node_sets.json",
    "node_set": "Some",
    "compartment_sets_file": "compartment_sets.json",
    "run": {
        **RUN,
        "spike_threshold": -20,
        "integration_method": "crank_nicolson",
        "synapse_seed": 1,
        "minis_seed": 2,
        "stimulus_seed": 3,
        "ionchannel_seed": 4,
    },
    "output": {
        "output_dir": "$OUT",
        "spikes_file": "spikes.h5",
        "spikes_sort_order": "by_id",
        "log_file": "run.log",
    },
    "conditions": {
        "celsius": 35,
        "v_init": -75.5,
        "spike_location": "AIS",
        "extracellular_calcium": 1.2,
        "randomize_gaba_rise_time": True,
        "mechanisms": {"ProbAMPANMDA_EMS": {"init_depleted": True, "tau_d_NMDA": 40.5}},
        "modifications": [
            {"name": "a", "type": "ttx", "node_set": "Some"},
            {
                "name": "b",
                "type": "configure_all_sections",
                "node_set": "Some",
                "section_configure": "%s.g_pas *= 2",
            },
            {
                "name": "c",
                "type": "section_list",
                "node_set": "Some",
                "section_configure": "apical.g_pas = 0",
            },
            {"name": "d", "type": "section", "node_set": "Some", "section_configure": "soma[0].g_pas = 0"},
            {
                "name": "e",
                "type": "compartment_set",
                "compartment_set": "places",
                "section_configure": "g_pas = 0",
            },
        ],
    },
    "inputs": {f"z{9 - number % 9}_{name}": module(name) for number, name in enumerate(MODULES)},
    "reports": {
        "soma": {**REPORT, "cells": "Some"},
        "dend": {**REPORT, "sections": "dend", "compartments": "center", "file_name": "d.h5", "unit": "mV"},
        "sum": {**REPORT, "type": "summation", "variable_name": "i_membrane, IClamp.i", "scaling": "none"},
        "syn": {**REPORT, "type": "synapse", "variable_name": "ProbAMPANMDA_EMS.g", "sections": "all"},
        "some": {**REPORT, "type": "compartment_set", "compartment_set": "places"},
    },
    "connection_overrides": [
        {**OVERRIDE, "weight": 0.5, "spont_minis": 0.01, "synapse_configure": "%s.mg = 1.4"},
        {**OVERRIDE, "name": "two", "weight": 2, "delay": 50},
        {
            **OVERRIDE,
            "name": "three",
            "modoverride": "GluSynapse",
            "synapse_delay_override": 0.5,
            "neuromodulation_dtc": 75,
            "neuromodulation_strength": 0.3,
        },
    ],
    "metadata": {"who": "me"},
    "beta_features": {"x": 1},
}


def write(folder: Path, config: Mapping[str, object] | str | bytes) -> Path:
    path = folder / "simulation_config.json"
    if isinstance(config, bytes):
        path.write_bytes(config)
    else:
        path.write_text(config if isinstance(config, str) else json.dumps(config), encoding="utf-8")
    return path


def full(change: Callable[[Any], object] | None = None) -> dict[str, Any]:
    made = copy.deepcopy(FULL)
    if change is not None:
        change(made)
    return made


def problems_of(path: Path, **options: Any) -> list[Problem]:
    """What read_config says is wrong; an error if it finds nothing."""
    try:
        read_config(path, **options)
    except ConfigError as error:
        assert all(str(problem) in str(error) for problem in error.problems)
        return [problem for problem in error.problems if isinstance(problem, Problem)]
    raise AssertionError("nothing is wrong")
