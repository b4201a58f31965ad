"""A network of the Allen dialect of built-in mechanisms, and a simulation of it with nothing wrong.

Three biophysical cells, two artificial ones and four virtual nodes; one edge population from the virtual
ones (placed by distance), one among the cells (placed by section).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

T_STOP = 40.0
Change = Callable[[Any], object]

MORPHOLOGY = """\
1 1 0 0 0 6 -1
2 3 6 0 0 1 1
3 3 106 0 0 1 2
4 4 0 6 0 1 1
5 4 0 106 0 1 4
6 2 0 -6 0 1 1
7 2 0 -66 0 1 6
"""

FIT: dict[str, Any] = {
    "passive": [
        {
            "ra": 100.0,
            "e_pas": -80.0,
            "cm": [{"section": name, "cm": 1.0} for name in ("soma", "axon", "dend", "apic")],
        }
    ],
    "conditions": [
        {"celsius": 34.0, "v_init": -80.0, "erev": [{"section": "soma", "ena": 53.0, "ek": -107.0}]}
    ],
    "genome": [
        {"section": "soma", "name": "gnabar_hh", "mechanism": "hh", "value": 0.12},
        {"section": "soma", "name": "gkbar_hh", "mechanism": "hh", "value": 0.036},
        *(
            {"section": name, "name": "g_pas", "mechanism": "", "value": 0.0001}
            for name in ("soma", "axon", "dend", "apic")
        ),
    ],
}

SIMULATION: dict[str, Any] = {
    "manifest": {"$BASE_DIR": ".", "$OUTPUT_DIR": "$BASE_DIR/output"},
    "network": "$BASE_DIR/circuit_config.json",
    "target_simulator": "NEURON",
    "run": {"tstop": T_STOP, "dt": 0.1, "dL": 20.0, "spike_threshold": -15, "nsteps_block": 100},
    "conditions": {"celsius": 34.0, "v_init": -80.0},
    "node_sets": {
        "bio": {"model_type": "biophysical"},
        "excited": {"population": "internal", "ei": "e", "model_type": "biophysical"},
    },
    "inputs": {
        "lgn": {
            "input_type": "spikes",
            "module": "sonata",
            "input_file": "$BASE_DIR/lgn_spikes.h5",
            "node_set": "lgn",
        },
        "step": {
            "input_type": "current_clamp",
            "module": "IClamp",
            "node_set": "excited",
            "amp": 1.0,
            "delay": 5.0,
            "duration": 20.0,
        },
        "first": {
            "input_type": "current_clamp",
            "module": "IClamp",
            "node_set": {"population": "internal", "node_id": [0]},
            "amp": [0.1, 0.2],
            "delay": [1.0, 30.0],
            "duration": [2.0, 2.0],
        },
    },
    "reports": {
        "soma": {"module": "membrane_report", "cells": "bio", "variable_name": "v", "sections": "soma"},
        "some": {"module": "membrane_report", "cells": [0, 1], "variable_name": "v", "dt": 0.5},
        "ecp": {"module": "extracellular", "cells": "all", "electrode_positions": "electrodes.csv"},
    },
    "output": {
        "output_dir": "$OUTPUT_DIR",
        "log_file": "log.txt",
        "spikes_file": "spikes.h5",
        "spikes_file_csv": "spikes.csv",
        "spikes_sort_order": "time",
    },
}

CIRCUIT: dict[str, Any] = {
    "manifest": {"$NETWORK_DIR": "network", "$COMPONENTS_DIR": "components"},
    "components": {
        "morphologies_dir": "$COMPONENTS_DIR/morphologies",
        "biophysical_neuron_models_dir": "$COMPONENTS_DIR/cells",
        "point_neuron_models_dir": "$COMPONENTS_DIR/points",
        "synaptic_models_dir": "$COMPONENTS_DIR/synapses",
    },
    "networks": {
        "nodes": [
            {
                "nodes_file": "$NETWORK_DIR/internal_nodes.h5",
                "node_types_file": "$NETWORK_DIR/internal_types.csv",
            },
            {"nodes_file": "$NETWORK_DIR/lgn_nodes.h5", "node_types_file": "$NETWORK_DIR/lgn_types.csv"},
        ],
        "edges": [
            {
                "edges_file": "$NETWORK_DIR/recurrent.h5",
                "edge_types_file": "$NETWORK_DIR/recurrent_types.csv",
            },
            {
                "edges_file": "$NETWORK_DIR/lgn_internal.h5",
                "edge_types_file": "$NETWORK_DIR/lgn_internal_types.csv",
            },
        ],
    },
}

TABLES = {
    "internal_types.csv": """\
node_type_id model_type model_template model_processing morphology dynamics_params ei
100 biophysical ctdb:Biophys1.hoc aibs_perisomatic cell.swc fit.json e
101 biophysical ctdb:Biophys1.hoc aibs_perisomatic cell fit.json i
102 point_neuron nrn:IntFire1 NULL NULL point.json e
""",
    "lgn_types.csv": "node_type_id model_type ei\n7 virtual e\n",
    "recurrent_types.csv": """\
edge_type_id target_query source_query syn_weight weight_function delay model_template dynamics_params
20 * "ei=='e'" 0.0002 NULL 2.0 Exp2Syn exc.json
21 * "ei=='i'" 0.0001 wmax 1.0 exp2syn inh.json
""",
    "lgn_internal_types.csv": """\
edge_type_id syn_weight delay model_template dynamics_params target_sections distance_range
5 0.0005 1.5 Exp2Syn exc.json "['basal', 'apical']" "[0.0, 150.0]"
""",
}


def write_nodes(path: Path, name: str, types: Sequence[int], columns: Mapping[str, Sequence[float]]) -> None:
    size = len(types)
    with h5py.File(path, "w") as file:
        group = file.create_group(f"nodes/{name}")
        group["node_id"] = np.arange(size, dtype=np.uint64)
        group["node_type_id"] = np.asarray(types, dtype=np.int64)
        group["node_group_id"] = np.zeros(size, dtype=np.uint32)
        group["node_group_index"] = np.arange(size, dtype=np.uint64)
        inner = group.create_group("0")
        for key, values in columns.items():
            inner[key] = np.asarray(values, dtype=float)


def write_edges(
    path: Path,
    name: str,
    ends: tuple[str, str],
    edges: Sequence[tuple[int, int, int]],
    columns: Mapping[str, Sequence[float]],
    sizes: tuple[int, int],
) -> None:
    """Write edges given as source, target and type, sorted by target, with both indices."""
    with h5py.File(path, "w") as file:
        group = file.create_group(f"edges/{name}")
        values = np.asarray(edges, dtype=np.int64).reshape(-1, 3)
        for column, (end, population) in enumerate(zip(("source", "target"), ends, strict=True)):
            group[f"{end}_node_id"] = values[:, column].astype(np.uint64)
            group[f"{end}_node_id"].attrs["node_population"] = population
        group["edge_type_id"] = values[:, 2]
        group["edge_group_id"] = np.zeros(len(values), dtype=np.uint32)
        group["edge_group_index"] = np.arange(len(values), dtype=np.uint64)
        inner = group.create_group("0")
        for key, column_values in columns.items():
            inner[key] = np.asarray(column_values)
        for index, column, size in (("source_to_target", 0, sizes[0]), ("target_to_source", 1, sizes[1])):
            _write_index(group.create_group(f"indices/{index}"), values[:, column], size)


def _write_index(group: h5py.Group, ids: Any, size: int) -> None:
    ranges: list[tuple[int, int]] = []
    nodes = np.zeros((size, 2), dtype=np.uint64)
    for node in range(size):
        first = len(ranges)
        ranges += [(int(row), int(row) + 1) for row in np.flatnonzero(ids == node)]
        nodes[node] = (first, len(ranges))
    group["node_id_to_range"] = nodes
    group["range_to_edge_id"] = np.asarray(ranges, dtype=np.uint64).reshape(-1, 2)


def write_spikes(path: Path, population: str, times: Sequence[float], ids: Sequence[int]) -> Path:
    with h5py.File(path, "w") as file:
        group = file.create_group(f"spikes/{population}")
        group["timestamps"] = np.asarray(times, dtype=float)
        group["node_ids"] = np.asarray(ids, dtype=np.uint64)
    return path


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def write_network(folder: Path, change: Change | None = None, change_circuit: Change | None = None) -> Path:
    """Write everything, with changes to the two configurations; return that of the simulation."""
    network, components = folder / "network", folder / "components"
    for each in (network, *(components / name for name in ("morphologies", "cells", "points", "synapses"))):
        each.mkdir(parents=True, exist_ok=True)
    (components / "morphologies" / "cell.swc").write_text(MORPHOLOGY)
    write_json(components / "cells" / "fit.json", FIT)
    write_json(components / "points" / "point.json", {"tau": 0.02, "refrac": 0.003})
    write_json(components / "synapses" / "exc.json", {"erev": 0.0, "tau1": 1.0, "tau2": 3.0})
    write_json(components / "synapses" / "inh.json", {"erev": -70.0, "tau1": 2.7, "tau2": 15.0})
    for name, text in TABLES.items():
        (network / name).write_text(text)
    positions = {
        "x": [0, 50, 100, 150, 200],
        "y": [0] * 5,
        "z": [0] * 5,
        "tuning_angle": [0, 45, 90, 135, 180],
    }
    write_nodes(network / "internal_nodes.h5", "internal", [100, 100, 101, 102, 102], positions)
    write_nodes(network / "lgn_nodes.h5", "lgn", [7] * 4, {})
    recurrent = [(1, 0, 20), (2, 0, 21), (0, 1, 20), (0, 3, 20), (1, 4, 20)]
    places = {"sec_id": [1, 0, 2, 0, 0], "sec_x": [0.5, 0.5, 0.25, 0.5, 0.5]}
    write_edges(
        network / "recurrent.h5", "internal_to_internal", ("internal", "internal"), recurrent, places, (5, 5)
    )
    arriving = [(source, target, 5) for target in range(3) for source in range(4)]
    nsyns = {"nsyns": [1 + number % 3 for number in range(len(arriving))]}
    write_edges(network / "lgn_internal.h5", "lgn_to_internal", ("lgn", "internal"), arriving, nsyns, (4, 5))
    write_spikes(folder / "lgn_spikes.h5", "lgn", [3.0, 5.0, 8.0, 11.0, 12.5, 20.0], [0, 1, 2, 3, 0, 2])
    (folder / "electrodes.csv").write_text("channel x_pos y_pos z_pos\n0 10.0 20.0 30.0\n1 10.0 40.0 30.0\n")
    simulation, circuit = copy.deepcopy(SIMULATION), copy.deepcopy(CIRCUIT)
    if change is not None:
        change(simulation)
    if change_circuit is not None:
        change_circuit(circuit)
    write_json(folder / "circuit_config.json", circuit)
    path = folder / "simulation_config.json"
    write_json(path, simulation)
    return path
