"""A configuration of the Allen dialect with everything in it, to break one thing at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bluecellab.circuit.config import Problem
from bluecellab.circuit.config.allen import read_allen_config
from bluecellab.errors import ConfigError

INPUTS: dict[str, dict[str, Any]] = {
    "sonata": {
        "input_type": "spikes",
        "module": "sonata",
        "input_file": "$BASE/lgn.h5",
        "node_set": "lgn",
        "population": "lgn",
    },
    "h5": {"input_type": "spikes", "module": "h5", "input_file": "old.h5", "node_set": "lgn"},
    "csv": {
        "input_type": "spikes",
        "module": "csv",
        "input_file": "lgn.csv",
        "node_set": "lgn",
        "units": "ms",
    },
    "nwb": {"input_type": "spikes", "module": "nwb", "input_file": "lgn.nwb", "node_set": "lgn", "trial": 3},
    "function": {"input_type": "spikes", "module": "function", "spikes_function": "mine", "node_set": "lgn"},
    "probe": {
        "input_type": "spikes",
        "module": "ecephys_probe",
        "input_file": "probe.nwb",
        "node_set": "lgn",
        "mapping": "units_map",
        "units": "units.csv",
        "interval": [0.0, 500.0],
        "missing_ids": "fail",
    },
    "clamp": {
        "input_type": "current_clamp",
        "module": "IClamp",
        "amp": 0.1,
        "delay": 10,
        "duration": 50.0,
        "node_set": "bio",
    },
    "clamps": {
        "input_type": "current_clamp",
        "module": "IClamp",
        "amp": [0.1, 0.2],
        "delay": [10, 60],
        "duration": [20, 20],
        "node_set": {"population": "internal", "node_id": [0, 1]},
        "section_name": "dend",
        "section_index": [0.0, 50.0],
        "section_dist": 0.25,
    },
    "table": {
        "input_type": "csv",
        "module": "IClamp",
        "file": "amps.csv",
        "separator": ",",
        "node_set": "bio",
    },
    "sweep": {
        "input_type": "nwb",
        "module": "IClamp",
        "file": "cell.nwb",
        "sweep_id": 35,
        "downsample": 0.1,
        "sweep_window": [0, 1000],
    },
    "voltage": {
        "input_type": "voltage_clamp",
        "module": "SEClamp",
        "amp": [-70, -20],
        "delay": [0, 50],
        "duration": [50, 20],
        "resistance": 0.1,
    },
    "field": {
        "input_type": "lfp",
        "module": "xstim",
        "node_set": "all",
        "positions_file": "electrodes.csv",
        "mesh_files_dir": "$BASE",
        "resistance": 250.0,
        "waveform": {"shape": "sin", "del": 1.0, "amp": 0.1, "dur": 20.0, "freq": 8.0},
        "set_nrn_mechanisms": True,
    },
    "solved": {
        "input_type": "lfp",
        "module": "comsol",
        "comsol_files": ["a.txt", "b.txt"],
        "waveforms": "wave.csv",
        "amplitudes": [1, -0.5],
    },
    "activity": {
        "input_type": "syn_activity",
        "module": "syn_activity",
        "precell_filter": {"population": "lgn"},
        "timestamps": [10.0, 20.0],
    },
    "replay": {
        "input_type": "replay_spikes",
        "module": "replay",
        "spikes_file": "before.h5",
        "source_node_set": "bio",
        "edges": {"edges_file": "more_edges.h5", "edge_types_file": "more_edge_types.csv"},
    },
}
"""One of each module."""

REPORTS: dict[str, dict[str, Any]] = {
    "soma": {"module": "membrane_report", "cells": "bio", "variable_name": "v", "sections": "soma"},
    "many": {
        "module": "multimeter",
        "cells": [0, 1],
        "variable_name": ["v", "cai"],
        "sections": ["basal", "apical"],
        "dt": 0.2,
        "start_time": 10,
        "end_time": 90.0,
        "file_name": "$OUTPUT_DIR/many.h5",
        "buffer": True,
        "transform": {},
    },
    "vext": {"module": "membrane_report", "variable_name": "vext", "transform": "first_element"},
    "synapses": {"module": "netcon_report", "cells": "bio", "variable_name": "g", "syn_type": None},
    "currents": {"module": "clamp_report", "cells": "bio", "variable_name": "se"},
    "ecp": {
        "module": "extracellular",
        "cells": "all",
        "variable_name": "v",
        "electrode_positions": "electrodes.csv",
        "electrode_channels": "all",
        "file_name": "ecp.h5",
        "contributions_dir": "parts",
        "minimum_distance": "auto",
    },
    "weights": {"module": "save_synapses", "network_dir": "$OUTPUT_DIR/weights"},
}
"""One of each module."""

CIRCUIT: dict[str, Any] = {
    "manifest": {"$NET": "network", "COMPONENTS": "${configdir}/components"},
    "components": {
        "morphologies_dir": "$COMPONENTS/morphologies",
        "biophysical_neuron_models_dir": "$COMPONENTS/cells",
        "point_neuron_models_dir": "$COMPONENTS/points",
        "synaptic_models_dir": "$COMPONENTS/synapses",
        "mechanisms_dir": "$COMPONENTS/mechanisms",
        "templates_dir": ["$COMPONENTS/templates", "$COMPONENTS/one.hoc"],
    },
    "networks": {
        "nodes": [
            {"nodes_file": "$NET/internal_nodes.h5", "node_types_file": "$NET/internal_node_types.csv"},
            {"nodes_file": "$NET/lgn_nodes.h5", "node_types_file": "$NET/lgn_node_types.csv"},
        ],
        "edges": [
            {
                "edges_file": "$NET/lgn_internal_edges.h5",
                "edge_types_file": "$NET/lgn_internal_edge_types.csv",
            },
            {"edges_file": "$NET/off.h5", "edge_types_file": "$NET/off.csv", "enabled": False},
        ],
        "gap_juncs": [{"gap_juncs_file": "$NET/internal_gap_juncs.h5"}],
    },
}

SIMULATION: dict[str, Any] = {
    "manifest": {"$BASE": ".", "$OUTPUT_DIR": "$BASE/out"},
    "network": "$BASE/circuit.json",
    "target_simulator": "NEURON",
    "run": {
        "tstop": 100,
        "dt": 0.1,
        "dL": 15.0,
        "spike_threshold": -20,
        "nsteps_block": 5000,
        "overwrite_output_dir": True,
    },
    "conditions": {"celsius": 34.0, "v_init": -80},
    "node_sets": {"bio": {"model_type": "biophysical"}},
    "inputs": INPUTS,
    "reports": REPORTS,
    "output": {
        "output_dir": "$OUTPUT_DIR",
        "log_file": "log.txt",
        "log_level": "INFO",
        "spikes_file": "${OUTPUT_DIR}/spikes.h5",
        "spikes_file_csv": "spikes.csv",
        "spikes_sort_order": "time",
        "compression": "none",
    },
}


def write(
    folder: Path,
    change: Callable[[dict[str, Any]], object] | None = None,
    change_circuit: Callable[[dict[str, Any]], object] | None = None,
) -> Path:
    """Write the two files, changed, and return that of the simulation."""
    simulation, circuit = copy.deepcopy(SIMULATION), copy.deepcopy(CIRCUIT)
    if change is not None:
        change(simulation)
    if change_circuit is not None:
        change_circuit(circuit)
    (folder / "circuit.json").write_text(json.dumps(circuit), encoding="utf-8")
    path = folder / "simulation.json"
    path.write_text(json.dumps(simulation), encoding="utf-8")
    return path


def problems_of(path: Path, **options: Any) -> list[Problem]:
    """What read_allen_config says is wrong; an error if it finds nothing."""
    try:
        read_allen_config(path, **options)
    except ConfigError as error:
        assert all(str(problem) in str(error) for problem in error.problems)
        return [problem for problem in error.problems if isinstance(problem, Problem)]
    raise AssertionError("nothing is wrong")
