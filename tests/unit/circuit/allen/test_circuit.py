"""Circuits of the Allen dialect: populations, merged attributes, files."""

from __future__ import annotations

import gc
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.circuit.allen import (
    AllenCircuit,
    AllenNodes,
    open_allen,
    write_allen_network,
)
from bluecellab.errors import (
    CircuitFileError,
    ClosedError,
    ConfinementError,
    NodeNotFoundError,
)
from bluecellab.spec.base import CellId
from bluecellab.testing.circuit_suite import CIRCUIT_CHECKS, Check
from tests.unit.circuit.allen.networks import write_several_groups


@pytest.mark.parametrize("check", CIRCUIT_CHECKS, ids=lambda check: check.__name__)
def test_suite(check: Check, config: Path) -> None:
    check(lambda: open_allen(config))


@pytest.mark.parametrize("check", CIRCUIT_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.usefixtures("not_kept")
def test_suite_with_several_groups_not_kept(check: Check, config: Path) -> None:
    write_several_groups(config.parent / "cells_nodes.h5", "nodes/cells")
    write_several_groups(config.parent / "recurrent_edges.h5", "edges/recurrent")
    check(lambda: open_allen(config))


def test_populations_in_the_order_of_loading(circuit: AllenCircuit) -> None:
    assert list(circuit.node_populations) == ["fibres", "cells"]
    assert list(circuit.edge_populations) == ["recurrent", "incoming"]
    assert {name: each.kind for name, each in circuit.node_populations.items()} == {
        "fibres": "virtual",
        "cells": "biophysical",
    }
    assert dict(circuit.offsets) == {"fibres": 0, "cells": 4}
    incoming = circuit.edge_populations["incoming"]
    assert (incoming.source, incoming.target, incoming.size) == ("fibres", "cells", 5)
    assert circuit.real_nodes("cells").tolist() == [0, 1, 2, 3, 4]
    assert circuit.virtual_nodes("cells").tolist() == []
    assert circuit.virtual_nodes("fibres").tolist() == [0, 1, 2, 3]


def test_attributes_of_types_and_of_rows(circuit: AllenCircuit) -> None:
    found = circuit.nodes("cells", np.array([3, 2]))
    assert found["ei"].tolist() == ["i", "i"]
    assert found["x"].tolist() == [40.0, 30.0]
    assert found["morphology"].tolist() == ["basket.swc", ""]
    assert np.isnan(found["layer"][1]) and found["layer"][0] == 4
    assert found["node_type_id"].tolist() == [102, 101]
    assert circuit.node("cells", 2)["layer"] is None
    assert circuit.node("cells", 3)["layer"] == 4 and isinstance(circuit.node("cells", 3)["layer"], int)
    edges = circuit.edges("recurrent", 0)
    assert edges.sources.tolist() == [1, 2, 1]
    assert edges.columns["nsyns"].tolist() == [3, 1, 4]
    assert edges.columns["delay"].tolist() == [2.0, 1.0, 2.0]
    assert edges.columns["weight_function"].tolist() == ["", "gaussianLL", ""]
    assert edges.columns["edge_type_id"].tolist() == [1, 2, 1]


def test_rows_come_before_types(tmp_path: Path) -> None:
    nodes = AllenNodes({1: {"model_type": "virtual", "x": 5.0, "name": "t"}}, [1, 1], {"x": [1.0, 2.0]})
    circuit = open_allen(write_allen_network(tmp_path, {"a": nodes}))
    assert circuit.nodes("a")["x"].tolist() == [1.0, 2.0]
    assert circuit.nodes("a")["name"].tolist() == ["t", "t"]


def test_values_missing_in_a_group_come_from_the_type(config: Path) -> None:
    with h5py.File(config.parent / "cells_nodes.h5", "r+") as file:
        group = file["nodes/cells"]
        group["node_group_id"][3:] = 1
        group["node_group_index"][3:] = [0, 1]
        group.create_group("1")["layer"] = [23, 24]
        for name in ("x", "tuning_angle"):
            group["1"][name] = [1.0, 2.0]
    circuit = open_allen(config)
    np.testing.assert_array_equal(circuit.nodes("cells")["layer"], [5, 5, np.nan, 23, 24])


def test_positions_of_several_columns(config: Path) -> None:
    with h5py.File(config.parent / "fibres_nodes.h5", "r+") as file:
        file["nodes/fibres/0/positions"] = np.arange(12.0).reshape(4, 3)
        file["nodes/fibres/0/pair"] = np.arange(8).reshape(4, 2)
    found = open_allen(config).nodes("fibres")
    assert found["y"].tolist() == [1.0, 4.0, 7.0, 10.0]
    assert found["pair_1"].tolist() == [1, 3, 5, 7]


def test_nodes_in_another_order(config: Path) -> None:
    with h5py.File(config.parent / "cells_nodes.h5", "r+") as file:
        file["nodes/cells/node_id"][()] = [4, 3, 2, 1, 0]
    circuit = open_allen(config)
    assert circuit.nodes("cells")["x"].tolist() == [50.0, 40.0, 30.0, 20.0, 10.0]
    assert circuit.cell(CellId("cells", 4)).morphology_path.endswith("pyramid.swc")


def test_ids_that_are_left_out(config: Path) -> None:
    with h5py.File(config.parent / "cells_nodes.h5", "r+") as file:
        file["nodes/cells/node_id"][()] = [0, 1, 2, 3, 6]
    with h5py.File(config.parent / "recurrent_edges.h5", "r+") as file:
        file["edges/recurrent/source_node_id"][4] = 6
    for check in CIRCUIT_CHECKS:
        check(lambda: open_allen(config))
    circuit = open_allen(config)
    assert circuit.node_populations["cells"].size == 7
    np.testing.assert_array_equal(circuit.nodes("cells")["x"], [10, 20, 30, 40, np.nan, np.nan, 50])
    assert circuit.nodes("cells")["ei"].tolist() == ["e", "e", "i", "i", "", "", "i"]
    assert circuit.real_nodes("cells").tolist() == [0, 1, 2, 3, 6]
    assert circuit.node_set("all")["cells"].tolist() == [0, 1, 2, 3, 6]
    assert circuit.node_set("point_neuron")["cells"].tolist() == [2, 6]
    assert circuit.node("cells", 6)["node_type_id"] == 101
    assert len(circuit.edges("recurrent", 5)) == 0
    with pytest.raises(NodeNotFoundError, match="has no node 4, though it has later ones"):
        circuit.cell(CellId("cells", 4))


def test_edges_of_ids_that_are_left_out(config: Path) -> None:
    with h5py.File(config.parent / "cells_nodes.h5", "r+") as file:
        file["nodes/cells/node_id"][()] = [0, 1, 2, 7, 4]
    for population, way in (("incoming", "arrives at"), ("recurrent", "comes from")):
        with pytest.raises(CircuitFileError, match=f"{way} node 3, which population cells does not have"):
            open_allen(config).edges(population, 1)


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ([0, 1, 2, 3, 3], "has the node_id 3 twice"),
        ([0, 1, 2, 3, 2**40], "has the node_id 1099511627776, and 5 nodes"),
    ],
)
def test_ids_that_are_wrong(config: Path, ids: list[int], says: str) -> None:
    with h5py.File(config.parent / "cells_nodes.h5", "r+") as file:
        file["nodes/cells/node_id"][()] = ids
    with pytest.raises(CircuitFileError, match=says):
        _ = open_allen(config).node_populations


def test_confinement(config: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}.json"
    outside.write_text("{}", encoding="utf-8")
    layout = open_allen(config).layout
    with pytest.raises(ConfinementError, match="outside of"):
        _ = AllenCircuit(layout, confine_to=tmp_path / "components").node_populations
    circuit = AllenCircuit(layout, confine_to=tmp_path)
    assert len(circuit.edges("incoming", 0)) == 2
    with pytest.raises(ConfinementError, match="outside of"):
        circuit.component_file("synaptic_models_dir", f"../../../{outside.name}", "synapse")


def test_closed(circuit: AllenCircuit) -> None:
    with circuit:
        circuit.edges("recurrent", 0)
    circuit.close()
    for ask in (
        lambda: circuit.node_populations,
        lambda: circuit.edges("recurrent", 0),
        lambda: circuit.node_set("all"),
        lambda: circuit.nodes("cells"),
        lambda: circuit.cell(CellId("cells", 0)),
        lambda: circuit.gap_junctions("cells"),
        lambda: circuit.offsets,
    ):
        with pytest.raises(ClosedError, match="open it again"):
            ask()


def test_forgetting_closes(circuit: AllenCircuit, config: Path) -> None:
    circuit = open_allen(config)
    circuit.edges("recurrent", 0)
    path = config.parent / "recurrent_edges.h5"
    gc.disable()
    try:
        del circuit
        with h5py.File(path, "r+"):  # which HDF5 refuses while it is open for reading
            pass
    finally:
        gc.enable()


def test_files_that_are_not_there(config: Path) -> None:
    (config.parent / "cells_node_types.csv").unlink()
    layout = open_allen(config).layout
    with pytest.raises(CircuitFileError, match=r"cells_node_types.csv: .* cannot be read: No such file"):
        _ = AllenCircuit(layout).node_populations


def test_two_populations_of_one_name(config: Path) -> None:
    layout = open_allen(config).layout
    doubled = layout.model_copy(update={"nodes": (*layout.nodes, layout.nodes[0])})
    with pytest.raises(CircuitFileError, match="there is a population 'fibres' already"):
        _ = AllenCircuit(doubled).node_populations
