"""Circuits with mistakes in their configuration, node sets, compartment sets or models."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab.circuit.obi import ObiCircuit, open_circuit
from bluecellab.errors import (
    BluecellabError,
    CircuitError,
    CircuitFileError,
    CircuitWarning,
    ColumnError,
    ConfinementError,
    NodeNotFoundError,
    PopulationNotFoundError,
)
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import HocCell
from tests.unit.circuit.sonata_files import write_nodes, write_small_circuit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_small_circuit(tmp_path)
    return tmp_path


def edit(folder: Path, act: Callable[[dict[str, Any]], object]) -> Path:
    path = folder / "circuit_config.json"
    values = json.loads(path.read_text())
    act(values)
    path.write_text(json.dumps(values))
    return path


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda v: v.pop("networks"), "networks"),
        (lambda v: v["networks"].pop("edges"), "networks.edges: a list"),
        (lambda v: (v.pop("networks"), v.update(network="x.json")), "configuration of a simulation"),
        (lambda v: v.update(networks=[]), "networks"),
        (lambda v: v["networks"]["nodes"][0].pop("populations"), r"networks.nodes\[0\].populations"),
        (lambda v: v["networks"]["nodes"][0].pop("nodes_file"), r"networks.nodes\[0\].nodes_file"),
        (lambda v: v["networks"]["nodes"].append(7), r"networks.nodes\[3\]"),
        (lambda v: v["networks"]["nodes"].append(v["networks"]["nodes"][0]), "is in .* already"),
        (lambda v: v["networks"]["nodes"][0]["populations"]["S1"].update(type=3), "type"),
        (lambda v: v.update(manifest={"$BASE": "$BASE/x"}), r"\$BASE -> \$BASE"),
        (lambda v: v.update(manifest={"$A": "$B", "$B": "$A"}), "needs itself"),
        (lambda v: v.update(manifest={}), r"no variable \$BASE"),
        (lambda v: v.update(manifest=3), "manifest"),
        (lambda v: v.update(components=3), "components"),
        (lambda v: v["components"].update(morphologies_dir=3), "components.morphologies_dir"),
        (lambda v: v["components"].update(alternate_morphologies="x"), "alternate_morphologies"),
        (lambda v: v.update(node_sets_file=["a"]), "node_sets_file"),
    ],
)
def test_configurations_that_are_wrong(
    folder: Path, act: Callable[[dict[str, Any]], object], words: str
) -> None:
    path = edit(folder, act)
    with pytest.raises(CircuitFileError, match=words) as caught:
        ObiCircuit(path)
    assert caught.value.path == str(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe{}", b'{"a": NaN}', b"[" * 100_000])
def test_no_json(folder: Path, content: bytes) -> None:
    path = folder / "circuit_config.json"
    path.write_bytes(content)
    with pytest.raises(CircuitFileError, match=r"circuit_config\.json"):
        ObiCircuit(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(CircuitFileError, match="No such file"):
        open_circuit(tmp_path)
    os.mkfifo(tmp_path / "circuit_config.json")
    with pytest.raises(CircuitFileError, match="not a file"):
        open_circuit(tmp_path)


def test_confinement(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    inside = folder / "inner"
    write_small_circuit(inside)
    with open_circuit(inside, confine_to=inside) as circuit:
        assert circuit.cell(CellId("S1", 0)).id == ("S1", 0)
        assert circuit.node_set("L5")["S1"].tolist() == [0, 2]
    with pytest.raises(ConfinementError):
        open_circuit(folder, confine_to=inside)
    with pytest.raises(ConfinementError):
        open_circuit(inside, confine_to=inside, node_sets_file=folder / "node_sets.json")
    edit(inside, lambda values: values["components"].update(mechanisms_dir="../mod"))
    with pytest.raises(ConfinementError, match=r"mechanisms_dir.*\.\./mod"):
        open_circuit(inside, confine_to=inside)


@pytest.mark.parametrize("name", ["nodes.h5", "node_sets.json", "hoc/small.hoc", "morphologies/m1.swc"])
def test_links_out_of_the_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    with open_circuit(folder) as free:
        assert free.cell(CellId("S1", 0)).id == ("S1", 0)
    with pytest.raises(ConfinementError), open_circuit(folder, confine_to=folder) as circuit:
        circuit.node_set("L5")
        circuit.cell(CellId("S1", 0))


def test_a_population_that_its_file_lacks(folder: Path) -> None:
    edit(folder, lambda values: values["networks"]["nodes"][0]["populations"].update({"S9": {}}))
    with (
        open_circuit(folder) as circuit,
        pytest.raises(CircuitFileError, match=r"nodes\.h5: .*S9.*there are: S1"),
    ):
        circuit.nodes("S9")


def test_cells_that_cannot_be(folder: Path) -> None:
    with open_circuit(folder) as circuit:
        with pytest.raises(CircuitError, match="V is virtual"):
            circuit.cell(CellId("V", 0))
        with pytest.raises(NodeNotFoundError, match="no node 5; its ids are 0 to 4"):
            circuit.cell(CellId("S1", 5))
        with pytest.raises(PopulationNotFoundError):
            circuit.cell(CellId("S2", 0))
        for strange in (3, ("S1",), ("S1", "0"), ("S1", 0.5), None):
            with pytest.raises(BluecellabError):
                circuit.cell(strange)  # type: ignore[arg-type]
    edit(folder, lambda values: values["networks"]["nodes"][0]["populations"]["S1"].update(type="astrocyte"))
    with (
        open_circuit(folder) as circuit,
        pytest.raises(CircuitError, match="type 'astrocyte'; .*biophysical"),
    ):
        circuit.cell(CellId("S1", 0))


def test_models_that_are_missing(folder: Path) -> None:
    (folder / "hoc" / "small.hoc").rename(folder / "hoc" / "other.hoc")
    with open_circuit(folder) as circuit, pytest.raises(CircuitFileError, match=r"small\.hoc") as caught:
        circuit.cell(CellId("S1", 0))
    assert caught.value.path.endswith("small.hoc")
    (folder / "hoc" / "other.hoc").rename(folder / "hoc" / "small.hoc")
    (folder / "morphologies" / "m1.swc").unlink()
    with open_circuit(folder) as circuit:
        circuit.cell(CellId("S1", 1))
        with pytest.raises(CircuitFileError, match=r"no morphology 'm1' of node S1/0: .*m1\.swc"):
            circuit.cell(CellId("S1", 0))


@pytest.mark.parametrize(
    ("key", "words"),
    [("morphologies_dir", "alternate_morphologies"), ("biophysical_neuron_models_dir", "models_dir")],
)
def test_folders_that_are_not_named(folder: Path, key: str, words: str) -> None:
    edit(folder, lambda values: values["components"].pop(key))
    with open_circuit(folder) as circuit, pytest.raises(CircuitError, match=words):
        circuit.cell(CellId("S1", 0))


def replaced(folder: Path, column: str, values: object) -> None:
    with h5py.File(folder / "nodes.h5", "a") as file:
        del file[f"nodes/S1/0/{column}"]
        if values is not None:
            file[f"nodes/S1/0/{column}"] = values


@pytest.mark.parametrize("column", ["morphology", "model_template"])
def test_attributes_that_are_missing(folder: Path, column: str) -> None:
    replaced(folder, column, None)
    with open_circuit(folder) as circuit, pytest.raises(ColumnError, match=column) as caught:
        circuit.cell(CellId("S1", 0))
    assert caught.value.name == column


def test_missing_currents_are_zero_with_one_warning(folder: Path) -> None:
    replaced(folder, "dynamics_params/holding_current", None)
    with open_circuit(folder) as circuit:
        with pytest.warns(
            CircuitWarning, match="no @dynamics:holding_current; 0 nA is taken for its 5 cells"
        ) as seen:
            cells = [circuit.cell(CellId("S1", node)) for node in range(5)]
        assert len(seen) == 1
    first = cells[0].to_dict()["emodel_properties"]
    assert (first["threshold_current"], first["holding_current"]) == (0.1, 0.0)


def test_values_that_are_no_numbers(folder: Path) -> None:
    replaced(folder, "dynamics_params/threshold_current", np.array([0.1, np.nan, np.inf, 0.1, 0.1]))
    with open_circuit(folder) as circuit:
        circuit.cell(CellId("S1", 0))
        for node in (1, 2):
            with pytest.raises(CircuitFileError, match=f"nodes.h5: node S1/{node} .*threshold_current"):
                circuit.cell(CellId("S1", node))


def test_templates_of_other_kinds(folder: Path) -> None:
    replaced(folder, "model_template", np.array(["nml:x", "ctdb:y", "small", "hoc:", "hoc:../x"], dtype="S8"))
    with open_circuit(folder) as circuit:
        for node in range(5):
            with pytest.raises(CircuitError, match=r"hoc"):
                circuit.cell(CellId("S1", node))


def test_morphologies_in_order(folder: Path) -> None:
    for name in ("asc", "h5"):
        (folder / name).mkdir()
    alternates = {"neurolucida-asc": "$BASE/asc", "h5v1": "$BASE/h5"}
    edit(folder, lambda values: values["components"].update(alternate_morphologies=alternates))

    def found(node: int) -> str:
        with open_circuit(folder) as circuit:
            cell = circuit.cell(CellId("S1", node))
        assert isinstance(cell, HocCell)
        return str(Path(cell.morphology_path).relative_to(folder))

    with pytest.warns(CircuitWarning, match=r"no .*m1\.asc; .*m1\.swc is taken"):
        assert found(0) == "morphologies/m1.swc"
    (folder / "h5" / "m1.h5").write_bytes(b"")
    with pytest.warns(CircuitWarning, match=r"no .*m1\.asc; .*m1\.h5 is taken"):
        assert found(0) == "h5/m1.h5"
    (folder / "asc" / "m1.asc").write_text("")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found(0) == "asc/m1.asc"


def test_containers_of_morphologies(folder: Path) -> None:
    with h5py.File(folder / "merged.h5", "w") as file:
        file.create_group("m1")
        file.create_group("m.3")
    edit(
        folder, lambda values: values["components"].update(alternate_morphologies={"h5v1": "$BASE/merged.h5"})
    )
    with open_circuit(folder) as circuit:
        for node, name in ((0, "m1"), (4, "m.3")):
            cell = circuit.cell(CellId("S1", node))
            assert isinstance(cell, HocCell)
            assert cell.morphology_path == str(folder / "merged.h5" / f"{name}.h5")
    edit(folder, lambda values: values["components"].pop("morphologies_dir"))
    with open_circuit(folder) as circuit, pytest.raises(CircuitFileError, match=r"merged\.h5/m2\.h5"):
        circuit.cell(CellId("S1", 1))


def test_components_of_a_population_win(folder: Path) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "small.hoc").write_text("")
    own = {"biophysical_neuron_models_dir": "own", "mechanisms_dir": "nowhere"}
    edit(folder, lambda values: values["networks"]["nodes"][0]["populations"]["S1"].update(own))
    with open_circuit(folder) as circuit:
        cell = circuit.cell(CellId("S1", 0))
        assert isinstance(cell, HocCell)
        assert cell.template_path == str(folder / "own" / "small.hoc")
        assert circuit.mechanism_folders == ()  # it has no .mod file
        assert circuit.helper_folders == (folder / "own", folder / "hoc", folder / "mod")


def test_point_cells_with_templates(folder: Path) -> None:
    write_nodes(
        folder / "more.h5", "Q", {"model_template": ["hoc:Izhi", "nrn:x y"], "@dynamics:a": [0.02, 0.03]}
    )
    (folder / "points").mkdir()
    (folder / "points" / "Izhi.hoc").write_text("")
    more = {"nodes_file": "more.h5", "populations": {"Q": {"type": "point_process"}}}
    edit(folder, lambda values: values["networks"]["nodes"].append(more))
    edit(folder, lambda values: values["components"].update(point_neuron_models_dir="points"))
    with open_circuit(folder) as circuit:
        cell = circuit.cell(CellId("Q", 0))
        assert cell.to_dict()["template_path"] == str(folder / "points" / "Izhi.hoc")
        assert cell.to_dict()["parameters"] == {"a": 0.02}
        with pytest.raises(CircuitFileError, match=r"more\.h5: node Q/1.*mechanism"):
            circuit.cell(CellId("Q", 1))
