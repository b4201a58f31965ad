"""Random places are those of numpy's ``choice``, edge by edge, and a function of the cell alone."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab.nrn import runtime
from bluecellab.spec.base import CellId
from tests.unit.synapse.allen.making import circuit_in, world


def by_choice(cell, gid, edges):
    """Draw places as the rule says, one edge after the other; by hand."""
    h, draw = runtime.raw_h(), np.random.RandomState(gid)
    sections = list(cell.raw_sections())
    h.distance(sec=sections[0])
    segments = [(number, segment) for number, section in enumerate(sections) for segment in section]
    kinds = np.array([1 if number == 0 else 3 for number, _ in segments])
    lengths = np.array([segment.sec.L / segment.sec.nseg for _, segment in segments])
    centres = np.array([h.distance(segment.x, sec=segment.sec) for _, segment in segments])
    found = []
    for wanted, (low, high), count in edges:
        overlap = np.minimum(centres + lengths / 2, high) - np.maximum(centres - lengths / 2, low)
        overlap = np.maximum(overlap, 0) / lengths
        there = np.flatnonzero((overlap > 0) & np.isin(kinds, wanted))
        if not len(there):
            continue
        share = lengths[there] * overlap[there]
        for index in draw.choice(there, count, p=share / share.sum()):
            found.append((segments[index][0], segments[index][1].x))
    return found


def places(group):
    sections = {}
    for process in group.processes_of(np.ones(len(group), dtype=bool)):
        segment = process.get_segment()
        yield sections.setdefault(segment.sec.name(), segment.sec.name()), segment.x


def test_as_one_choice_for_each_edge(tmp_path):
    circuit = circuit_in(tmp_path)
    pairs = [(source, 1) for source in (0, 2, 0, 2, 0)]
    kinds = ["['basal']", "['soma', 'dend']", "['somatic']", "basal", "['apical']"]
    ranges = ["[0.0, 1e+20]", "[5, 60.0]", "100", "[30.0, 31.0]", "[0, 10]"]
    circuit.connect(
        "c_c", ("cells", "cells"), pairs, nsyns=[4, 30, 2, 7, 5], target_sections=kinds, distance_range=ranges
    )
    circuit.connect("f_c", ("fibres", "cells"), [(0, 1), (1, 1)], nsyns=[50, 60])
    with world(circuit) as made:
        synapses = made.synapses()
        with pytest.warns(match="1 edges of 'c_c' are left out"):
            synapses.recurrent(made.real)
        synapses.virtual({"fibres": np.arange(4)}, {})
        edges = [
            ([3], (0, 1e20), 4),
            ([1, 3], (5, 60), 30),
            ([1], (0, 100), 2),
            ([3], (30, 31), 7),
            ([4], (0, 10), 5),
        ]
        edges += [([3, 4], (0, 1e20), 50), ([3, 4], (0, 1e20), 60)]
        node = CellId("cells", 1)
        names = [section.name() for section in made.cells[node].raw_sections()]
        expected = [(names[section], x) for section, x in by_choice(made.cells[node], 5, edges)]
        groups = synapses.groups[node]
        assert [place for group in groups for place in places(group)] == expected
        assert synapses.counts() == {"c_c": 43, "f_c": 110}
        assert groups[0].numbers.tolist() == [0] * 4 + [1] * 30 + [2] * 2 + [3] * 7
        assert synapses.connections == 153
