"""Run jobs in fresh processes, in turn, and compare what they cost."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEER = os.environ.get("BLUECELLAB_ORACLE_PYTHON", "")
Answer = dict[str, Any]
#: Begins a note that says that the sides did not do the same.
WRONG = "WRONG"


@dataclass(frozen=True)
class Task:
    """One job of one side: ``ours``, ``bare`` or ``peer``, each a module of this package."""

    side: str
    job: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> Answer:
        """Do it in a fresh process and return what it prints last."""
        python = PEER if self.side.endswith("peer") else sys.executable
        environment = dict(os.environ)
        model = self.arguments.get("model")
        if self.side.endswith("peer") and model:
            environment["BLUECELLULAB_MOD_LIBRARY_PATH"] = str(model["library"])
        done = subprocess.run(
            [python, "-m", f"benchmarks.{self.side}", self.job, json.dumps(self.arguments)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{self.side} {self.job} failed:\n{done.stderr[-4000:]}")
        answer: Answer = json.loads(done.stdout.splitlines()[-1])
        return answer


class Budget:
    """How long all that is measured may take: every comparison its part of what is left.

    Attributes
    ----------
    until
        When it should end, by the monotonic clock in s.
    turns
        How many comparisons are still to come.
    """

    until = float("inf")
    turns = 1

    @classmethod
    def begin(cls, seconds: float, turns: int) -> None:
        """Begin to measure."""
        cls.until, cls.turns = time.monotonic() + seconds, turns

    @classmethod
    def share(cls) -> float:
        """Return how long the next comparison may take, in s."""
        left, cls.turns = (cls.until - time.monotonic()) / max(1, cls.turns), cls.turns - 1
        return left


def in_turn(tasks: Mapping[str, Task], rounds: int) -> dict[str, list[Answer]]:
    """Do every task once a round, as long as there is time; every other round in the reverse order."""
    answers: dict[str, list[Answer]] = {name: [] for name in tasks}
    patience, began = Budget.share(), time.monotonic()
    for number in range(rounds):
        taken = time.monotonic() - began
        if number and taken * (number + 1) / number > patience:
            break
        order = list(tasks.items())
        for name, task in order if number % 2 == 0 else reversed(order):
            answers[name].append(task.run())
    return answers


def numbers(answers: Sequence[Answer], key: str) -> list[float]:
    """Return one figure of every answer, the median where it has several."""
    return [
        statistics.median(answer[key]) if isinstance(answer[key], list) else float(answer[key])
        for answer in answers
    ]


@dataclass(frozen=True)
class Row:
    """A line of the table.

    ``ours`` and ``other`` are medians over the rounds; ``ratio`` is the median of the rounds' ratios,
    which a machine that is now busy and now idle disturbs least.
    """

    name: str
    ours: float
    unit: str
    other: float | None = None
    ratio: float | None = None
    rounds: int = 1
    target: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return (self.ours if self.ratio is None else self.ratio) <= self.target

    @property
    def wrong(self) -> bool:
        """Whether the sides did not do the same, so that the figures mean nothing."""
        return WRONG in self.note

    def cells(self) -> list[str]:
        """Return the texts of the table."""
        aim = (
            ""
            if self.target is None
            else f"{self.target:g}" + (f" {self.unit}" if self.ratio is None else "x")
        )
        return [
            self.name,
            f"{self.ours:.4g} {self.unit}",
            "" if self.other is None else f"{self.other:.4g} {self.unit}",
            "" if self.ratio is None else f"{self.ratio:.3f}",
            str(self.rounds),
            aim,
            {True: "met", False: "MISSED", None: ""}[self.met],
            self.note,
        ]


HEADER = ["what", "bluecellab", "other", "ratio", "n", "target", "", "notes"]


def compared(
    name: str,
    ours: Sequence[Answer],
    other: Sequence[Answer],
    *,
    key: str = "cpu",
    unit: str = "s",
    scale: float = 1.0,
    target: float | None = None,
    note: str = "",
) -> Row:
    """Make a row of two sides that were run in turn."""
    left, right = numbers(ours, key), numbers(other, key)
    ratios = [a / b for a, b in zip(left, right, strict=True)]
    return Row(
        name,
        statistics.median(left) * scale,
        unit,
        statistics.median(right) * scale,
        statistics.median(ratios),
        len(ratios),
        target,
        note,
    )


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    texts = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(texts)


def machine() -> str:
    """Return what the figures depend on, as Markdown lines."""
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [
            line.partition(":")[2].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("bluecellab", "neuron", "numpy"))
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    return (
        f"- {model or platform.machine()}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}; "
        f"load when finished {load}\n- Python {platform.python_version()}, {versions}"
    )
