"""A circuit of one real cell for the comparison with the peer, and configurations for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.material import ModelCell
from tests.unit.circuit.sonata_files import write_config, write_nodes

__all__ = ["CASES", "TSTOP", "write"]

TSTOP = 60.0

_ALL = {"input_type": "current_clamp", "node_set": "All", "delay": 0.0, "duration": 100.0}
_LATE = {**_ALL, "delay": 5.0}
_HOLD = {"hold": {"module": "hyperpolarizing", **_ALL}}
_DRIVE = {**_HOLD, "step": {"module": "relative_linear", "percent_start": 160, **_LATE, "duration": 40}}
_SHOT = {"rise_time": 0.4, "decay_time": 4.0}


def _change(kind: str, text: str = "", **target: str) -> dict[str, object]:
    found: dict[str, object] = {"name": f"{kind} {text}", "type": kind, **(target or {"node_set": "All"})}
    return {**found, "section_configure": text} if text else found


CASES: dict[str, Mapping[str, Any]] = {
    "plain": {"inputs": _DRIVE},
    "noise": {
        "inputs": {
            **_HOLD,
            "noise": {"module": "noise", "mean_percent": 120, "variance": 2, **_LATE},
            "another": {"module": "noise", "mean": 0.01, "variance": 0.001, **_LATE},
        }
    },
    "shots": {
        "inputs": {
            **_HOLD,
            "shots": {"module": "relative_shot_noise", "mean_percent": 130, "sd_percent": 40, **_SHOT, **_LATE},
        }
    },
    "process": {
        "inputs": {
            **_HOLD,
            "process": {"module": "relative_ornstein_uhlenbeck", "mean_percent": 130, "sd_percent": 40, "tau": 3,
                        **_ALL},
        }
    },
    "TTX": {"inputs": _DRIVE, "modifications": [_change("ttx")]},
    "all sections": {
        "inputs": _DRIVE,
        "modifications": [_change("configure_all_sections", "%s.gNaTgbar_NaTg *= 0.9; %s.cm = 1.1")],
    },
    "a list": {
        "inputs": _DRIVE,
        "modifications": [_change("section_list", "apical.gIhbar_Ih = 0; apical.cm *= 1.2")],
    },
    "axon": {"inputs": _DRIVE, "modifications": [_change("section_list", "axonal.gNaTgbar_NaTg *= 0.8")]},
    "a section": {"inputs": _DRIVE, "modifications": [_change("section", "dend[1].cm = 7; dend[1].Ra = 200")]},
    "places": {
        "inputs": {
            **_HOLD,
            "a": {"module": "linear", "amp_start": 0.15, "input_type": "current_clamp", "compartment_set": "few",
                  "delay": 5, "duration": 30},
            "b": {"module": "noise", "mean": 0.05, "variance": 0.01, "input_type": "current_clamp",
                  "compartment_set": "few", "delay": 0, "duration": 100},
        },
        "modifications": [_change("compartment_set", "g_pas *= 2", compartment_set="few")],
    },
}  # fmt: skip


def write(folder: Path, cell: ModelCell) -> dict[str, Path]:
    """Write the circuit and a configuration for each case; return their paths."""
    properties = cell.emodel_properties
    assert properties is not None
    write_nodes(
        folder / "nodes.h5",
        "A",
        {
            "mtype": ["x"],
            "model_type": ["biophysical"],
            "model_template": [f"hoc:{cell.template_name}"],
            "morphology": [cell.morphology.stem],
            "@dynamics:threshold_current": [properties.threshold_current],
            "@dynamics:holding_current": [properties.holding_current],
            "@dynamics:AIS_scaler": [properties.AIS_scaler or 1.0],
        },
    )
    for inner, source, name in (
        ("asc", cell.morphology, cell.morphology.name),
        ("hoc", cell.template, f"{cell.template_name}.hoc"),
    ):
        (folder / inner).mkdir()
        shutil.copy(source, folder / inner / name)
    (folder / "node_sets.json").write_text(json.dumps({"All": {"population": "A"}}))
    few = {"few": {"population": "A", "compartment_set": [[0, 0, 0.5], [0, 50, 0.3], [0, 100, 0.9]]}}
    (folder / "compartments.json").write_text(json.dumps(few))
    write_config(
        folder,
        [{"nodes_file": "nodes.h5", "populations": {"A": {"type": "biophysical"}}}],
        [],
        components={
            "morphologies_dir": "asc",
            "alternate_morphologies": {"neurolucida-asc": "asc"},
            "biophysical_neuron_models_dir": "hoc",
        },
        node_sets_file="node_sets.json",
    )
    return {name: _write_case(folder, name, case, cell) for name, case in CASES.items()}


def _write_case(folder: Path, name: str, case: Mapping[str, Any], cell: ModelCell) -> Path:
    config = {
        "version": 2.4,
        "network": "circuit_config.json",
        "node_sets_file": "node_sets.json",
        "compartment_sets_file": "compartments.json",
        "run": {"tstop": TSTOP, "dt": 0.025, "random_seed": 11, "stimulus_seed": 2},
        "conditions": {
            "v_init": cell.v_init,
            "celsius": cell.celsius,
            "modifications": case.get("modifications", []),
            "mechanisms": {"ProbAMPANMDA_EMS": {"init_depleted": True, "minis_single_vesicle": True}},
        },
        "output": {"output_dir": "output"},
        "inputs": case["inputs"],
        "reports": {},
    }
    path = folder / f"{name.replace(' ', '_')}.json"
    path.write_text(json.dumps(config))
    return path
