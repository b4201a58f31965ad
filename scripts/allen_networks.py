"""Make networks with BMTK's NetworkBuilder; run by the Python that has bmtk, not by ours.

``python scripts/allen_networks.py BIONET TARGET``: BIONET is the folder ``bmtk/utils/scripts/bionet`` of the
bmtk wheel. TARGET gets ``components`` and, each in a folder of its own,

- ``one``: a pyramidal cell, and ten fibres;
- ``fourteen``: ten perisomatic cells of five morphologies and four point neurons, all connected, and twenty
  fibres; synapses at given places and at drawn ones, weights by functions;
- ``kinds``: one cell of every template and every processing, gap junctions between the first two;
- ``sixty``: sixty cells of five morphologies, 10 000 synapses: half recurrent and drawn, half of fibres and
  placed.

All is deterministic. Nothing of it is committed.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import h5py
import numpy as np
from allen_texts import GAP, NEUROML, SYNAPSES, TEMPLATE
from bmtk.builder.networks import NetworkBuilder

#: Morphology and parameters of a cell by the name of its population.
CELLS = {
    "Scnn1a": ("Scnn1a_473845048_m.swc", "472363762_fit.json", "e"),
    "Rorb": ("Rorb_325404214_m.swc", "473863510_fit.json", "e"),
    "Nr5a1": ("Nr5a1_471087815_m.swc", "473863035_fit.json", "e"),
    "PV1": ("Pvalb_470522102_m.swc", "472912177_fit.json", "i"),
    "PV2": ("Pvalb_469628681_m.swc", "473862421_fit.json", "i"),
}
POINTS = {"LIF_exc": ("IntFire1_exc_1.json", "e"), "LIF_inh": ("IntFire1_inh_1.json", "i")}
TSTOP = 500.0
#: Sections of the dendrites that all five morphologies have once the axon is replaced.
SECTIONS = (1, 12)


def copy_components(bionet: Path, target: Path) -> None:
    """Copy what the wheel has, and add gap junctions, a hoc template, NeuroML and two models of synapses."""
    names = ("biophysical_neuron_models", "point_neuron_models", "synaptic_models", "morphologies")
    for name in names:
        shutil.copytree(bionet / name, target / name)
    shutil.copytree(bionet / "mechanisms" / "modfiles", target / "mechanisms" / "modfiles")
    (target / "mechanisms" / "modfiles" / "gap.mod").write_text(GAP)
    (target / "templates").mkdir()
    (target / "templates" / "Ball.hoc").write_text(TEMPLATE)
    models = target / "biophysical_neuron_models"
    (models / "perisomatic.nml").write_text(NEUROML)
    (models / "ball.json").write_text(json.dumps({"params": [18.0, 250.0]}))
    for name, values in SYNAPSES.items():
        (target / "synaptic_models" / name).write_text(json.dumps(values))


def add_cells(network: NetworkBuilder, rng: np.random.Generator, counts: dict[str, int]) -> None:
    """Perisomatic cells, somewhere in a cylinder, turned about two axes."""
    for name, count in counts.items():
        morphology, fit, kind = CELLS[name]
        network.add_nodes(
            N=count,
            pop_name=name,
            ei=kind,
            model_type="biophysical",
            model_template="ctdb:Biophys1.hoc",
            model_processing="aibs_perisomatic",
            morphology=morphology,
            dynamics_params=fit,
            x=rng.uniform(-200, 200, count),
            y=rng.uniform(-400, 0, count),
            z=rng.uniform(-200, 200, count),
            rotation_angle_yaxis=rng.uniform(0, 2 * np.pi, count),
            rotation_angle_zaxis=rng.uniform(-0.5, 0.5, count),
            tuning_angle=rng.uniform(0, 360, count),
        )


def add_points(network: NetworkBuilder, counts: dict[str, int]) -> None:
    """Integrate-and-fire cells."""
    for name, count in counts.items():
        parameters, kind = POINTS[name]
        network.add_nodes(
            N=count,
            pop_name=name,
            ei=kind,
            model_type="point_process",
            model_template="nrn:IntFire1",
            dynamics_params=parameters,
            tuning_angle=np.linspace(10, 350, count),
        )


def add_fibres(name: str, count: int) -> NetworkBuilder:
    """Cells that only have spikes."""
    network = NetworkBuilder(name)
    network.add_nodes(
        N=count,
        pop_name=name,
        model_type="virtual",
        ei="e",
        tuning_angle=np.linspace(0, 359, count),
    )
    return network


def counts_of(rng: np.random.Generator, chance: float, low: int, high: int, *, itself: bool = False):
    """Return a rule: how many synapses a pair of cells has; None is no edge."""

    def rule(source, target):
        if not itself and source.node_id == target.node_id and source["model_type"] != "virtual":
            return None
        return int(rng.integers(low, high + 1)) if rng.random() < chance else None

    return rule


def placed(
    edges, rng: np.random.Generator, names: tuple[str, str], sections: tuple[int, int] = SECTIONS
) -> None:
    """Give every edge a section and a place on it."""
    edges.add_properties(
        list(names),
        rule=lambda *_: (int(rng.integers(*sections)), float(rng.uniform(0.05, 0.95))),
        dtypes=[int, float],
    )


def once(rng: np.random.Generator, chance: float):
    """Return a rule: one edge, or none."""
    return lambda *_: 1 if rng.random() < chance else None


def write_trains(path: Path, trains: dict[str, dict[int, np.ndarray]], *, text: bool = False) -> None:
    """Write spikes as SONATA, and as a table of the same beside it."""
    with h5py.File(path, "w") as file:
        file.attrs["magic"] = np.uint32(0x0A7A)
        file.attrs["version"] = np.array([0, 1], np.uint32)
        for name, by_node in trains.items():
            group = file.create_group(f"spikes/{name}")
            group.attrs["sorting"] = "by_id"
            group["node_ids"] = np.repeat(list(by_node), [len(times) for times in by_node.values()]).astype(
                np.uint64
            )
            group["timestamps"] = np.concatenate(list(by_node.values()))
            group["timestamps"].attrs["units"] = "milliseconds"
    if text:
        rows = [
            f"{time!r} {name} {node}"
            for name, by_node in trains.items()
            for node, times in by_node.items()
            for time in times.tolist()
        ]
        path.with_suffix(".csv").write_text("timestamps population node_ids\n" + "\n".join(rows) + "\n")
        with h5py.File(path.with_suffix(".nwb"), "w") as file:
            for by_node in trains.values():
                for node, times in by_node.items():
                    file[f"processing/trial_0/spike_train/{node}/data"] = times


def trains(rng: np.random.Generator, count: int, rate: float) -> dict[int, np.ndarray]:
    """Return Poisson trains by node; rounded, so that texts say the same."""
    found = {}
    for node in range(count):
        number = rng.poisson(rate * TSTOP / 1000)
        found[node] = np.round(np.sort(rng.uniform(0, TSTOP, number)), 3)
    return found


def make_one(folder: Path) -> None:
    """Write ``one``."""
    rng = np.random.default_rng(1)
    cortex = NetworkBuilder("cortex")
    add_cells(cortex, rng, {"Scnn1a": 1})
    fibres = add_fibres("lgn", 10)
    fibres.add_edges(
        source=fibres.nodes(),
        target=cortex.nodes(),
        connection_rule=counts_of(rng, 1.0, 8, 12),
        syn_weight=4.0e-4,
        delay=2.0,
        dynamics_params="AMPA_ExcToExc.json",
        model_template="exp2syn",
        weight_function="wmax",
        target_sections=["basal", "apical"],
        distance_range=[0.0, 150.0],
    )
    save(folder, cortex, fibres)
    write_trains(folder / "lgn_spikes.h5", {"lgn": trains(rng, 10, 15.0)}, text=True)


def make_fourteen(folder: Path) -> None:
    """Write ``fourteen``."""
    rng = np.random.default_rng(14)
    cortex = NetworkBuilder("cortex")
    add_cells(cortex, rng, dict.fromkeys(CELLS, 2))
    add_points(cortex, {"LIF_exc": 2, "LIF_inh": 2})
    drawn = {"delay": 2.0, "target_sections": ["basal", "apical"], "distance_range": [0.0, 150.0]}
    for cell_type, weight, parameters, more in (
        ("biophysical", 6e-5, "AMPA_ExcToExc.json", {"model_template": "exp2syn", **drawn}),
        ("point_process", 0.02, "instantaneousExc.json", {"delay": 1.5}),
    ):
        cortex.add_edges(
            source={"ei": "e"},
            target={"model_type": cell_type},
            connection_rule=counts_of(rng, 0.7, 3, 9),
            syn_weight=weight,
            weight_function="gaussianLL",
            weight_sigma=50.0,
            dynamics_params=parameters,
            **more,
        )
    cortex.add_edges(
        source={"ei": "i"},
        target={"model_type": "biophysical"},
        connection_rule=counts_of(rng, 0.6, 2, 6),
        syn_weight=1.5e-4,
        delay=1.0,
        dynamics_params="GABA_InhToExc.json",
        model_template="Exp2Syn",
        target_sections=["somatic", "basal"],
        distance_range=[0.0, 50.0],
    )
    cortex.add_edges(
        source={"ei": "i"},
        target={"model_type": "point_process"},
        connection_rule=counts_of(rng, 0.6, 1, 3),
        syn_weight=0.01,
        delay=1.0,
        dynamics_params="instantaneousInh.json",
    )
    edges = cortex.add_edges(
        source={"pop_name": "Scnn1a"},
        target={"ei": "i", "model_type": "biophysical"},
        connection_rule=once(rng, 0.9),
        syn_weight=3e-4,
        delay=1.2,
        dynamics_params="steep.json",
        model_template="exp2syn",
    )
    placed(edges, rng, ("sec_id", "sec_x"))
    lgn, tw = add_fibres("lgn", 12), add_fibres("tw", 8)
    lgn.add_edges(
        source=lgn.nodes(),
        target=cortex.nodes(model_type="biophysical"),
        connection_rule=counts_of(rng, 0.8, 5, 12),
        syn_weight=2.5e-4,
        weight_function="wmax",
        dynamics_params="AMPA_ExcToExc.json",
        model_template="exp2syn",
        **drawn,
    )
    lgn.add_edges(
        source=lgn.nodes(),
        target=cortex.nodes(model_type="point_process"),
        connection_rule=counts_of(rng, 0.8, 5, 10),
        syn_weight=0.045,
        delay=1.5,
        dynamics_params="instantaneousExc.json",
    )
    edges = tw.add_edges(
        source=tw.nodes(),
        target=cortex.nodes(model_type="biophysical"),
        connection_rule=once(rng, 0.8),
        syn_weight=2e-4,
        delay=0.5,
        dynamics_params="slow.json",
        model_template="expsyn",
    )
    placed(edges, rng, ("afferent_section_id", "afferent_section_pos"))
    save(folder, cortex, lgn, tw)
    write_trains(folder / "lgn_spikes.h5", {"lgn": trains(rng, 12, 25.0)}, text=True)
    write_trains(folder / "tw_spikes.h5", {"tw": trains(rng, 8, 15.0)})


def make_kinds(folder: Path) -> None:
    """Write ``kinds``."""
    rng = np.random.default_rng(7)
    cortex = NetworkBuilder("cortex")
    add_cells(cortex, rng, {"Scnn1a": 1, "PV1": 1})
    ctdb = "ctdb:Biophys1.hoc"
    rows = (
        ("allactive", ctdb, "aibs_allactive", "Scnn1a", "318331342_fit.json"),
        ("allactive_directed", ctdb, "aibs_allactive_directed", "Rorb", "318331342_fit.json"),
        ("perisomatic_directed", ctdb, "aibs_perisomatic_directed", "Nr5a1", "473863035_fit.json"),
        ("extracellular", ctdb, "aibs_perisomatic,extracellular", "PV2", "473862421_fit.json"),
        ("nml", "nml:perisomatic.nml", None, "Scnn1a", None),
        ("hoc", "hoc:Ball", None, None, "ball.json"),
    )
    for name, template, processing, cell, parameters in rows:
        more = {"model_processing": processing, "dynamics_params": parameters}
        if cell:
            more["morphology"] = CELLS[cell][0]
        network_values = {key: value for key, value in more.items() if value}
        cortex.add_nodes(
            N=1, pop_name=name, ei="e", model_type="biophysical", model_template=template, **network_values
        )
    fibres = add_fibres("lgn", 8)
    fibres.add_edges(
        source=fibres.nodes(),
        target=cortex.nodes(),
        connection_rule=counts_of(rng, 1.0, 6, 12),
        syn_weight=5e-4,
        delay=2.0,
        dynamics_params="AMPA_ExcToExc.json",
        model_template="exp2syn",
        target_sections=["somatic", "basal"],
        distance_range=[0.0, 200.0],
    )
    cortex.add_gap_junctions(
        source={"pop_name": "Scnn1a"},
        target={"pop_name": "PV1"},
        resistance=2000.0,
        target_sections=["somatic"],
        connection_rule=1,
    )
    save(folder, cortex, fibres)
    write_trains(folder / "lgn_spikes.h5", {"lgn": trains(rng, 8, 25.0)})


def connect(cortex: NetworkBuilder, rng: np.random.Generator, chance: float) -> None:
    """Connect detailed cells with each other, at drawn places."""
    for kind, weight, parameters, sections in (
        ("e", 3e-5, "AMPA_ExcToExc.json", ["basal", "apical"]),
        ("i", 6e-5, "GABA_InhToExc.json", ["somatic", "basal"]),
    ):
        cortex.add_edges(
            source={"ei": kind, "model_type": "biophysical"},
            target=cortex.nodes(model_type="biophysical"),
            connection_rule=counts_of(rng, chance, 3, 8),
            syn_weight=weight,
            delay=2.0,
            dynamics_params=parameters,
            model_template="exp2syn",
            target_sections=sections,
            distance_range=[0.0, 200.0],
        )


def drive(fibres: NetworkBuilder, cortex: NetworkBuilder, rng: np.random.Generator, chance: float) -> None:
    """Let fibres excite detailed cells, at given places."""
    edges = fibres.add_edges(
        source=fibres.nodes(),
        target=cortex.nodes(model_type="biophysical"),
        connection_rule=once(rng, chance),
        syn_weight=6e-4,
        delay=2.0,
        dynamics_params="AMPA_ExcToExc.json",
        model_template="exp2syn",
    )
    placed(edges, rng, ("sec_id", "sec_x"))


def make_sixty(folder: Path) -> None:
    """Write ``sixty``."""
    rng = np.random.default_rng(60)
    cortex = NetworkBuilder("cortex")
    add_cells(cortex, rng, dict.fromkeys(CELLS, 12))
    connect(cortex, rng, 0.255)
    fibres = add_fibres("lgn", 100)
    drive(fibres, cortex, rng, 5000 / 6000)
    save(folder, cortex, fibres)
    write_trains(folder / "lgn_spikes.h5", {"lgn": trains(rng, 100, 12.0)})


def save(folder: Path, *networks: NetworkBuilder) -> None:
    """Build and write networks."""
    for network in networks:
        network.build()
        network.save(output_dir=str(folder / "network"))


def main(bionet: str, target: str) -> None:
    """Make everything."""
    root = Path(target)
    np.random.seed(0)  # noqa: NPY002 - what the builder itself may draw
    copy_components(Path(bionet), root / "components")
    for name, make in {
        "one": make_one,
        "fourteen": make_fourteen,
        "kinds": make_kinds,
        "sixty": make_sixty,
    }.items():
        (root / name / "network").mkdir(parents=True)
        make(root / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
