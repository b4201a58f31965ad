"""Gap junctions: two ends of one edge, each in the middle of a section drawn by its own cell."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from bluecellab import load_mechanisms
from bluecellab.errors import CircuitWarning, SynapseError
from bluecellab.spec.base import CellId
from tests.material import material
from tests.unit.synapse.allen.making import circuit_in, world
from tests.unit.synapse.allen.test_sources import potentials


@pytest.fixture(autouse=True)
def _mechanisms():
    load_mechanisms(material().mechanisms["sscx"])


def circuit_with_gaps(folder):
    """Gap junctions from 1 to 0, twice, and from 0 to 2, between chemical synapses."""
    pairs = [(2, 0), (1, 0), (1, 0), (2, 0), (0, 2)]
    gap = np.array([False, True, True, False, True])
    numbers = SimpleNamespace(
        sources=np.array([1, 0, 1]),
        targets=np.array([0, 2, 0]),
        source_gaps=np.array([0, 4, 2]),
        target_gaps=np.array([1, 5, 3]),
    )
    circuit = circuit_in(folder, gaps=numbers)
    circuit.connect(
        "c_c",
        ("cells", "cells"),
        pairs,
        is_gap_junction=gap,
        nsyns=np.where(gap, 1, 2),
        model_template=np.where(gap, "", "Exp2Syn"),
        delay=np.where(gap, np.nan, 1.0),
        syn_weight=np.where(gap, 3.0, 1e-3),
        target_sections=np.where(gap, "['soma', 'basal']", "['basal']"),
    )
    return circuit


def test_both_ends_are_made(tmp_path):
    circuit = circuit_with_gaps(tmp_path)
    with world(circuit) as made:
        synapses = made.synapses()
        synapses.recurrent(made.real)
        assert len(synapses.gaps) == 6
        found = {node: synapses.gaps.processes_on(CellId("cells", node)) for node in range(3)}
        assert {node: len(gaps) for node, gaps in found.items()} == {0: 3, 1: 2, 2: 1}
        assert {(gap.g, gap.get_segment().x) for gaps in found.values() for gap in gaps} == {(3.0, 0.5)}
        assert synapses.counts() == {"c_c": 4}
        assert synapses.connections == 4
        made.cells[CellId("cells", 1)].add_step(2, 15, 1.0)
        trace = potentials(made, synapses)
        assert np.ptp(trace[0]) > 0.1
        del found


def test_a_cell_that_is_not_there(tmp_path):
    circuit = circuit_with_gaps(tmp_path)
    with world(circuit, nodes=(0, 2)) as made:
        synapses = made.synapses()
        with pytest.warns(CircuitWarning, match="2 of 4 ends of gap junctions are left out"):
            synapses.recurrent(made.real)
        assert len(synapses.gaps) == 2


def test_more_junctions_than_numbers(tmp_path):
    circuit = circuit_with_gaps(tmp_path)
    circuit.gaps.sources[2] = 2
    with (
        world(circuit) as made,
        pytest.raises(SynapseError, match="more gap junctions from node 1 to node 0"),
    ):
        made.synapses().recurrent(made.real)


def test_point_cells_have_none(tmp_path):
    circuit = circuit_with_gaps(tmp_path)
    with (
        world(circuit, points=(0,)) as made,
        pytest.raises(SynapseError, match="gap junctions.*point cell 0"),
    ):
        made.synapses().recurrent(made.real)
