"""Make the networks of the examples of the Allen dialect: ``python scripts/make_allen_examples.py``.

Those are allen_network and custom_models. What is written by hand there (morphologies, parameters, templates,
configurations, scripts) stays; all else is drawn with fixed seeds, bit for bit the same each time.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.allen.writing import AllenEdges, AllenNodes, write_allen_network
from bluecellab.results.sonata import write_spikes

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
#: What is made of each example.
MADE = {"allen_network": ("network", "input_spikes.h5"), "custom_models": ("networks", "input_spikes.h5")}
CELLS, FIBRES = "cells", "fibres"
T_STOP = 200.0
VOLLEYS = (30.0, 110.0)  # ms

Types = Mapping[int, Mapping[str, object]]
Ids = npt.NDArray[np.int64]

#: Types of cells: three pyramidal cells, two interneurons, one integrate-and-fire cell.
COLUMN = (100, 100, 100, 101, 101, 102)
COLUMN_TYPES: Types = {
    100: {
        "model_type": "biophysical",
        "model_template": "ctdb:Biophys1.hoc",
        "model_processing": "aibs_perisomatic",
        "morphology": "pyramid.swc",
        "dynamics_params": "pyramid.json",
        "pop_name": "pyramid",
        "ei": "e",
    },
    101: {
        "model_type": "biophysical",
        "model_template": "ctdb:Biophys1.hoc",
        "model_processing": "aibs_perisomatic",
        "morphology": "basket.swc",
        "dynamics_params": "basket.json",
        "pop_name": "basket",
        "ei": "i",
    },
    102: {
        "model_type": "point_neuron",
        "model_template": "nrn:IntFire1",
        "dynamics_params": "integrator.json",
        "pop_name": "integrator",
        "ei": "e",
    },
}
_SYNAPSE = {"model_template": "exp2syn", "delay": 1.5}
_EXCITATORY = {**_SYNAPSE, "dynamics_params": "excitatory.json"}
_INHIBITORY = {**_SYNAPSE, "dynamics_params": "inhibitory.json"}
_FAR = {"target_sections": "['basal', 'apical']", "distance_range": "[20.0, 400.0]"}
_NEAR = {"target_sections": "['soma', 'basal']", "distance_range": "[0.0, 80.0]"}
_TO_POINT = {"dynamics_params": "instantaneous.json", "delay": 1.5}
#: Types of edges by what they start from and end at.
RECURRENT = {("e", "biophysical"): 300, ("i", "biophysical"): 301, ("e", "point"): 302}
RECURRENT_TYPES: Types = {
    300: {**_EXCITATORY, **_FAR, "syn_weight": 0.0006, "weight_function": "wmax"},
    301: {**_INHIBITORY, **_NEAR, "syn_weight": 0.001, "weight_function": "wmax"},
    302: {**_TO_POINT, "syn_weight": 0.3},
}
FEED_TYPES: Types = {
    400: {
        **_EXCITATORY, **_FAR, "syn_weight": 0.0026, "weight_function": "gaussianLL", "weight_sigma": 60.0,
    },
    401: {**_TO_POINT, "syn_weight": 0.12},
}  # fmt: skip
FIBRE_TYPES: Types = {200: {"model_type": "virtual", "pop_name": "fibres"}}

#: The cells of all custom models; each example has its own table of their types.
CUSTOM = (100, 100, 101)
_OWN = {"model_type": "biophysical"}
_FIT = {
    "dynamics_params": "branched.json",
    "morphology": "branched.swc",
    "model_template": "ctdb:Biophys1.hoc",
}
_BALL = {
    "model_template": "python:BallAndStick", "gkbar": 0.036, "gl": 0.0003, "el": -54.3, "g_pas": 0.00005,
    "e_pas": -65.0,
}  # fmt: skip
_L5PC = {"model_template": "hoc:cADpyr_L5PC", "morphology": "C060114A7.asc"}
CUSTOM_TYPES: Mapping[str, Types] = {
    "ball_and_stick": {100: {**_OWN, **_BALL, "length": 200.0}, 101: {**_OWN, **_BALL, "length": 400.0}},
    "purkinje": {
        100: {**_OWN, "model_template": "python:Purkinje", "spines_on": 1},
        101: {**_OWN, "model_template": "python:Purkinje", "spines_on": 0},
    },
    "hoc_arguments": {
        100: {**_OWN, "model_template": "hoc:Comb", "dynamics_params": "comb.json"},
        101: {**_OWN, "model_template": "hoc:Reader", "morphology": "branched.swc", "kind": "slow"},
    },
    "processing": {
        100: {**_OWN, **_FIT, "model_processing": "aibs_perisomatic,add_channels"},
        101: {**_OWN, **_FIT, "model_processing": "aibs_perisomatic,add_channels,scale_by_distance"},
    },
    "synapses": {number: {**_OWN, **_FIT, "model_processing": "aibs_perisomatic"} for number in (100, 101)},
    "l5pc": {100: {**_OWN, **_L5PC}, 101: {**_OWN, **_L5PC, "model_processing": "less_h_current"}},
}
_ANYWHERE = {"target_sections": "['soma', 'basal', 'apical']", "distance_range": "[0.0, 1000.0]"}
_PLAIN: Types = {400: {**_EXCITATORY, **_ANYWHERE, "syn_weight": 0.002}}
_OWN_SYNAPSES: Types = {
    400: {
        **_EXCITATORY, **_ANYWHERE, "model_template": "slower_far_away", "syn_weight": 0.002,
        "weight_function": "less_far_away", "spread": 50.0,
    }
}  # fmt: skip
_CELLS, _MORPHOLOGIES = ("biophysical_neuron_models_dir", "cells"), ("morphologies_dir", "morphologies")
_TEMPLATES, _SYNAPSES = ("templates_dir", "templates"), ("synaptic_models_dir", "synapses")
#: Folders of components that each example needs; one that has others makes its own configuration.
COMPONENTS = {
    "ball_and_stick": [_SYNAPSES],
    "purkinje": [_SYNAPSES],
    "hoc_arguments": [_TEMPLATES, _CELLS, _MORPHOLOGIES, _SYNAPSES],
    "processing": [_CELLS, _MORPHOLOGIES, _SYNAPSES],
    "synapses": [_CELLS, _MORPHOLOGIES, _SYNAPSES],
    "l5pc": [],
}


def stream(name: str) -> np.random.Generator:
    """Return a stream of its own for each thing, so that a change of one leaves the others as they were."""
    digest = hashlib.sha256(f"allen examples {name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def make_spikes(path: Path, count: int) -> None:
    """Write what fibres send: a few spikes at any time, and volleys."""
    random = stream(f"spikes of {count}")
    times, ids = [], []
    for fibre in range(count):
        volleys = (volley + random.normal(0, 2, 2) for volley in VOLLEYS)
        train = np.round(np.unique(np.hstack([*random.uniform(1, T_STOP, (1, 2)), *volleys])), 1)
        times.append(train)
        ids.append(np.full(len(train), fibre))
    write_spikes(path, {FIBRES: (np.concatenate(times), np.concatenate(ids))}, overwrite=True)


def make_pairs(count_of_sources: int, targets: Ids) -> tuple[Ids, Ids]:
    """Return all pairs of sources and targets, by target."""
    return np.tile(np.arange(count_of_sources), len(targets)), np.repeat(targets, count_of_sources)


def make_column(folder: Path) -> None:
    """Write the network of examples/allen_network."""
    random, size, fibres = stream("column"), len(COLUMN), 20
    places = {axis: np.round(random.uniform(0, 100, size), 1) for axis in "xyz"}
    angles = {"rotation_angle_yaxis": np.round(random.uniform(0, 2 * np.pi, size), 3)}
    tuning = {"tuning_angle": np.linspace(0, 180, size, endpoint=False)}
    tuning_of_fibres = {"tuning_angle": np.linspace(0, 180, fibres, endpoint=False)}
    nodes = {
        CELLS: AllenNodes(COLUMN_TYPES, COLUMN, {**places, **angles, **tuning}),
        FIBRES: AllenNodes(FIBRE_TYPES, [200] * fibres, tuning_of_fibres),
    }
    kinds = [COLUMN_TYPES[number] for number in COLUMN]
    ends = ["point" if kind["model_type"] == "point_neuron" else "biophysical" for kind in kinds]
    sources, targets = make_pairs(size, np.arange(size))
    types = np.array(
        [
            RECURRENT.get((str(kinds[source]["ei"]), ends[target]), 0) * (source != target)
            for source, target in zip(sources, targets, strict=True)
        ]
    )
    there = types > 0
    columns = {"nsyns": random.integers(2, 5, there.sum())}
    recurrent = AllenEdges(
        CELLS, CELLS, sources[there], targets[there], RECURRENT_TYPES, types[there], columns
    )
    sources, targets = make_pairs(fibres, np.arange(size))
    types = np.array([401 if ends[target] == "point" else 400 for target in targets])
    columns = {"nsyns": random.integers(1, 4, len(targets))}
    feed = AllenEdges(FIBRES, CELLS, sources, targets, FEED_TYPES, types, columns)
    components = [_MORPHOLOGIES, _CELLS, ("point_neuron_models_dir", "point_cells"), _SYNAPSES]
    write_allen_network(
        folder / "network",
        nodes,
        {f"{CELLS}_to_{CELLS}": recurrent, f"{FIBRES}_to_{CELLS}": feed},
        components={key: f"../components/{name}" for key, name in components},
        overwrite=True,
    )
    make_spikes(folder / "input_spikes.h5", fibres)


def make_custom(folder: Path) -> None:
    """Write the networks of examples/custom_models: the same, but for what types say."""
    size, fibres = len(CUSTOM), 10
    columns = {"x": np.array([0.0, 40.0, 80.0]), "gnabar": np.array([0.12, 0.16, 0.2])}
    of_fibres = AllenNodes(FIBRE_TYPES, [200] * fibres, {"x": np.linspace(0, 80, fibres)})
    sources, targets = make_pairs(fibres, np.arange(size))
    synapses = {"nsyns": np.full(len(targets), 2)}
    for name, types in CUSTOM_TYPES.items():
        edge_types = _OWN_SYNAPSES if name == "synapses" else _PLAIN
        write_allen_network(
            folder / "networks" / name,
            {CELLS: AllenNodes(types, CUSTOM, columns), FIBRES: of_fibres},
            {
                f"{FIBRES}_to_{CELLS}": AllenEdges(
                    FIBRES, CELLS, sources, targets, edge_types, columns=synapses
                )
            },
            components={key: f"../../components/{of}" for key, of in COMPONENTS[name]},
            overwrite=True,
        )
    make_spikes(folder / "input_spikes.h5", fibres)


def main() -> None:
    """Make everything."""
    parser = argparse.ArgumentParser(description="Make the networks of the examples of the Allen dialect.")
    text = "where examples/ lies; left out, over what is committed"
    parser.add_argument("--output", type=Path, default=EXAMPLES, metavar="FOLDER", help=text)
    output = parser.parse_args().output.absolute()
    for name, make in {"allen_network": make_column, "custom_models": make_custom}.items():
        if output != EXAMPLES:
            ignored = shutil.ignore_patterns(*MADE[name])
            shutil.copytree(EXAMPLES / name, output / name, dirs_exist_ok=True, ignore=ignored)
        make(output / name)


if __name__ == "__main__":
    main()
