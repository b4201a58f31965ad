"""Models and weights by name, of our own and of users'; and what is wrong with edges, said clearly."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from bluecellab.errors import CircuitFileError, ColumnError, MissingMechanismError, SynapseError
from bluecellab.nrn import objects, runtime
from bluecellab.spec.base import CellId
from bluecellab.spec.functions import SYNAPSE_MODELS, WEIGHT_FUNCTIONS, synapse_model, synaptic_weight
from tests.unit.synapse.allen.making import circuit_in, world

PAIRS = [(0, 0), (1, 0), (2, 0)]


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    yield
    for registry in (SYNAPSE_MODELS, WEIGHT_FUNCTIONS):
        for name in list(registry):
            registry.remove(name)


def made_of(circuit, look):
    """Make the synapses between cells, and return what a function makes of those of cell 0."""
    with world(circuit) as made:
        synapses = made.synapses()
        synapses.recurrent(made.real)
        return [look(group) for group in synapses.groups[CellId("cells", 0)]]


def weights_of(circuit):
    (found,) = made_of(
        circuit,
        lambda group: [bundle.connections.o(0).weight[0] for bundle in group.bundles] and group.weights,
    )
    return found.tolist()


def connected(folder, **columns):
    circuit = circuit_in(folder, attributes={"cells": {"tuning_angle": np.array([10.0, 200.0, 100.0])}})
    circuit.connect("c_c", ("cells", "cells"), PAIRS, **{"nsyns": 1, **columns})
    return circuit


def test_each_edge_has_its_own_model_and_parameters(tmp_path):
    templates, files = ["exp2syn", "expsyn", "Exp2Syn"], ["exc.json", "inh.json", "inh.json"]
    circuit = connected(tmp_path, model_template=templates, dynamics_params=files)

    def look(group):
        processes = list(group.processes_of(group.placed))
        names = [str(process).partition("[")[0] for process in processes]
        return (
            names,
            group.mechanisms,
            [process.e for process in processes],
            processes[1].tau,
            processes[2].tau2,
        )

    (found,) = made_of(circuit, look)
    assert found == (["Exp2Syn", "ExpSyn", "Exp2Syn"], ("Exp2Syn", "ExpSyn"), [0.0, -70.0, -70.0], 2.7, 15.0)


def test_models_of_users_come_first(tmp_path):
    calls = []

    @synapse_model(name="exp2syn")
    def make(params, x, section):
        calls.append((params, x, section.name()))
        synapse = objects.point_process("ExpSyn", section(x))
        synapse.tau = params["tau1"]
        return synapse

    circuit = connected(tmp_path, model_template=["exp2syn", "Exp2Syn", "exp2syn"])
    (found,) = made_of(
        circuit, lambda group: [str(p).partition("[")[0] for p in group.processes_of(group.placed)]
    )
    assert found == ["ExpSyn", "Exp2Syn", "ExpSyn"]
    assert len(calls) == 2
    assert calls[0][0] == {"tau1": 1.0, "tau2": 3.0, "erev": 0.0}
    assert 0 < calls[0][1] < 1


def test_models_of_users_that_take_no_events(tmp_path):
    @synapse_model
    def clamp(params, x, section):
        return objects.point_process("IClamp", section(x))

    with pytest.raises(SynapseError, match="'clamp' of edge type 100 of 'c_c' returns a IClamp.*NET_RECEIVE"):
        made_of(connected(tmp_path, model_template="clamp"), len)


@pytest.mark.parametrize("returned", [None, 5.0, "cell"])
def test_models_of_users_that_fail(tmp_path, returned):
    @synapse_model
    def mine(params, x, section):
        return returned

    circuit = connected(tmp_path, model_template="mine")
    with pytest.raises(
        SynapseError, match="'mine' fails for edge type 100 of 'c_c'; it must return a point process"
    ):
        made_of(circuit, len)


def test_weights_by_angle(tmp_path):
    circuit = connected(tmp_path, weight_function="gaussianLL", weight_sigma=50.0, syn_weight=[1.0, 2.0, 3.0])

    def by_rule(source, target):
        apart = abs(180 - abs(target - source) % 360)
        return abs(abs(apart - 90) - 90)

    expected = [
        weight * np.exp(-((by_rule(source, 10.0) / 50.0) ** 2))
        for weight, source in zip([1.0, 2.0, 3.0], [10.0, 200.0, 100.0], strict=True)
    ]
    assert weights_of(circuit) == pytest.approx(expected, rel=1e-15)
    circuit.attributes["cells"]["tuning_angle"][1] = np.nan
    with pytest.raises(SynapseError, match="1 of 3 edges.*source without a tuning_angle"):
        weights_of(circuit)


def test_weights_by_functions(tmp_path):
    @synaptic_weight
    def by_angle(edge, source, target):
        if source.node_id == 2:
            return None
        return edge["syn_weight"] * source["tuning_angle"] + target["tuning_angle"] + target.gid

    names = ["wmax", "by_angle", "by_angle"]
    assert weights_of(connected(tmp_path, weight_function=names)) == [2e-3, 2e-3 * 200 + 10 + 4, 2e-3]

    @synaptic_weight(name="wmax")
    def other(edge, source, target):
        return 7 + edge.source_node_id

    assert weights_of(connected(tmp_path, weight_function=names))[0] == 7


def test_functions_that_fail(tmp_path):
    @synaptic_weight
    def lost(edge, source, target):
        return edge["nowhere"]

    with pytest.raises(SynapseError, match="'lost' fails for .*from node 0 to node 0: KeyError.*'nowhere'"):
        weights_of(connected(tmp_path, weight_function="lost"))

    @synaptic_weight
    def infinite(edge, source, target):
        return float("inf")

    with pytest.raises(SynapseError, match="returns inf .*must be a number"):
        weights_of(connected(tmp_path, weight_function="infinite"))


WRONG = [
    (
        {"model_template": "Exp3Syn"},
        SynapseError,
        "edge type 100 of 'c_c' asks for synapse model 'Exp3Syn'; there are Exp2Syn",
    ),
    ({"model_template": None}, SynapseError, r"asks for no synapse model \(model_template\)"),
    ({"model_template": "stp2syn", "dynamics_params": "stp.json"}, MissingMechanismError, "stp2syn"),
    ({"dynamics_params": "lost.json"}, CircuitFileError, "lost.json"),
    ({"dynamics_params": "bad.json"}, SynapseError, "bad.json.* cannot be read as JSON"),
    ({"dynamics_params": "plus.json"}, SynapseError, "need 'erev'.*plus.json does not have; it has sign"),
    ({"dynamics_params": "text.json"}, SynapseError, "'tau1' must be a number, not 'slow'"),
    ({"dynamics_params": None}, SynapseError, "none are given"),
    (
        {"weight_function": "gaussianLS"},
        SynapseError,
        "weight_function 'gaussianLS'; there are default_weight_fnc",
    ),
    ({"syn_weight": None}, ColumnError, "need 'syn_weight'"),
    ({"syn_weight": [1.0, np.nan, 1.0]}, SynapseError, "1 of 3 edges.*syn_weight that is not a number"),
    ({"delay": None}, ColumnError, "need 'delay'"),
    ({"delay": -1.0}, SynapseError, "negative delay"),
    ({"nsyns": 1.5}, SynapseError, "nsyns that is no number of synapses"),
    ({"nsyns": -1}, SynapseError, "nsyns that is no number of synapses"),
    (
        {"target_sections": "['basel']"},
        SynapseError,
        "edge type 100 of 'c_c' has target_sections .*must be a list of soma",
    ),
    ({"target_sections": "__import__('os')"}, SynapseError, "target_sections"),
    ({"target_sections": "[]"}, SynapseError, "target_sections"),
    ({"target_sections": None}, SynapseError, "neither afferent_section_id"),
    ({"distance_range": "[0, 1, 2]"}, SynapseError, "edge type 100 of 'c_c' has distance_range"),
    ({"distance_range": "[0, 'far']"}, SynapseError, "distance_range"),
    ({"afferent_section_id": 7, "afferent_section_pos": 0.5}, SynapseError, "ends on section 7 of .*0 to 1"),
    ({"sec_id": 0, "sec_x": 1.5}, SynapseError, "position outside 0 to 1"),
    ({"sec_id": 0}, SynapseError, "position outside 0 to 1"),
    ({"is_gap_junction": True}, SynapseError, "no file cells_gap_juncs.h5"),
]


@pytest.mark.parametrize(("columns", "error", "message"), WRONG)
def test_mistakes(tmp_path, columns, error, message):
    circuit = connected(tmp_path, **columns)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "text.json").write_text(json.dumps({"tau1": "slow", "tau2": 3.0, "erev": 0.0}))
    (tmp_path / "stp.json").write_text(
        json.dumps(dict.fromkeys(("e", "p0", "tau_r0", "tau_FDR", "tau_1"), 1.0))
    )
    with pytest.raises(error, match=message):
        made_of(circuit, len)


def test_older_names_of_places_win_and_ends_are_ends(tmp_path):
    circuit = connected(
        tmp_path,
        sec_id=[0.0, np.nan, 1.0],
        sec_x=[0.25, np.nan, 1.0],
        afferent_section_id=[1, 1, 1],
        afferent_section_pos=[0.9, 0.0, 0.1],
        nsyns=5,
    )

    def look(group):
        return [
            (p.get_segment().sec.name().rpartition(".")[2], p.get_segment().x)
            for p in group.processes_of(group.placed)
        ]

    (found,) = made_of(circuit, look)
    assert [x for _, x in found] == [0.5, 0.0, 1.0]
    assert len({name for name, _ in found}) == 2
    assert runtime.raw_h() is not None
