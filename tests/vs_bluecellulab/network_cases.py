"""Simulations of the circuits that scripts/circuits.py makes, as both simulators are asked for them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bluecellab.circuit import EdgeColumns, MemoryCircuit, NodeColumns, open_circuit, write_circuit
from bluecellab.results.sonata import write_spikes

__all__ = ["CASES", "DIFFERENT", "PLASTICITY", "Case", "write", "write_plastic"]

TSTOP = 40.0
CELLS = (("NodeA", 0), ("NodeB", 0))
ALL = {"add_synapses": True, "add_projections": True, "add_stimuli": True, "add_minis": True}
NOT_OF_FIBRES = ["NodeA__NodeB__chemical", "NodeB__NodeA__chemical"]
_TRAIN = [3.0, 7.5, 7.525, 12.0, 18.3]


@dataclass(frozen=True)
class Case:
    """What is asked for.

    Parameters
    ----------
    changes
        Sections of the configuration that differ; of those that are objects, entries.
    cells
        The cells.
    flags
        Arguments of the peer's ``instantiate_gids``.
    ours
        Those of our ``instantiate`` that say the same.
    trains
        Spikes given for cells that are not loaded.
    circuit
        Name of the circuit.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    cells: tuple[tuple[str, int], ...] = CELLS
    flags: Mapping[str, Any] = field(default_factory=lambda: ALL)
    ours: Mapping[str, Any] = field(default_factory=lambda: {"minis": True})
    trains: tuple[tuple[str, int, list[float]], ...] = ()
    circuit: str = "two_cells"


def _changed(*modifications: dict[str, Any], **conditions: Any) -> Case:
    return Case({"conditions": {**conditions, "modifications": list(modifications)}})


def _overridden(*blocks: dict[str, Any]) -> Case:
    whole = {"source": "Everybody", "target": "All"}
    return Case(
        {"connection_overrides": [{"name": f"block {i}", **whole, **b} for i, b in enumerate(blocks)]}
    )


def _modification(kind: str, text: str, node_set: str = "All") -> dict[str, Any]:
    return {"name": kind, "type": kind, "node_set": node_set, "section_configure": text}


_CLAMP = {"input_type": "current_clamp", "node_set": "All", "delay": 4.0, "duration": 100.0}
CASES: dict[str, Case] = {
    "everything": Case(),
    "no minis": Case(flags={**ALL, "add_minis": False}, ours={"minis": False}),
    "no inputs": Case(flags={**ALL, "add_stimuli": False}, ours={"minis": True, "stimuli": "none"}),
    "no projections": Case(
        flags={**ALL, "add_projections": False}, ours={"minis": True, "synapses": NOT_OF_FIBRES}
    ),
    "one projection": Case(
        flags={**ALL, "add_projections": ["Virtual__NodeB__chemical"]},
        ours={"minis": True, "synapses": [*NOT_OF_FIBRES, "Virtual__NodeB__chemical"]},
    ),
    "no synapses": Case(
        flags={"add_stimuli": True}, ours={"synapses": "none"}
    ),
    "the second cell alone": Case(cells=CELLS[1:]),
    "the other way round": Case(cells=CELLS[::-1]),
    "given spikes": Case(cells=CELLS[1:], trains=(("NodeA", 0, _TRAIN),)),
    "given spikes of a fibre": Case(
        {"inputs": {"fibres": None}}, trains=(("Virtual", 3, _TRAIN), ("Virtual", 7, [5.0]))
    ),
    "spikes of the finished simulation": Case(
        cells=CELLS[:1], flags={**ALL, "add_replay": True}, ours={"minis": True, "replay": "output"}
    ),
    "not connected": Case(
        flags={**ALL, "interconnect_cells": False}, ours={"minis": True, "connect": False}
    ),
    "replayed although both are there": Case(
        flags={**ALL, "interconnect_cells": False, "add_replay": True},
        ours={"minis": True, "connect": False, "replay": "output"},
    ),
    "some sources": Case(
        flags={**ALL, "intersect_pre_gids": [["Virtual", 1], ["Virtual", 4], ["NodeA", 0]]},
        ours={"minis": True, "sources": [("Virtual", 1), ("Virtual", 4), ("NodeA", 0)]},
    ),
    "seeds": Case({"run": {"random_seed": 99, "synapse_seed": 5, "minis_seed": 6, "stimulus_seed": 7}}),
    "no calcium": Case({"conditions": {"extracellular_calcium": None}}),
    "little calcium": Case({"conditions": {"extracellular_calcium": 1.05}}),
    "rise times": Case({"conditions": {"randomize_gaba_rise_time": True}}),
    "mechanisms": Case(
        {
            "conditions": {
                "mechanisms": {
                    "ProbAMPANMDA_EMS": {"minis_single_vesicle": True, "init_depleted": True},
                    "ProbGABAAB_EMS": {"init_depleted": True},
                }
            }
        }
    ),
    "temperature": Case({"conditions": {"celsius": 30.0, "v_init": -75.0}}),
    "spikes at the axon": Case({"conditions": {"spike_location": "AIS"}, "run": {"spike_threshold": -20.0}}),
    "noise": Case(
        {
            "inputs": {
                "noise": {"module": "noise", "mean_percent": 30, "variance": 0.001, **_CLAMP},
                "ou": {"module": "relative_ornstein_uhlenbeck", "tau": 2.5, "mean_percent": 40, "sd_percent": 20,
                       **_CLAMP, "delay": 0.0},
            }
        }
    ),
    "ttx": _changed({"name": "ttx", "type": "ttx", "node_set": "A"}),
    "all sections": _changed(_modification("configure_all_sections", "%s.g_pas *= 1.5; %s.cm = 1.3")),
    "a list": _changed(_modification("section_list", "apical.g_pas *= 0.5; apical.cm *= 2", "A")),
    "a section": _changed(_modification("section", "dend[0].cm = 3")),
    "weights": _overridden({"weight": 0.5}, {"source": "Fibres", "weight": 2.0}),
    "no weight": _overridden({"weight": 1.0}, {"source": "B", "weight": 0.0}),
    "minis of overrides": _overridden({"weight": 1.0, "spont_minis": 4.0}, {"source": "B", "weight": 1.0,
                                      "spont_minis": 0.0}),
    "assignments": _overridden(
        {"weight": 1.0, "synapse_configure": "%s.Fac = 5 %s.Dep = 200"},
        {"source": "B", "target": "A", "weight": 1.0, "synapse_configure": "%s.tau_d_GABAA *= 1.5"},
    ),
    "delays of cells": _overridden({"source": "All", "weight": 1.0, "synapse_delay_override": 1.2}),
    "three of ten": Case(
        cells=(("NodeB", 1), ("NodeA", 0), ("NodeA", 3)), circuit="ten_cells",
    ),
    "one of ten": Case(cells=(("NodeB", 3),), circuit="ten_cells"),
    "one of ten, with the spikes of the others": Case(
        cells=(("NodeA", 2),),
        circuit="ten_cells",
        flags={**ALL, "add_replay": True},
        ours={"minis": True, "replay": "output"},
    ),
}  # fmt: skip

#: Where the peer is wrong, or is not asked for the same; see the spec's words beside them.
DIFFERENT: dict[str, Case] = {
    # an override's delay does not reach replayed spikes
    "delays of fibres": _overridden({"source": "Fibres", "weight": 1.0, "synapse_delay_override": 6.0}),
    # a delayed weight acts from the start
    "delayed weight": _overridden({"weight": 0.0}, {"weight": 1.0, "delay": 12.0}),
    # delays are cut to steps of 0.025 ms, whatever the step is
    "another step": Case({"run": {"dt": 0.05}}),
}


#: Parameters of GluSynapse as the peer knows them, and what the version is named that packages have.
NEWER = {
    "Use": "Use0_TM",
    "Use_d": "Use_d_TM",
    "Use_p": "Use_p_TM",
    "Dep": "Dep_TM",
    "Fac": "Fac_TM",
    "Nrrp": "Nrrp_TM",
}
#: Of a circuit of its own.
PLASTICITY = Case(
    {
        "connection_overrides": [
            {"name": "plain", "source": "Everybody", "target": "All", "weight": 1.0},
            {"name": "plastic", "source": "A", "target": "B", "weight": 1.0, "modoverride": "GluSynapse"},
        ]
    },
    circuit="plastic",
)


def write(folder: Path, circuits: Mapping[str, Path]) -> dict[str, Path]:
    """Write a configuration for each case, with the spikes of a finished simulation; return their paths."""
    draw = np.random.default_rng(8)
    for name in circuits:
        spikes = {
            population: (np.sort(draw.uniform(0, TSTOP, 4 * size)), draw.integers(0, size, 4 * size))
            for population, size in (("NodeA", 6), ("NodeB", 4))
        }
        write_spikes(folder / name / "spikes.h5", spikes)
    return {
        name: _write_case(folder, name, case, circuits[case.circuit])
        for name, case in {**CASES, **DIFFERENT}.items()
    }


def write_plastic(folder: Path, circuit: Path, *, newer: bool = True) -> Path:
    """Write a circuit again, with what plastic synapses need; return the path of the simulation."""
    draw = np.random.default_rng(9)
    target = folder / "circuit"
    with open_circuit(circuit) as original:
        nodes = {
            name: NodeColumns(original.nodes(name), population.kind)
            for name, population in original.node_populations.items()
        }
        edges = {}
        for name, population in original.edge_populations.items():
            found = original.edges(name, 0)
            low_high = {
                "volume_CR": (0.05, 0.3), "rho0_GB": (0, 1), "Use_d_TM": (0.2, 0.4), "Use_p_TM": (0.5, 0.8),
                "gmax_d_AMPA": (0.3, 0.8), "gmax_p_AMPA": (1.0, 2.0), "theta_d": (0.01, 0.03),
                "theta_p": (0.04, 0.08),
            }  # fmt: skip
            more = {}
            if name == "NodeA__NodeB__chemical":
                more = {key: draw.uniform(*span, len(found)) for key, span in low_high.items()}
            targets = np.zeros(len(found), np.int64)
            ends = (population.source, population.target)
            edges[name] = EdgeColumns(*ends, found.sources, targets, {**found.columns, **more})
        sets = json.loads((circuit / "node_sets.json").read_text())
        held = MemoryCircuit(
            nodes,
            edges,
            node_sets=sets,
            cells=original.cell,
            mechanism_folders=original.mechanism_folders,
        )
        write_circuit(held, target)
    for name in ("simulation_without_reports.json", "fibres.h5"):
        shutil.copyfile(circuit / name, target / name)
    mechanism = target / "mod" / "GluSynapse.mod"
    text = mechanism.read_text()
    for new, old in NEWER.items() if newer else ():
        text = re.sub(rf"\b{old}\b", new, text)
    mechanism.write_text(text)
    return _write_case(folder, "plasticity", PLASTICITY, target)


def _write_case(folder: Path, name: str, case: Case, circuit: Path) -> Path:
    config = json.loads((circuit / "simulation_without_reports.json").read_text())
    config["network"] = str(circuit / "circuit_config.json")
    config["inputs"]["fibres"]["spike_file"] = str(circuit / "fibres.h5")
    config["output"] = {"output_dir": str(folder / case.circuit), "spikes_file": "spikes.h5"}
    config["reports"] = {}
    config["run"]["tstop"] = TSTOP
    for section, change in case.changes.items():
        if isinstance(change, dict):
            merged = {**config.get(section, {}), **change}
            config[section] = {key: value for key, value in merged.items() if value is not None}
        else:
            config[section] = change
    path = folder / f"{name.replace(' ', '_').replace(',', '')}.json"
    path.write_text(json.dumps(config))
    return path
