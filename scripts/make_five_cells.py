"""Make examples/five_cells anew: ``python scripts/make_five_cells.py [--output FOLDER]``.

Three pyramidal cells and two interneurons of NEURON's own mechanisms, with synapses among them and from
twenty fibres that only send spikes, and a simulation of it. Templates and morphologies in that folder are
written by hand and stay; all else is drawn with fixed seeds, bit for bit the same each time, and committed.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from pathlib import Path

import numpy as np
from sonata_writing import write_edges, write_json, write_nodes, write_spikes

HERE = Path(__file__).resolve().parents[1] / "examples" / "five_cells"
BY_HAND = ("hoc", "morphologies")
CELLS, FIBRES = "Column", "Input"
EXCITATORY, INHIBITORY = (0, 1, 2), (3, 4)
FIBRE_COUNT = 20
T_STOP = 200.0
VOLLEYS = (58.0, 128.0)  # ms
#: Ids of the sections that synapses are on, dendrites all: first, and after the last.
DENDRITES = {"pyramid": (2, 9), "basket": (2, 5)}
MORPHOLOGIES = ("pyramid",) * len(EXCITATORY) + ("basket",) * len(INHIBITORY)
#: By projection: who sends, synapses for each pair, range of conductances in uS, rise and decay in ms,
#: reversal potential in mV.
PROJECTIONS = {
    f"{CELLS}__{CELLS}__excitatory": (CELLS, EXCITATORY, 4, (0.0006, 0.0012), (0.3, 3.0), 0.0),
    f"{CELLS}__{CELLS}__inhibitory": (CELLS, INHIBITORY, 5, (0.0008, 0.0016), (0.5, 8.0), -80.0),
    f"{FIBRES}__{CELLS}__excitatory": (FIBRES, range(FIBRE_COUNT), 1, (0.0008, 0.0018), (0.3, 3.0), 0.0),
}


def stream(name: str) -> np.random.Generator:
    """Return a stream of its own for each thing, so that a change of one leaves the others as they were."""
    digest = hashlib.sha256(f"five cells {name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def make_nodes(folder: Path) -> None:
    """Write the cells, and the fibres."""
    random, size = stream("nodes"), len(MORPHOLOGIES)
    exciting = [node in EXCITATORY for node in range(size)]
    write_nodes(
        folder / CELLS / "nodes.h5",
        CELLS,
        {
            "mtype@": ["PYR" if each else "BC" for each in exciting],
            "synapse_class@": ["EXC" if each else "INH" for each in exciting],
            "model_type": ["biophysical"] * size,
            "model_template": ["hoc:Small"] * size,
            "morphology": MORPHOLOGIES,
            **{axis: np.round(random.uniform(0, 100, size), 1) for axis in "xyz"},
            "exc_mini_frequency": np.full(size, 0.5),
            "inh_mini_frequency": np.full(size, 0.2),
            "@dynamics:threshold_current": [0.2 if each else 0.12 for each in exciting],
            "@dynamics:holding_current": np.zeros(size),
            "@dynamics:AIS_scaler": np.ones(size),
            "@dynamics:soma_scaler": np.ones(size),
        },
    )
    write_nodes(folder / FIBRES / "nodes.h5", FIBRES, {"model_type": ["virtual"] * FIBRE_COUNT})


def make_edges(folder: Path, name: str) -> None:
    """Write a projection: synapses from each sender onto each cell but itself."""
    source, senders, each, conductances, (rise, decay), reversal = PROJECTIONS[name]
    random = stream(name)
    pairs = [
        (sender, target)
        for target in range(len(MORPHOLOGIES))
        for sender in senders
        for _ in range(each)
        if source != CELLS or sender != target
    ]
    sources, targets = np.array(pairs).T
    count = len(pairs)
    columns = {
        "afferent_section_id": [random.integers(*DENDRITES[MORPHOLOGIES[target]]) for target in targets],
        "afferent_section_pos": np.round(random.uniform(0.1, 0.9, count), 4),
        "conductance": np.round(random.uniform(*conductances, count), 6),
        "delay": np.round(random.uniform(1, 3, count), 3),
        "tau1": np.full(count, rise),
        "tau2": np.full(count, decay),
        "erev": np.full(count, reversal),
    }
    sizes = {source: FIBRE_COUNT} if source == FIBRES else {}
    write_edges(
        folder / name / "edges.h5", name, {**sizes, CELLS: len(MORPHOLOGIES)}, sources, targets, columns
    )


def make_spikes(folder: Path) -> None:
    """Write what the fibres send: some spikes at random, and two volleys."""
    random = stream("spikes")
    scattered = random.uniform(0, T_STOP, 65)
    volleys = np.repeat(VOLLEYS, FIBRE_COUNT) + random.normal(0, 2.0, 2 * FIBRE_COUNT)
    ids = np.r_[random.integers(0, FIBRE_COUNT, 65), np.tile(np.arange(FIBRE_COUNT), 2)]
    write_spikes(folder / "input_spikes.h5", FIBRES, np.round(np.r_[scattered, volleys], 3), ids)


def make_circuit(folder: Path) -> None:
    """Write the configuration of the circuit, and its node sets."""

    def entry(kind: str, name: str, **properties: str) -> dict[str, object]:
        return {f"{kind}_file": f"$BASE_DIR/{name}/{kind}.h5", "populations": {name: properties}}

    models = {
        "type": "biophysical",
        "biophysical_neuron_models_dir": "$BASE_DIR/hoc",
        "morphologies_dir": "$BASE_DIR/morphologies",
    }
    write_json(
        folder / "circuit_config.json",
        {
            "version": 2.4,
            "manifest": {"$BASE_DIR": "."},
            "components": {},
            "node_sets_file": "$BASE_DIR/node_sets.json",
            "networks": {
                "nodes": [entry("nodes", CELLS, **models), entry("nodes", FIBRES, type="virtual")],
                "edges": [entry("edges", name, type="Exp2Syn_synapse") for name in PROJECTIONS],
            },
        },
    )
    sets: dict[str, object] = {
        "Column": {"population": CELLS},
        "Excitatory": {"population": CELLS, "synapse_class": "EXC"},
        "Inhibitory": {"population": CELLS, "synapse_class": "INH"},
        "Input": {"population": FIBRES},
        "Everything": ["Column", "Input"],
    }
    write_json(folder / "node_sets.json", sets)


def make_simulation(folder: Path) -> None:
    """Write the configuration of the simulation."""
    clamp = {"delay": 20.0, "duration": 160.0, "input_type": "current_clamp", "node_set": "Excitatory"}
    report = {"type": "compartment", "cells": "Column", "variable_name": "v"}
    whole = {"start_time": 0.0, "end_time": T_STOP}
    write_json(
        folder / "simulation_config.json",
        {
            "version": 2.4,
            "network": "circuit_config.json",
            "node_set": "Column",
            "run": {"tstop": T_STOP, "dt": 0.025, "random_seed": 1, "stimulus_seed": 2, "minis_seed": 3},
            "conditions": {"celsius": 14.0, "v_init": -65.0},
            "inputs": {
                "replay": {
                    "module": "synapse_replay",
                    "input_type": "spikes",
                    "spike_file": "input_spikes.h5",
                    "delay": 0.0,
                    "duration": T_STOP,
                    "node_set": "Column",
                },
                "step": {"module": "relative_linear", "percent_start": 150.0, **clamp},
                "noise": {"module": "ornstein_uhlenbeck", "mean": 0.02, "sigma": 0.03, "tau": 4.0, **clamp},
            },
            "reports": {
                "soma": {**report, "dt": 0.1, **whole},
                "compartments": {**report, "dt": 1.0, **whole, "sections": "all", "compartments": "all"},
            },
            "output": {"output_dir": "output"},
        },
    )


def main() -> None:
    """Make everything."""
    parser = argparse.ArgumentParser(description="Make examples/five_cells anew.")
    parser.add_argument(
        "--output",
        type=Path,
        default=HERE,
        metavar="FOLDER",
        help="where to; left out, over what is committed",
    )
    folder = parser.parse_args().output.absolute()
    if folder.exists() and not folder.is_dir():
        parser.error(f"{folder} is not a folder")
    for name in (CELLS, FIBRES, *PROJECTIONS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if folder != HERE:
        for name in BY_HAND:
            shutil.copytree(HERE / name, folder / name, dirs_exist_ok=True)
    make_nodes(folder)
    for name in PROJECTIONS:
        make_edges(folder, name)
    make_spikes(folder)
    make_circuit(folder)
    make_simulation(folder)


if __name__ == "__main__":
    main()
