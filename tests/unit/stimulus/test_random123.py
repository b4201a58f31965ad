"""The numpy streams against NEURON's own, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluecellab.errors import StimulusError
from bluecellab.nrn import runtime
from bluecellab.stimulus.random123 import Random123, gamma

HUGE = 2**32 - 1
IDENTITIES = [
    (0, 0, 0, 0),
    (1, 2, 3, 0),
    (2997, 291204, 123, 0),
    (HUGE, 0, 0, 1),
    (0, HUGE, 7, HUGE),
    (HUGE, HUGE, HUGE, HUGE),
    (4000000000, 19, 2147483648, 1234567),
]


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    runtime.start()


def _set_global_index(index: float) -> None:
    runtime.raw_h().Random().Random123_globalindex(index)


@pytest.fixture
def global_index() -> Iterator[Callable[[float], None]]:
    """Set NEURON's global index, and put it back."""
    before = runtime.raw_h().Random().Random123_globalindex()
    yield _set_global_index
    _set_global_index(before)


def _neuron(ids: tuple[int, int, int], pick: Callable[[Any], float], n: int) -> tuple[np.ndarray, int]:
    """Return NEURON's numbers and where its stream stands then."""
    h = runtime.raw_h()
    random = h.Random()
    random.Random123(*ids)
    first = pick(random)
    rest = h.Vector(n - 1)
    rest.setrand(random)
    return np.concatenate([[first], np.array(rest)]), int(random.seq())


@pytest.mark.parametrize("identity", IDENTITIES)
def test_uniform(identity: tuple[int, int, int, int], global_index: Callable[[float], None]) -> None:
    global_index(identity[3])
    stream = Random123(*identity[:3], global_index=identity[3])
    theirs, position = _neuron(identity[:3], lambda r: r.uniform(-2.5, 7), 1001)
    assert np.array_equal(stream.uniform(1001, -2.5, 7), theirs)
    assert stream.position == position


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("n", [2, 3, 1000])
def test_normal(identity: tuple[int, int, int, int], n: int, global_index: Callable[[float], None]) -> None:
    global_index(identity[3])
    stream = Random123(*identity[:3], global_index=identity[3])
    theirs, position = _neuron(identity[:3], lambda r: r.normal(-0.3, 2.7), n)
    assert np.array_equal(stream.normal(n, -0.3, 2.7), theirs)
    assert stream.position == position


def test_a_hundred_thousand_numbers() -> None:
    ids = (31, 4159265358, 979)
    for method, pick in (
        ("uniform", lambda r: r.uniform(0, 1)),
        ("normal", lambda r: r.normal(0, 1)),
        ("negexp", lambda r: r.negexp(1)),
        ("lognormal", lambda r: r.lognormal(1, 1)),
    ):
        theirs, position = _neuron(ids, pick, 100_000)
        stream = Random123(*ids)
        assert np.array_equal(getattr(stream, method)(100_000), theirs), method
        assert stream.position == position


@pytest.mark.parametrize("mean", [1.0, 0.005, 2.7])
def test_negexp(mean: float) -> None:
    theirs, _ = _neuron((1, 2, 3), lambda r: r.negexp(mean), 500)
    assert np.array_equal(Random123(1, 2, 3).negexp(500, mean), theirs)


@pytest.mark.parametrize(("mean", "variance"), [(3.3, 0.7), (-0.01, 12.5), (1.0, 0.0)])
def test_lognormal(mean: float, variance: float) -> None:
    theirs, _ = _neuron((1, 2, 3), lambda r: r.lognormal(mean, variance), 500)
    assert np.array_equal(Random123(1, 2, 3).lognormal(500, mean, variance), theirs)


def test_uniform_takes_its_bounds_in_either_order() -> None:
    theirs, _ = _neuron((1, 2, 3), lambda r: r.uniform(3, -1), 50)
    assert np.array_equal(Random123(1, 2, 3).uniform(50, 3, -1), theirs)


def test_naming_a_distribution_anew_forgets_the_second_of_a_pair() -> None:
    h = runtime.raw_h()
    random = h.Random()
    random.Random123(5, 6, 7)
    theirs = [random.normal(0, 1), random.normal(0, 1), random.repick(), random.uniform(0, 1)]
    stream = Random123(5, 6, 7)
    ours = [stream.normal(1)[0], *stream.normal(2), stream.uniform(1)[0]]
    assert ours == theirs


@pytest.mark.parametrize("position", [0, 1, 2, 3, 4, 17, 4 * 2**31 + 1])
def test_a_stream_is_entered_anywhere(position: int) -> None:
    h = runtime.raw_h()
    random = h.Random()
    random.Random123(5, 6, 7)
    random.uniform(0, 1)
    random.seq(position)
    stream = Random123(5, 6, 7)
    stream.position = position
    assert stream.uniform(5).tolist() == [random.repick() for _ in range(5)]


def test_the_block_counter_wraps() -> None:
    stream = Random123(1, 2, 3)
    stream.position = 4 * 2**32 - 2
    around = stream.words(4)
    assert stream.position == 2
    assert around[2:].tolist() == Random123(1, 2, 3).words(2).tolist()


def test_random_of_a_seed_is_a_stream_of_its_own() -> None:
    """NEURON's Random(seed), which explicit noise seeds use."""
    h = runtime.raw_h()
    for seed in (1, 7, 123456):
        assert h.Random(seed).uniform(0, 1) == Random123(seed, 55, 0).uniform(1)[0]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(0, HUGE))
@settings(max_examples=40, deadline=None)
def test_pieces_make_the_whole(counts: list[int], identity: int) -> None:
    whole = Random123(identity).uniform(sum(counts))
    stream = Random123(identity)
    pieces = [stream.uniform(count) for count in counts]
    assert np.concatenate(pieces).tolist() == whole.tolist()


@given(st.integers(0, 200), st.floats(-5, 5), st.floats(0, 9))
@settings(max_examples=40, deadline=None)
def test_normal_is_scaled(n: int, mean: float, variance: float) -> None:
    standard = Random123(9).normal(n)
    assert Random123(9).normal(n, mean, variance).tolist() == (standard * variance**0.5 + mean).tolist()


@pytest.mark.parametrize("identity", [-1, 2**32])
def test_identities_out_of_range_are_refused(identity: int) -> None:
    with pytest.raises(StimulusError, match=r"id2 of a random stream is .* 0 to 2\*\*32 - 1"):
        Random123(0, identity, 0)


def test_nonsense_is_refused() -> None:
    stream = Random123()
    with pytest.raises(StimulusError, match="variance -1"):
        stream.normal(3, 0, -1)
    with pytest.raises(StimulusError, match="-3 random numbers"):
        stream.words(-3)
    with pytest.raises(StimulusError, match="position -1"):
        stream.position = -1
    with pytest.raises(StimulusError, match="mean must not be 0"):
        stream.lognormal(1, 0, 1)
    with pytest.raises(StimulusError, match="gamma distribution of shape 0"):
        gamma(stream, 0, 1)


def test_repr_and_properties() -> None:
    stream = Random123(1, 2, 3, global_index=4)
    stream.words(5)
    assert repr(stream) == "<Random123(1, 2, 3, global_index=4) at 5>"
    assert stream.ids == (1, 2, 3)
    assert stream.global_index == 4


@pytest.mark.parametrize(("shape", "scale"), [(0.3, 2.0), (1.0, 0.5), (7.5, 0.1)])
def test_gamma_has_its_moments(shape: float, scale: float) -> None:
    numbers = gamma(Random123(1, 2, 3), shape, scale, 20_000)
    assert numbers.mean() == pytest.approx(shape * scale, rel=0.05)
    assert numbers.var() == pytest.approx(shape * scale**2, rel=0.1)
    assert (numbers > 0).all()


def test_gamma_leaves_the_stream_behind_what_it_used() -> None:
    one = Random123(1, 2, 3)
    both = Random123(1, 2, 3)
    first = gamma(one, 2.5, 1.0, 3)
    second = gamma(one, 2.5, 1.0, 40)
    assert np.concatenate([first, second]).tolist() == gamma(both, 2.5, 1.0, 43).tolist()
