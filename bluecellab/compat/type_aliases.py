"""Names for what hoc hands out, which Python's type checkers cannot see into."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias, TypedDict

__all__ = [
    "HocObjectType",
    "NeuronRNG",
    "NeuronSection",
    "NeuronVector",
    "ReportSite",
    "SectionMapping",
    "SiteEntry",
    "TStim",
]

HocObjectType: TypeAlias = Any
NeuronRNG: TypeAlias = Any
NeuronVector: TypeAlias = Any
NeuronSection: TypeAlias = Any
TStim: TypeAlias = Any
SectionMapping: TypeAlias = dict[str, NeuronSection]


class SiteEntry(TypedDict):
    """A place that a report records."""

    report: str
    rec_name: str
    section: str
    section_id: int | None
    segx: float
    area_um2: float


class ReportSite(NamedTuple):
    """A place of a cell that a report records."""

    section: NeuronSection | None
    section_name: str
    segx: float
    section_id: int | None
