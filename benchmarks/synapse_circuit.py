"""A circuit of one cell on disk, with synapses from virtual cells; written with h5py alone."""

import json
from pathlib import Path

import numpy as np

from benchmarks.synapse_arrays import MINIS, SOURCES, arrays

_TEXT = ("model_type", "model_template", "morphology", "mtype", "etype")


def write(folder, model, count, sections, tstop):
    """Write it, with synapses on sections of these ids; return the path of the simulation configuration."""
    import h5py

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    template, morphology = Path(model["template"]), Path(model["morphology"])
    with h5py.File(folder / "nodes.h5", "w") as file:
        cell = {
            "model_type": "biophysical", "model_template": f"hoc:{template.stem}", "morphology": morphology.stem,
            "mtype": "L4_PC", "etype": "cADpyr", "x": 0.0, "y": 0.0, "z": 0.0, "rotation_angle_yaxis": 0.0,
            "exc_mini_frequency": MINIS, "inh_mini_frequency": MINIS, "exc-mini_frequency": MINIS,
            "inh-mini_frequency": MINIS,
        }  # fmt: skip
        nodes = _nodes(file, "cells", 1, cell)
        dynamics = nodes.create_group("dynamics_params")
        for name in ("threshold_current", "holding_current"):
            dynamics[name] = np.zeros(1)
        for name in ("AIS_scaler", "soma_scaler"):
            dynamics[name] = np.ones(1)
        _nodes(file, "sources", SOURCES, {"model_type": "virtual"})
    columns = arrays(count, len(sections))
    columns["afferent_section_id"] = np.array(sections)[columns["afferent_section_id"]]
    with h5py.File(folder / "edges.h5", "w") as file:
        edges = file.create_group("edges/sources__cells__chemical")
        edges["edge_type_id"] = np.full(count, -1)
        for side, ids, population in (
            ("source", columns.pop("source"), "sources"),
            ("target", np.zeros(count, np.int64), "cells"),
        ):
            edges[f"{side}_node_id"] = ids.astype(np.uint64)
            edges[f"{side}_node_id"].attrs["node_population"] = population
            _index(edges, side, ids, SOURCES if side == "source" else 1)
        group = edges.create_group("0")
        for name, values in columns.items():
            group[name] = values
    return _configs(folder, template.parent, morphology, tstop)


def _nodes(file, name, count, values):
    population = file.create_group(f"nodes/{name}")
    population["node_type_id"] = np.full(count, -1)
    group = population.create_group("0")
    for key, value in values.items():
        group[key] = [value] * count if isinstance(value, str) else np.full(count, value)
    return group


def _index(edges, side, ids, nodes):
    """Write which edges belong to which node."""
    to = edges.create_group(f"indices/{'source_to_target' if side == 'source' else 'target_to_source'}")
    ranges, of_node = [], []
    for node in range(nodes):
        found = np.flatnonzero(ids == node)
        cuts = np.flatnonzero(np.diff(found) > 1) + 1
        runs = [(part[0], part[-1] + 1) for part in np.split(found, cuts) if len(part)]
        of_node.append((len(ranges), len(ranges) + len(runs)))
        ranges += runs
    to["node_id_to_ranges"] = np.array(of_node, dtype=np.uint64).reshape(-1, 2)
    to["range_to_edge_id"] = np.array(ranges, dtype=np.uint64).reshape(-1, 2)


def _configs(folder, templates, morphology, tstop):
    def population(kind):
        return {
            "type": kind,
            "biophysical_neuron_models_dir": str(templates),
            "alternate_morphologies": {"neurolucida-asc": str(morphology.parent)},
        }

    circuit = {
        "version": 2,
        "node_sets_file": "node_sets.json",
        "networks": {
            "nodes": [
                {
                    "nodes_file": "nodes.h5",
                    "populations": {"cells": population("biophysical"), "sources": {"type": "virtual"}},
                }
            ],
            "edges": [
                {"edges_file": "edges.h5", "populations": {"sources__cells__chemical": {"type": "chemical"}}}
            ],
        },
    }
    simulation = {
        "version": 1,
        "network": "circuit_config.json",
        "node_set": "All",
        "run": {"tstop": tstop, "dt": 0.025, "random_seed": 7},
        "conditions": {"v_init": -80, "celsius": 34, "extracellular_calcium": 1.1},
        "output": {"output_dir": "output"},
    }
    (folder / "node_sets.json").write_text(json.dumps({"All": {"population": "cells", "node_id": [0]}}))
    (folder / "circuit_config.json").write_text(json.dumps(circuit))
    path = folder / "simulation_config.json"
    path.write_text(json.dumps(simulation))
    return str(path)
