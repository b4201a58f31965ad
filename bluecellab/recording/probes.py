"""What recorders record: how to find it, and what to call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from bluecellab.errors import BrokenError
from bluecellab.nrn.banks import keeps
from bluecellab.nrn.handles import Segment
from bluecellab.nrn.marks import Mark, mark_near
from bluecellab.recording.variables import FAST_IMEM, pointer_to
from bluecellab.spec.base import Site

__all__ = ["Labels", "Probe", "ReferenceProbe", "SegmentProbe", "live_pointer"]


def live_pointer(pointer: Any, name: str) -> Any:
    """Return a reference after checking that what it points to exists.

    Raises
    ------
    BrokenError
        If it has been deleted.
    """
    try:
        pointer[0]
    except ValueError as error:
        raise BrokenError(
            f"what {name} records was deleted; record it anew, or keep what it belongs to"
        ) from error
    return pointer


@dataclass(frozen=True)
class Labels:
    """What a trace is called, and what it is of.

    Parameters
    ----------
    name
        Its name among others.
    unit
        Unit of its values.
    site
        Where it is recorded, where that is one place.
    variable
        NEURON's name of the variable.
    """

    name: str
    unit: str = ""
    site: Site | None = None
    variable: str = ""


class Probe(Protocol):
    """Finds what is to be recorded, anew before every run."""

    def pointer(self, name: str) -> Any:
        """Return NEURON's reference to it."""

    def section(self) -> Any:
        """Return the raw section it needs to be told of, or None."""

    def mark(self) -> Mark | None:
        """Return what says which thread the variable is on, if NEURON would have to look for it."""

    def keeps(self) -> bool:
        """Whether events leave the variable alone; see :func:`bluecellab.nrn.banks.keeps`."""


@dataclass(frozen=True)
class SegmentProbe:
    """A range variable."""

    at: Segment
    variable: str

    def pointer(self, name: str) -> Any:
        """Return NEURON's reference; raises NotRecordableError."""
        del name
        return pointer_to(self.at, self.variable)

    def section(self) -> Any:
        """Return None: range variables know their section."""
        return None

    def mark(self) -> Mark | None:
        """Return that of the cell; none for total membrane currents, which NEURON refuses with threads."""
        return None if self.variable == FAST_IMEM else mark_near(self.at.section.raw)

    def keeps(self) -> bool:
        """Return True: it is of a section."""
        return True


@dataclass(frozen=True)
class ReferenceProbe:
    """Whatever a reference points to."""

    reference: Any
    near: Segment | None

    def pointer(self, name: str) -> Any:
        """Return the reference; raises BrokenError if what it points to was deleted."""
        return live_pointer(self.reference, name)

    def section(self) -> Any:
        """Return the section nearby, if it is known."""
        return None if self.near is None else self.near.section.raw

    def mark(self) -> Mark | None:
        """Return None: it may be of anything."""
        return None

    def keeps(self) -> bool:
        """Whether it is known to be of a section."""
        return keeps(self.reference)
