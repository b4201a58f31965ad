"""Circuits in memory."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import libsonata
import numpy as np
import pandas as pd
import pytest

from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.memory import EdgeColumns, MemoryCircuit, NodeColumns
from bluecellab.circuit.obi import open_circuit
from bluecellab.errors import (
    CircuitError,
    ClosedError,
    NodeNotFoundError,
    NodeSetError,
    PopulationNotFoundError,
)
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import BallStickCell, PointCell
from bluecellab.testing.circuit_suite import CIRCUIT_CHECKS, Check, check_circuit
from tests.unit.circuit.sonata_files import write_nodes, write_small_circuit

RULES: dict[str, object] = {
    "All": {"population": ["A", "B"]},
    "Fives": {"layer": "5", "population": "A"},
    "Several": {"layer": ["5", "23"], "population": "A"},
    "Like": {"layer": {"$regex": "[56]"}, "population": "A"},
    "Far": {"x": {"$gte": 2}, "number": [2, 4], "population": "A"},
    "Two": {"population": "A", "node_id": [3, 1]},
    "Both": ["Fives", "Two", "Points"],
    "Points": {"population": "B"},
    "Loop": ["Round"],
    "Round": ["Loop"],
}
LAYERS = ["5", "6", "5", "23", "6"]


def make(**changes: object) -> MemoryCircuit:
    given: dict[str, object] = {
        "nodes": {
            "A": NodeColumns(
                {"layer": LAYERS, "x": np.arange(5.0), "number": np.arange(5), "flag": [True] * 5}
            ),
            "B": NodeColumns(kind="point_neuron", size=2),
            "V": NodeColumns(pd.DataFrame({"name": ["u", "v", "w"]}), "virtual"),
        },
        "edges": {
            "V__A": EdgeColumns("V", "A", [2, 1, 0, 1], [3, 0, 3, 3], {"delay": [1.0, 2.0, 3.0, 4.0]}),
            "A__B": EdgeColumns("A", "B", [], [], pd.DataFrame({"delay": np.empty(0)}), "point_process"),
        },
        "node_sets": RULES,
        "cells": {
            CellId("A", 0): BallStickCell(),
            "A": BallStickCell(),
            "B": PointCell(mechanism="IntFire1"),
        },
    }
    return MemoryCircuit(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("check", CIRCUIT_CHECKS, ids=lambda check: check.__name__)
def test_the_suite(check: Check) -> None:
    check(make)


def test_edges_keep_their_order() -> None:
    edges = make().edges("V__A", 3)
    assert edges.sources.tolist() == [2, 0, 1]
    assert edges.columns["delay"].tolist() == [1, 3, 4]
    assert len(make().edges("V__A", 2)) == 0
    assert isinstance(make(), CircuitAccess)


def test_node_sets_are_those_of_libsonata(tmp_path: Path) -> None:
    columns: dict[str, object] = {"layer": LAYERS, "x": np.arange(5.0), "number": np.arange(5)}
    write_nodes(tmp_path / "nodes.h5", "A", columns)  # type: ignore[arg-type]
    population = libsonata.NodeStorage(str(tmp_path / "nodes.h5")).open_population("A")
    circuit = make()
    for name in ("Fives", "Several", "Like", "Far", "Two"):
        expected = libsonata.NodeSets(json.dumps({name: RULES[name]})).materialize(name, population)
        assert circuit.node_set(name)["A"].tolist() == expected.flatten().tolist()
        assert len(expected.flatten()) > 1 or name == "Far"
    assert {name: ids.tolist() for name, ids in circuit.node_set("Both").items()} == {
        "A": [0, 1, 2, 3],
        "B": [0, 1],
    }
    assert make(node_sets={"s": {"population": "A", "layer": {"$regex": "3"}}}).node_set("s")[
        "A"
    ].tolist() == [3]
    with pytest.raises(NodeSetError, match="made of itself"):
        circuit.node_set("Loop")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"layer": 5}, "layer has texts; 5 is none"),
        ({"x": 1.0}, "real numbers"),
        ({"number": "1"}, "whole numbers"),
        ({"x": {"$regex": "1"}}, r"\$gt, \$gte, \$lt, \$lte with a number, not by '\$regex'"),
        ({"layer": {"$gt": 2}}, r"\$regex with a text"),
        ({"layer": {"$regex": "("}}, "no regular expression"),
        ({"x": {"$gt": 1, "$lt": 2}}, "one operator"),
        ({"node_id": -1}, "whole numbers from 0"),
        ({"number": 2**63}, "whole numbers from -9223372036854775808 to"),
        ({"flag": 1}, "truth values, of which there are no rules"),
    ],
)
def test_rules_that_make_no_sense(rule: dict[str, object], message: str) -> None:
    circuit = make(node_sets={"set": {"population": "A", **rule}})
    with pytest.raises(NodeSetError, match=message):
        circuit.node_set("set")


def test_cells() -> None:
    circuit = make()
    assert circuit.cell(CellId("A", 3)) == BallStickCell(id=CellId("A", 3))
    made = make(cells=lambda cell_id: PointCell(mechanism="IntFire2", id=cell_id))
    assert made.cell(CellId("B", 1)) == PointCell(mechanism="IntFire2", id=CellId("B", 1))
    with pytest.raises(CircuitError, match="does not know how cell .*A.*0.* is built"):
        make(cells=None).cell(CellId("A", 0))


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        (lambda: EdgeColumns("A", "A", [0.0, np.nan], [0, 1]), "1 of 2 are NaN"),
        (
            lambda: EdgeColumns("A", "A", [0], np.array([2**63], np.uint64)),
            "there is no node 9223372036854775808",
        ),
        (lambda: EdgeColumns("A", "A", [[0], [1, 2]], [0, 1]), "no array can be made of it"),
        (lambda: EdgeColumns("A", "", [0], [0]), "the target of edges is a text that is not empty"),
        (lambda: NodeColumns({"x": [[1], [1, 2]]}), "attribute 'x': no array can be made of it"),
        (lambda: NodeColumns({"x": 3}), r"has the shape \(\), not \(n,\)"),
        (lambda: NodeColumns({"x": [1j]}), "complex128, neither numbers nor texts"),
        (lambda: NodeColumns({1: [1]}), "name of an attribute is a text"),
        (lambda: NodeColumns([1, 2]), "a mapping or a table"),
        (lambda: NodeColumns(pd.DataFrame([[1, 2]], columns=["x", "x"])), "two attributes 'x'"),
        (lambda: NodeColumns(size=-1), "cannot be -1"),
        (lambda: NodeColumns(size=2.5), "whole number, not 2.5"),
        (lambda: NodeColumns(size=1, kind=None), "the kind of nodes"),
        (lambda: MemoryCircuit([NodeColumns(size=1)]), "not as a list"),
        (lambda: MemoryCircuit({"": NodeColumns(size=1)}), "a text that is not empty"),
        (lambda: MemoryCircuit({"A": {"x": [1]}}), r"'A' is a dict; .*NodeColumns\(...\)"),
        (lambda: make(node_sets=["All"]), "node sets are given as"),
        (lambda: make(cells=3), "a function, not int"),
        (lambda: make(cells={"A": "ball and stick"}), "cell A is given as str; there are HocCell"),
        (lambda: make(cells={"C": BallStickCell()}), "no population 'C'"),
        (lambda: make(cells={"V": BallStickCell()}), "V is virtual"),
        (lambda: make(cells={CellId("A", 5): BallStickCell()}), "has no node 5"),
        (lambda: make(cells={5: BallStickCell()}), "CellId"),
        (lambda: make(cells=lambda _: 5).cell(CellId("A", 0)), "cell A/0 is given as int"),
        (lambda: make().cell("A"), "asked for by CellId"),
    ],
)
def test_what_is_given_is_checked(make_it: Callable[[], object], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        make_it()


def test_what_was_checked_stays() -> None:
    given = np.arange(2.0)
    nodes, rules = NodeColumns({"x": given}), {"set": {"node_id": [0]}}
    edges = EdgeColumns("A", "A", [0], [1], {"delay": [1.0]})
    circuit = MemoryCircuit({"A": nodes}, {"A__A": edges}, node_sets=rules)
    given[0] = 9
    rules["set"]["node_id"].append(7)
    for array in (nodes.columns["x"], edges.sources, edges.targets, edges.columns["delay"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5
    for populations in (circuit.node_populations, circuit.edge_populations):
        with pytest.raises(TypeError):
            populations["B"] = 1  # type: ignore[index]
    assert circuit.nodes("A")["x"].tolist() == [0, 1]
    assert circuit.node_set("set")["A"].tolist() == [0]


def test_it_can_be_sent_to_another_process() -> None:
    check_circuit(lambda: pickle.loads(pickle.dumps(make())))


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(CircuitError, match=r"'x' has the shape \(3,\), not \(2,\)"):
        NodeColumns({"y": [1, 2], "x": [1, 2, 3]})
    with pytest.raises(CircuitError, match="neither number nor text"):
        NodeColumns({"y": ["a", None]})
    with pytest.raises(CircuitError, match="need their number"):
        NodeColumns()
    with pytest.raises(CircuitError, match="2 sources and 1 targets"):
        EdgeColumns("A", "A", [1, 2], [1])
    with pytest.raises(CircuitError, match="whole numbers"):
        EdgeColumns("A", "A", [0.5], [1])
    with pytest.raises(PopulationNotFoundError, match="no population 'C'"):
        make(edges={"C__A": EdgeColumns("C", "A", [0], [0])})
    with pytest.raises(NodeNotFoundError, match="V__A: source V has no node 9"):
        make(edges={"V__A": EdgeColumns("V", "A", [9], [0])})
    with pytest.raises(CircuitError, match="no folder"):
        make(mechanism_folders=[tmp_path / "nowhere"])


def test_closed() -> None:
    circuit = make()
    circuit.close()
    with pytest.raises(ClosedError):
        circuit.edges("V__A", 0)


def test_it_can_hold_what_files_have(tmp_path: Path) -> None:
    with open_circuit(write_small_circuit(tmp_path)) as files:
        nodes = {
            name: NodeColumns(files.nodes(name), population.kind, size=population.size)
            for name, population in files.node_populations.items()
        }
        circuit = MemoryCircuit(nodes, cells=files.cell)
        assert circuit.cell(CellId("S1", 4)) == files.cell(CellId("S1", 4))
        assert circuit.nodes("S1")["mtype"].tolist() == files.nodes("S1")["mtype"].tolist()
