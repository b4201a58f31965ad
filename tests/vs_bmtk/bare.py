"""The network ``one`` in plain NEURON, by the rules of the dialect; neither bmtk nor bluecellab is imported.

``bare.py LIBRARY ROOT WHAT ELECTRODES RESULT``: WHAT is ``plain``, ``clamped`` (a voltage clamp of 2 Mohm holds the
soma at -60 mV from 30 to 80 ms) or ``electrodes`` (the potential at them, of membrane currents of ``use_fast_imem``).
"""

from __future__ import annotations

import csv
import itertools
import json
import sys
from pathlib import Path

import h5py
import numpy as np
from neuron import h

DT, CELSIUS, V_INIT, THRESHOLD = 0.1, 34.0, -80.0, -15.0
TEMPLATE = """
begintemplate BareCell
public soma, dend, apic, axon, all, somatic, basal, apical, axonal
create soma[1], dend[1], apic[1], axon[1]
objref all, somatic, basal, apical, axonal
proc init() {
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    apical = new SectionList()
    axonal = new SectionList()
}
endtemplate BareCell
"""
TYPES = {"somatic": 1, "axonal": 2, "basal": 3, "apical": 4}
KINDS = {"soma": 1, "axon": 2, "dend": 3, "apic": 4}


class Cell:
    """A perisomatic cell: its sections in order, the type of each."""

    def __init__(self, morphology, fit):
        h.load_file("stdlib.hoc")
        h.load_file("import3d.hoc")
        h(TEMPLATE)
        self.hoc = h.BareCell()
        reader = h.Import3d_SWC_read()
        reader.quiet = 1
        reader.input(str(morphology))
        h.Import3d_GUI(reader, 0).instantiate(self.hoc)
        for section in list(self.hoc.axonal):
            h.delete_section(sec=section)
        self.soma = self.hoc.soma[0]
        self.stubs = [h.Section(name="stub0"), h.Section(name="stub1")]
        for stub in self.stubs:
            stub.L, stub.diam = 30.0, 1.0
        self.stubs[0].connect(self.soma(0.5), 0)
        self.stubs[1].connect(self.stubs[0](1.0), 0)
        h.define_shape()
        self.types = [
            (section, kind)
            for section in self.hoc.all
            for name, kind in TYPES.items()
            if any(section == each for each in getattr(self.hoc, name))
        ] + [(stub, 2) for stub in self.stubs]
        self._parameters(json.loads(fit.read_text()))
        for section, _ in self.types:
            section.nseg = 1 + 2 * int(section.L / 40.0)

    def of_kind(self, name):
        return [section for section, kind in self.types if kind == KINDS[name]]

    def _parameters(self, fit):
        passive = fit["passive"][0]
        capacities = {each["section"]: each["cm"] for each in passive["cm"]}
        for kind in KINDS:
            for section in self.of_kind(kind):
                section.Ra, section.cm = passive["ra"], capacities[kind]
                section.insert("pas")
                section.e_pas = passive["e_pas"]
        for entry in fit["genome"]:
            for section in self.of_kind(entry["section"]):
                if entry["mechanism"]:
                    section.insert(entry["mechanism"])
                setattr(section, entry["name"], float(entry["value"]))
        for entry in fit["conditions"][0]["erev"]:
            for section in self.of_kind(entry["section"]):
                section.ena, section.ek = entry["ena"], entry["ek"]

    def segments(self):
        return [segment for section, _ in self.types for segment in section]


def table(path):
    with path.open() as file:
        return {
            int(row[f"{path.stem.split('_')[-2]}_type_id"]): row
            for row in csv.DictReader(file, delimiter=" ")
        }


def synapses(cell, network, components, trains):
    """Draw places and make a synapse for each; everything made is returned to be kept."""
    types = table(network / "lgn_cortex_edge_types.csv")
    with h5py.File(network / "lgn_cortex_edges.h5") as file:
        edges = file["edges/lgn_to_cortex"]
        rows = list(
            zip(edges["source_node_id"][:], edges["edge_type_id"][:], edges["0/nsyns"][:], strict=True)
        )
        ranges = edges["indices/target_to_source/range_to_edge_id"][:]
    order = [edge for first, last in ranges for edge in range(first, last)]
    rng = np.random.RandomState(0)
    h.distance(0, cell.soma(0.0))
    segments, kinds, lengths, middles = [], [], [], []
    for section, kind in cell.types:
        for segment in section:
            segments.append(segment)
            kinds.append(kind)
            lengths.append(section.L / section.nseg)
            middles.append(h.distance(segment))
    lengths, middles = np.array(lengths), np.array(middles)
    made = []
    for edge in order:
        source, edge_type, count = rows[edge]
        row = types[int(edge_type)]
        low, high = json.loads(row["distance_range"])
        wanted = [TYPES[{"soma": "somatic"}.get(name, name)] for name in eval(row["target_sections"])]
        begin, end = middles - lengths / 2, middles + lengths / 2
        overlap = np.maximum(0, np.minimum(end, high) - np.maximum(begin, low)) / lengths
        chosen = np.nonzero((overlap > 0) & np.isin(kinds, wanted))[0]
        chances = (lengths * overlap)[chosen]
        values = json.loads((components / "synaptic_models" / row["dynamics_params"]).read_text())
        for index in rng.choice(chosen, int(count), p=chances / chances.sum()):
            synapse = h.Exp2Syn(segments[index])
            synapse.e, synapse.tau1, synapse.tau2 = values["erev"], values["tau1"], values["tau2"]
            stream, times = h.VecStim(), h.Vector(trains[int(source)])
            stream.play(times)
            netcon = h.NetCon(stream, synapse)
            netcon.delay, netcon.weight[0] = float(row["delay"]), float(row["syn_weight"])
            made.append((synapse, stream, times, netcon))
    return made


def line_source(cell, node, electrodes):
    """Return ohm-like factors, shape (electrodes, segments): potential in mV of a current in nA."""
    points = [
        np.array([(s.x3d(k), s.y3d(k), s.z3d(k), s.arc3d(k)) for k in range(s.n3d())]) for s, _ in cell.types
    ]
    (soma,) = [each for each, (section, _) in zip(points, cell.types, strict=True) if section == cell.soma]
    centre = soma[:, :3].mean(axis=0)
    turn = np.eye(3)
    for axis, angle in enumerate(node[3:]):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        about = np.eye(3)
        about[one, one] = about[two, two] = np.cos(angle)
        about[one, two], about[two, one] = -np.sin(angle), np.sin(angle)
        turn = turn @ about
    ends = []
    for each, (section, _) in zip(points, cell.types, strict=True):
        arcs = np.linspace(0, each[-1, 3], section.nseg + 1)
        places = np.column_stack([np.interp(arcs, each[:, 3], each[:, axis]) for axis in range(3)])
        places = (places - centre) @ turn.T + np.array(node[:3])
        ends += list(itertools.pairwise(places))
    factors = np.empty((len(electrodes), len(ends)))
    for column, (start, stop) in enumerate(ends):
        along = stop - start
        length = np.linalg.norm(along)
        away = electrodes - (start + stop) / 2
        h_ = np.abs(away @ along) / length
        square = (away * away).sum(axis=1) - h_**2
        up, low = h_ + length / 2, h_ - length / 2
        ratio = (up + np.sqrt(up**2 + square)) / (low + np.sqrt(low**2 + square))
        factors[:, column] = np.log(ratio) / length / (4 * np.pi * 0.3)
    return factors


def main(library, root, what, electrodes, result):
    """Simulate."""
    h.nrn_load_dll(library)
    h.load_file("stdrun.hoc")
    root = Path(root)
    components, network = root / "components", root / "one" / "network"
    (row,) = table(network / "cortex_node_types.csv").values()
    cell = Cell(
        components / "morphologies" / row["morphology"],
        components / "biophysical_neuron_models" / row["dynamics_params"],
    )
    with h5py.File(root / "one" / "lgn_spikes.h5") as file:
        group = file["spikes/lgn"]
        trains = {k: np.sort(group["timestamps"][:][group["node_ids"][:] == k]) for k in range(10)}
    kept = [synapses(cell, network, components, trains)]
    found = h.Vector()
    detector = h.NetCon(cell.soma(0.5)._ref_v, None, sec=cell.soma)
    detector.threshold = THRESHOLD
    detector.record(found)
    steps = 1500 if what != "electrodes" else 600
    clamp = None
    if what == "clamped":
        clamp = h.SEClamp(cell.soma(0.5))
        clamp.dur1, clamp.amp1, clamp.rs = 1e9, -60.0, 1e21
    segments = cell.segments()
    if what == "electrodes":
        h.CVode().use_fast_imem(1)
    h.dt, h.steps_per_ms, h.secondorder, h.celsius = DT, 1 / DT, 0, CELSIUS
    h.finitialize(V_INIT)
    voltages, currents = [], []
    for step in range(steps):
        if clamp is not None:
            clamp.rs = 2.0 if 300 <= step < 800 else 1e21
        h.fadvance()
        voltages.append(cell.soma(0.5).v)
        if what == "electrodes":
            currents.append([segment.i_membrane_ for segment in segments])
    answer = {"v": voltages, "spikes": np.array(found)}
    if what == "electrodes":
        with h5py.File(network / "cortex_nodes.h5") as file:
            group = file["nodes/cortex/0"]
            names = ("x", "y", "z", *(f"rotation_angle_{axis}axis" for axis in "xyz"))
            node = [float(group[name][0]) if name in group else 0.0 for name in names]
        places = np.loadtxt(electrodes, skiprows=1)[:, 1:]
        answer["ecp"] = np.array(currents) @ line_source(cell, node, places).T
    np.savez(result, **answer)
    del kept


if __name__ == "__main__":
    main(*sys.argv[1:])
