"""Neuromodulation: edges that are attached to the synapses near their ends."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bluecellab import Simulation, load_mechanisms
from bluecellab.circuit.access import EdgePopulation, Edges
from bluecellab.errors import CircuitWarning, ColumnError, SynapseError
from bluecellab.synapse import (
    ResolvedOverrides,
    SpikeSource,
    SynapseConditions,
    build_synapses,
    change_weights,
    gids,
    keep_silent,
    modulate,
)
from tests.unit.synapse.making import ball, edges, without

MOD = """
NEURON {
    POINT_PROCESS BluecellabTestModulated
    RANGE e, count, strength, decay, last, kind, conductance
    NONSPECIFIC_CURRENT i
    GLOBAL nc_type_param
}
PARAMETER { e = 0 nc_type_param = 3 conductance = 0 }
ASSIGNED { v i count strength decay last kind }
INITIAL { count = 0 strength = 0 decay = 0 last = -1 kind = -1 }
BREAKPOINT { i = 0 }
NET_RECEIVE (weight, modulation, duration, nc_type) {
    INITIAL { }
    count = count + 1
    kind = nc_type
    if (nc_type == 10 && weight > 0) {
        : neuromodulation
        strength = modulation
        decay = duration
        last = t
    }
}
"""
HELPER = """
begintemplate ModulatedHelper
public synapse
objref synapse
proc init() {
    synapse = new BluecellabTestModulated($3)
}
endtemplate ModulatedHelper
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A helper of a mechanism that knows neuromodulation."""
    made = tmp_path_factory.mktemp("modulated")
    (made / "modulated.mod").write_text(MOD)
    (made / "ModulatedHelper.hoc").write_text(HELPER)
    load_mechanisms(made)
    return made


def modulating(**changes):
    """Five edges from NodeV to node 3; the last two end on sections without a near synapse."""
    columns = {
        "delay": np.full(5, 1.0),
        "neuromod_strength": np.array([0.1, 0.2, 0.3, 0.4, 0.5]),
        "neuromod_dtc": np.array([10.0, 20.0, 30.0, 40.0, 50.0]),
        "afferent_section_id": np.array([0, 1, 1, 0, 9]),
        "afferent_section_pos": np.array([0.12, 0.59, 0.25, 0.99, 0.1]),
    } | changes
    population = EdgePopulation("modulation", "neuromodulatory", "NodeV", "NodeB", 5, tuple(columns))
    return Edges(population, 3, np.arange(5), np.array([0, 1, 0, 1, 0]), columns)


def synapses(receiver, folder):
    """Six synapses, at 0.1, 0.42 and 0.74 of section 0, and 0.26, 0.58 and 0.9 of section 1."""
    resolved = dataclasses.replace(
        ResolvedOverrides.none(6), models=(None, "Modulated"), model=np.ones(6, dtype=np.int64)
    )
    return build_synapses(edges(), receiver, SynapseConditions(helper_folders=(folder,)), resolved)


def test_attached_to_the_nearest_synapse(folder):
    with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
        group = synapses(receiver, folder)
        first = gids.allocate(source.scope, 2)
        source.add_trains({first: [2.0], first + 1: [4.0]})
        with pytest.warns(CircuitWarning, match="2 of 5 edges of modulation to node 3 modulate nothing"):
            assert modulate(modulating(), [group], {0: first, 1: first + 1}) == 3
        assert group.connected("neuromodulator").tolist() == [True, True, False, True, False, False]
        assert change_weights(group, [(np.ones(6, dtype=bool), 1.0, 0.0)]) == 0
        simulation.attach(source)
        simulation.run(10, cvode=False)
        seen = [
            (process.count, process.kind, process.strength, process.decay, process.last)
            for process in group.processes_of(np.array([0, 1, 3, 2]))
        ]
        assert seen == [
            (1, 10, 0.1, 10, 3.0),
            (1, 10, 0.3, 30, 3.0),
            (1, 10, 0.2, 20, 5.0),
            (0, -1, 0, 0, -1),
        ]


def test_overrides_and_sources(folder):
    resolved = dataclasses.replace(
        ResolvedOverrides.none(5),
        strength=np.array([0.9, np.nan, 0.7, np.nan, np.nan]),
        decay=np.array([np.nan, 5.0, np.nan, np.nan, np.nan]),
    )
    resolved.weight[2] = 0
    resolved.delay[0] = 3.013
    with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
        group = synapses(receiver, folder)
        first = gids.allocate(source.scope, 1)
        source.add_trains({first: [2.0]})
        made = modulating().take(np.arange(3))
        resolved = dataclasses.replace(
            resolved,
            **{
                name: getattr(resolved, name)[:3]
                for name in ("weight", "spont_minis", "delay", "model", "strength", "decay")
            },
        )
        assert modulate(made, [group], {0: first}, resolved) == 2
        assert modulate(made, [group], {}, resolved) == 0
        assert modulate(made, [], {5: first}, resolved) == 0
        assert keep_silent(group) == 0
        simulation.attach(source)
        simulation.run(10, cvode=False)
        seen = [(p.count, p.strength, p.decay, p.last) for p in group.processes_of(np.array([0, 1, 3]))]
        assert seen == [(1, 0.9, 10, 5.0), (1, 0, 0, -1), (0, 0, 0, -1)]


def test_the_nearest_of_several_groups(folder):
    with ball() as (_, receiver), SpikeSource() as source:
        groups = [synapses(receiver, folder) for _ in range(2)]
        near = edges(afferent_section_id=[1], afferent_section_pos=[0.591])
        resolved = dataclasses.replace(
            ResolvedOverrides.none(1), models=(None, "Modulated"), model=np.ones(1, dtype=np.int64)
        )
        conditions = SynapseConditions(helper_folders=(folder,))
        groups.append(build_synapses(near, receiver, conditions, resolved))
        made = modulating().take(np.arange(3))
        assert modulate(made, groups, dict.fromkeys((0, 1), gids.allocate(source.scope, 1))) == 3
        assert [int(group.connected().sum()) for group in groups] == [2, 0, 1]


def test_what_is_wrong(folder):
    with ball() as (_, receiver), SpikeSource() as source:
        group = synapses(receiver, folder)
        sources = dict.fromkeys((0, 1), gids.allocate(source.scope, 1))
        with pytest.raises(SynapseError, match="'Exp2Syn_synapse', which does not modulate"):
            modulate(edges(), [group], sources)
        for name in ("neuromod_strength", "neuromod_dtc", "delay", "afferent_section_pos"):
            with pytest.raises(ColumnError, match=name):
                modulate(without(modulating(), name), [group], sources)
        with pytest.raises(SynapseError, match="negative neuromod_dtc"):
            modulate(modulating(neuromod_dtc=np.full(5, -1.0)), [group], sources)
        plain = build_synapses(edges(), receiver, SynapseConditions())
        with pytest.raises(SynapseError, match="synapses of Exp2Syn, but that mechanism knows no"):
            modulate(modulating().take(np.arange(3)), [plain], sources)
