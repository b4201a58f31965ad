"""Make examples/five_cells anew: ``python scripts/make_five_cells.py [FOLDER]``.

A circuit of four pyramidal cells and an interneuron of NEURON's own mechanisms, with synapses among them
and from ten thalamic fibres that only send spikes, and a simulation of it. All of it is drawn with a fixed
seed; what comes out is committed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from five_cells_models import MODELS

from bluecellab.circuit.memory import EdgeColumns, MemoryCircuit, NodeColumns
from bluecellab.circuit.writing import write_circuit, write_config
from bluecellab.results.sonata import write_spikes
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import EmodelProperties, HocCell

T_STOP = 200.0
KINDS = ("pyramid", "pyramid", "pyramid", "pyramid", "basket")
CELLS, FIBRES = "Column", "Thalamus"
FIBRE_COUNT = 10
#: Sections by number that synapses arrive at: dendrites, by model. The soma is 0, then comes the axon.
DENDRITES = {"pyramid": range(4, 47), "basket": range(4, 19)}
#: Synapses for each pair, peak conductance in uS, rise and decay in ms, reversal potential in mV.
PATHS = {
    ("pyramid", "pyramid"): (6, 0.0012, 0.3, 3.0, 0.0),
    ("pyramid", "basket"): (6, 0.0010, 0.3, 2.0, 0.0),
    ("basket", "pyramid"): (10, 0.0050, 0.5, 8.0, -75.0),
    ("fibre", "pyramid"): (5, 0.0012, 0.3, 2.5, 0.0),
    ("fibre", "basket"): (3, 0.0006, 0.3, 2.0, 0.0),
}


def models(folder: Path) -> dict[str, HocCell]:
    """Write templates and morphologies; return the cells by kind."""
    cells = {}
    for name, model in MODELS.items():
        template, morphology = folder / f"{model.name}.hoc", folder / f"{name}.asc"
        template.write_text(model.template(), encoding="utf-8")
        morphology.write_text(model.morphology.text(), encoding="utf-8")
        cells[name] = HocCell(
            template_path=str(template),
            morphology_path=str(morphology),
            template_format="v6",
            emodel_properties=EmodelProperties(
                threshold_current=model.threshold_current, holding_current=0.0
            ),
        )
    return cells


def cell_nodes(random: np.random.Generator) -> NodeColumns:
    """Return the five cells, side by side in layer 5."""
    chosen = [MODELS[kind] for kind in KINDS]
    turns = random.uniform(0, 2 * np.pi, len(KINDS))
    return NodeColumns(
        {
            "etype": [model.etype for model in chosen],
            "mtype": [model.mtype for model in chosen],
            "synapse_class": [model.synapse_class for model in chosen],
            "layer": ["5"] * len(KINDS),
            "region": ["column"] * len(KINDS),
            "x": np.round(random.uniform(-80, 80, len(KINDS)), 1),
            "y": np.round(random.uniform(-20, 20, len(KINDS)), 1),
            "z": np.round(random.uniform(-80, 80, len(KINDS)), 1),
            "orientation_w": np.cos(turns / 2),
            "orientation_x": np.zeros(len(KINDS)),
            "orientation_y": np.sin(turns / 2),
            "orientation_z": np.zeros(len(KINDS)),
        }
    )


def edges(random: np.random.Generator, source: str, senders: tuple[str, ...]) -> EdgeColumns:
    """Return the synapses from one population onto the cells."""
    rows = []
    for target, receiver in enumerate(KINDS):
        for number, sender in enumerate(senders):
            if (sender, receiver) not in PATHS or (source == CELLS and number == target):
                continue
            count, conductance, rise, decay, reversal = PATHS[sender, receiver]
            for _ in range(count):
                rows.append(
                    (
                        number,
                        target,
                        conductance * random.uniform(0.7, 1.3),
                        random.uniform(0.5, 3.0),
                        rise,
                        decay,
                        reversal,
                        random.choice(DENDRITES[receiver]),
                        random.uniform(0.05, 0.95),
                    )
                )
    table = np.array(rows)
    names = ("conductance", "delay", "tau1", "tau2", "erev", "afferent_section_id", "afferent_section_pos")
    columns = dict(zip(names, np.round(table[:, 2:].T, 6), strict=True))
    columns["afferent_section_id"] = columns["afferent_section_id"].astype(np.int64)
    sources, targets = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    return EdgeColumns(source, CELLS, sources, targets, columns, "Exp2Syn_synapse")


def circuit(random: np.random.Generator, cells: dict[str, HocCell]) -> MemoryCircuit:
    """Return the circuit."""
    return MemoryCircuit(
        {
            CELLS: cell_nodes(random),
            FIBRES: NodeColumns({"model_type": ["virtual"] * FIBRE_COUNT}, "virtual"),
        },
        {
            f"{CELLS}__{CELLS}": edges(random, CELLS, KINDS),
            f"{FIBRES}__{CELLS}": edges(random, FIBRES, ("fibre",) * FIBRE_COUNT),
        },
        node_sets={
            "Column": {"population": CELLS},
            "Excitatory": {"population": CELLS, "synapse_class": "EXC"},
            "Inhibitory": {"population": CELLS, "synapse_class": "INH"},
            "Thalamus": {"population": FIBRES},
            "All": ["Column", "Thalamus"],
        },
        cells={CellId(CELLS, number): cells[kind] for number, kind in enumerate(KINDS)},
    )


def thalamic_spikes(random: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return spikes of the fibres: some at random, and a volley every 50 ms."""
    times, nodes = [], []
    for fibre in range(FIBRE_COUNT):
        scattered = random.uniform(5, T_STOP, random.poisson(2))
        volleys = np.array([30.0, 80.0, 130.0, 180.0]) + random.normal(0, 2.0, 4)
        for time in [*scattered, *volleys]:
            times.append(round(float(time), 2))
            nodes.append(fibre)
    return {FIBRES: (np.array(times), np.array(nodes))}


def simulation() -> dict[str, object]:
    """Return the simulation."""
    clamp = {"input_type": "current_clamp", "delay": 10.0, "duration": T_STOP - 10, "node_set": "Column"}
    report = {"type": "compartment", "cells": "Column", "variable_name": "v", "unit": "mV"}
    whole = {"start_time": 0.0, "end_time": T_STOP}
    return {
        "network": "circuit/circuit_config.json",
        "node_set": "Column",
        "run": {"tstop": T_STOP, "dt": 0.025, "random_seed": 42},
        "conditions": {"celsius": 22.0, "v_init": -65.0},
        "inputs": {
            "drive": {"module": "relative_linear", "percent_start": 60.0, **clamp},
            "noise": {
                "module": "relative_ornstein_uhlenbeck",
                "tau": 3.0,
                "mean_percent": 10.0,
                "sd_percent": 25.0,
                **clamp,
            },
            "thalamus": {
                "module": "synapse_replay",
                "input_type": "spikes",
                "spike_file": "thalamus.h5",
                "delay": 0.0,
                "duration": T_STOP,
                "node_set": "Column",
            },
        },
        "connection_overrides": [
            {"name": "exponential", "source": "All", "target": "Column", "modoverride": "Exp2Syn"}
        ],
        "reports": {
            "soma": {**report, "sections": "soma", "dt": 0.1, **whole},
            "cells": {**report, "sections": "all", "compartments": "center", "dt": 1.0, **whole},
        },
        "output": {"output_dir": "output", "spikes_file": "spikes.h5"},
    }


def main() -> None:
    """Make it."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "examples" / "five_cells")
    random = np.random.default_rng(11)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "circuit", ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        write_circuit(circuit(random, models(Path(scratch))), folder / "circuit")
    write_spikes(folder / "thalamus.h5", thalamic_spikes(random), overwrite=True)
    write_config(folder / "simulation_config.json", **simulation())


if __name__ == "__main__":
    main()
