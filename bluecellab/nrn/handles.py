"""Checked handles on sections and segments.

A handle forwards everything to NEURON's own object, after checking that its owner is open and that
NEURON still has it. NEURON's objects stay reachable through ``.raw``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bluecellab.errors import BluecellabError, BrokenError, SiteError
from bluecellab.nrn import objects
from bluecellab.nrn.scope import Scope

__all__ = ["Section", "Segment", "unwrap"]


class Section:
    """A section of a cell, checked at every use.

    Reading or writing any attribute reaches NEURON's section (``L``, ``diam``, ``nseg``, ``Ra``,
    ``gnabar_hh`` ...); calling it with a position gives a :class:`Segment`.

    Parameters
    ----------
    raw
        NEURON's section.
    scope
        The owner, usually a cell's.
    name
        Name within the cell, such as ``"dend[3]"``.
    """

    __slots__ = ("_name", "_raw", "_scope")
    _name: str
    _raw: Any
    _scope: Scope

    def __init__(self, raw: Any, scope: Scope, name: str) -> None:
        object.__setattr__(self, "_raw", raw)
        object.__setattr__(self, "_scope", scope)
        object.__setattr__(self, "_name", name)

    @property
    def name(self) -> str:
        """Name within the cell, such as ``"dend[3]"``."""
        return self._name

    @property
    def raw(self) -> Any:
        """NEURON's own section.

        Raises
        ------
        ClosedError
            If the owner is closed.
        BrokenError
            If NEURON has freed the section.
        """
        self._scope.check()
        if objects.is_deleted(self._raw):
            raise BrokenError(
                f"section {self._name} of {self._scope.path()} was deleted by hoc code outside bluecellab; "
                "close the cell and make it again"
            )
        return self._raw

    def hname(self) -> str:
        """Return NEURON's full name of the section."""
        return str(self.raw.hname())

    def children(self) -> list[Section]:
        """Return the sections connected to this one."""
        return [self._wrap(child) for child in self.raw.children()]

    def subtree(self) -> list[Section]:
        """Return this section and all below it."""
        return [self._wrap(section) for section in self.raw.subtree()]

    def wholetree(self) -> list[Section]:
        """Return all sections of the tree that this one is in."""
        return [self._wrap(section) for section in self.raw.wholetree()]

    def parentseg(self) -> Segment | None:
        """Return the segment this section is connected to, or None for a root."""
        segment = self.raw.parentseg()
        return None if segment is None else Segment(self._wrap(segment.sec), segment.x)

    def trueparentseg(self) -> Segment | None:
        """Return the segment towards the root that is not at a 0 end, or None."""
        segment = self.raw.trueparentseg()
        return None if segment is None else Segment(self._wrap(segment.sec), segment.x)

    def _wrap(self, raw: Any) -> Section:
        return Section(raw, self._scope, str(raw.hname()).rpartition(".")[2])

    def __call__(self, x: float) -> Segment:
        """Return the segment at a normalised position, 0 to 1."""
        self._scope.check()
        return Segment(self, x)

    def __iter__(self) -> Iterator[Segment]:
        for segment in self.raw:
            yield Segment(self, segment.x)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.raw, name, unwrap(value))

    def __eq__(self, other: object) -> bool:
        return bool(self._raw == (other._raw if isinstance(other, Section) else other))

    def __hash__(self) -> int:
        return hash(self._raw)

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        state = " closed" if self._scope.closed else ""
        return f"<Section {self._name} of {self._scope.path()}{state}>"


class Segment:
    """A place on a section, checked at every use; attributes reach NEURON's segment.

    Parameters
    ----------
    section
        The section.
    x
        Normalised position along it, 0 to 1.

    Raises
    ------
    SiteError
        If ``x`` is outside 0 to 1.
    """

    __slots__ = ("_section", "_x")
    _section: Section
    _x: float

    def __init__(self, section: Section, x: float) -> None:
        try:
            inside = 0 <= x <= 1
        except TypeError:
            inside = False
        if not inside:
            raise SiteError(
                f"position {x!r} on {section.name} is not a number from 0 (its start) to 1 (its end)"
            )
        object.__setattr__(self, "_section", section)
        object.__setattr__(self, "_x", float(x))

    @property
    def section(self) -> Section:
        """The section."""
        return self._section

    @property
    def sec(self) -> Section:
        """The section, under NEURON's name for it."""
        return self._section

    @property
    def x(self) -> float:
        """Normalised position along the section."""
        return self._x

    @property
    def raw(self) -> Any:
        """NEURON's own segment; raises as :attr:`Section.raw`."""
        return self._section.raw(self._x)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.raw, name, unwrap(value))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Segment):
            return self._section == other._section and self._x == other._x
        return bool(self.raw == other)

    def __hash__(self) -> int:
        return hash((self._section, self._x))

    def __str__(self) -> str:
        return f"{self._section.name}({self._x:g})"

    def __repr__(self) -> str:
        return f"<Segment {self} of {self._section._scope.path()}>"


def unwrap(value: Any) -> Any:
    """Return NEURON's own object for a handle; anything else as it is."""
    return value.raw if isinstance(value, (Section, Segment)) else value


def name_of(raw: Any) -> str:
    """Return a raw section's name within its cell: what follows the last dot."""
    try:
        return str(raw.hname()).rpartition(".")[2]
    except ReferenceError as error:
        raise BluecellabError("the section was deleted") from error
