"""What a circuit simulation was, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bluecellab.results import Spikes

__all__ = ["CircuitResult", "Summary"]


@dataclass(frozen=True)
class Summary:
    """What was built and run.

    Parameters
    ----------
    cells, sections, segments
        How many.
    synapses
        How many of each population of edges.
    skipped
        Synapses on sections that their cells lack.
    connections
        How many NetCons.
    inputs
        How many stimuli play.
    build_seconds, run_seconds
        Wall time in s; of several ranks, the longest.
    t_stop
        What was reached, in ms.
    spikes
        How many, of the simulated cells.
    ranks
        Over how many ranks the cells are spread; all other numbers are of all of them.
    balance
        For how long the busiest rank was at work, over the mean of all: 1 is best.
    engine, threads
        What has integrated, and with how many threads on each rank.
    """

    cells: int = 0
    sections: int = 0
    segments: int = 0
    synapses: Mapping[str, int] = field(default_factory=dict)
    skipped: int = 0
    connections: int = 0
    inputs: int = 0
    build_seconds: float = 0.0
    run_seconds: float = 0.0
    t_stop: float = 0.0
    spikes: int = 0
    ranks: int = 1
    balance: float = 1.0
    engine: str = "neuron"
    threads: int = 1

    def lines(self) -> list[str]:
        """Return it as lines of text."""
        placed = sum(self.synapses.values())
        each = ", ".join(f"{name} {count:,}" for name, count in self.synapses.items())
        skipped = f", {self.skipped:,} skipped" if self.skipped else ""
        rows = [
            ("cells", f"{self.cells:,} ({self.sections:,} sections, {self.segments:,} segments)"),
            ("synapses", f"{placed:,}{f' ({each})' if each else ''}{skipped}"),
            ("connections", f"{self.connections:,}"),
            ("inputs", f"{self.inputs:,} stimuli"),
            ("built in", f"{self.build_seconds:.2f} s"),
            ("run", f"{self.t_stop:g} ms in {self.run_seconds:.2f} s"),
            ("spikes", f"{self.spikes:,}"),
        ]
        if (self.engine, self.threads) != ("neuron", 1):
            rows.append(("engine", f"{self.engine}, {self.threads} thread{'s' if self.threads > 1 else ''}"))
        if self.ranks > 1:
            rows.append(("ranks", f"{self.ranks}, the busiest {self.balance:.2f} times the mean"))
        return [f"{name:<12} {text}" for name, text in rows]


@dataclass(frozen=True)
class CircuitResult:
    """What remains of a circuit simulation: plain values, valid for ever.

    Parameters
    ----------
    spikes
        Of the simulated cells.
    output
        Folder that everything was written to.
    spikes_files
        Every file of spikes, as the configuration asks for them: SONATA, then text, then NWB.
    provenance_file
        What was run, and with what.
    reports
        File of each report.
    summary
        Numbers.
    """

    spikes: Spikes
    output: Path
    spikes_files: tuple[Path, ...]
    provenance_file: Path
    reports: Mapping[str, Path]
    summary: Summary

    @property
    def spikes_file(self) -> Path:
        """The first file of spikes."""
        return self.spikes_files[0]
