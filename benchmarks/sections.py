"""``RESULTS.md``: a section for each benchmark, of which only those are replaced that were measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TITLES", "Section", "joined", "merged", "parsed"]

#: Title of the section of each benchmark, in the order of the file, and what it says there.
TITLES: Mapping[str, tuple[str, str]] = {
    "import": ("Import", ""),
    "run": (
        "One cell: runs",
        """The detailed cell is BluePyOpt's layer 5 pyramidal cell (v6 template, 200 sections, 712 segments).""",
    ),
    "create": ("One cell: creation", ""),
    "isolated": ("Processes of their own", ""),
    "leak": (
        "Leaks",
        """Cycles create, record, stimulate, run and close; the detailed cell is emodelrunner's layer 4 cell (v6
template, 66 sections, 196 segments).""",
    ),
    "synapses": (
        "Synapses",
        """The plain loop (`benchmarks/synapse_bare.py`) creates the same NEURON objects from the same arrays.""",
    ),
    "bionet": (
        "Networks of the Allen dialect",
        """BMTK is 1.2.0 with pandas 2.3.3. BMTK's potentials at electrodes insert the mechanism `extracellular`;
ours do not.""",
    ),
    "scaling": (
        "Ranks, threads, engines",
        """Cells of five morphologies; a step of 0.1 ms. That of sixty cells has 8616 segments and 10 140
synapses; that of 450 cells, 150 of which are points, has 43 080 segments and 46 240 synapses. "Busiest" is the
rank or thread that took most CPU time, which on ranks includes waiting for the others. Native: compiled with
`-O3 -march=native`; merged: equal linear synapses of a segment are one.""",
    ),
    "experiments": (
        "Experiments",
        """"Live" and "servers there" are the experiments alone; "whole process" is imports, servers and the cell,
too, on both sides. The bare script (`benchmarks/experiment_bare.py`) does the same simulations one after the
other in one process.""",
    ),
    "workers": ("Workers", ""),
}
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A section: its title, and all its text below."""

    title: str
    text: str


def parsed(path: Path) -> list[Section]:
    """Return the sections of a file; none if it is not there. What is above the first one is left out."""
    if not path.is_file():
        return []
    parts = _HEADING.split(path.read_text(encoding="utf-8"))
    return [Section(title, text.strip("\n")) for title, text in zip(parts[1::2], parts[2::2], strict=True)]


def merged(old: list[Section], new: list[Section]) -> list[Section]:
    """Return the old sections with the new ones in their places, and others where :data:`TITLES` has them."""
    fresh = {section.title: section for section in new}
    kept = [fresh.pop(section.title, section) for section in old]
    order = {title: place for place, (title, _) in enumerate(TITLES.values())}
    for section in fresh.values():
        place = order.get(section.title, len(order))
        at = next(
            (index for index, each in enumerate(kept) if order.get(each.title, len(order)) > place), len(kept)
        )
        kept.insert(at, section)
    return kept


def joined(head: str, sections: list[Section]) -> str:
    """Return the text of the file."""
    return "\n\n".join([head.strip("\n"), *(f"## {each.title}\n\n{each.text}" for each in sections)]) + "\n"
