"""What an estimate says, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

__all__ = ["Estimate", "RankEstimate"]

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True)
class RankEstimate:
    """What one rank will have and need.

    Parameters
    ----------
    cells, segments, synapses
        How many of each.
    memory
        Bytes.
    build_seconds, run_seconds
        CPU time in s; that of a thread if there are several.
    """

    cells: int
    segments: int
    synapses: int
    memory: int
    build_seconds: float
    run_seconds: float


@dataclass(frozen=True)
class Estimate:
    """How large a simulation will be, and what it will take.

    Parameters
    ----------
    config
        Path of the configuration.
    cells
        How many of each kind: name of template or mechanism.
    sections, segments
        How many.
    synapses
        How many of each population of edges.
    skipped
        Synapses on sections that their cells will lack.
    connections
        NetCons; those of minis are among them.
    minis
        Synapses that release spontaneously.
    replayed
        Cells that are not built and whose spikes are given.
    inputs
        Blocks of inputs.
    t_stop, dt
        End and step of the run in ms.
    spikes
        A guess.
    reports
        Bytes of each file that is written, spikes among them.
    variables
        How many variables reports read at once.
    ranks, threads, engine
        What it is to run with.
    per_rank
        What each rank will have and need.
    imbalance
        Work of the busiest rank over the mean.
    build_seconds, run_seconds
        Least and most that is expected of the busiest rank, in s, with a processor for every thread.
    exact
        Whether sections and segments are known.
    assumed
        What is assumed where files do not tell.
    calibration
        Where the costs are from.
    """

    config: str
    cells: Mapping[str, int]
    sections: int
    segments: int
    synapses: Mapping[str, int]
    skipped: int
    connections: int
    minis: int
    replayed: int
    inputs: int
    t_stop: float
    dt: float
    spikes: int
    reports: Mapping[str, int]
    variables: int
    ranks: int
    threads: int
    engine: str
    per_rank: tuple[RankEstimate, ...]
    imbalance: float
    build_seconds: tuple[float, float]
    run_seconds: tuple[float, float]
    exact: bool
    assumed: tuple[str, ...] = field(default=())
    calibration: str = ""

    @property
    def memory(self) -> int:
        """Bytes of the rank that needs most."""
        return max((rank.memory for rank in self.per_rank), default=0)

    @property
    def total_memory(self) -> int:
        """Bytes of all ranks together."""
        return sum(rank.memory for rank in self.per_rank)

    @property
    def disk(self) -> int:
        """Bytes of all files that are written."""
        return sum(self.reports.values())

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            **asdict(self),
            "cells": dict(self.cells),
            "synapses": dict(self.synapses),
            "reports": dict(self.reports),
            "memory": self.memory,
            "total_memory": self.total_memory,
            "disk": self.disk,
        }

    def lines(self) -> list[str]:
        """Return it as lines of text."""
        cells, synapses = sum(self.cells.values()), sum(self.synapses.values())
        kinds = ", ".join(f"{name} {count:,}" for name, count in self.cells.items())
        each = ", ".join(f"{name} {count:,}" for name, count in self.synapses.items())
        about = "" if self.exact else "about "
        skipped = f", {self.skipped:,} skipped" if self.skipped else ""
        files = ", ".join(f"{name} {_bytes(size)}" for name, size in self.reports.items())
        where = f"{_counted(self.ranks, 'rank')}, {_counted(self.threads, 'thread')}"
        rows = [
            ("cells", f"{cells:,} ({about}{self.sections:,} sections, {self.segments:,} segments): {kinds}"),
            ("synapses", f"{synapses:,}{f' ({each})' if each else ''}{skipped}"),
            ("connections", f"{self.connections:,}, {self.minis:,} synapses with minis"),
            ("inputs", f"{self.inputs:,} blocks; {self.replayed:,} cells whose spikes are given"),
            ("run", f"{self.t_stop:g} ms in steps of {self.dt:g} ms; about {self.spikes:,} spikes"),
            ("files", f"{_bytes(self.disk)}: {files}"),
            ("with", f"{where} each, {self.engine}"),
            ("memory", f"{_bytes(self.memory)}{self._each_rank()}"),
            ("build", _range(self.build_seconds)),
            ("run takes", f"{_range(self.run_seconds)} with a processor for every thread{self._balance()}"),
            ("costs", self.calibration),
        ]
        return [f"{name:<12} {text}" for name, text in rows] + [
            f"{'assumed':<12} {text}" for text in self.assumed
        ]

    def _each_rank(self) -> str:
        if self.ranks == 1:
            return ""
        least = min(rank.memory for rank in self.per_rank)
        return f" on the largest rank, {_bytes(least)} on the smallest, {_bytes(self.total_memory)} in all"

    def _balance(self) -> str:
        if self.ranks * self.threads == 1:
            return ""
        return f"; the busiest has {self.imbalance:.2f} times the mean to do"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _bytes(count: float) -> str:
    """Return a number of bytes as people read it.

    Examples
    --------
    >>> _bytes(999), _bytes(1_500_000)
    ('999 B', '1.5 MB')
    """
    size = float(count)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1000
    raise AssertionError


def _range(seconds: tuple[float, float]) -> str:
    """Return a range of times as people read it.

    Examples
    --------
    >>> _range((0.5, 2.0)), _range((600.0, 7200.0))
    ('0.5 to 2 s', '10 min to 2 h')
    """
    low, high = (_time(each) for each in seconds)
    if low.rpartition(" ")[2] == high.rpartition(" ")[2]:
        low = low.rpartition(" ")[0]
    return f"{low} to {high}"


def _time(seconds: float) -> str:
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size or (unit != "days" and seconds >= size and unit != "min"):
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s" if seconds < 100 else f"{seconds:.0f} s"
