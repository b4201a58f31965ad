"""Connection overrides: which edges blocks concern, and what all of them together say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluecellab.errors import AssignmentError, CircuitWarning, NodeSetError
from bluecellab.spec.simulation import ConnectionOverride
from bluecellab.synapse import ResolvedOverrides, resolve
from tests.unit.synapse.making import edges

NODE_SETS = {
    "All": {"NodeA": [0, 1, 2, 3], "NodeB": [0, 1, 2, 3]},
    "Even": {"NodeA": [0, 2]},
    "First": {"NodeA": [0]},
    "Target": {"NodeB": [3]},
    "Other": {"NodeB": [1, 2]},
    "Elsewhere": {"NodeC": [0, 1, 2, 3]},
}
EVEN = np.array([True, False, True, False, True, False])
FIRST = np.array([True, False, False, False, True, False])


def member(node_set, population):
    if node_set not in NODE_SETS:
        raise NodeSetError(f"there is no node set {node_set!r}")
    return np.array(NODE_SETS[node_set].get(population, []), dtype=np.int64)


def block(source="All", target="All", **fields):
    return ConnectionOverride(name="block", source=source, target=target, **fields)


def said(*blocks):
    return resolve(blocks, edges(), member)


def same(found, expected):
    return np.array_equal(found, expected, equal_nan=True)


def unset(count=6):
    return np.full(count, np.nan)


def test_nothing_said():
    for found in (said(), ResolvedOverrides.none(6), said(block()), said(block("Elsewhere", weight=3))):
        assert same(found.weight, np.ones(6))
        assert same(found.spont_minis, unset())
        assert same(found.delay, unset())
        assert found.models == (None,)
        assert not found.model.any()
        assert not found.configure
        assert not found.delayed


def test_which_edges_a_block_concerns():
    assert same(said(block("Even", weight=2)).weight, np.where(EVEN, 2, 1))
    assert same(said(block("Even", "Target", weight=2)).weight, np.where(EVEN, 2, 1))
    assert same(said(block("Even", "Other", weight=2)).weight, np.ones(6))
    assert same(said(block("Target", weight=2)).weight, np.ones(6))
    for source, target in (("No", "All"), ("All", "No"), ("No", "Other")):
        with pytest.raises(NodeSetError, match="'No'"):
            said(block(source, target, weight=2))


def test_later_blocks_replace_only_what_they_give():
    found = said(
        block(weight=2, spont_minis=0.1, synapse_delay_override=3, neuromodulation_dtc=75),
        block("Even", weight=0.5, modoverride="X"),
        block("First", spont_minis=0, neuromodulation_strength=0.3, modoverride="Y"),
    )
    assert same(found.weight, np.where(EVEN, 0.5, 2))
    assert same(found.spont_minis, np.where(FIRST, 0, 0.1))
    assert same(found.delay, np.full(6, 3))
    assert found.models == (None, "X", "Y")
    assert same(found.model, np.where(FIRST, 2, np.where(EVEN, 1, 0)))
    assert same(found.decay, np.full(6, 75))
    assert same(found.strength, np.where(FIRST, 0.3, np.nan))


def test_a_pair_that_switches_on_later():
    found = said(block(weight=0), block("Even", weight=1, delay=500))
    assert same(found.weight, np.zeros(6))
    ((mask, time, factor),) = found.delayed
    assert same(mask, EVEN)
    assert (time, factor) == (500, 1)


def test_a_pair_that_switches_off_later():
    found = said(block(weight=1), block(weight=0, delay=500))
    assert same(found.weight, np.ones(6))
    assert [change[1:] for change in found.delayed] == [(500, 0)]


def test_delayed_blocks_are_sorted_by_time_and_only_weigh():
    found = said(block(weight=3, delay=20), block(delay=10), block("Even", weight=5, delay=20))
    assert [change[1:] for change in found.delayed] == [(10, 1), (20, 3), (20, 5)]
    assert same(found.weight, np.ones(6))
    with pytest.warns(
        CircuitWarning, match="'block' has a delay of 7 ms.*its spont_minis, modoverride is not"
    ):
        found = said(block(weight=3, delay=7, spont_minis=2, modoverride="X"))
    assert same(found.spont_minis, unset())
    assert found.models == (None,)
    assert same(said(block(weight=3, delay=0)).weight, np.full(6, 3))


def test_synapse_configure_adds_up():
    found = said(
        block(synapse_configure="%s.tau1 = 1; %s.tau2 = 2"), block("Even", synapse_configure="%s.tau1 *= 2")
    )
    assert [[made.text for made in assignments] for _, assignments in found.configure] == [
        ["%s.tau1 = 1", "%s.tau2 = 2"],
        ["%s.tau1 *= 2"],
    ]
    assert same(found.configure[1][0], EVEN)
    with pytest.raises(AssignmentError, match="of connection override 'block': 'quit"):
        said(block(synapse_configure="quit()"))


fields = st.fixed_dictionaries(
    {"source": st.sampled_from(sorted(NODE_SETS)), "target": st.sampled_from(sorted(NODE_SETS))},
    optional={
        "weight": st.sampled_from([0.0, 0.5, 2.0]),
        "delay": st.sampled_from([0.0, 5.0, 10.0]),
        "synapse_delay_override": st.sampled_from([0.5, 3.0]),
        "spont_minis": st.sampled_from([0.0, 0.01]),
        "modoverride": st.sampled_from(["X", "Y"]),
    },
)


@given(st.lists(fields, max_size=6))
@pytest.mark.filterwarnings("ignore::bluecellab.errors.CircuitWarning")
def test_as_a_plain_loop_over_edges_has_it(given_blocks):
    blocks = [block(**given_fields) for given_fields in given_blocks]
    made, found = edges(), said(*blocks)
    for index, source in enumerate(made.sources):
        state, later = {"weight": 1.0}, []
        for given_fields, each in zip(given_blocks, blocks, strict=True):
            if source not in member(each.source, "NodeA") or 3 not in member(each.target, "NodeB"):
                continue
            if each.delay:
                later.append((each.delay, given_fields.get("weight", 1.0)))
            else:
                state |= given_fields
        assert found.weight[index] == state["weight"]
        assert same(found.delay[index], state.get("synapse_delay_override", np.nan))
        assert same(found.spont_minis[index], state.get("spont_minis", np.nan))
        assert found.models[found.model[index]] == state.get("modoverride")
        assert [change[1:] for change in found.delayed if change[0][index]] == sorted(
            later, key=lambda change: change[0]
        )
