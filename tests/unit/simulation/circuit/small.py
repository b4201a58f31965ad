"""A network of five small cells of built-in mechanisms, with a virtual population."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bluecellab.spec.base import CellId
from tests.unit.circuit.sonata_files import write_config, write_edges, write_nodes

SIZE, INPUTS = 5, 4
T_STOP = 60.0

MORPHOLOGY = """\
1 1 0 0 0 6 -1
2 3 6 0 0 1 1
3 3 106 0 0 1 2
4 4 0 6 0 1 1
5 4 0 106 0 1 4
"""

TEMPLATE = """
begintemplate small
public init, getCell, CellRef, gid, nSecAll
public all, somatic, basal, apical, axonal, soma, dend, apic, axon
objref this, CellRef, all, somatic, basal, apical, axonal
strdef path
create soma[1], dend[1], apic[1], axon[1]
proc init() { local i localobj reader, gui
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    apical = new SectionList()
    axonal = new SectionList()
    forall delete_section()
    gid = $1
    reader = new Import3d_SWC_read()
    sprint(path, "%s/%s", $s2, $s3)
    reader.input(path)
    gui = new Import3d_GUI(reader, 0)
    gui.instantiate(this)
    CellRef = this
    i = 0
    forsec all {
        v(0.0001) = i
        i += 1
    }
    nSecAll = i
    forsec all {
        insert hh
        nseg = 3
    }
}
gid = 0
nSecAll = 0
obfunc getCell() { return this }
endtemplate small
"""


def virtual_spikes() -> dict[CellId, np.ndarray]:
    """Spikes that the virtual population sends."""
    return {CellId("V", node): np.arange(2.0 + node, T_STOP, 7.0) for node in range(INPUTS)}


def _edges(rng: np.random.Generator, count: int, sources: int) -> tuple[object, object, dict[str, object]]:
    columns = {
        "conductance": rng.uniform(0.0005, 0.002, count),
        "delay": rng.uniform(0.5, 2, count),
        "tau1": np.full(count, 0.5),
        "tau2": np.full(count, 3.0),
        "erev": np.zeros(count),
        "afferent_section_id": rng.integers(0, 3, count),
        "afferent_section_pos": rng.uniform(0, 1, count),
    }
    return np.sort(rng.integers(0, SIZE, count)), rng.integers(0, sources, count), columns


def write_network(folder: Path, **changes: object) -> Path:
    """Write it and return the path of the simulation; ``changes`` are sections of its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    write_nodes(
        folder / "nodes.h5",
        "A",
        {
            "mtype@": ["x", "y", "x", "y", "x"],
            "model_type": ["biophysical"] * SIZE,
            "model_template": ["hoc:small"] * SIZE,
            "morphology": ["m"] * SIZE,
            "@dynamics:threshold_current": [0.2] * SIZE,
            "@dynamics:holding_current": [-0.02] * SIZE,
            "exc_mini_frequency": [20.0] * SIZE,
            "inh_mini_frequency": [10.0] * SIZE,
        },
    )
    write_nodes(folder / "virtual.h5", "V", {"model_type": ["virtual"] * INPUTS})
    targets, sources, columns = _edges(rng, 60, SIZE)
    write_edges(folder / "edges.h5", "A__A", ("A", "A"), sources, targets, columns, sizes=(SIZE, SIZE))
    targets, sources, columns = _edges(rng, 40, INPUTS)
    write_edges(folder / "input.h5", "V__A", ("V", "A"), sources, targets, columns, sizes=(INPUTS, SIZE))
    (folder / "morphologies").mkdir(exist_ok=True)
    (folder / "morphologies" / "m.swc").write_text(MORPHOLOGY)
    (folder / "hoc").mkdir(exist_ok=True)
    (folder / "hoc" / "small.hoc").write_text(TEMPLATE)
    (folder / "node_sets.json").write_text(
        json.dumps({"All": {"population": "A"}, "Two": {"population": "A", "node_id": [1, 3]}})
    )
    write_config(
        folder,
        [
            {"nodes_file": "nodes.h5", "populations": {"A": {"type": "biophysical"}}},
            {"nodes_file": "virtual.h5", "populations": {"V": {"type": "virtual"}}},
        ],
        [
            {"edges_file": "edges.h5", "populations": {"A__A": {"type": "Exp2Syn_synapse"}}},
            {"edges_file": "input.h5", "populations": {"V__A": {"type": "Exp2Syn_synapse"}}},
        ],
        components={"morphologies_dir": "morphologies", "biophysical_neuron_models_dir": "hoc"},
        node_sets_file="node_sets.json",
    )
    path = folder / "simulation_config.json"
    path.write_text(json.dumps({**simulation(), **changes}))
    return path


def simulation() -> Mapping[str, object]:
    """Sections of the configuration."""
    report = {"type": "compartment", "cells": "All", "variable_name": "v", "dt": 0.1}
    return {
        "version": 2.4,
        "network": "circuit_config.json",
        "run": {"tstop": T_STOP, "dt": 0.025, "random_seed": 3},
        "conditions": {"v_init": -65, "celsius": 22},
        "node_set": "All",
        "inputs": {
            "step": {
                "module": "linear",
                "input_type": "current_clamp",
                "amp_start": 0.3,
                "delay": 5,
                "duration": 30,
                "node_set": "All",
            },
            "noise": {
                "module": "ornstein_uhlenbeck",
                "input_type": "current_clamp",
                "mean": 0.01,
                "sigma": 0.02,
                "tau": 3,
                "delay": 10,
                "duration": 40,
                "node_set": "All",
            },
        },
        "reports": {
            "soma": {**report, "start_time": 0, "end_time": T_STOP},
            "all": {**report, "sections": "all", "start_time": 5, "end_time": 50},
        },
        "output": {"output_dir": "output"},
    }
