"""Circuits that are written can be read: by us, libsonata and bluepysnap."""

from __future__ import annotations

import json
from pathlib import Path

import bluepysnap
import h5py
import libsonata
import numpy as np
import pytest

from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.config import read_config
from bluecellab.circuit.memory import EdgeColumns, MemoryCircuit, NodeColumns
from bluecellab.circuit.obi import open_circuit
from bluecellab.circuit.writing import write_circuit, write_config
from bluecellab.errors import CircuitError, CircuitFileError, NodeSetError, OutputError
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell, BallStickCell, EmodelProperties, HocCell, PointCell
from bluecellab.testing.circuit_suite import check_circuit
from tests.unit.circuit.sonata_files import write_small_circuit
from tests.unit.simulation.circuit.small import MORPHOLOGY, TEMPLATE

PROPERTIES = EmodelProperties(threshold_current=0.2, holding_current=-0.02, AIS_scaler=1.5)
SETS: dict[str, object] = {"Fives": {"layer": "5", "population": "A"}, "All": ["Fives", "Points"]}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    for inner, name, text in (
        ("", "cell.hoc", TEMPLATE),
        ("", "m.swc", MORPHOLOGY),
        ("mod", "nothing.mod", "NEURON { SUFFIX nothing }\n"),
        ("help", "MineHelper.hoc", "begintemplate MineHelper\nendtemplate MineHelper\n"),
    ):
        (folder / inner).mkdir(parents=True, exist_ok=True)
        (folder / inner / name).write_text(text)
    return folder


def make(sources: Path, **changes: object) -> MemoryCircuit:
    def cell(cell_id: CellId) -> AnyCell:
        if cell_id.population_name == "B":
            return PointCell(
                mechanism=f"IntFire{cell_id.id + 1}", parameters={"taus": 20.0} if cell_id.id else {}
            )
        return HocCell(
            template_path=str(sources / "cell.hoc"),
            morphology_path=str(sources / "m.swc"),
            template_format="v6",
            emodel_properties=PROPERTIES,
        )

    given: dict[str, object] = {
        "nodes": {
            "A": NodeColumns(
                {"layer": ["5", "6", "5"], "x": np.arange(3.0), "exc_mini_frequency": [1, 2, 3]}
            ),
            "B": NodeColumns(kind="point_neuron", size=2),
            "V": NodeColumns(kind="virtual", size=4),
        },
        "edges": {
            "V__A__chemical": EdgeColumns(
                "V", "A", [2, 1, 0, 1], [2, 0, 2, 2], {"delay": [1.0, 2.0, 3.0, 4.0], "n": [1, 2, 3, 4]}
            ),
            "A__B__point_process": EdgeColumns("A", "B", [], [], {"delay": []}, "point_process"),
        },
        "node_sets": {**SETS, "Points": {"population": "B"}},
        "cells": cell,
        "mechanism_folders": [sources / "mod"],
        "helper_folders": [sources / "help"],
    }
    return MemoryCircuit(**{**given, **changes})  # type: ignore[arg-type]


def same(one: CircuitAccess, two: CircuitAccess, added: set[str]) -> None:
    assert set(one.node_populations) == set(two.node_populations)
    for name, population in one.node_populations.items():
        assert two.node_populations[name].kind == population.kind
        assert set(two.node_populations[name].columns) - set(population.columns) <= added
        for column, values in one.nodes(name).items():
            if column != "model_template":  # nrn:IntFire1 may be spelt IntFire1
                np.testing.assert_array_equal(two.nodes(name)[column], values)
    for name, edges in one.edge_populations.items():
        assert (two.edge_populations[name].kind, two.edge_populations[name].size) == (edges.kind, edges.size)
        for target in range(one.node_populations[edges.target].size):
            ours, theirs = one.edges(name, target), two.edges(name, target)
            assert ours.sources.tolist() == theirs.sources.tolist()
            for column, values in ours.columns.items():
                assert theirs.columns[column].tolist() == values.tolist()
    for name in one.node_set_names:
        found = {population: ids.tolist() for population, ids in two.node_set(name).items()}
        assert {population: ids.tolist() for population, ids in one.node_set(name).items()} == found


def test_written_and_read(sources: Path, tmp_path: Path) -> None:
    circuit = make(sources)
    path = write_circuit(circuit, tmp_path / "made" / "circuit")
    assert [each.name for each in (tmp_path / "made").iterdir()] == ["circuit"]
    check_circuit(lambda: open_circuit(path))
    with open_circuit(path, confine_to=path.parent) as read:
        added = {"model_type", "model_template", "morphology", "@dynamics:taus"}
        added |= {f"@dynamics:{name}" for name in PROPERTIES.to_dict()}
        same(circuit, read, added)
        cell = read.cell(CellId("A", 1))
        assert isinstance(cell, HocCell)
        assert cell.emodel_properties == PROPERTIES
        assert cell.template_path == str(path.parent / "hoc" / "small.hoc")
        assert Path(cell.morphology_path).read_text() == MORPHOLOGY
        assert read.cell(CellId("B", 0)) == PointCell(mechanism="IntFire1", id=CellId("B", 0))
        assert read.cell(CellId("B", 1)) == circuit.cell(CellId("B", 1))
        assert [folder.name for folder in read.mechanism_folders] == ["mod"]
        assert (read.helper_folders[0] / "MineHelper.hoc").is_file()


def test_read_by_others(sources: Path, tmp_path: Path) -> None:
    path = write_circuit(make(sources), tmp_path / "circuit")
    config = libsonata.CircuitConfig.from_file(str(path))
    nodes = config.node_population("A")
    assert nodes.enumeration_names == {"layer"}
    assert nodes.enumeration_values("layer") == ["5", "6"]
    assert nodes.get_dynamics_attribute("AIS_scaler", nodes.select_all()).tolist() == [1.5] * 3
    edges = config.edge_population("V__A__chemical")
    assert (edges.source, edges.target) == ("V", "A")
    found = edges.afferent_edges([2])
    assert edges.source_nodes(found).tolist() == [2, 0, 1]
    assert edges.get_attribute("delay", found).tolist() == [1, 3, 4]
    assert edges.efferent_edges([1]).flat_size == 2
    snap = bluepysnap.Circuit(str(path))
    assert snap.nodes["A"].get(properties="layer").tolist() == ["5", "6", "5"]
    assert snap.nodes["A"].models.get_filepath(0).name == "small.hoc"
    assert snap.nodes.ids("Fives").get_ids().tolist() == [0, 2]
    assert snap.edges["V__A__chemical"].afferent_nodes(2).tolist() == [0, 1, 2]


def test_circuits_of_files_can_be_written_again(tmp_path: Path) -> None:
    """Node sets, whose rules such a circuit does not tell, become lists of ids."""
    with open_circuit(write_small_circuit(tmp_path / "first", mechanisms=True)) as first:
        with open_circuit(write_circuit(first, tmp_path / "second", enumerations=["mtype"])) as second:
            same(first, second, {f"@dynamics:{name}" for name in PROPERTIES.to_dict()} | {"model_type"})
            assert second.cell(CellId("P", 1)) == first.cell(CellId("P", 1))
        with open_circuit(write_circuit(first, tmp_path / "third", models=False)) as third:
            assert set(third.node_populations["V"].columns) == {"model_type"}
            assert third.mechanism_folders == ()


def test_morphologies_in_a_container(sources: Path, tmp_path: Path) -> None:
    with h5py.File(sources / "all.h5", "w") as file:
        file.create_group("one")
    cell = HocCell(
        template_path=str(sources / "cell.hoc"),
        morphology_path=str(sources / "all.h5" / "one"),
        template_format="v6",
        emodel_properties=PROPERTIES,
    )
    circuit = make(sources, cells=lambda _: cell, nodes={"A": NodeColumns(size=2)}, edges={}, node_sets={})
    with open_circuit(write_circuit(circuit, tmp_path / "circuit")) as read:
        found = read.cell(CellId("A", 1))
        assert isinstance(found, HocCell)
        assert found.morphology_path.removesuffix(".h5").endswith("all.h5/one")


def test_node_sets_are_the_same_in_memory_and_in_files(tmp_path: Path) -> None:
    conditions: list[object] = [
        1,
        2,
        -1,
        1.0,
        1.5,
        "a",
        "L5",
        None,
        [],
        [1, 2],
        [1, 1.0],
        ["a", "b"],
        ["a", 1],
    ]
    conditions += [{}, True, 2**70, {"$gt": 1}, {"$gte": 1}, {"$lt": 2}, {"$lte": 1.5}, {"$gt": "a"}]
    conditions += [{"$regex": each} for each in ("L", "^L", "L$", "\\d", "[a-c]|L5", "(", 1)] + [{"$what": 1}]
    rules: dict[str, object] = {
        f"{name} {number}": {"population": "A", name: condition}
        for name in ("mtype", "text", "whole", "small", "real", "node_id")
        for number, condition in enumerate(conditions)
        if not (
            name == "mtype"
            and isinstance(condition, dict)
            and {"$gt", "$gte", "$lt", "$lte"} & set(condition)
        )
    }  # libsonata compares the numbers of enumerations with numbers, which means nothing
    columns = {
        "mtype": ["a", "b", "L5", "a"],
        "text": ["L5", "", "a", "L23"],
        "whole": [1, 2, -1, 0],
        "small": np.array([1, 2, 3, 0], np.uint8),
        "real": [1.0, np.nan, 2.0, -1.0],
    }
    memory = MemoryCircuit({"A": NodeColumns(columns)}, node_sets=rules)
    path = write_circuit(memory, tmp_path / "circuit", models=False)
    refused = 0
    with open_circuit(path) as files:
        for name, rule in rules.items():
            found = [ids_of(circuit, name) for circuit in (memory, files)]
            assert found[0] == found[1], rule
            refused += found[0] is None
    assert 0 < refused < len(rules) - 40


def ids_of(circuit: CircuitAccess, name: str) -> dict[str, list[int]] | None:
    """Return a node set, None if it is refused."""
    try:
        return {population: ids.tolist() for population, ids in circuit.node_set(name).items()}
    except NodeSetError:
        return None


def only(sources: Path, cells: object) -> MemoryCircuit:
    return make(sources, cells=cells, nodes={"A": NodeColumns(size=2)}, edges={}, node_sets={})


def test_mistakes(sources: Path, tmp_path: Path) -> None:
    with pytest.raises(CircuitError, match="BallStickCell; SONATA describes"):
        write_circuit(only(sources, {"A": BallStickCell()}), tmp_path / "circuit")
    good = make(sources).cell(CellId("A", 0))
    assert isinstance(good, HocCell)
    with pytest.raises(CircuitFileError, match="no such file"):
        missing = good.model_copy(update={"morphology_path": "nowhere.swc"})
        write_circuit(only(sources, {"A": missing}), tmp_path / "circuit")
    with pytest.raises(CircuitError, match="formats .asc, .swc"):
        (sources / "m.asc").write_text("(CellBody)")
        other = good.model_copy(update={"morphology_path": str(sources / "m.asc")})
        write_circuit(only(sources, {CellId("A", 0): good, CellId("A", 1): other}), tmp_path / "circuit")
    with pytest.raises(CircuitError, match="both named small.hoc"):
        (sources / "other.hoc").write_text(TEMPLATE + "\n")
        other = good.model_copy(update={"template_path": str(sources / "other.hoc")})
        write_circuit(only(sources, {CellId("A", 0): good, CellId("A", 1): other}), tmp_path / "circuit")
    with pytest.raises(CircuitError, match="cannot have a folder"):
        write_circuit(MemoryCircuit({"a/b": NodeColumns(size=1, kind="virtual")}), tmp_path / "circuit")
    for name in ("a/b", "@library", "@dynamics:a/b", "dynamics_params"):
        with pytest.raises(CircuitError, match="cannot have an attribute"):
            write_circuit(MemoryCircuit({"V": NodeColumns({name: [1]}, "virtual")}), tmp_path / "circuit")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["sources"]
    with pytest.raises(OutputError, match="not empty"):
        write_circuit(make(sources), sources)
    with pytest.raises(OutputError, match="cannot write"):
        write_circuit(make(sources), sources / "m.swc" / "circuit")


def test_configurations(tmp_path: Path) -> None:
    run = {"tstop": 10, "dt": 0.025, "random_seed": 3}
    path = write_config(tmp_path / "simulation_config.json", run=run, output={"output_dir": "out"})
    assert json.loads(path.read_text())["network"] == "circuit_config.json"
    (tmp_path / "circuit_config.json").write_text(
        json.dumps({"networks": {"nodes": [], "edges": []}, "version": 2})
    )
    assert read_config(path).run.tstop == 10
    with pytest.raises(OutputError, match="cannot write"):
        write_config(tmp_path / "other.json", run={"tstop": float("nan")})
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "circuit_config.json",
        "simulation_config.json",
    ]
