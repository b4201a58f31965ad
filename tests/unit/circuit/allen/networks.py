"""A small network of the Allen dialect with something of everything, without model files' contents."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np

from bluecellab.circuit.allen import AllenEdges, AllenNodes, write_allen_network

NODE_SETS = {
    "excited": {"ei": "e"},
    "some": [0, 3],
    "near": {"population": "cells", "x": {"$lt": 25.0}},
    "both": ["near", "some"],
}

CELLS = AllenNodes(
    types={
        100: {
            "model_type": "biophysical",
            "model_template": "ctdb:Biophys1.hoc",
            "model_processing": "aibs_perisomatic, extracellular",
            "morphology": "pyramid",
            "dynamics_params": "pyramid.json",
            "ei": "e",
            "layer": 5,
        },
        101: {
            "model_type": "point_process",
            "model_template": "nrn:IntFire1",
            "dynamics_params": "fire.json",
            "ei": "i",
        },
        102: {
            "model_type": "biophysical",
            "model_template": "hoc:Basket",
            "morphology": "basket.swc",
            "ei": "i",
            "layer": 4,
        },
    },
    type_ids=[100, 100, 101, 102, 101],
    columns={"x": [10.0, 20.0, 30.0, 40.0, 50.0], "tuning_angle": [0.0, 90.0, 180.0, 270.0, 0.0]},
)
FIBRES = AllenNodes(types={7: {"model_type": "virtual", "pop_name": "some fibres"}}, type_ids=[7] * 4)

RECURRENT = AllenEdges(
    "cells",
    "cells",
    sources=[1, 2, 3, 0, 4, 1],
    targets=[0, 0, 1, 3, 3, 0],  # those of cell 0 lie in two places
    types={
        1: {
            "model_template": "exp2syn",
            "dynamics_params": "excitatory.json",
            "delay": 2.0,
            "syn_weight": 0.01,
            "target_sections": "['basal', 'apical']",
            "distance_range": "[0.0, 150.0]",
        },
        2: {"model_template": "exp2syn", "delay": 1, "syn_weight": 0.02, "weight_function": "gaussianLL"},
    },
    type_ids=[1, 2, 1, 2, 1, 1],
    columns={"nsyns": [3, 1, 2, 5, 1, 4]},
)
INCOMING = AllenEdges(
    "fibres",
    "cells",
    sources=[0, 1, 2, 3, 0],
    targets=[0, 0, 1, 2, 3],
    types={9: {"delay": 1.5, "model_template": "exp2syn"}},
    columns={"syn_weight": [0.1, 0.2, 0.3, 0.4, 0.5], "sec_id": [0, 1, 2, 0, 3], "sec_x": [0.5] * 5},
)


def write_models(folder: Path) -> dict[str, str]:
    """Write files that nobody reads, except that of the artificial cell; return the components."""
    files = {
        "morphologies/pyramid.swc": "1 1 0 0 0 6 -1\n",
        "morphologies/basket.swc": "1 1 0 0 0 6 -1\n",
        "cells/pyramid.json": "{}",
        "points/fire.json": json.dumps({"tau": 0.024, "refrac": 0.003, "type": "IntFire1"}),
        "synapses/excitatory.json": json.dumps({"erev": 0.0, "tau1": 1.0, "tau2": 3.0}),
        "templates/Basket.hoc": "begintemplate Basket\nendtemplate Basket\n",
        "mechanisms/modfiles/Leak.mod": "NEURON { SUFFIX Leak }\n",
    }
    for name, text in files.items():
        path = folder / "components" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {
        "morphologies_dir": "components/morphologies",
        "biophysical_neuron_models_dir": "components/cells",
        "point_neuron_models_dir": "components/points",
        "synaptic_models_dir": "components/synapses",
        "templates_dir": "components/templates",
        "mechanisms_dir": "components/mechanisms",
    }


def write_network(folder: Path) -> Path:
    """Write the network; return its configuration."""
    return write_allen_network(
        folder,
        {"fibres": FIBRES, "cells": CELLS},
        {"recurrent": RECURRENT, "incoming": INCOMING},
        components=write_models(folder),
        node_sets=NODE_SETS,
    )


def write_several_groups(path: Path, root: str, *, last: int = 2) -> None:
    """Move the rows from ``last`` on into a group of their own, backwards, with other attributes.

    Parameters
    ----------
    path, root
        The file, and the population's group in it.
    last
        The first row that is moved.
    """
    kind = root.partition("/")[0].removesuffix("s")
    with h5py.File(path, "r+") as file:
        group = file[root]
        ids, index = group[f"{kind}_group_id"], group[f"{kind}_group_index"]
        moved = len(ids) - last
        ids[last:] = 1
        index[last:] = np.arange(moved)[::-1]
        other = group.create_group("1")
        for name in list(group["0"]):
            values = group["0"][name][()]
            other[name] = values[last:][::-1]
            del group["0"][name]
            group["0"][name] = values[:last]
        other["own"] = np.arange(moved)[::-1] * 10
        other["label"] = np.array([f"row {row}" for row in range(moved)][::-1], dtype=h5py.string_dtype())
