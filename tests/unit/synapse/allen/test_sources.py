"""What arrives, and when: real cells, virtual ones, replayed edges, syn_activity; delays below the step too."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from bluecellab import Simulation
from bluecellab.nrn import objects, runtime
from bluecellab.spec.base import CellId
from bluecellab.synapse.allen import Activity
from tests.unit.synapse.allen.making import circuit_in, world

FIBRES = {"fibres": np.arange(4)}
TRAINS = {
    CellId("fibres", 0): np.array([1.0, 2.53, 7.0]),
    CellId("fibres", 1): np.array([0.3, 2.53, 2.54, 9.96]),
    CellId("fibres", 3): np.array([4.0]),
}


@contextmanager
def simulation_of(made, synapses):
    """A simulation of all cells and synapses."""
    with Simulation() as simulation:
        for cell in made.cells.values():
            simulation.add_cell(cell)
        simulation.attach(made.source)
        if len(synapses.gaps):
            simulation.attach(synapses.gaps)
        yield simulation
        simulation.cells.clear()


def potentials(made, synapses, t_stop=20.0):
    with simulation_of(made, synapses) as simulation:
        simulation.run(t_stop, dt=made.dt, cvode=False)
        return np.array([cell.get_soma_voltage() for cell in made.cells.values()])


def by_hand(made, edges, t_stop=20.0):
    """The same synapses, with a NetCon and an event for each spike, in plain NEURON; places as made."""
    h = runtime.raw_h()
    alive = []
    cell = made.cells[CellId("cells", 0)]
    sections = list(cell.raw_sections())
    events = []
    for section, x, weight, delay, times in edges:
        synapse = h.Exp2Syn(sections[section](x))
        synapse.tau1, synapse.tau2, synapse.e = 1.0, 3.0, 0.0
        connection = h.NetCon(None, synapse)
        connection.weight[0], connection.delay = weight, delay
        alive += [synapse, connection]
        events += [(connection, time + delay) for time in times]

    def send():
        for connection, time in events:
            connection.event(time)

    handler = h.FInitializeHandler(send)
    with Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(t_stop, dt=made.dt, cvode=False)
        trace = cell.get_soma_voltage()
    del handler, events[:]
    alive.clear()
    return trace


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.099, 0.1, 0.15, 2.0])
def test_virtual_spikes_arrive_to_the_bit(tmp_path, delay):
    circuit = circuit_in(tmp_path)
    pairs = [(0, 0), (1, 0), (3, 0), (2, 0)]
    places = {"afferent_section_id": [0, 1, 1, 1], "afferent_section_pos": [0.5, 0.2, 0.9, 0.9]}
    circuit.connect(
        "f_c",
        ("fibres", "cells"),
        pairs,
        nsyns=None,
        delay=delay,
        syn_weight=[1e-3, 2e-3, 3e-3, 1.0],
        **places,
    )
    with world(circuit) as made:
        synapses = made.synapses()
        synapses.recurrent(made.real)
        synapses.virtual(FIBRES, TRAINS)
        found = potentials(made, synapses)[0]
        with simulation_of(made, synapses) as simulation:
            simulation.run(5.0, dt=made.dt, cvode=False)
            simulation.continue_run(20.0)
            again = made.cells[CellId("cells", 0)].get_soma_voltage()
        assert np.array_equal(found, again)
        assert len(synapses.connections_of(CellId("cells", 0))) == synapses.connections == 4
    with world(circuit, nodes=(0,)) as made:
        edges = [
            (0, 0.5, 1e-3, delay, TRAINS[CellId("fibres", 0)]),
            (1, 0.2, 2e-3, delay, TRAINS[CellId("fibres", 1)]),
            (1, 0.9, 3e-3, delay, TRAINS[CellId("fibres", 3)]),
        ]
        expected = by_hand(made, edges)
    assert np.ptp(found) > 1
    assert np.array_equal(found, expected)


def test_cells_send_to_each_other(tmp_path):
    circuit = circuit_in(tmp_path)
    circuit.connect(
        "c_c", ("cells", "cells"), [(0, 1), (1, 2), (2, 0)], syn_weight=0.02, delay=[1.0, 0.05, 2.0]
    )
    with world(circuit) as made:
        synapses = made.synapses()
        synapses.recurrent(made.real)
        made.cells[CellId("cells", 0)].add_step(2, 4, 2.0)
        found = potentials(made, synapses)
        assert (found.max(axis=1) > -20).all()
        first, second, third = (np.argmax(trace > -20) for trace in found)
        assert first < second < third
        (group,) = synapses.groups[CellId("cells", 1)]
        assert [bundle.kind for bundle in group.bundles] == ["real"]
        connection = synapses.connections_of(CellId("cells", 1))[0]
        assert connection.syn_weight == 0.02
        assert not connection.is_virtual
        assert connection.source_node.node_id == 0
        assert connection.source_node.gid == 4
        connection.syn_weight = 0.5
        assert connection.post_netcon.weight[0] == 0.5


def test_places_do_not_depend_on_other_cells(tmp_path):
    circuit = circuit_in(tmp_path)
    draw = np.random.default_rng(1)
    circuit.connect("c_c", ("cells", "cells"), draw.integers(0, 3, (40, 2)), nsyns=draw.integers(0, 6, 40))
    circuit.connect(
        "f_c", ("fibres", "cells"), np.column_stack((draw.integers(0, 4, 40), draw.integers(0, 3, 40)))
    )

    def places(nodes, given):
        with world(circuit, nodes=nodes) as made:
            synapses = made.synapses()
            synapses.recurrent(made.real)
            for each in given:
                synapses.virtual({"fibres": np.array(each)}, TRAINS)
            return {
                (cell_id, number): [
                    (
                        int(source),
                        int(edge),
                        process.get_segment().sec.name().rpartition(".")[2],
                        process.get_segment().x,
                    )
                    for source, edge, process in zip(
                        group.sources, group.numbers, group.processes_of(group.placed)
                    )
                ]
                for cell_id, groups in synapses.groups.items()
                for number, group in enumerate(groups)
            }

    every = places((0, 1, 2), [range(4), [1]])
    for node in range(3):
        for key, alone in places((node,), [range(4), [1]]).items():
            assert alone == every[key]
    some = places((0, 1, 2), [[1, 2], [1]])
    for key, wanted in some.items():
        assert wanted == [row for row in every[key] if key[1] != 1 or row[0] in (1, 2)]


def test_point_cells(tmp_path):
    circuit = circuit_in(tmp_path)
    circuit.connect(
        "f_c",
        ("fibres", "cells"),
        [(0, 0), (1, 0), (2, 0), (3, 0)],
        dynamics_params=["minus.json", "plus.json", "plus.json", "exc.json"],
        syn_weight=[0.1, 0.2, 0.3, 0.4],
        nsyns=[2.0, 3.0, np.nan, np.nan],
        model_template=None,
        target_sections=None,
    )
    with world(circuit, nodes=(0,), points=(0,)) as made:
        synapses = made.synapses()
        synapses.recurrent(made.real)
        synapses.virtual(FIBRES, TRAINS)
        found = [connection.weight for connection in synapses.connections_of(CellId("cells", 0))]
        assert found == pytest.approx([-0.2, 0.6, 0.3, 0.4])
        assert synapses.counts() == {"f_c": 4}
    circuit.tables["f_c"][2]["nsyns"][3] = 1
    with world(circuit, nodes=(0,), points=(0,)) as made:
        with pytest.raises(ValueError, match="edge type 100 of 'f_c'.*'sign'.*exc.json"):
            made.synapses().virtual(FIBRES, TRAINS)


def test_syn_activity_drives_some_and_silences_the_rest(tmp_path):
    circuit = circuit_in(tmp_path)
    circuit.connect(
        "c_c", ("cells", "cells"), [(0, 1), (2, 1), (1, 2)], syn_weight=[1e-3, 2e-3, 3e-3], nsyns=1
    )
    circuit.connect("f_c", ("fibres", "cells"), [(0, 1)], syn_weight=4e-3)
    with world(circuit) as made:
        synapses = made.synapses()
        activity = Activity(np.array([1.0, 3.0]), {"cells": np.array([2])}, None)
        synapses.recurrent(made.real, activities=[activity])
        synapses.virtual(FIBRES, TRAINS)
        kinds = [(c.kind, c.weight) for c in synapses.connections_of(CellId("cells", 1))]
        assert kinds == [("replay", 2e-3), ("real", 0.0), *[("replay", 4e-3)] * 3]
        assert [(c.kind, c.weight) for c in synapses.connections_of(CellId("cells", 2))] == [("real", 0.0)]
        driver = synapses.connections_of(CellId("cells", 1))[0].source
        assert made.source.trains[driver].tolist() == [1.0, 3.0]


def test_replayed_edges_take_part_only_where_they_are_chosen(tmp_path):
    circuit, more = circuit_in(tmp_path), circuit_in(tmp_path)
    more.connect("extra", ("cells", "cells"), [(0, 1), (2, 1), (0, 2), (1, 2)], nsyns=2)
    trains = {CellId("cells", 2): np.array([1.0])}

    def positions(sources, targets):
        with world(circuit) as made:
            synapses = made.synapses()
            synapses.recurrent(made.real)
            synapses.replay(more, trains, sources, targets)
            return {
                cell.id: [(int(s), float(x)) for g in groups for s, x in zip(g.sources, g.made.positions)]
                for cell, groups in synapses.groups.items()
            }

    both = positions(None, None)
    assert [source for source, _ in both[1]] == [0, 0, 2, 2]
    only = positions({"cells": np.array([2])}, None)
    assert [source for source, _ in only[1]] == [2, 2]
    assert [x for _, x in only[1]] == [x for _, x in both[1][:2]]
    assert only[2] == []
    assert positions(None, {"cells": np.array([2])}) == {**both, 1: []}


def test_a_train_without_spikes_is_connected(tmp_path):
    circuit = circuit_in(tmp_path)
    circuit.connect("f_c", ("fibres", "cells"), [(2, 0)], delay=0.0, nsyns=1)
    with world(circuit) as made:
        synapses = made.synapses()
        synapses.virtual({"fibres": np.array([2])}, {})
        assert synapses.connections == 1
        assert np.ptp(potentials(made, synapses, 2.0)[0][5:]) < 1
        assert objects.listing("NetCon").count() >= 1
