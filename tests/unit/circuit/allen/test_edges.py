"""Edges of the Allen dialect: groups, indices, gap junctions."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.circuit.allen import (
    AllenCircuit,
    open_allen,
)
from bluecellab.circuit.allen import (
    edges as edges_module,
)
from bluecellab.errors import (
    CircuitFileError,
)
from tests.unit.circuit.allen.networks import write_network, write_several_groups


@pytest.mark.parametrize("kept", [True, False])
def test_several_groups(config: Path, kept: bool, request: pytest.FixtureRequest) -> None:
    if not kept:
        request.getfixturevalue("not_kept")
    before = open_allen(config)
    nodes = before.nodes("cells")
    edges = [before.edges("recurrent", target) for target in range(5)]
    before.close()
    write_several_groups(config.parent / "cells_nodes.h5", "nodes/cells")
    write_several_groups(config.parent / "recurrent_edges.h5", "edges/recurrent")
    circuit = open_allen(config)
    for name, values in nodes.items():
        np.testing.assert_array_equal(circuit.nodes("cells")[name], values)
    np.testing.assert_array_equal(circuit.nodes("cells")["own"], [np.nan, np.nan, 0, 10, 20])
    assert circuit.nodes("cells")["label"].tolist() == ["", "", "row 0", "row 1", "row 2"]
    assert circuit.node("cells", 4)["own"] == 20 and circuit.node("cells", 0)["own"] is None
    for target, expected in enumerate(edges):
        found = circuit.edges("recurrent", target)
        np.testing.assert_array_equal(found.sources, expected.sources)
        for name, values in expected.columns.items():
            np.testing.assert_array_equal(found.columns[name], values)
    assert circuit.edges("recurrent", 0).columns["label"].tolist() == ["", "", "row 3"]


def test_kept_after_some_were_asked_for(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [open_allen(config).edges("recurrent", target % 5) for target in range(10)]
    monkeypatch.setattr(edges_module, "_AT_ONCE", 2)
    monkeypatch.setattr(edges_module, "_FEW", 3)
    circuit = open_allen(config)
    for target, edges in enumerate(expected):
        found = circuit.edges("recurrent", target % 5)
        assert found.sources.flags.writeable == (target < 3)
        np.testing.assert_array_equal(found.sources, edges.sources)
        assert {name: each.dtype.kind for name, each in found.columns.items()} == {
            name: each.dtype.kind for name, each in edges.columns.items()
        }


def test_who_asks_for_a_part_of_the_targets_keeps_no_more_than_a_part(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_allen(config) as whole:
        expected = {target: whole.edges("recurrent", target).sources.tolist() for target in range(5)}
        size = whole.edge_populations["recurrent"].size
    monkeypatch.setattr(edges_module, "_AT_ONCE", 2)
    monkeypatch.setattr(edges_module, "_FEW", 2)
    monkeypatch.setattr(edges_module, "_KEPT", size * 3 // 2)
    with open_allen(config) as circuit:
        for target, kept in ((0, False), (2, False), (4, False), (1, True), (3, True), (0, True)):
            found = circuit.edges("recurrent", target)
            assert found.sources.tolist() == expected[target]
            assert found.sources.flags.writeable != kept


def test_older_names_of_the_index(config: Path) -> None:
    path = config.parent / "recurrent_edges.h5"
    with h5py.File(path, "r+") as file:
        group = file["edges/recurrent"]
        group.move("indices", "indicies")
    assert open_allen(config).edges("recurrent", 0).sources.tolist() == [1, 2, 1]
    with h5py.File(path, "r+") as file:
        index = file["edges/recurrent/indicies/target_to_source"]
        index.move("node_id_to_range", "node_id_to_ranges")
    assert open_allen(config).edges("recurrent", 0).sources.tolist() == [1, 2, 1]


def test_targets_beyond_the_index_have_no_edges(config: Path) -> None:
    with h5py.File(config.parent / "recurrent_edges.h5", "r+") as file:
        index = file["edges/recurrent/indices/target_to_source"]
        kept = index["node_id_to_range"][:4]
        del index["node_id_to_range"]
        index["node_id_to_range"] = kept
    circuit = open_allen(config)
    assert len(circuit.edges("recurrent", 4)) == 0
    assert len(circuit.edges("recurrent", 3)) == 2


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        ([[0, 2], [2, 4], [4, 4], [4, 4], [4, 4]], "for target 1 it has edges that arrive at node 3"),
        (
            [[0, 2], [2, 3], [3, 3], [3, 3], [3, 3]],
            "it lists 4 edges|it lists edges in 4 ranges, and targets have 3",
        ),
        ([[0, 9], [2, 3], [3, 3], [3, 4], [4, 4]], "refers to ranges 0 to 9 of 4"),
        ([[2, 3], [0, 2], [3, 3], [3, 4], [4, 4]], "edges that arrive at node"),
        ([[0, 2], [2, 3], [3, 3], [1, 4], [4, 4]], "belong to several|in 4 ranges, and targets have 6"),
    ],
)
def test_index_of_other_edges(
    config: Path, kept: bool, ranges: list[list[int]], says: str, request: pytest.FixtureRequest
) -> None:
    if not kept:
        request.getfixturevalue("not_kept")
    with h5py.File(config.parent / "recurrent_edges.h5", "r+") as file:
        file["edges/recurrent/indices/target_to_source/node_id_to_range"][()] = ranges
    circuit = open_allen(config)
    with pytest.raises(CircuitFileError, match=says):
        for target in range(5):
            circuit.edges("recurrent", target)


def test_no_index(config: Path) -> None:
    with h5py.File(config.parent / "recurrent_edges.h5", "r+") as file:
        del file["edges/recurrent/indices"]
    with pytest.raises(CircuitFileError, match="no index of its edges by target"):
        open_allen(config).edges("recurrent", 0)


def test_edges_between_populations_that_are_not_loaded(tmp_path: Path) -> None:
    config = write_network(tmp_path)
    circuit = open_allen(config)
    layout = circuit.layout.model_copy(update={"nodes": circuit.layout.nodes[1:]})
    with pytest.raises(CircuitFileError, match=r"'fibres' as source, which the circuit does not have"):
        _ = AllenCircuit(layout).edge_populations


def test_edges_of_one_name_in_several_files(config: Path) -> None:
    layout = open_allen(config).layout
    copy = config.parent / "more_edges.h5"
    copy.write_bytes((config.parent / "incoming_edges.h5").read_bytes())
    more = layout.edges[1].model_copy(update={"edges_file": str(copy)})
    circuit = AllenCircuit(layout.model_copy(update={"edges": (*layout.edges, more)}))
    assert list(circuit.edge_populations) == ["recurrent", "incoming", "incoming#2"]
    assert circuit.edge_populations["incoming#2"].name == "incoming#2"
    assert circuit.edges("incoming#2", 0).sources.tolist() == [0, 1]
    twice = AllenCircuit(layout.model_copy(update={"edges": (*layout.edges, layout.edges[0])}))
    with pytest.raises(CircuitFileError, match="is named twice in networks.edges"):
        _ = twice.edge_populations


def test_edges_without_a_table_of_types(config: Path) -> None:
    layout = open_allen(config).layout
    bare = layout.edges[1].model_copy(update={"edge_types_file": None})
    circuit = AllenCircuit(layout.model_copy(update={"edges": (bare,)}))
    assert circuit.edge_populations["incoming"].columns == ("sec_id", "sec_x", "syn_weight", "edge_type_id")
    assert circuit.edges("incoming", 0).columns["syn_weight"].tolist() == [0.1, 0.2]
    circuit.close()
    with h5py.File(config.parent / "incoming_edges.h5", "r+") as file:
        for name in ("edge_type_id", "edge_group_id", "edge_group_index"):
            del file[f"edges/incoming/{name}"]
    again = AllenCircuit(circuit.layout).edges("incoming", 3)
    assert {name: values.tolist() for name, values in again.columns.items()} == {
        "sec_id": [3],
        "sec_x": [0.5],
        "syn_weight": [0.5],
    }


def test_gap_junctions(config: Path) -> None:
    path = config.parent / "cells_gap_juncs.h5"
    with h5py.File(path, "w") as file:
        for name, values in {
            "source_ids": [0, 1],
            "target_ids": [1, 3],
            "src_gap_ids": [0, 2],
            "trg_gap_ids": [1, 3],
        }.items():
            file[name] = np.array(values, np.uint64)
    layout = open_allen(config).layout.model_copy(update={"gap_junctions": (str(path),)})
    found = AllenCircuit(layout).gap_junctions("cells")
    assert found is not None and len(found) == 2
    assert found.targets.tolist() == [1, 3] and found.target_gaps.tolist() == [1, 3]
    assert AllenCircuit(layout).gap_junctions("fibres") is None
    with h5py.File(path, "r+") as file:
        del file["trg_gap_ids"]
        file["trg_gap_ids"] = [1]
    with pytest.raises(CircuitFileError, match="not as many of each"):
        AllenCircuit(layout).gap_junctions("cells")
