"""One thing wrong at a time: how to break it; and file, key and words of the problem that must be found."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.unit.circuit.validation.simulations import edit, rewrite, write_spikes

Break = Callable[[Path], object]


def _config(change: Callable[[Any], object]) -> Break:
    return lambda folder: edit(folder / "simulation_config.json", change)


def _circuit(change: Callable[[Any], object]) -> Break:
    return lambda folder: edit(folder / "circuit_config.json", change)


def _sets(change: Callable[[Any], object]) -> Break:
    return lambda folder: edit(folder / "node_sets_of_simulation.json", change)


def _places(places: object, population: str = "S1") -> Break:
    text = {"places": {"population": population, "compartment_set": places}}
    return lambda folder: rewrite(folder / "compartment_sets.json", text)


def _spikes(times: Any, ids: Any, population: str = "V") -> Break:
    return lambda folder: write_spikes(folder / "replay.h5", {population: (times, ids)})


def _h5(name: str, change: Callable[[h5py.File], object]) -> Break:
    def broken(folder: Path) -> None:
        with h5py.File(folder / name, "a") as file:
            change(file)

    return broken


def _cut(name: str) -> Break:
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size // 3)


def _replace(file: h5py.File, path: str, value: Any) -> None:
    del file[path]
    file[path] = value


REPLAY = "inputs.z3_synapse_replay.spike_file"
SIM, CIRCUIT, SETS, PLACES = (
    "simulation_config.json",
    "circuit_config.json",
    "node_sets_of_simulation.json",
    "compartment_sets.json",
)
WRONG: dict[str, tuple[Break, str, str, str]] = {
    "no circuit": (lambda f: (f / CIRCUIT).unlink(), SIM, "network", "no such file"),
    "circuit is a folder": (_config(lambda c: c.update(network=".")), SIM, "network", "a folder"),
    "no node sets": (lambda f: (f / SETS).unlink(), SIM, "node_sets_file", "no such file"),
    "no compartment sets": (lambda f: (f / PLACES).unlink(), SIM, "compartment_sets_file", "no such file"),
    "no spikes": (lambda f: (f / "replay.h5").unlink(), SIM, REPLAY, "no such file"),
    "circuit is no JSON": (lambda f: (f / CIRCUIT).write_text("{"), CIRCUIT, "", "not JSON"),
    "circuit without networks": (_circuit(lambda c: c.pop("networks")), CIRCUIT, "networks", "an object"),
    "no file of nodes": (
        lambda f: (f / "points.h5").unlink(),
        CIRCUIT,
        "networks.nodes[2].nodes_file",
        "no such file",
    ),
    "no file of edges": (
        lambda f: (f / "edges.h5").unlink(),
        CIRCUIT,
        "networks.edges[0].edges_file",
        "no such file",
    ),
    "no circuit's node sets": (
        lambda f: (f / "node_sets.json").unlink(),
        CIRCUIT,
        "node_sets_file",
        "no such file",
    ),
    "text for HDF5": (
        lambda f: (f / "edges.h5").write_text("x" * 99),
        CIRCUIT,
        "networks.edges[0].edges_file",
        "not an HDF5",
    ),
    "circuit's variable": (
        _circuit(lambda c: c["manifest"].clear()),
        CIRCUIT,
        "node_sets_file",
        "no variable $BASE",
    ),
    "population twice": (
        _circuit(lambda c: c["networks"]["nodes"].append(c["networks"]["nodes"][0])),
        CIRCUIT,
        "networks.nodes[3].populations.S1",
        "already",
    ),
    "no such population": (
        _circuit(lambda c: c["networks"]["nodes"][1]["populations"].update(W={"type": "virtual"})),
        "virtual.h5",
        "",
        "W",
    ),
    "unknown node set": (
        _config(lambda c: c.update(node_set="Some1")),
        SIM,
        "node_set",
        "did you mean 'Some'?",
    ),
    "empty node set": (_config(lambda c: c.update(node_set="Empty")), SIM, "node_set", "is empty"),
    "cyclic node set": (_sets(lambda s: s.update(Some=["A"], A=["Some"])), SIM, "node_set", "Some"),
    "id out of range": (_sets(lambda s: s["Some"].update(node_id=[0, 5])), SIM, "node_set", "5"),
    "only virtual": (_config(lambda c: c.update(node_set="Inputs")), SIM, "node_set", "only virtual nodes"),
    "set of an input": (
        _config(lambda c: c["inputs"]["z9_linear"].update(node_set="X")),
        SIM,
        "inputs.z9_linear.node_set",
        "no such node set",
    ),
    "cells of a report": (
        _config(lambda c: c["reports"]["soma"].update(cells="X")),
        SIM,
        "reports.soma.cells",
        "no such",
    ),
    "source": (
        _config(lambda c: c["connection_overrides"][1].update(source="X")),
        SIM,
        "connection_overrides[1].source",
        "no such",
    ),
    "target": (
        _config(lambda c: c["connection_overrides"][1].update(target="Empty")),
        SIM,
        "connection_overrides[1].target",
        "empty",
    ),
    "set of a modification": (
        _config(lambda c: c["conditions"]["modifications"][0].update(node_set="X")),
        SIM,
        "conditions.modifications[0].node_set",
        "no such",
    ),
    "compartment set": (
        _config(lambda c: c["reports"]["some"].update(compartment_set="X")),
        SIM,
        "reports.some.compartment_set",
        "no such compartment set; compartment sets: places",
    ),
    "compartment set's file": (
        _config(lambda c: c.pop("compartment_sets_file")),
        SIM,
        "reports.some.compartment_set",
        "compartment_sets_file is missing",
    ),
    "unsorted places": (
        _places([[1, 0, 0.5], [0, 0, 0.5]]),
        PLACES,
        "places.compartment_set[1]",
        "sort the list",
    ),
    "a place outside": (_places([[0, 0, 1.5]]), PLACES, "places.compartment_set[0][2]", "from 0 to 1"),
    "a place on no node": (_places([[7, 0, 0.5]]), SIM, "reports.some.compartment_set", "has node 7"),
    "no places": (_places([]), SIM, "reports.some.compartment_set", "is empty"),
    "places elsewhere": (
        _places([[0, 0, 0.5]], "T1"),
        SIM,
        "reports.some.compartment_set",
        "'T1' is not in the circuit",
    ),
    "spikes of nobody": (
        _spikes([1], [0], "W"),
        SIM,
        REPLAY,
        "population 'W', which the circuit does not have",
    ),
    "spikes of no node": (_spikes([1, 2], [0, 10]), SIM, REPLAY, "node 10, but its nodes are 0 to 9"),
    "spikes never": (_spikes([1, np.nan], [0, 1]), SIM, REPLAY, "NaN"),
    "fewer ids": (_spikes([1, 2], [0]), SIM, REPLAY, "2 timestamps but 1 node_ids"),
    "spikes are JSON": (lambda f: shutil.copy(f / SIM, f / "replay.h5"), SIM, REPLAY, "not an HDF5 file"),
    "spikes are nodes": (
        lambda f: shutil.copy(f / "nodes.h5", f / "replay.h5"),
        SIM,
        REPLAY,
        "has no group /spikes",
    ),
    "spikes without ids": (
        _h5("replay.h5", lambda h: h.__delitem__("spikes/V/node_ids")),
        SIM,
        REPLAY,
        "node_ids is missing",
    ),
    "spikes cut off": (_cut("replay.h5"), SIM, REPLAY, "damaged"),
    "report between steps": (
        _config(lambda c: c["reports"]["soma"].update(dt=0.04)),
        SIM,
        "reports.soma.dt",
        "such as 0.025 or 0.05",
    ),
    "report too fast": (
        _config(lambda c: c["reports"]["soma"].update(dt=0.01)),
        SIM,
        "reports.soma.dt",
        "must not be below run.dt",
    ),
    "report too late": (
        _config(lambda c: c["reports"]["soma"].update(start_time=100, end_time=200)),
        SIM,
        "reports.soma.start_time",
        "the run ends at 100 ms",
    ),
    "two reports, one file": (
        _config(lambda c: c["reports"]["soma"].update(file_name="d.h5")),
        SIM,
        "reports.dend.file_name",
        "reports.soma",
    ),
    "report over spikes": (
        _config(lambda c: c["reports"]["soma"].update(file_name="spikes")),
        SIM,
        "reports.soma.file_name",
        "output.spikes_file",
    ),
    "output is a file": (lambda f: (f / "results").write_text(""), SIM, "output.output_dir", "no folder"),
    "skipped altogether": (
        _config(lambda c: c["run"].update(tstart=100)),
        SIM,
        "run.tstart",
        "before the end",
    ),
    "a call": (
        _config(lambda c: c["connection_overrides"][0].update(synapse_configure='%s.mg = nrnpython("x")')),
        SIM,
        "connection_overrides[0].synapse_configure",
        "nrnpython",
    ),
    "a second statement": (
        _config(lambda c: c["connection_overrides"][0].update(synapse_configure="%s.mg = 1 } quit() {")),
        SIM,
        "connection_overrides[0].synapse_configure",
        "nothing was executed",
    ),
    "no placeholder": (
        _config(lambda c: c["conditions"]["modifications"][1].update(section_configure="g_pas = 1")),
        SIM,
        "conditions.modifications[1].section_configure",
        "%s.<parameter>",
    ),
    "no list of sections": (
        _config(lambda c: c["conditions"]["modifications"][2].update(section_configure="apicl.g_pas = 1")),
        SIM,
        "conditions.modifications[2].section_configure",
        "did you mean 'apical'?",
    ),
    "no section": (
        _config(lambda c: c["conditions"]["modifications"][3].update(section_configure="soma.g_pas = 1")),
        SIM,
        "conditions.modifications[3].section_configure",
        "sections are like",
    ),
    "no assignment": (
        _config(lambda c: c["conditions"]["modifications"][4].update(section_configure="  ")),
        SIM,
        "conditions.modifications[4].section_configure",
        "no assignments",
    ),
    "no template": (lambda f: (f / "hoc" / "small.hoc").unlink(), str(Path("hoc", "small.hoc")), "", "small"),
    "no morphology": (lambda f: (f / "morphologies" / "m2.swc").unlink(), "", "", "m2"),
    "nodes cut off": (_cut("nodes.h5"), "nodes.h5", "", ""),
    "edges cut off": (_cut("edges.h5"), "edges.h5", "", ""),
    "no index": (
        _h5("edges.h5", lambda h: h.__delitem__("edges/S1__S1__chemical/indices")),
        "edges.h5",
        "",
        "ind",
    ),
    "no model": (_h5("nodes.h5", lambda h: h.__delitem__("nodes/S1/0/morphology")), "", "", "morphology"),
    "edges from nowhere": (
        _h5(
            "edges.h5",
            lambda h: h["edges/S1__S1__chemical/source_node_id"].attrs.__setitem__("node_population", "T1"),
        ),
        CIRCUIT,
        "",
        "source of population 'S1__S1__chemical' is not in the circuit",
    ),
    "no position": (
        _h5("nodes.h5", lambda h: h.__delitem__("nodes/S1/0/y")),
        SIM,
        "inputs.z4_spatially_uniform_e_field.module",
        "needs y of the cells",
    ),
    "no orientation": (
        _h5("nodes.h5", lambda h: h.__delitem__("nodes/S1/0/rotation_angle_yaxis")),
        SIM,
        "inputs.z4_spatially_uniform_e_field.module",
        "orientation_w",
    ),
    "no resistance": (
        _config(lambda c: c["inputs"]["z9_relative_shot_noise"].update(input_type="conductance")),
        SIM,
        "inputs.z9_relative_shot_noise.module",
        "@dynamics:input_resistance",
    ),
    "a rate below zero": (
        _h5(
            "nodes.h5",
            lambda h: [
                h["nodes/S1/0"].create_dataset(f"{k}_mini_frequency", data=[1.0, -1, 0, 0, 0])
                for k in ("exc", "inh")
            ],
        ),
        CIRCUIT,
        "",
        "S1/1",
    ),
    "one rate alone": (
        _h5("nodes.h5", lambda h: h["nodes/S1/0"].create_dataset("exc-mini_frequency", data=[1.0] * 5)),
        CIRCUIT,
        "",
        "inh-mini_frequency",
    ),
    "two spellings": (
        _h5(
            "nodes.h5",
            lambda h: [
                h["nodes/S1/0"].create_dataset(f"{k}mini_frequency", data=[float(len(k) + ord(k[-1]))] * 5)
                for k in ("exc-", "inh-", "exc_", "inh_")
            ],
        ),
        CIRCUIT,
        "",
        "differs from exc-mini_frequency",
    ),
}
