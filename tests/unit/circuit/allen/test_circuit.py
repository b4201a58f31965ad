"""Circuits of the Allen dialect: populations, merged attributes, edges, cells."""

from __future__ import annotations

import gc
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.circuit.allen import (
    AllenCircuit,
    AllenEdges,
    AllenNodes,
    open_allen,
    write_allen_network,
)
from bluecellab.circuit.allen import (
    edges as edges_module,
)
from bluecellab.errors import (
    CircuitError,
    CircuitFileError,
    ClosedError,
    ColumnError,
    ConfinementError,
    NodeNotFoundError,
    NodeSetError,
    OutputError,
)
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AllenCell, PointCell
from bluecellab.testing.circuit_suite import CIRCUIT_CHECKS, Check
from tests.unit.circuit.allen.networks import CELLS, FIBRES, INCOMING, write_network, write_several_groups


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_network(tmp_path)


@pytest.fixture
def circuit(config: Path) -> AllenCircuit:
    return open_allen(config)


@pytest.fixture
def not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read edges as those of a population that is too large to be kept."""
    monkeypatch.setattr(edges_module, "_KEPT", 2)
    monkeypatch.setattr(edges_module, "_AT_ONCE", 2)


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
    circuit.close()
    with h5py.File(config.parent / "cells_nodes.h5", "r+") as file:
        file["nodes/cells/node_id"][()] = [0, 1, 2, 3, 7]
    with pytest.raises(CircuitFileError, match=r"node_id must be 0 to 4, each once; there is 7 where 4"):
        _ = open_allen(config).node_populations


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


def test_cells(circuit: AllenCircuit, tmp_path: Path) -> None:
    components = tmp_path / "components"
    cell = circuit.cell(CellId("cells", 1))
    assert isinstance(cell, AllenCell)
    assert cell.template == "ctdb:Biophys1.hoc" and cell.template_files == ()
    assert cell.morphology_path == str(components / "morphologies/pyramid.swc")
    assert cell.dynamics_file == str(components / "cells/pyramid.json")
    assert cell.processing == ("aibs_perisomatic", "extracellular")
    assert (cell.gid, cell.id, cell.max_segment_length) == (5, ("cells", 1), 20.0)
    assert cell.attributes["tuning_angle"] == 90.0 and cell.attributes["layer"] == 5
    assert AllenCell.from_json(cell.to_json()) == cell
    basket = circuit.cell(CellId("cells", 3))
    assert isinstance(basket, AllenCell)
    assert basket.template_files == (str(components / "templates/Basket.hoc"),)
    assert basket.dynamics_file is None and basket.processing == ()
    point = circuit.cell(CellId("cells", 2))
    assert point == PointCell(
        mechanism="IntFire1", parameters={"tau": 24.0, "refrac": 3.0}, id=CellId("cells", 2)
    )
    with pytest.raises(CircuitError, match="is virtual: it only sends spikes"):
        circuit.cell(CellId("fibres", 0))
    with pytest.raises(NodeNotFoundError, match=r"has no node 5; its ids are 0 to 4"):
        circuit.cell(CellId("cells", 5))


def test_segment_length_is_that_of_the_circuit(config: Path) -> None:
    cell = open_allen(config, max_segment_length=None).cell(CellId("cells", 0))
    assert isinstance(cell, AllenCell) and cell.max_segment_length is None


@pytest.mark.parametrize(
    ("attributes", "kind", "says"),
    [
        ({"model_type": "biophysical"}, ColumnError, "no model_template"),
        (
            {"model_type": "biophysical", "model_template": "Biophys1"},
            CircuitError,
            "'scheme:name' is needed",
        ),
        ({"model_type": "point_soma", "model_template": "a:b"}, CircuitError, "point_soma"),
        (
            {"model_type": "biophysical", "model_template": "ctdb:B", "morphology": "none"},
            CircuitFileError,
            r"morphology of node cells/0.*there is no .*none and no .*none.swc",
        ),
        (
            {"model_type": "biophysical", "model_template": "ctdb:B", "dynamics_params": "pyramyd.json"},
            CircuitFileError,
            r"did you mean 'pyramid.json'",
        ),
        (
            {"model_type": "rate", "model_template": "a:b", "dynamics_params": "p"},
            CircuitError,
            "custom_neuron",
        ),
        ({"model_type": "point_neuron", "model_template": "nrn:IntFire1"}, ColumnError, "tau and refrac"),
        ({"model_type": "biophysical", "model_template": "nrn:IntFire1"}, CircuitError, "artificial cell"),
        (
            {
                "model_type": "point_neuron",
                "model_template": "nrn:IntFire1",
                "dynamics_params": "../cells/pyramid.json",
            },
            CircuitFileError,
            "tau is None",
        ),
    ],
)
def test_cells_that_cannot_be_built(
    config: Path, attributes: dict[str, object], kind: type[Exception], says: str
) -> None:
    write_allen_network(
        config.parent,
        {"cells": AllenNodes({1: attributes}, [1])},
        components={
            "morphologies_dir": "components/morphologies",
            "biophysical_neuron_models_dir": "components/cells",
            "point_neuron_models_dir": "components/points",
        },
        overwrite=True,
    )
    with pytest.raises(kind, match=says):
        open_allen(config).cell(CellId("cells", 0))


def test_node_sets(circuit: AllenCircuit) -> None:
    def ids(name: str) -> dict[str, list[int]]:
        return {population: found.tolist() for population, found in circuit.node_set(name).items()}

    assert set(circuit.node_set_names) == {
        *("excited", "some", "near", "both"),
        *("all", "fibres", "cells", "biophysical", "point_neuron", "virtual"),
    }
    assert ids("all") == {"fibres": [0, 1, 2, 3], "cells": [0, 1, 2, 3, 4]}
    assert ids("cells") == {"cells": [0, 1, 2, 3, 4]}
    assert ids("biophysical") == {"cells": [0, 1, 3]}
    assert ids("point_neuron") == {"cells": [2, 4]}
    assert ids("virtual") == {"fibres": [0, 1, 2, 3]}
    assert ids("excited") == {"cells": [0, 1]}
    assert ids("some") == {"fibres": [0, 3], "cells": [0, 3]}
    assert ids("near") == {"cells": [0, 1]}
    assert ids("both") == {"cells": [0, 1, 3], "fibres": [0, 3]}


def _with_set(circuit: AllenCircuit, rule: object) -> AllenCircuit:
    return AllenCircuit(circuit.layout.model_copy(update={"node_sets": {"set": rule}}))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"population": "cells", "node_id": [4, 0]}, {"cells": [0, 4]}),
        ({"population": ["cells"], "node_ids": [1], "ei": "e"}, {"cells": [1]}),
        ({"layer": [4, 5]}, {"cells": [0, 1, 3]}),
        ({"layer": 5.0, "ei": ["e", "i"]}, {"cells": [0, 1]}),
        ({"tuning_angle": 0.0}, {"cells": [0, 4]}),
        ({"node_type_id": [102, 7]}, {"fibres": [0, 1, 2, 3], "cells": [3]}),
        ({"model_type": "virtual"}, {"fibres": [0, 1, 2, 3]}),
        ({"pop_name": "some fibres"}, {"fibres": [0, 1, 2, 3]}),
        ({"ei": "x"}, {}),
        ({"morphology": {"$regex": "^pyr"}}, {"cells": [0, 1]}),
        ([], {}),
        ({}, {"fibres": [0, 1, 2, 3], "cells": [0, 1, 2, 3, 4]}),
    ],
)
def test_rules(circuit: AllenCircuit, rule: object, expected: dict[str, list[int]]) -> None:
    found = _with_set(circuit, rule).node_set("set")
    assert {population: ids.tolist() for population, ids in found.items()} == expected


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"eii": "e"}, r"'eii', which is no attribute of any population of nodes; did you mean 'ei'"),
        ({"population": "cells", "pop_name": "x"}, r"no attribute of population cells"),
        ({"gids": [0, 1]}, "node_id"),
        ({"population": "cell"}, "did you mean 'cells'"),
        ({"node_id": [5]}, "there is no node 5; ids are 0 to 4"),
        ({"node_id": [True]}, "no node id"),
        ({"node_id": "0"}, "no node id"),
        ([-1], "there is no node -1"),
        ([0.5], "no node id"),
        ({"ei": 5}, "ei has texts; 5 is none"),
        ({"layer": "5"}, "layer has numbers"),
        ({"ei": {"$gt": 3}}, "can be compared by"),
        (["nothing"], "is made of 'nothing', which does not exist"),
        (["set"], "is made of itself: set -> set"),
        ("cells", "must be a list of node ids"),
        (None, "must be a list of node ids"),
    ],
)
def test_rules_that_are_wrong(circuit: AllenCircuit, rule: object, says: str) -> None:
    with pytest.raises(NodeSetError, match=says):
        _with_set(circuit, rule).node_set("set")


def test_own_node_sets_count(config: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text('{"excited": {"ei": "i"}, "new": [1]}', encoding="utf-8")
    circuit = open_allen(config, node_sets_file=own)
    assert circuit.node_set("excited")["cells"].tolist() == [2, 3, 4]
    assert circuit.node_set("new")["fibres"].tolist() == [1]


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


def test_mechanisms(circuit: AllenCircuit, tmp_path: Path) -> None:
    folder = tmp_path / "components/mechanisms"
    assert circuit.mechanism_folders == (folder / "modfiles",)
    (folder / "modfiles/Leak.mod").unlink()
    assert circuit.mechanism_folders == ()
    (folder / "x86_64").mkdir()
    assert circuit.mechanism_folders == (folder,)
    assert circuit.helper_folders == (tmp_path / "components/templates",)


def test_component_files(circuit: AllenCircuit, tmp_path: Path) -> None:
    found = circuit.component_file("synaptic_models_dir", "excitatory.json", "synapse")
    assert found == str(tmp_path / "components/synapses/excitatory.json")
    with pytest.raises(CircuitFileError, match="did you mean 'excitatory.json'"):
        circuit.component_file("synaptic_models_dir", "exitatory.json", "synapse")
    assert circuit.folders("synaptic_models_dir") == (str(tmp_path / "components/synapses"),)
    assert circuit.folders("population_models_dir") == ()


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


def test_mixed_population(tmp_path: Path) -> None:
    types = {1: {"model_type": "virtual"}, 2: {"model_type": "point_neuron", "model_template": "nrn:NetStim"}}
    config = write_allen_network(tmp_path, {"mixed": AllenNodes(types, [1, 2, 1])})
    circuit = open_allen(config)
    assert circuit.node_populations["mixed"].kind == "point_neuron"
    assert circuit.real_nodes("mixed").tolist() == [1]
    assert circuit.virtual_nodes("mixed").tolist() == [0, 2]
    assert circuit.cell(CellId("mixed", 1)) == PointCell(mechanism="NetStim", id=CellId("mixed", 1))
    with pytest.raises(CircuitError, match="is virtual"):
        circuit.cell(CellId("mixed", 0))


def test_writing_is_reproducible(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        write_allen_network(tmp_path / name, {"fibres": FIBRES, "cells": CELLS}, {"in": INCOMING})
        contents.append({path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())})
    assert contents[0] == contents[1]
    with pytest.raises(OutputError, match="has fibres_nodes.h5, .* already"):
        write_allen_network(tmp_path / "one", {"fibres": FIBRES})


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        (AllenEdges("a", "nowhere", [0], [0], {1: {}}), "'nowhere' as target; there is a"),
        (AllenEdges("a", "a", [0, 1], [0], {1: {}}), "2 sources and 1 targets"),
        (AllenEdges("a", "a", [0], [5], {1: {}}), "targets 5 to 5 of 2 nodes"),
        (AllenEdges("a", "a", [0], [0], {1: {}, 2: {}}), "must say type_ids"),
        (AllenEdges("a", "a", [0], [0], {1: {}}, [3]), "no type 3"),
    ],
)
def test_networks_that_are_wrong(tmp_path: Path, edges: AllenEdges, says: str) -> None:
    nodes = AllenNodes({1: {"model_type": "virtual"}}, [1, 1])
    with pytest.raises(CircuitError, match=says):
        write_allen_network(tmp_path, {"a": nodes}, {"e": edges})
    assert not list(tmp_path.iterdir())
