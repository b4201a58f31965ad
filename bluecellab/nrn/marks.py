"""Point processes that do nothing but tell NEURON which thread a cell is on.

With several threads NEURON looks for the thread of every recorded variable, in one segment and mechanism
after the other: for 300 variables of 43 000 segments it takes 3 s, before each run. Where a point process is
named with a variable, it takes that one's.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary

from bluecellab.nrn import objects, threads

__all__ = ["Mark", "mark_near"]

_MECHANISM = "IClamp"  # without a current; CoreNEURON has it, too


class Mark:
    """A point process of a cell; it goes with the last one that holds this.

    Parameters
    ----------
    section
        The raw section that it sits in.
    """

    __slots__ = ("__weakref__", "raw")

    def __init__(self, section: Any) -> None:
        self.raw: Any = objects.point_process(_MECHANISM, section(0.5))

    @property
    def sits(self) -> bool:
        """Whether its section is still there."""
        return bool(self.raw.has_loc())


_marks: WeakValueDictionary[str, Mark] = WeakValueDictionary()


def mark_near(section: Any) -> Mark | None:
    """Return the mark of the cell of a raw section; None with one thread, where none is needed."""
    if threads.count() == 1:
        return None
    root = objects.section_reference(section).root
    name = str(root.hoc_internal_name())
    mark = _marks.get(name)
    if mark is None or not mark.sits:
        mark = _marks[name] = Mark(root)
    return mark
