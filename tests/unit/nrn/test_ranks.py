"""What ranks agree on, with threads in their place: three of them, which exchange values as MPI would."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bluecellab.errors import ParallelError, RankError
from bluecellab.nrn.ranks import Ranks

COUNT = 3


class Wire:
    """Carries values between threads."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(COUNT, timeout=20)
        self.values: list[Any] = [None] * COUNT

    def gather(self, rank: int, value: Any) -> list[Any]:
        self.values[rank] = value
        self.barrier.wait()
        values = list(self.values)
        self.barrier.wait()
        return values


class Context:
    """What of NEURON's ParallelContext is used."""

    def __init__(self, rank: int, wire: Wire | None) -> None:
        self.rank, self.wire = rank, wire

    def id(self) -> float:
        return float(self.rank)

    def nhost(self) -> float:
        return 1.0 if self.wire is None else float(COUNT)

    def py_allgather(self, value: Any) -> list[Any]:
        assert self.wire is not None
        return self.wire.gather(self.rank, value)

    def py_gather(self, value: Any, root: int) -> list[Any] | None:
        values = self.py_allgather(value)
        return values if self.rank == root else None


def on_all(function: Callable[[Ranks], Any]) -> list[Any]:
    """Return what a function returns or raises on every rank."""
    wire = Wire()

    def one(rank: int) -> Any:
        try:
            return function(Ranks(Context(rank, wire)))
        except Exception as error:
            return error

    with ThreadPoolExecutor(COUNT) as pool:
        return list(pool.map(one, range(COUNT)))


def test_alone() -> None:
    ranks = Ranks(Context(0, None))
    assert ranks.alone
    assert (ranks.id, ranks.count) == (0, 1)
    ranks.barrier()
    assert ranks.gathered("me") == ["me"]
    assert ranks.collected("me") == ["me"]
    assert ranks.told("me") == "me"
    assert ranks.evaluated(lambda: 3, "counting") == [3]
    assert ranks.summed([[1, 2]]).tolist() == [[1, 2]]
    ranks.same(object(), "anything")
    with pytest.raises(KeyError), ranks.agreed("looking up"):
        raise KeyError
    assert ranks.farewell()


def test_values_go_round() -> None:
    def work(ranks: Ranks) -> list[Any]:
        ranks.barrier()
        found = [ranks.gathered(ranks.id), ranks.told(ranks.id), ranks.collected(ranks.id)]
        return [*found, ranks.evaluated(lambda: -ranks.id, "negating"), ranks.farewell()]

    assert on_all(work) == [
        [[0, 1, 2], 0, [0, 1, 2], [0, -1, -2], True],
        [[0, 1, 2], 0, None, [0, -1, -2], True],
        [[0, 1, 2], 0, None, [0, -1, -2], True],
    ]


@pytest.mark.parametrize("others", ["end", "wait", "wait deeper", "fail deeper", "swallow"])
def test_an_error_on_one_rank_is_one_on_all(others: str) -> None:
    def work(ranks: Ranks) -> Any:
        with ranks.agreed("building"):
            if ranks.id == 1:
                raise LookupError("no bricks")
            if others == "wait":
                ranks.gathered(1)
            elif others == "wait deeper":
                with ranks.agreed("a floor"), ranks.agreed("a room"):
                    ranks.barrier()
            elif others == "fail deeper":
                with ranks.agreed("a floor"):
                    raise OSError("rain")
            elif others == "swallow":
                try:
                    ranks.barrier()
                except RankError:
                    ranks.barrier()  # raises again at once, as the failing rank waits no more

    first, second, third = on_all(work)
    assert isinstance(second, LookupError)
    if others == "fail deeper":
        assert isinstance(first, OSError) and isinstance(third, OSError)
        return
    for error in (first, third):
        assert isinstance(error, RankError)
        assert str(error) == "rank 1 failed while building: LookupError: no bricks"
        assert (error.rank, error.kind, error.reason) == (1, "LookupError", "no bricks")
        assert 'raise LookupError("no bricks")' in error.traceback


def test_blocks_go_on_after_an_error_that_was_caught() -> None:
    def work(ranks: Ranks) -> Any:
        for _ in range(2):
            try:
                with ranks.agreed("outer"), ranks.agreed("inner"):
                    if ranks.id == 2:
                        raise LookupError
                    ranks.barrier()
            except (LookupError, RankError):
                pass
        try:
            ranks.evaluated(lambda: 1 // ranks.id, "dividing")
        except (ZeroDivisionError, RankError):
            pass
        return ranks.gathered(ranks.id)

    assert on_all(work) == [[0, 1, 2]] * COUNT


def test_ranks_that_do_different_things() -> None:
    def work(ranks: Ranks) -> None:
        with ranks.agreed("a trip"):
            ranks.gathered(1, "going right" if ranks.id == 1 else "going left")

    for error in on_all(work):
        assert type(error) is ParallelError
        assert "rank 0 is going left; rank 1 is going right" in str(error)


def test_values_that_must_be_the_same() -> None:
    def work(ranks: Ranks) -> None:
        ranks.same({"dt": 0.1, "tstop": 5 + ranks.id // 2}, "a run")

    for error in on_all(work):
        assert "a run must be asked for alike on all 3 ranks" in str(error)
        assert "rank 1: tstop = 5; rank 2: tstop = 6" in str(error)

    def plain(ranks: Ranks) -> None:
        ranks.same(ranks.id, "numbers")

    assert all("rank 0: 0; rank 1: 1" in str(error) for error in on_all(plain))


def test_a_value_that_cannot_be_sent() -> None:
    def work(ranks: Ranks) -> Any:
        with ranks.agreed("talking"):
            return ranks.gathered(threading.Lock() if ranks.id == 0 else None)

    first, second, third = on_all(work)
    assert type(first) is ParallelError
    assert "cannot be sent to other ranks" in str(first)
    assert isinstance(second, RankError) and isinstance(third, RankError)


def test_a_rank_that_ends_before_others() -> None:
    def work(ranks: Ranks) -> Any:
        if ranks.id == 2:
            return ranks.farewell()
        with pytest.raises(RankError, match="rank 2 has ended, while rank . is comparing notes"):
            ranks.gathered(1, "comparing notes")
        with pytest.raises(RankError, match="rank 2 has ended"):
            ranks.barrier()  # at once: nobody is there to wait for
        return ranks.farewell()

    assert on_all(work) == [True, True, False]
