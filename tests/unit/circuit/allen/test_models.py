"""Cells of the Allen dialect: templates, morphologies, parameters, mechanisms."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab.circuit.allen import (
    AllenCircuit,
    AllenNodes,
    open_allen,
    write_allen_network,
)
from bluecellab.errors import (
    CircuitError,
    CircuitFileError,
    ColumnError,
    NodeNotFoundError,
)
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AllenCell, PointCell
from bluecellab.spec.functions import CELL_MODELS, add_cell_model


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


def test_registered_artificial_cells_are_left_to_their_function(circuit: AllenCircuit) -> None:
    add_cell_model(lambda *_: None, "nrn:IntFire1", "point_process")
    try:
        cell = circuit.cell(CellId("cells", 2))
    finally:
        CELL_MODELS.remove("nrn:IntFire1|point_process")
    assert isinstance(cell, AllenCell) and cell.dynamics_file is not None
    assert cell.dynamics_file.endswith("fire.json")


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
