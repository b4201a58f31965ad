"""Blocks of a circuit's inputs: their numbers, their streams, and their places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bluecellab import create_ball_stick
from bluecellab.cell import Cell
from bluecellab.circuit.access import CompartmentSet
from bluecellab.errors import BusyError, StimulusError
from bluecellab.nrn import runtime
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import ElectricField, SpatiallyUniformField, SynapseReplay
from bluecellab.spec.simulation import CircuitInput, Seeds
from bluecellab.spec.stimuli import (
    AbsoluteShotNoise,
    Linear,
    Noise,
    OrnsteinUhlenbeck,
    RelativeLinear,
    RelativeShotNoise,
    ShotNoise,
    Stimulus,
)
from bluecellab.stimulus import PlannedInput, Random123, places_on, plan_inputs
from bluecellab.stimulus.inputs import SOMA
from bluecellab.stimulus.signals import skipped_numbers

NOISE = Noise(delay=10, duration=20, mean=0.1, variance=0.01)
SHOTS = {"delay": 1.0, "duration": 20.0, "rise_time": 0.4, "decay_time": 4.0}
SHOT = ShotNoise(**SHOTS, rate=100, amp_mean=0.04, amp_var=0.001)
OU = OrnsteinUhlenbeck(delay=1, duration=20, tau=3, sigma=0.1, mean=0.2)
PEER = Seeds(base=7, stimulus=5, convention="bluecellulab")
DAMUS = Seeds(base=7, stimulus=5)


def block(name: str, stimulus: Stimulus, **target: str) -> CircuitInput:
    return CircuitInput.from_dict(
        {"name": name, "stimulus": stimulus.to_dict(), **(target or {"node_set": "All"})}
    )


def numbers(planned: list[PlannedInput]) -> dict[str, int]:
    return {each.name: each.count for each in planned}


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick(CellId("S1", 12)) as made:
        made.threshold = 0.2
        yield made


MIXED = [
    block("z noise", NOISE),
    block("silent", ShotNoise(**SHOTS, rate=0, amp_mean=0.04, amp_var=0.001)),
    block("b shots", SHOT),
    block("a shots", AbsoluteShotNoise(**SHOTS, mean=0.1, sigma=0.05)),
    block("step", Linear(delay=0, duration=10, amp_start=0.1)),
    block("Z shots", RelativeShotNoise(**SHOTS, mean_percent=50, sd_percent=20)),
    block("process", OU),
    block("a noise", NOISE),
    block("another", OU),
]


def test_neurodamus_counts_in_the_order_of_the_file_what_does_something() -> None:
    planned = plan_inputs(MIXED, DAMUS)
    assert [each.name for each in planned] == [each.name for each in MIXED]
    assert numbers(planned) == {
        "z noise": 0, "silent": 0, "b shots": 0, "a shots": 1, "step": 0, "Z shots": 2, "process": 0,
        "a noise": 1, "another": 1,
    }  # fmt: skip


def test_bluecellulab_counts_in_the_order_of_ascii_names_and_all() -> None:
    planned = plan_inputs(MIXED, PEER)
    assert [each.name for each in planned] == sorted(each.name for each in MIXED)
    assert numbers(planned) == {
        "Z shots": 0, "a noise": 0, "a shots": 1, "another": 0, "b shots": 2, "process": 1, "silent": 3,
        "step": 0, "z noise": 1,
    }  # fmt: skip


def test_shots_of_no_duration_are_not_counted_by_neurodamus() -> None:
    empty = ShotNoise(**{**SHOTS, "duration": 0}, rate=10, amp_mean=0.04, amp_var=0.001)
    assert numbers(plan_inputs([block("a", empty), block("b", SHOT)])) == {"a": 0, "b": 0}
    assert numbers(plan_inputs([block("a", empty), block("b", SHOT)], PEER)) == {"a": 0, "b": 1}


def test_streams_of_both_conventions() -> None:
    (damus,), (peer,) = (
        plan_inputs([block("a", NOISE)], DAMUS, dt=0.1),
        plan_inputs([block("a", NOISE)], PEER),
    )
    stream = damus.seeds_of(node=12, gid=1012).noise()
    assert (stream.id1, stream.id2, stream.id3, stream.global_index) == (100, 505, 1012 + 1 + 300, 7)
    assert damus.seeds_of(node=12, gid=1012).dt == 0.1
    assert plan_inputs([block("a", NOISE)], PEER, dt=0.1)[0].seeds_of(node=12, gid=1012).dt == 0.025
    stream = peer.seeds_of(node=12, gid=1012).shot_noise()
    assert (stream.id1, stream.id2, stream.id3) == (2997, 19221, 12 + 123)
    assert damus.seeds_of(12, 1012).ornstein_uhlenbeck(77).id3 == 77


def test_which_blocks_a_clamp_plays() -> None:
    replay = SynapseReplay(duration=1, spike_file="/spikes.h5")
    field = SpatiallyUniformField(duration=1, fields=(ElectricField(Ez=1),))
    planned = plan_inputs([block("a", replay), block("b", field), block("c", NOISE)])
    assert [each.clamps for each in planned] == [False, False, True]


def test_a_block_that_no_clamp_plays(cell: Cell) -> None:
    (planned,) = plan_inputs([block("spikes", SynapseReplay(duration=1, spike_file="/spikes.h5"))])
    with pytest.raises(StimulusError, match="input 'spikes' is of type synapse_replay"):
        cell.add_input(planned)


def test_places_of_a_compartment_set() -> None:
    places = CompartmentSet("S1", np.array([2, 12, 12, 14]), (0, 1, 3, 1), np.array([0.5, 0.25, 0.0, 1.0]))
    assert places_on(places, CellId("S1", 12)) == ((1, 0.25), (3, 0.0))
    assert places_on(places, CellId("S1", 3)) == ()
    assert places_on(places, CellId("S2", 12)) == ()


def test_a_node_set_plays_at_the_middle_of_the_soma(cell: Cell) -> None:
    (planned,) = plan_inputs([block("a", RelativeLinear(delay=1, duration=2, percent_start=50))])
    (live,) = cell.add_input(planned)
    assert (live.site.section, live.site.x) == ("soma[0]", 0.5)
    assert live.waveform.values.max() == 0.1
    assert cell.stimuli == [live]


def test_current_is_the_same_at_every_place_but_noise_of_neurodamus_draws_on(cell: Cell) -> None:
    places = (("soma[0]", 0.5), ("dend[0]", 0.2), ("dend[0]", 0.8))

    def values(stimulus: Stimulus, seeds: Seeds) -> list[np.ndarray]:
        (planned,) = plan_inputs([block("a", stimulus, compartment_set="places")], seeds)
        return [live.waveform.values for live in cell.add_input(planned, 1012, places)]

    for stimulus in (SHOT, OU):
        for seeds in (DAMUS, PEER):
            first, second, third = values(stimulus, seeds)
            assert np.array_equal(first, second)
            assert np.array_equal(first, third)
    first, second, third = values(NOISE, PEER)
    assert np.array_equal(first, second)
    assert np.array_equal(first, third)

    first, second, third = values(NOISE, DAMUS)
    stream = Random123(100, 505, 1012 + 1 + 300, global_index=7)
    skipped = 1 + skipped_numbers(10, 20, 0.025, 0.5)
    for drawn in (first, second, third):
        assert np.array_equal(drawn[1:-2], stream.normal(skipped + 41, 0.1, 0.01)[skipped:])


def test_a_single_place_draws_the_documented_stream(cell: Cell) -> None:
    (planned,) = plan_inputs([block("a", NOISE)], DAMUS)
    (live,) = cell.add_input(planned, 1012, SOMA)
    (other,) = cell.add_input(planned, 1013, SOMA)
    assert not np.array_equal(live.waveform.values, other.waveform.values)


def test_a_place_that_the_cell_does_not_have(cell: Cell) -> None:
    (planned,) = plan_inputs([block("a", NOISE, compartment_set="places")])
    with pytest.raises(StimulusError, match=r"input 'a' to Cell S1/12: No section 'apic\[7\]'"):
        cell.add_input(planned, 0, (("soma[0]", 0.5), ("apic[7]", 0.5)))
    with pytest.raises(StimulusError, match="No section with id 5"):
        cell.add_input(planned, 0, ((5, 0.5),))
    assert cell.stimuli == []


def test_a_property_that_the_cell_does_not_have(cell: Cell) -> None:
    conductance = RelativeShotNoise(**SHOTS, mean_percent=50, sd_percent=20, mode="conductance")
    (planned,) = plan_inputs([block("noisy", conductance)])
    with pytest.raises(StimulusError, match="input 'noisy' to Cell S1/12: .* input resistance"):
        cell.add_input(planned)


def test_busy(cell: Cell) -> None:
    (planned,) = plan_inputs([block("a", NOISE)])
    with runtime.marked_running("a simulation"), pytest.raises(BusyError):
        cell.add_input(planned)
