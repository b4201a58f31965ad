"""Synapses made in bulk."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest

from bluecellab.errors import (
    BrokenError,
    BusyError,
    CircuitWarning,
    ClosedError,
    ColumnError,
    MissingMechanismError,
    SynapseError,
)
from bluecellab.nrn import objects, runtime
from bluecellab.spec.base import CellId
from bluecellab.synapse import SynapseConditions, SynapseGroup, build_synapses
from bluecellab.synapse.families import FAMILIES
from bluecellab.synapse.resolved import ResolvedOverrides
from tests.unit.synapse.making import ball, edges, without

DT = SynapseConditions()


def build(made, receiver, **resolved) -> SynapseGroup:
    plain = ResolvedOverrides.none(len(made))
    return build_synapses(made, receiver, DT, dataclasses.replace(plain, **resolved))


def test_every_edge_becomes_a_synapse_where_it_says():
    made = edges()
    with ball() as (cell, receiver):
        group = build_synapses(made, receiver, DT)
        assert len(group) == 6
        assert group.mechanisms == ("Exp2Syn",)
        sections = list(cell.raw_sections())
        for index, synapse in enumerate(group):
            process = synapse.hsynapse
            segment = process.get_segment()
            assert segment.sec == sections[index % 2]
            assert segment == sections[index % 2](made.columns["afferent_section_pos"][index])
            assert (process.tau1, process.tau2, process.e) == (0.2, 2.0, 0.0)
        assert objects.listing("Exp2Syn").count() == 6
        del process, segment, sections
        group.close()
        assert objects.listing("Exp2Syn").count() == 0


def test_they_go_with_their_cell():
    with ball() as (_, receiver):
        group = build_synapses(edges(), receiver, DT)
    assert group.closed
    with pytest.raises(ClosedError, match="synapses of A_to_B on Cell"):
        group.synapse(0)
    assert "closed" in repr(group)


def test_weights_and_delays():
    made = edges(delay=[0.0, 0.01, 0.06, 1.0, 2.02499, 0.5])
    unset = np.full(6, np.nan)
    with ball() as (_, receiver):
        with pytest.warns(CircuitWarning, match="2 of 6 synapses of A_to_B have a delay below the time step"):
            group = build(made, receiver, weight=np.array([1, 2, 1, 1, 0, 1.0]))
        steps = [1, 1, 2, 40, 80, 20]
        assert group.delays.tolist() == [step * 0.025 for step in steps]
        np.testing.assert_array_equal(group.weights, made.columns["conductance"] * [1, 2, 1, 1, 0, 1])
        unset[3:] = [0.0, 0.3125, 7.0]
        with pytest.warns(CircuitWarning, match="3 of 6"):
            group = build(made, receiver, delay=unset)
        assert group.delays[3:].tolist() == [0.025, 0.3125, 7.0]


def test_sections_that_the_cell_lacks_are_counted():
    made = edges(afferent_section_id=[0, 7, 1, 9, 7, 0])
    with ball() as (_, receiver):
        with pytest.warns(CircuitWarning, match=r"3 of 6 synapses .* left out.*afferent_section_id 7, 9\)"):
            group = build_synapses(made, receiver, DT)
        assert group.placed.tolist() == [True, False, True, False, False, True]
        assert group.synapse(5).syn_id == ("A_to_B", 5)
        assert [synapse.index for synapse in group] == [0, 2, 5]
        with pytest.raises(SynapseError, match="synapse 1 .* the cell lacks its section"):
            group.synapse(1)
        with pytest.raises(SynapseError, match="no synapse at 6; it has 6"):
            group.synapse(6)
        assert group.by_number(2) is group.synapse(2)
        with pytest.raises(SynapseError, match="no synapse of number 77"):
            group.by_number(77)


def test_values_of_synapses_left_out_do_not_matter():
    made = edges(afferent_section_id=[0, 7, 1], conductance=[0.1, np.nan, 0.2], tau1=[0.1, -1, 0.2])
    with ball() as (_, receiver), warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)
        assert build_synapses(made, receiver, DT).placed.sum() == 2


def test_positions_outside_are_counted():
    made = edges(afferent_section_pos=[-0.2, 0.0, 0.5, 1.0, 1.2, 0.3])
    with ball() as (_, receiver):
        with pytest.warns(CircuitWarning, match="2 of 6 synapses .* outside 0 to 1"):
            group = build_synapses(made, receiver, DT)
        positions = [group.synapse(index).x for index in range(6)]
        assert positions == [1e-7, 1e-7, 0.5, 0.9999999, 0.9999999, 0.3]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"conductance": [0.1, np.nan]}, "1 of 2 edges .* conductance that is not a number"),
        ({"conductance": [0.1, -0.1]}, "1 of 2 edges .* negative conductance"),
        ({"delay": [np.nan, np.nan]}, "2 of 2 edges .* delay that is not a number"),
        ({"delay": [-1.0, 1]}, "1 of 2 edges .* negative delay"),
        ({"afferent_section_pos": [np.nan, 0.5]}, "afferent_section_pos that is not a number"),
        ({"tau2": [0.0, 0.5]}, "tau2 that is not above 0"),
    ],
)
def test_values_that_make_no_sense_leave_nothing_behind(columns, words):
    with ball() as (_, receiver):
        with pytest.raises(SynapseError, match=words):
            build_synapses(edges(**columns), receiver, DT)
        assert objects.listing("Exp2Syn").count() == 0


@pytest.mark.parametrize(
    "name", ["afferent_section_id", "afferent_section_pos", "conductance", "delay", "erev"]
)
def test_attributes_that_are_missing(name):
    with ball() as (_, receiver), pytest.raises(ColumnError) as caught:
        build_synapses(without(edges(), name), receiver, DT)
    assert name in str(caught.value)
    assert objects.listing("Exp2Syn").count() == 0


def test_chemical_edges_need_a_type():
    with ball() as (_, receiver), pytest.raises(ColumnError, match="syn_type_id"):
        build_synapses(edges("chemical"), receiver, DT)


def test_other_kinds_of_edges_are_no_synapses():
    with (
        ball() as (_, receiver),
        pytest.raises(SynapseError, match="of type 'electrical'; synapses are made"),
    ):
        build_synapses(edges("electrical"), receiver, DT)


def test_mechanisms_that_are_not_loaded_are_named(monkeypatch):
    monkeypatch.setitem(FAMILIES, "Absent", dataclasses.replace(FAMILIES["Exp2Syn"], mechanism="Absent"))
    with ball() as (_, receiver), pytest.raises(MissingMechanismError, match="synapses of Absent") as caught:
        build(edges(), receiver, models=("Absent",))
    assert caught.value.names == ("Absent",)


def test_models_that_nobody_knows():
    with (
        ball() as (_, receiver),
        pytest.raises(SynapseError, match="no synapse model 'Mine'; there are DetAMPA"),
    ):
        build(edges(), receiver, models=("Mine",))


def test_a_model_may_be_asked_for_edge_by_edge():
    with ball() as (_, receiver):
        group = build(edges(), receiver, models=(None, "ExpSyn"), model=np.array([0, 1, 0, 1, 1, 0]))
        names = [group.mechanism_of(index) for index in range(6)]
        assert names == ["Exp2Syn", "ExpSyn", "Exp2Syn", "ExpSyn", "ExpSyn", "Exp2Syn"]
        assert group.synapse(1).hsynapse.tau == 0.2
        assert group.made.inhibitory.all()


def test_types_tell_the_minis_apart():
    with ball() as (_, receiver):
        group = build(edges(syn_type_id=[5, 99, 100, 120]), receiver)
        assert group.made.inhibitory.tolist() == [True, True, False, False]
        assert not group.synapse(3).is_inhibitory


def test_places_by_points():
    made = without(edges(afferent_segment_id=[0, 1, 0, 99], afferent_segment_offset=[0.0, 3.0, -2.0, 1.0]),
                   "afferent_section_pos")  # fmt: skip
    with ball() as (cell, receiver):
        group = build_synapses(made, receiver, DT)
        h = runtime.raw_h()
        dend = list(cell.raw_sections())[1]
        assert group.synapse(0).x == 1e-7
        along = (h.arc3d(1, sec=dend) + 3.0) / dend.L if h.n3d(sec=dend) > 1 else 0.5
        assert group.synapse(1).x == min(along, 0.9999999)
        assert group.synapse(2).x == 1e-7
        assert group.synapse(3).x == 0.5
        del dend


def test_point_cells_receive_edges_themselves():
    from bluecellab.nrn import clock

    h = runtime.raw_h()
    with ball() as (_, receiver):
        process = h.IntFire1()
        point = dataclasses.replace(receiver, process=process, sections={})
        made = without(edges("point_process"), "tau1", "tau2", "erev", "afferent_section_id")
        group = build_synapses(made, point, DT)
        group.connect({0: 5, 1: 6}, "replay")
        assert group.connected().tolist() == [True, True, False, False, True, True]
        connection = group.connections_of(4)[0]
        assert connection.post_netcon.syn() == process
        clock.initialise(-65)
        group.close()
        assert objects.listing("IntFire1").count() == 1
        del group, connection, process, point


def test_not_while_a_run_is_in_progress():
    with ball() as (_, receiver):
        group = build_synapses(edges(), receiver, DT)
        with runtime.marked_running("a simulation"):
            with pytest.raises(BusyError, match="making synapses"):
                build_synapses(edges(), receiver, DT)
            with pytest.raises(BusyError, match="connecting synapses of A_to_B"):
                group.connect({0: 5}, "real")


def test_a_section_deleted_by_others_is_noticed():
    with ball() as (cell, receiver):
        group = build_synapses(edges(), receiver, DT)
        synapse = group.synapse(1)
        runtime.raw_h().delete_section(sec=list(cell.raw_sections())[1])
        with pytest.raises(BrokenError, match="section of <Synapse 1"):
            _ = synapse.hsynapse
        assert group.synapse(0).hsynapse.tau1 == 0.2


def test_a_synapse_says_what_it_is():
    made = edges(syn_type_id=np.full(6, 120.0))
    with ball() as (_, receiver):
        group = build(made, receiver, weight=np.full(6, 2.0))
        group.connect({1: 7}, "real")
        synapse = group.synapse(5)
        assert synapse is group.synapse(5)
        assert synapse.pre_cell_id == CellId("NodeA", 1)
        assert synapse.post_cell_id == CellId("NodeB", 3)
        assert (synapse.pre_gid, synapse.post_gid) == (1, 1003)
        assert (synapse.source_popid, synapse.target_popid) == (4058, 1761)
        assert synapse.weight == 2.0
        assert synapse.randseeds is None
        assert synapse.parameters["tau2"] == 2.0
        info = synapse.info_dict
        assert info["synapse_id"] == ("A_to_B", 5)
        assert info["pre_cell_id"] == 1
        assert info["mech_name"] == "Exp2Syn"
        assert info["syn_description"]["tau1"] == 0.2
        (connection,) = synapse.connections
        assert connection.kind == "real"
        assert connection.source == 7
        assert connection.post_synapse is synapse
        assert connection.info_dict["post_netcon"] == {"weight": 0.002, "delay": 1.5}
        connection.set_weight_scalar(3.0)
        assert connection.post_netcon_weight == 0.003
        connection.set_netcon_weight(0.5)
        connection.set_netcon_delay(4.0)
        assert (connection.weight, connection.post_netcon_delay) == (0.5, 4.0)
        assert "real" in repr(connection)
        synapse.persistent.append("mine")
        del synapse, connection
        assert group.synapse(5).persistent == ["mine"]
    assert group.closed


def test_no_edges_make_an_empty_group():
    made = edges().take(np.zeros(6, dtype=bool))
    with ball() as (_, receiver):
        group = build_synapses(made, receiver, DT)
        assert (len(group), group.connect({0: 1}), list(group)) == (0, 0, [])
