"""Whole configurations of a few words, as files."""

from __future__ import annotations

from pathlib import Path

from tests.vs_bmtk.files import files
from tests.vs_bmtk.variants import SOMA, Block, Case

#: Populations of fibres by network.
FIBRES = {"one": ("lgn",), "fourteen": ("lgn", "tw"), "kinds": ("lgn",), "sixty": ("lgn",), "large": ("lgn",)}
NODE_SETS: Block = {
    "detailed": {"model_type": "biophysical"},
    "pyramids": {"pop_name": ["Scnn1a", "Rorb"]},
    "some": {"population": "cortex", "node_id": [0, 3, 8]},
    "first": {"population": "cortex", "node_id": [0]},
    "excitatory": {"population": "cortex", "ei": "e", "model_type": "biophysical"},
}


def trains_of(network: str) -> dict[str, Block]:
    return {
        f"{name}_spikes": {
            "input_type": "spikes",
            "module": "sonata",
            "input_file": f"$NET/{name}_spikes.h5",
            "node_set": name,
        }
        for name in FIBRES[network]
    }


def config(case: Case, root: Path, *, answer: Path | None = None) -> Block:
    """Return a configuration, all but its folder of output."""
    components = {
        f"{name}_dir": f"$COMPONENTS/{folder}"
        for name, folder in {
            "morphologies": "morphologies",
            "synaptic_models": "synaptic_models",
            "mechanisms": "mechanisms",
            "biophysical_neuron_models": "biophysical_neuron_models",
            "point_neuron_models": "point_neuron_models",
            "templates": "templates",
        }.items()
    }
    inputs = dict(case.inputs or {})
    reports = dict(case.reports or {})
    if not case.plain:
        inputs = {**trains_of(case.network), **inputs}
        reports = {"soma": SOMA, **reports}
    return {
        "manifest": {
            "$ROOT": str(root),
            "$NET": f"$ROOT/{case.network}",
            "$COMPONENTS": "$ROOT/components",
            "$FILES": str(files(root)),
            **({"$ANSWER": str(answer)} if answer else {}),
        },
        "run": {
            "tstop": case.tstop,
            "dt": 0.1,
            "dL": 20.0,
            "spike_threshold": -15,
            "nsteps_block": 500,
            **(case.run or {}),
        },
        "conditions": {"celsius": 34.0, "v_init": -80.0},
        "components": components,
        "networks": networks_of(case),
        "node_sets": NODE_SETS,
        "inputs": inputs,
        "reports": reports,
        "output": {
            "output_dir": "output",
            "log_file": "log.txt",
            "spikes_file": "spikes.h5",
            **(case.output or {}),
        },
    }


def networks_of(case: Case) -> Block:
    """Return the files of a network."""

    def node(name: str) -> Block:
        return {
            "nodes_file": f"$NET/network/{name}_nodes.h5",
            "node_types_file": f"$NET/network/{name}_node_types.csv",
        }

    def edge(name: str) -> Block:
        path = f"$NET/network/{name}_cortex_edge"
        return {"edges_file": f"{path}s.h5", "edge_types_file": f"{path}_types.csv"}

    between = (
        ["cortex"] if case.recurrent and (case.network in ("fourteen", "sixty", "large") or case.gaps) else []
    )
    made: Block = {
        "nodes": [node(name) for name in ("cortex", *FIBRES[case.network])],
        "edges": [edge(name) for name in (*between, *FIBRES[case.network])],
    }
    if case.gaps:
        made["gap_juncs"] = [{"gap_juncs_file": "$NET/network/cortex_gap_juncs.h5"}]
    return made
