"""Files that are damaged: an error that names them, never a crash; what is not seen is data."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.circuit.allen import AllenCircuit, open_allen
from bluecellab.errors import BluecellabError, CircuitFileError
from bluecellab.spec.allen import AllenLayout
from tests.unit.circuit.allen.networks import write_network, write_several_groups

FILES = (
    "cells_nodes.h5",
    "recurrent_edges.h5",
    "incoming_edges.h5",
    "cells_node_types.csv",
    "recurrent_edge_types.csv",
    "cells_gap_juncs.h5",
)


@pytest.fixture
def layout(tmp_path: Path) -> AllenLayout:
    config = write_network(tmp_path)
    write_several_groups(tmp_path / "recurrent_edges.h5", "edges/recurrent")
    with h5py.File(tmp_path / "cells_gap_juncs.h5", "w") as file:
        for name in ("source_ids", "target_ids", "src_gap_ids", "trg_gap_ids"):
            file[name] = np.arange(3)
    given = open_allen(config).layout
    return given.model_copy(update={"gap_junctions": (str(tmp_path / "cells_gap_juncs.h5"),)})


def _read_everything(layout: AllenLayout) -> None:
    with AllenCircuit(layout) as circuit:
        for name, population in circuit.node_populations.items():
            circuit.nodes(name)
            for node in range(0 if population.virtual else population.size):
                with contextlib.suppress(BluecellabError):
                    circuit.cell((name, node))  # type: ignore[arg-type]
        for node_set in circuit.node_set_names:
            circuit.node_set(node_set)
        for name, edges in circuit.edge_populations.items():
            for target in range(circuit.node_populations[edges.target].size):
                circuit.edges(name, target)
        circuit.gap_junctions("cells")


def _damaged(content: bytes, rng: random.Random) -> bytes:
    made = bytearray(content)
    start, length = rng.randrange(len(made)), rng.choice((1, 8, 64, 512))
    kind = rng.randrange(4)
    if kind == 0:
        return bytes(made[:start])
    if kind == 1:
        made[start] ^= 1 << rng.randrange(8)
        return bytes(made)
    filled = (b"\0", b"\xff")[kind - 2] * len(made[start : start + length])
    return bytes(made[:start]) + filled + bytes(made[start + length :])


@pytest.mark.parametrize("name", FILES)
def test_damaged_bytes(layout: AllenLayout, tmp_path: Path, name: str) -> None:
    path, rng = tmp_path / name, random.Random(name)
    whole = path.read_bytes()
    refused = 0
    for _ in range(40):
        path.write_bytes(_damaged(whole, rng))
        try:
            _read_everything(layout)
        except BluecellabError:
            refused += 1
    assert refused > 5
    path.write_bytes(whole)
    _read_everything(layout)


@pytest.mark.parametrize("name", ["cells_nodes.h5", "recurrent_edges.h5", "cells_gap_juncs.h5"])
def test_cut_off(layout: AllenLayout, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CircuitFileError, match=rf"{name}: is no HDF5 file, or is damaged or cut off"):
        _read_everything(layout)


def test_no_hdf5(layout: AllenLayout, tmp_path: Path) -> None:
    (tmp_path / "cells_nodes.h5").write_text("node_id\n", encoding="utf-8")
    with pytest.raises(CircuitFileError, match=r"cells_nodes.h5: is no HDF5 file"):
        _read_everything(layout)


@pytest.mark.parametrize(
    ("name", "dataset", "values", "says"),
    [
        (
            "cells_nodes.h5",
            "nodes/cells/node_type_id",
            [100, 100, 101, 102, 9],
            "has no type 9, which 1 rows",
        ),
        ("cells_nodes.h5", "nodes/cells/node_type_id", [0.5] * 5, "integers are needed"),
        ("cells_nodes.h5", "nodes/cells/node_group_id", [0, 0, 0, 0, 3], "rows of group 3"),
        ("cells_nodes.h5", "nodes/cells/node_group_index", [0, 1, 2, 3, 9], "row 9 of group 0 is needed"),
        ("cells_nodes.h5", "nodes/cells/node_group_index", [0, 1, 2, 3, -1], "node_group_index has -1"),
        (
            "cells_nodes.h5",
            "nodes/cells/node_group_index",
            [0, 1, 2],
            "3 entries and node population cells 5",
        ),
        ("cells_nodes.h5", "nodes/cells/0/x", [1.0, 2.0], "0/x has 2 entries"),
        ("cells_nodes.h5", "nodes/cells/0/x", 1.0, r"0/x has the shape \(\)"),
        ("cells_nodes.h5", "nodes/cells/0/x", [1j] * 5, "neither numbers nor texts"),
        ("incoming_edges.h5", "edges/incoming/source_node_id", [0, 1, 2, 3, 99], "from node 99"),
        (
            "incoming_edges.h5",
            "edges/incoming/target_node_id",
            [0, 0, 1, 2, 2],
            "edges that arrive at node 2",
        ),
        ("incoming_edges.h5", "edges/incoming/source_node_id", [0, 1, 2, 3], "has 4 entries"),
        ("incoming_edges.h5", "edges/incoming/edge_type_id", [9, 9, 9, 9, 10], "has no type 10"),
        ("incoming_edges.h5", "edges/incoming/0/sec_id", [0, 1], "0/sec_id has 2 entries"),
        (
            "incoming_edges.h5",
            "edges/incoming/indices/target_to_source/range_to_edge_id",
            [[0, 2], [2, 3], [3, 4], [4, 2**40]],
            "refers to edges 4 to 1099511627776 of 5",
        ),
    ],
)
def test_nonsense(
    layout: AllenLayout, tmp_path: Path, name: str, dataset: str, values: object, says: str
) -> None:
    with h5py.File(tmp_path / name, "r+") as file:
        attributes = dict(file[dataset].attrs)
        del file[dataset]
        file[dataset] = values
        file[dataset].attrs.update(attributes)
    with pytest.raises(CircuitFileError, match=says):
        _read_everything(layout)


@pytest.mark.parametrize(
    ("name", "dataset", "says"),
    [
        ("cells_nodes.h5", "nodes/cells/node_type_id", "has no node_type_id"),
        ("cells_nodes.h5", "nodes", "has no populations of nodes"),
        ("incoming_edges.h5", "edges/incoming/source_node_id", "has no edges/incoming/source_node_id"),
        ("incoming_edges.h5", "edges/incoming/edge_type_id", "has no edge_type_id"),
        ("cells_gap_juncs.h5", "src_gap_ids", "has no src_gap_ids"),
    ],
)
def test_parts_that_are_missing(
    layout: AllenLayout, tmp_path: Path, name: str, dataset: str, says: str
) -> None:
    with h5py.File(tmp_path / name, "r+") as file:
        del file[dataset]
    with pytest.raises(CircuitFileError, match=says):
        _read_everything(layout)


def test_edges_that_do_not_say_whose(layout: AllenLayout, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "incoming_edges.h5", "r+") as file:
        del file["edges/incoming/target_node_id"].attrs["node_population"]
    with pytest.raises(CircuitFileError, match="does not say by 'node_population' whose ids"):
        _read_everything(layout)


def test_no_model_type(layout: AllenLayout, tmp_path: Path) -> None:
    path = tmp_path / "fibres_node_types.csv"
    path.write_text("node_type_id pop_name\n7 fibre\n", encoding="utf-8")
    with pytest.raises(CircuitFileError, match="has no model_type, neither in this file nor in"):
        _read_everything(layout)
    path.write_text("node_type_id model_type\n7 NULL\n8 virtual\n", encoding="utf-8")
    with pytest.raises(CircuitFileError, match="has nodes without a model_type"):
        _read_everything(layout)
