"""Node sets, compartment sets and simulations of the circuits that ``scripts/circuits.py`` makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sonata_writing import write_json

T_STOP = 50.0  # ms
#: By name; each is understood by libsonata and by neurodamus, too.
NODE_SETS: dict[str, Any] = {
    "A": {"population": "NodeA"},
    "B": {"population": "NodeB"},
    "All": ["A", "B"],
    "Fibres": {"population": "Virtual"},
    "Everybody": ["All", "Fibres"],
    "First": {"population": "NodeA", "node_id": [0]},
    "Untufted": {"population": ["NodeA", "NodeB"], "mtype": "L4_UPC"},
    "Inhibitory": {"population": "NodeB", "synapse_class": "INH"},
    "Either": ["First", "Inhibitory"],
}
_REPORT = {
    "type": "compartment",
    "cells": "All",
    "variable_name": "v",
    "unit": "mV",
    "dt": 0.1,
    "start_time": 0.0,
    "end_time": T_STOP,
}
_CLAMP = {"input_type": "current_clamp", "node_set": "All"}
INPUTS = {
    "holding": {"module": "hyperpolarizing", "delay": 0.0, "duration": 1000.0, **_CLAMP},
    "drive": {"module": "relative_linear", "percent_start": 160.0, "delay": 5.0, "duration": 900.0, **_CLAMP},
    "fibres": {
        "module": "synapse_replay",
        "input_type": "spikes",
        "spike_file": "fibres.h5",
        "delay": 0.0,
        "duration": 1000.0,
        "node_set": "All",
    },
}
#: One of each kind. The fibres are silent at first.
OVERRIDES = [
    {"name": "everything", "source": "Everybody", "target": "All", "weight": 1.0},
    {"name": "strong inhibition", "source": "B", "target": "A", "weight": 1.5, "spont_minis": 2.0},
    {
        "name": "other plasticity",
        "source": "A",
        "target": "A",
        "weight": 1.0,
        "synapse_configure": "%s.Fac = 5 %s.Dep = 200",
    },
    {"name": "fast", "source": "A", "target": "B", "weight": 0.8, "synapse_delay_override": 1.0},
    {"name": "silent", "source": "Fibres", "target": "All", "weight": 0.0},
    {"name": "not silent any more", "source": "Fibres", "target": "All", "weight": 1.0, "delay": 10.0},
]
MODIFICATIONS = [
    {"name": "no sodium", "type": "ttx", "node_set": "First"},
    {
        "name": "leakier",
        "type": "configure_all_sections",
        "node_set": "B",
        "section_configure": "%s.g_pas *= 1.2",
    },
    {
        "name": "less leaky",
        "type": "section_list",
        "node_set": "Untufted",
        "section_configure": "apical.g_pas *= 0.8",
    },
    {
        "name": "one dendrite",
        "type": "section",
        "node_set": "A",
        "section_configure": "dend[0].cm = 2; dend[0].Ra = 150",
    },
    {
        "name": "some places",
        "type": "compartment_set",
        "compartment_set": "Places",
        "section_configure": "g_pas *= 2",
    },
]
MECHANISMS = {
    "ProbAMPANMDA_EMS": {"minis_single_vesicle": True},
    "ProbGABAAB_EMS": {"init_depleted": True},
}


def write_simulations(folder: Path, sections: Sequence[int]) -> None:
    """Write node sets, compartment sets and three simulations of a circuit.

    Parameters
    ----------
    folder
        Of the circuit.
    sections
        Sections that every cell has, ascending; the first is the soma.
    """
    places = [[0, sections[0], 0.5], [0, sections[1], 0.3], [0, sections[-1], 0.2], [0, sections[-1], 0.9]]
    write_json(folder / "node_sets.json", NODE_SETS)
    write_json(
        folder / "compartment_sets.json", {"Places": {"population": "NodeA", "compartment_set": places}}
    )
    reports = {
        "soma": {**_REPORT, "sections": "soma"},
        "compartments": {**_REPORT, "sections": "all", "compartments": "all"},
    }
    write_json(folder / "simulation_config.json", {**_simulation("output"), "reports": reports})
    write_json(folder / "simulation_without_reports.json", _simulation("output_without_reports"))
    changed = _simulation("output_overrides")
    changed["conditions"] |= {
        "randomize_gaba_rise_time": True,
        "mechanisms": MECHANISMS,
        "modifications": MODIFICATIONS,
    }
    write_json(
        folder / "simulation_overrides.json",
        {
            **changed,
            "compartment_sets_file": "$BASE_DIR/compartment_sets.json",
            "connection_overrides": OVERRIDES,
            "reports": {"soma": reports["soma"]},
        },
    )


def _simulation(output: str) -> dict[str, Any]:
    return {
        "version": 2.4,
        "manifest": {"$BASE_DIR": "."},
        "network": "$BASE_DIR/circuit_config.json",
        "node_set": "All",
        "run": {
            "tstop": T_STOP,
            "dt": 0.025,
            "random_seed": 7,
            "stimulus_seed": 1,
            "synapse_seed": 2,
            "minis_seed": 3,
        },
        "conditions": {"v_init": -80.0, "celsius": 34.0, "extracellular_calcium": 1.2},
        "inputs": INPUTS,
        "output": {"output_dir": f"$BASE_DIR/{output}", "spikes_file": "spikes.h5"},
    }
