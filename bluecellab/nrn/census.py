"""A census of everything alive in NEURON."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass, field

from bluecellab.nrn import objects, runtime, templates

__all__ = ["Census", "census"]

_CLASSES = (
    "NetCon",
    "Vector",
    "FInitializeHandler",
    "SectionList",
    "SectionRef",
    "PtrVector",
    "SaveState",
    "List",
    "Random",
    "StringFunctions",
    "PythonObject",
)


@dataclass(frozen=True)
class Census:
    """How many of each kind are alive in NEURON.

    Parameters
    ----------
    counts
        By kind: ``"sections"``, NEURON's classes, point processes and hoc templates by name.
    """

    counts: Mapping[str, int] = field(default_factory=dict)

    def difference(self, later: Census) -> str:
        """Return what changed until ``later``, such as ``"NetCon +2, sections +1"``; empty if nothing."""
        names = sorted({*self.counts, *later.counts})
        changed = {name: later.counts.get(name, 0) - self.counts.get(name, 0) for name in names}
        return ", ".join(f"{name} {change:+d}" for name, change in changed.items() if change)


def _point_processes() -> list[str]:
    h = runtime.raw_h()
    kinds = h.MechanismType(1)
    name = h.ref("")
    found = []
    for index in range(int(kinds.count())):
        kinds.select(index)
        kinds.selected(name)
        found.append(str(name[0]))
    return found


def census(*, collect: bool = True) -> Census:
    """Count everything alive in NEURON.

    Parameters
    ----------
    collect
        Run Python's garbage collector first.

    Returns
    -------
    Census
        Kinds with no member are left out.
    """
    if not runtime.is_started():
        return Census()
    if collect:
        gc.collect()
    h = runtime.raw_h()
    counts = {"sections": sum(1 for _ in h.allsec())}
    for name in (*_point_processes(), *_CLASSES, *templates.loaded_names(), *templates.written_names()):
        if hasattr(h, name):
            counts[name] = int(objects.listing(name).count())
    counts["List"] -= 1  # the one that counts
    return Census({name: count for name, count in counts.items() if count})
