"""Circuits with synapses of every family that the peer has, and configurations, for the comparison with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from tests.unit.circuit.sonata_files import write_config, write_edges, write_nodes
from tests.unit.simulation.circuit.small import MORPHOLOGY
from tests.vs_bluecellulab.circuit_cases import HOC

__all__ = ["CASES", "CELLS", "DIFFERENT", "TSTOP", "write"]

TSTOP = 60.0
SIZE, VIRTUAL = 3, 8
CELLS = [("A", 2), ("A", 0), ("B", 1)]

_INPUTS = {
    "step": {
        "module": "linear", "input_type": "current_clamp", "node_set": "All", "delay": 2, "duration": 50, "amp_start": 0.4,
    },
    "replay": {
        "module": "synapse_replay", "input_type": "spikes", "node_set": "All", "delay": 5, "duration": 45,
        "spike_file": "spikes.h5",
    },
}  # fmt: skip


def _block(**fields: object) -> dict[str, object]:
    return {"name": "block", "source": "Everything", "target": "All", **fields}


_EXPONENTIAL = _block(name="exponential", source="V", target="B", modoverride="Exp2Syn")
#: Sections of the configuration that differ from those below.
CASES: dict[str, Mapping[str, object]] = {
    "release and minis": {},
    "seeds": {"run": {"tstop": TSTOP, "dt": 0.025, "random_seed": 9, "synapse_seed": 4, "minis_seed": 6}},
    "calcium": {"conditions": {"v_init": -65, "celsius": 22, "extracellular_calcium": 1.1}},
    "rise times": {"conditions": {"v_init": -65, "celsius": 22, "randomize_gaba_rise_time": True}},
    "weights and delays": {
        "connection_overrides": [
            _EXPONENTIAL,
            _block(weight=0.3),
            _block(name="delay", source="A", synapse_delay_override=2.5),
            _block(name="more", source="V", target="A", weight=1.7),
        ]
    },
    "minis of overrides": {
        "connection_overrides": [
            _EXPONENTIAL,
            _block(spont_minis=30),
            _block(name="more", source="A", spont_minis=90.5),
        ]
    },
    "assignments": {
        "connection_overrides": [
            _EXPONENTIAL,
            _block(source="V", target="A", synapse_configure="%s.Use = 0.9 %s.Dep = 3"),
            _block(name="more", source="V", target="A", synapse_configure="%s.Fac *= 2"),
        ]
    },
    "helper of the circuit": {
        "conditions": {"v_init": -65, "celsius": 22, "extracellular_calcium": 1.3},
        "run": {"tstop": TSTOP, "dt": 0.025, "random_seed": 9, "synapse_seed": 4},
        "connection_overrides": [
            _EXPONENTIAL,
            _block(source="V", target="A", modoverride="Release", weight=1.5),
            _block(name="more", source="V", target="A", synapse_configure="%s.mg = 0.7"),
        ],
    },
    "no connections between cells": {"inputs": {"replay": _INPUTS["replay"]}},
}

#: Everything that a helper gets changes its synapse, so that the potential shows it.
HELPER = """
{load_file("RNGSettings.hoc")}
strdef ReleaseHelper_NeededAttributes, ReleaseHelper_UHillScaleVariables
ReleaseHelper_NeededAttributes = "extra;scaled"
ReleaseHelper_UHillScaleVariables = "scaled"
begintemplate ReleaseHelper
public synapse
objref synapse, settings
proc init() { // gid + 1, parameters, x, number, base seed, populations
    synapse = new ProbAMPANMDA_EMS($3)
    synapse.tau_d_AMPA = $o2.DTC + $o2.extra
    synapse.Use = abs($o2.U)
    synapse.Dep = abs($o2.D) * (1 + $o2.location)
    synapse.Fac = abs($o2.F) + $o2.scaled
    synapse.Nrrp = $o2.nrrp
    synapse.NMDA_ratio = $o2.conductance_ratio + $o2.u_hill_coefficient / 10
    synapse.mg = 1 + $o2.offset / 100 + $o2.ipt / 1000 + $o2.maskValue / 1000 + $o2.isec / 100 + $o2.sgid / 100
    synapse.u0 = ($o2.weight + $o2.delay) / 1000 + $o2.synType / 10000
    synapse.synapseID = $4
    settings = new RNGSettings()
    synapse.setRNG($1 + 250, $4 + 100 + $5, $6 * 65536 + $7 + settings.getSynapseSeed() + 300)
}
endtemplate ReleaseHelper
"""

#: Where the peer is wrong: replayed spikes come with the delay of the edge, whatever an override says; and a
#: delayed weight acts from the start, so that a later block of weight 0 takes connections away altogether.
DIFFERENT: dict[str, Mapping[str, object]] = {
    "delay of replay": {
        "connection_overrides": [
            _EXPONENTIAL,
            _block(source="V", target="A", synapse_delay_override=5.0),
        ]
    },
    "delayed weight": {
        "connection_overrides": [
            _EXPONENTIAL,
            _block(source="A", target="A", weight=2.0),
            _block(name="later", source="A", target="A", weight=0.0, delay=40.0),
        ]
    },
}


def _chemical(draw: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    excitatory = draw.random(count) < 0.7
    return {
        "conductance": draw.uniform(0.5, 3.0, count),
        "delay": draw.uniform(0.3, 3.0, count),
        "u_syn": draw.uniform(0.2, 0.9, count),
        "depression_time": draw.uniform(10, 500, count),
        "facilitation_time": draw.uniform(5, 50, count),
        "decay_time": draw.uniform(1.5, 9, count),
        "syn_type_id": np.where(excitatory, 113, 7),
        "n_rrp_vesicles": draw.integers(1, 5, count),
        "u_hill_coefficient": draw.uniform(1, 3, count),
        "conductance_scale_factor": draw.uniform(0, 1, count),
        "afferent_section_id": draw.integers(0, 4, count),
        "afferent_section_pos": draw.uniform(0, 1, count),
        "extra": draw.uniform(0, 3, count),
        "scaled": draw.uniform(0, 9, count),
    }


def _exponential(draw: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    return {
        "conductance": draw.uniform(0.0005, 0.003, count),
        "delay": draw.uniform(0.3, 3.0, count),
        "tau1": draw.uniform(0.1, 1.0, count),
        "tau2": draw.uniform(2.0, 9.0, count),
        "erev": draw.uniform(-80, 0, count),
        "afferent_section_id": draw.integers(0, 4, count),
        "afferent_section_pos": draw.uniform(0, 1, count),
    }


def write(folder: Path) -> dict[str, Path]:
    """Write the circuit and a configuration for each case; return their paths."""
    for population in ("A", "B"):
        rates = {"exc-mini_frequency": [15.0, 16.0, 17.0], "inh-mini_frequency": [25.0, 26.0, 27.0]}
        write_nodes(
            folder / f"{population}.h5",
            population,
            {
                "mtype": ["x"] * SIZE,
                "model_type": ["biophysical"] * SIZE,
                "model_template": ["hoc:small"] * SIZE,
                "morphology": ["m"] * SIZE,
                "@dynamics:threshold_current": [0.15] * SIZE,
                "@dynamics:holding_current": [-0.02] * SIZE,
                **rates,
            },
        )
    write_nodes(folder / "V.h5", "V", {"model_type": ["virtual"] * VIRTUAL})
    draw = np.random.default_rng(5)
    edges = []
    for source, target, kind, make in (
        ("A", "A", "chemical", _chemical),
        ("A", "B", "chemical", _chemical),
        ("V", "A", "chemical", _chemical),
        ("V", "B", "Exp2Syn_synapse", _exponential),
    ):
        count, sizes = 60, (VIRTUAL if source == "V" else SIZE, SIZE)
        name = f"{source}__{target}__{kind}"
        sources, targets = draw.integers(0, sizes[0], count), np.sort(draw.integers(0, sizes[1], count))
        write_edges(
            folder / f"{name}.h5", name, (source, target), sources, targets, make(draw, count), sizes=sizes
        )
        edges.append({"edges_file": f"{name}.h5", "populations": {name: {"type": kind}}})
    for inner, name, text in (("morphologies", "m.swc", MORPHOLOGY), ("hoc", "small.hoc", HOC)):
        (folder / inner).mkdir()
        (folder / inner / name).write_text(text)
    (folder / "hoc" / "ReleaseHelper.hoc").write_text(HELPER)
    sets: dict[str, object] = {name: {"population": name} for name in ("A", "B", "V")}
    sets |= {"All": ["A", "B"], "Everything": ["A", "B", "V"]}
    (folder / "node_sets.json").write_text(json.dumps(sets))
    _write_spikes(folder / "spikes.h5", draw)
    kinds = {"A": "biophysical", "B": "biophysical", "V": "virtual"}
    write_config(
        folder,
        [{"nodes_file": f"{name}.h5", "populations": {name: {"type": kind}}} for name, kind in kinds.items()],
        edges,
        components={"morphologies_dir": "morphologies", "biophysical_neuron_models_dir": "hoc"},
        node_sets_file="node_sets.json",
    )
    return {name: _write_case(folder, name, changes) for name, changes in {**CASES, **DIFFERENT}.items()}


def _write_spikes(path: Path, draw: np.random.Generator) -> None:
    count = 90
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes/V")
        group["timestamps"] = np.sort(draw.uniform(0, TSTOP, count))
        group["timestamps"].attrs["units"] = "ms"
        group["node_ids"] = draw.integers(0, VIRTUAL, count).astype(np.uint64)


def _write_case(folder: Path, name: str, changes: Mapping[str, object]) -> Path:
    config = {
        "version": 2.4,
        "network": "circuit_config.json",
        "node_sets_file": "node_sets.json",
        "run": {"tstop": TSTOP, "dt": 0.025, "random_seed": 3},
        "conditions": {"v_init": -65, "celsius": 22},
        "output": {"output_dir": "output"},
        "inputs": _INPUTS,
        "connection_overrides": [_EXPONENTIAL],
        "reports": {},
        **changes,
    }
    path = folder / f"{name.replace(' ', '_')}.json"
    path.write_text(json.dumps(config))
    return path
