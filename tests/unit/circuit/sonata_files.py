"""Small SONATA circuits, written with h5py as plainly as can be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import libsonata
import numpy as np

TEXT = h5py.string_dtype()


def write_nodes(
    path: Path, name: str, columns: Mapping[str, Sequence[object]], size: int | None = None
) -> None:
    """Write a population; ``"mtype@"`` makes an enumeration, ``"@dynamics:x"`` a column of dynamics."""
    size = len(next(iter(columns.values()))) if size is None else size
    with h5py.File(path, "a") as file:
        group = file.create_group(f"nodes/{name}")
        group["node_type_id"] = np.full(size, -1)
        inner = group.create_group("0")
        for key, values in columns.items():
            if key.startswith("@dynamics:"):
                inner[f"dynamics_params/{key.removeprefix('@dynamics:')}"] = np.asarray(values)
            elif key.endswith("@"):
                library, numbers = np.unique(np.asarray(values), return_inverse=True)
                inner[f"@library/{key[:-1]}"] = np.array(library, dtype=TEXT)
                inner[key[:-1]] = numbers.astype(np.uint32)
            elif isinstance(values[0], str):
                inner[key] = np.array(values, dtype=TEXT)
            else:
                inner[key] = np.asarray(values)


def write_edges(
    path: Path,
    name: str,
    ends: tuple[str, str],
    sources: Sequence[int],
    targets: Sequence[int],
    columns: Mapping[str, Sequence[float]],
    *,
    sizes: tuple[int, int],
    index: bool = True,
) -> None:
    with h5py.File(path, "a") as file:
        group = file.create_group(f"edges/{name}")
        group["edge_type_id"] = np.full(len(targets), -1)
        for end, population, ids in zip(("source", "target"), ends, (sources, targets), strict=True):
            group[f"{end}_node_id"] = np.asarray(ids, dtype=np.uint64)
            group[f"{end}_node_id"].attrs["node_population"] = population
        inner = group.create_group("0")
        for key, values in columns.items():
            inner[key] = np.asarray(values)
    if index:
        libsonata.EdgePopulation.write_indices(str(path), name, *sizes)


def write_config(folder: Path, nodes: object, edges: object, **other: object) -> Path:
    path = folder / "circuit_config.json"
    path.write_text(json.dumps({"version": 2.4, **other, "networks": {"nodes": nodes, "edges": edges}}))
    return path


def write_small_circuit(folder: Path, *, mechanisms: bool = False) -> Path:
    """Write a circuit of five cells ``S1``, three point cells ``P`` and ten virtual nodes ``V``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_nodes(
        folder / "nodes.h5",
        "S1",
        {
            "mtype@": ["L5_TPC", "L6_BC", "L5_TPC", "L23_PC", "L6_BC"],
            "layer": ["5", "6", "5", "23", "6"],
            "x": [0.0, 10.0, 20.0, 30.0, 40.0],
            "number": np.arange(5, dtype=np.int32),
            "model_type": ["biophysical"] * 5,
            "model_template": ["hoc:small"] * 5,
            "morphology": ["m1", "m2", "m1", "m2", "m.3"],
            "@dynamics:threshold_current": [0.1, 0.2, 0.3, 0.4, 0.5],
            "@dynamics:holding_current": [-0.1, -0.2, -0.3, -0.4, -0.5],
            "@dynamics:AIS_scaler": [1.0, 2.0, 1.0, 1.0, 1.5],
        },
    )
    write_nodes(folder / "virtual.h5", "V", {"model_type": ["virtual"] * 10})
    write_nodes(
        folder / "points.h5",
        "P",
        {
            "model_template": ["nrn:IntFire1", "nrn:IntFire1", "IntFire2"],
            "model_type": ["point_neuron"] * 3,
            "@dynamics:tau": [5.0, 6.0, np.nan],  # NaN: the mechanism has no such parameter
        },
    )
    targets = [0, 0, 0, 1, 1, 3, 3, 3, 3]
    sources = [1, 2, 4, 0, 0, 0, 1, 2, 4]
    columns = {
        "conductance": np.linspace(0.1, 0.9, 9),
        "delay": np.full(9, 1.5),
        "n_rrp_vesicles": np.arange(9),
    }
    write_edges(
        folder / "edges.h5", "S1__S1__chemical", ("S1", "S1"), sources, targets, columns, sizes=(5, 5)
    )
    scattered = [2, 0, 2, 1, 2, 0]
    few = {"conductance": np.arange(6) / 10}
    write_edges(
        folder / "projection.h5", "V__S1__chemical", ("V", "S1"), range(6), scattered, few, sizes=(10, 5)
    )
    for name in ("m1.swc", "m2.swc", "m.3.swc"):
        (folder / "morphologies").mkdir(exist_ok=True)
        (folder / "morphologies" / name).write_text("1 1 0 0 0 5 -1\n")
    (folder / "hoc").mkdir(exist_ok=True)
    (folder / "hoc" / "small.hoc").write_text("begintemplate small\nendtemplate small\n")
    (folder / "mod").mkdir(exist_ok=True)
    if mechanisms:
        (folder / "mod" / "nothing.mod").write_text("NEURON { SUFFIX nothing }\n")
    (folder / "node_sets.json").write_text(
        json.dumps(
            {
                "All": {"population": ["S1", "V", "P"]},
                "Mosaic": {"population": "S1"},
                "L5": {"mtype": "L5_TPC", "population": "S1"},
                "L6": {"layer": "6", "population": "S1"},
                "Both": ["L5", "L6"],
                "Two": {"population": "S1", "node_id": [3, 1]},
                "Far": {"x": {"$gt": 15.0}, "population": "S1"},
                "Like": {"mtype": {"$regex": "L[56].*"}, "population": "S1"},
                "Everybody": ["Both", "Inputs"],
                "Inputs": {"population": "V", "node_id": [0, 1]},
            }
        )
    )
    components = {
        "morphologies_dir": "$BASE/morphologies",
        "biophysical_neuron_models_dir": "$BASE/hoc",
        "mechanisms_dir": "$BASE/mod",
    }
    return write_config(
        folder,
        [
            {"nodes_file": "$BASE/nodes.h5", "populations": {"S1": {"type": "biophysical"}}},
            {"nodes_file": "$BASE/virtual.h5", "populations": {"V": {"type": "virtual"}}},
            {"nodes_file": "$BASE/points.h5", "populations": {"P": {"type": "point_neuron"}}},
        ],
        [
            {"edges_file": "$BASE/edges.h5", "populations": {"S1__S1__chemical": {}}},
            {"edges_file": "$BASE/projection.h5", "populations": {"V__S1__chemical": {"type": "chemical"}}},
        ],
        manifest={"$BASE": "."},
        components=components,
        node_sets_file="$BASE/node_sets.json",
    )
