"""The file of benchmark results keeps a section for each benchmark; comparisons share the time there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import harness
from benchmarks.__main__ import BENCHMARKS, RESULTS, TURNS
from benchmarks.harness import Budget, Task, in_turn
from benchmarks.scaling_ours import busiest
from benchmarks.sections import TITLES, Section, joined, merged, parsed


def test_one_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    old = [Section("Import", "a"), Section("My own", "of mine\n\nin two parts"), Section("Workers", "c")]
    path = tmp_path / "RESULTS.md"
    path.write_text(joined("# Benchmarks\n", old), encoding="utf-8")
    assert parsed(path) == old
    made = merged(parsed(path), [Section("Workers", "new"), Section("Leaks", "more")])
    assert [each.title for each in made] == ["Import", "Leaks", "My own", "Workers"]
    assert [each.text for each in made] == ["a", "more", "of mine\n\nin two parts", "new"]
    assert parsed(tmp_path / "none.md") == []


def test_every_benchmark_has_a_section_and_its_time() -> None:
    assert set(BENCHMARKS) == set(TITLES) == set(TURNS)
    assert len({title for title, _ in TITLES.values()}) == len(TITLES)
    assert {each.title for each in parsed(RESULTS)} <= {title for title, _ in TITLES.values()}


@pytest.mark.parametrize(("seconds", "rounds"), [(0.0, 1), (25.0, 2), (1000.0, 3)])
def test_rounds_end_with_the_time(seconds: float, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    class Slow(Task):
        def run(self) -> harness.Answer:
            now[0] += 10.0
            return {}

    monkeypatch.setattr("benchmarks.harness.time.monotonic", lambda: now[0])
    Budget.begin(seconds * 2, 2)
    assert len(in_turn({"one": Slow("ours", "job")}, 3)["one"]) == rounds
    Budget.begin(float("inf"), 1)


@pytest.mark.parametrize(
    ("own", "everything", "threads", "most"),
    [(3.0, 3.0, 1, 3.0), (2.0, 3.0, 2, 2.0), (1.0, 3.0, 2, 2.0), (0.1, 3.0, 2, 1.5)],
)
def test_busiest_thread(own: float, everything: float, threads: int, most: float) -> None:
    assert busiest((0.0, 0.0), (everything, own), threads) == most
