"""Node sets and compartment sets that are wrong, and strange ones that are right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bluecellab.circuit.compartments import read_compartment_sets
from bluecellab.circuit.obi import ObiCircuit, open_circuit
from bluecellab.errors import CircuitFileError, NodeSetError
from tests.unit.circuit.sonata_files import write_small_circuit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_small_circuit(tmp_path)
    return tmp_path


def node_sets(folder: Path, rules: dict[str, object]) -> ObiCircuit:
    (folder / "mine.json").write_text(json.dumps(rules))
    return open_circuit(folder, node_sets_file=folder / "mine.json")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"mtype": "x", "nonsense": 1}, "nonsense, which no population"),
        ({"population": "S2"}, "no population 'S2'"),
        ({"population": ["S1", "S2"]}, "no population 'S2'"),
        ({"population": "S1", "node_id": [5]}, "no node 5; ids are 0 to 4"),
        ({"node_id": [10]}, "no node 10; ids are 0 to 9"),
        ({"population": "S1", "node_id": [-1]}, "positive"),
        ({"population": "S1", "node_id": "x"}, "cannot be matched"),
        ({"population": "S1", "x": 1.0}, "float"),
        ({"population": "S1", "mtype": {"$regex": "L(*"}}, "regular expression"),
        ({"population": "S1", "x": {"$foo": 1}}, "foo"),
        ({"population": "S1", "mtype": None}, "cannot be matched"),
        ({}, "must be an object"),
        (3, "must be an object"),
        (None, "must be an object"),
        (["L5", "Bad", "nowhere"], "made of itself"),
        (["nowhere"], "'nowhere', which does not exist"),
        ([3], "holds names of node sets, not 3"),
        (["Again"], "Again -> Bad"),
    ],
)
def test_node_sets_that_are_wrong(folder: Path, rule: object, words: str) -> None:
    with node_sets(folder, {"Bad": rule, "Again": ["Bad"]}) as circuit:
        assert "Bad" in circuit.node_set_names
        with pytest.raises(NodeSetError, match=words):
            circuit.node_set("Bad")
        with pytest.raises(NodeSetError, match="node set"):
            circuit.node_set("Again")


def test_node_sets_that_do_not_exist(folder: Path) -> None:
    with open_circuit(folder) as circuit:
        with pytest.raises(NodeSetError, match=r"no node set 'Mosiac'; did you mean 'Mosaic'\?") as caught:
            circuit.node_set("Mosiac")
        assert caught.value.name == "Mosiac"
    (folder / "node_sets.json").write_text("[]")
    with open_circuit(folder) as circuit, pytest.raises(CircuitFileError, match=r"node_sets\.json"):
        circuit.node_set("Mosaic")


def test_a_deep_pile_of_node_sets(folder: Path) -> None:
    pile: dict[str, object] = {f"n{i}": [f"n{i + 1}"] for i in range(3000)}
    with node_sets(folder, {**pile, "n3000": {"population": "S1"}}) as circuit:
        assert len(circuit.node_set("n0")["S1"]) == 5
    with node_sets(folder, {**pile, "n3000": ["n0"]}) as circuit, pytest.raises(NodeSetError, match="itself"):
        circuit.node_set("n0")


def test_many_paths_to_one_node_set(folder: Path) -> None:
    pile: dict[str, object] = {f"n{i}": [f"n{i + 1}"] * 3 for i in range(60)}
    with node_sets(folder, {**pile, "n60": {"population": "S1", "node_id": [2]}}) as circuit:
        assert circuit.node_set("n0")["S1"].tolist() == [2]


def test_an_empty_node_set(folder: Path) -> None:
    with node_sets(folder, {"None": {"population": "S1", "mtype": "L9"}, "Also": []}) as circuit:
        assert circuit.node_set("None") == {}
        assert circuit.node_set("Also") == {}


def test_no_node_sets_file(folder: Path) -> None:
    path = folder / "circuit_config.json"
    path.write_text(path.read_text().replace("node_sets_file", "no_such_key"))
    with open_circuit(folder) as circuit:
        assert circuit.node_set_names == ()
        with pytest.raises(NodeSetError, match="there are no node sets"):
            circuit.node_set("All")


COMPARTMENTS = {"population": "S1", "compartment_set": [[0, 0, 0.5], [0, 1, 0.1], [0, 1, 0.2], [4, 0, 0.5]]}


def test_compartment_sets(tmp_path: Path) -> None:
    path = tmp_path / "sets.json"
    named = {"population": "S1", "compartment_set": [[0, "apic[1]", 0.5], [1, "soma[0]", 0]]}
    path.write_text(
        json.dumps({"ids": COMPARTMENTS, "names": named, "none": {**named, "compartment_set": []}})
    )
    sets = read_compartment_sets(path)
    assert list(sets) == ["ids", "names", "none"]
    assert sets["ids"].nodes.tolist() == [0, 0, 0, 4]
    assert sets["ids"].sections == (0, 1, 1, 0)
    assert sets["ids"].offsets.tolist() == [0.5, 0.1, 0.2, 0.5]
    assert sets["names"].sections == ("apic[1]", "soma[0]")
    assert len(sets["none"]) == 0


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([[0, 0, 1.5]], r"compartment_set\[0\]\[2\] = 1.5"),
        ([[0, 0, -0.1]], "0 to 1"),
        ([[0, 0, True]], "0 to 1"),
        ([[0, 0, "0.5"]], "0 to 1"),
        ([[-1, 0, 0.5]], r"compartment_set\[0\]\[0\] = -1"),
        ([[0.5, 0, 0.5]], "node id"),
        ([[True, 0, 0.5]], "node id"),
        ([[0, -1, 0.5]], "id of a section"),
        ([[0, "", 0.5]], "id of a section"),
        ([[0, 0]], "a place"),
        ([[0, 0, 0.5, 1]], "a place"),
        (["x"], "a place"),
        ("x", "a list of places"),
        ([[0, 0, 0.5], [0, 0, 0.5]], r"compartment_set\[1\].*twice"),
        ([[1, 0, 0.5], [0, 0, 0.5]], r"compartment_set\[1\].*sort the list"),
        ([[0, 0, 0.5], [0, "soma[0]", 0.6]], "use one of the two"),
    ],
)
def test_compartment_sets_that_are_wrong(tmp_path: Path, places: object, words: str) -> None:
    path = tmp_path / "sets.json"
    path.write_text(
        json.dumps({"bad": {"population": "S1", "compartment_set": places}, "good": COMPARTMENTS})
    )
    with pytest.raises(CircuitFileError, match=words) as caught:
        read_compartment_sets(path)
    assert caught.value.path == str(path)


def test_all_mistakes_in_compartment_sets_at_once(tmp_path: Path) -> None:
    path = tmp_path / "sets.json"
    path.write_text(json.dumps({"a": 3, "b": {"compartment_set": []}, "c": {"population": "S1"}}))
    with pytest.raises(CircuitFileError, match="3 problems"):
        read_compartment_sets(path)
    with pytest.raises(CircuitFileError, match=r"gone\.json"):
        read_compartment_sets(tmp_path / "gone.json")
