"""What we read is what libsonata and bluepysnap read."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import bluepysnap
import libsonata
import numpy as np
import pytest

from bluecellab.circuit.obi import open_circuit
from bluecellab.errors import NodeSetError
from tests.unit.circuit.sonata_files import write_config, write_edges, write_nodes, write_small_circuit

MTYPES = ["L1_DAC", "L23_PC", "L4_SSC", "L5_TPC:A", "L5_TPC:B", "L6_UPC"]


def write_random_circuit(folder: Path, rng: np.random.Generator, *, ordered: bool) -> Path:
    sizes = {name: int(rng.integers(1, 40)) for name in "AB"}
    for name, size in sizes.items():
        columns = {
            "mtype@": rng.choice(MTYPES, size).tolist(),
            "layer": rng.integers(1, 7, size).astype(str).tolist(),
            "x": rng.normal(0, 100, size),
            "region": rng.integers(0, 5, size),
        }
        write_nodes(folder / "nodes.h5", name, columns)
    count = int(rng.integers(0, 400))
    targets = rng.integers(0, sizes["B"], count)
    write_edges(
        folder / "edges.h5",
        "A__B",
        ("A", "B"),
        rng.integers(0, sizes["A"], count),
        np.sort(targets) if ordered else targets,
        {"conductance": rng.random(count), "kind": rng.integers(0, 100, count).astype(np.uint8)},
        sizes=(sizes["A"], sizes["B"]),
    )
    nodes = [{"nodes_file": "nodes.h5", "populations": {"A": {"type": "virtual"}, "B": {"type": "virtual"}}}]
    return write_config(folder, nodes, [{"edges_file": "edges.h5", "populations": {"A__B": {}}}])


@pytest.mark.parametrize("seed", range(12))
def test_edges(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    path = write_random_circuit(tmp_path, rng, ordered=bool(seed % 2))
    theirs = libsonata.EdgeStorage(str(tmp_path / "edges.h5")).open_population("A__B")
    with open_circuit(path) as circuit:
        population = circuit.edge_populations["A__B"]
        assert (population.source, population.target) == (theirs.source, theirs.target)
        assert population.size == theirs.size
        assert set(population.columns) == theirs.attribute_names
        for target in range(circuit.node_populations["B"].size):
            edges = circuit.edges("A__B", target)
            chosen = theirs.afferent_edges([target])
            assert np.array_equal(edges.sources, theirs.source_nodes(chosen))
            for name, values in edges.columns.items():
                expected = theirs.get_attribute(name, chosen)
                assert values.dtype == expected.dtype
                assert np.array_equal(values, expected)


@pytest.mark.parametrize("seed", range(4))
def test_nodes(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    path = write_random_circuit(tmp_path, rng, ordered=True)
    theirs = bluepysnap.Circuit(str(path)).nodes["A"].get()
    with open_circuit(path) as circuit:
        ours = circuit.nodes("A")
        assert set(ours) | {"population"} >= set(theirs.columns)
        for name in ours:
            assert ours[name].tolist() == theirs[name].tolist()


def random_rule(rng: np.random.Generator, names: list[str]) -> object:
    filters: list[tuple[str, object]] = [
        ("mtype", str(rng.choice(MTYPES))),
        ("mtype", [str(each) for each in rng.choice(MTYPES, 3)]),
        ("mtype", {"$regex": str(rng.choice(["L[56].*", ".*PC", "L5_TPC:A", "nothing"]))}),
        ("layer", str(rng.integers(1, 7))),
        ("layer", [str(each) for each in rng.integers(1, 7, 2)]),
        ("x", {str(rng.choice(["$gt", "$lt", "$gte", "$lte"])): float(rng.normal(0, 80))}),
        ("region", int(rng.integers(0, 5))),
        ("region", [int(each) for each in rng.integers(0, 5, 2)]),
        ("population", str(rng.choice(["A", "B"]))),
        ("population", ["A", "B"]),
    ]
    if names and rng.random() < 0.4:
        return [str(each) for each in rng.choice(names, min(len(names), 3))]
    chosen = rng.choice(len(filters), int(rng.integers(1, 4)), replace=False)
    return dict(filters[index] for index in chosen)


@pytest.mark.parametrize("seed", range(8))
def test_node_sets(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    path = write_random_circuit(tmp_path, rng, ordered=True)
    rules: dict[str, object] = {}
    for number in range(40):
        rules[f"set{number}"] = random_rule(rng, list(rules))
    (tmp_path / "sets.json").write_text(json.dumps(rules))
    theirs = libsonata.NodeSets.from_file(str(tmp_path / "sets.json"))
    storage = libsonata.NodeStorage(str(tmp_path / "nodes.h5"))
    with open_circuit(path, node_sets_file=tmp_path / "sets.json") as circuit:
        for name in rules:
            ours = circuit.node_set(name)
            for population in "AB":
                ids = theirs.materialize(name, storage.open_population(population)).flatten()
                found = ours.get(population, np.empty(0, np.int64))
                assert np.array_equal(found, np.unique(ids)), (name, rules[name])


def test_the_small_circuit_is_one_for_bluepysnap(tmp_path: Path) -> None:
    path = write_small_circuit(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = bluepysnap.Circuit(str(path))
    with open_circuit(path) as circuit:
        assert set(theirs.nodes.population_names) == set(circuit.node_populations)
        assert set(theirs.edges.population_names) == set(circuit.edge_populations)
        frame = theirs.nodes["S1"].get()
        ours = circuit.nodes("S1")
        for name in ours:
            assert ours[name].tolist() == frame[name].tolist()
        for name in ("L5", "L6", "Both", "Two", "Far", "Like"):
            assert circuit.node_set(name)["S1"].tolist() == theirs.nodes["S1"].ids(name).tolist()
        with pytest.raises(NodeSetError):
            circuit.node_set("Everyone")
        cell = circuit.cell(("S1", 4))  # type: ignore[arg-type]
        helper = theirs.nodes["S1"].models
        assert cell.to_dict()["template_path"] == str(helper.get_filepath(4))
        morphology = theirs.nodes["S1"].morph.get_filepath(4, extension="swc")
        assert cell.to_dict()["morphology_path"] == str(morphology)
