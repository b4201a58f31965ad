"""What a synapse and a recorded variable cost, from 10^3 to 10^5 of them, against the bare objects of NEURON."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.harness import WRONG, Answer, Row, Task, compared, in_turn, numbers
from benchmarks.synapses import model

_SYNAPSES = (1_000, 10_000, 100_000)
#: Cells of so many segments each.
_VARIABLES = (1, 10, 100)
_SEGMENTS = 995
_FLAT = 1.5  # largest cost of a unit among many, over that among few


def bench_units(rounds: int, *, quick: bool) -> list[Row]:
    """Return all rows; those of synapses only with the material."""
    rows = recorded(1 if quick else rounds, _VARIABLES[:2] if quick else _VARIABLES)
    found = model()
    if found is not None:
        rows = [*made(found, 1 if quick else rounds, _SYNAPSES[:2] if quick else _SYNAPSES), *rows]
    return rows


def made(found: dict[str, Any], rounds: int, counts: Sequence[int]) -> list[Row]:
    """Making synapses and NetCons of arrays, against a plain loop."""
    rows: list[Row] = []
    each: list[list[float]] = []
    for count in counts:
        arguments = {"model": found, "count": count, "minis": False, "repeats": 1 if count > 10_000 else 3}
        answers = in_turn(
            {
                "ours": Task("synapse_ours", "build", arguments),
                "bare": Task("synapse_bare", "build", arguments),
            },
            rounds,
        )
        each.append([value / count for value in numbers(answers["ours"], "cpu")])
        kilobytes = min(numbers(answers["ours"], "kb"))
        rows.append(
            compared(
                f"{count:,} synapses / bare objects",
                answers["ours"],
                answers["bare"],
                unit="ms",
                scale=1000,
                target=2.0,
                note=f"{min(each[-1]) * 1e6:.1f} us and {kilobytes:.2f} kB each",
            )
        )
    return [*rows, _flat("a synapse", counts, each)]


def recorded(rounds: int, cells: Sequence[int]) -> list[Row]:
    """Recording potentials in every step into a file, against a loop that gathers them by pointers."""
    rows: list[Row] = []
    each: list[list[float]] = []
    theirs: list[float] = []
    counts = [number * _SEGMENTS for number in cells]
    for number, count in zip(cells, counts, strict=True):
        arguments = {"cells": number, "t_stop": 100.0 if number == 1 else 10.0}
        answers = in_turn(
            {
                "ours": Task("recording_ours", "record", arguments),
                "without": Task("recording_ours", "plain", arguments),
                "bare": Task("recording_bare", "record", arguments),
            },
            rounds,
        )
        samples = count * arguments["t_stop"] / 0.025
        each.append([value / samples for value in numbers(answers["ours"], "cpu")])
        theirs.append(statistics.median(numbers(answers["bare"], "cpu")) / samples)
        what = f"{count:,} variables, every step into a file"
        rows += [
            compared(
                f"{what} / bare gathering",
                answers["ours"],
                answers["bare"],
                unit="ms",
                scale=1000,
                target=2.0,
                note=f"{_agreement(answers['ours'], answers['bare'])}; {min(each[-1]) * 1e9:.0f} ns a sample",
            ),
            _memory(what, answers["ours"], answers["without"]),
        ]
    row = _flat("a sample of a variable", counts, each)
    return [
        *rows,
        dataclasses.replace(row, note=f"{row.note}; of bare gathering {theirs[-1] / theirs[0]:.2f}"),
    ]


def _memory(what: str, ours: Sequence[Answer], without: Sequence[Answer]) -> Row:
    more = [a - b for a, b in zip(numbers(ours, "mb"), numbers(without, "mb"), strict=True)]
    return Row(
        f"{what}: memory above the model", statistics.median(more), "MB", rounds=len(more), target=200.0
    )


def _agreement(ours: Sequence[Answer], bare: Sequence[Answer]) -> str:
    shapes = {tuple(answer["shape"]) for answer in (*ours, *bare)}
    if len(shapes) > 1:
        return f"{WRONG}: {sorted(shapes)} values"
    return "as many values"


def _flat(what: str, counts: Sequence[int], each: Sequence[Sequence[float]]) -> Row:
    """Return a row that compares what one costs among many with what it costs among few."""
    few, many = ([{"cpu": value} for value in values] for values in (each[0], each[-1]))
    row = compared(
        f"{what}: among {counts[-1]:,} / among {counts[0]:,}", many, few, unit="us", scale=1e6, target=_FLAT
    )
    return dataclasses.replace(row, note="time of one")
