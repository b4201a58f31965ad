"""What is known of a cell before it is validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bluecellab.analysis.back_propagation import Branches, branches_of, recording_interval
from bluecellab.analysis.rheobase import rheobase
from bluecellab.cell import Cell
from bluecellab.errors import BluecellabError, SearchError, SectionNotFoundError
from bluecellab.spec.base import Site
from bluecellab.spec.simulation import RunConditions

__all__ = ["Request", "Subject", "subject_of"]


@dataclass(frozen=True)
class Subject:
    """What protocols and measurements of a validation need to know of a cell.

    Parameters
    ----------
    sections
        Names of all its sections.
    aliases
        Names of its own for ``"soma[0]"`` and ``"axon[0]"``, if these are called otherwise.
    branches
        Its dendrites.
    holding_current
        On in all protocols that ask for it, in nA.
    rheobase
        In nA, on top of the holding current; None if there is none.
    problem
        Why there is no rheobase.
    spike_threshold
        In mV, for what does not bring its own.
    conditions
        Temperature, initial potential, integrator.
    interval
        At which potentials of many places are recorded, in ms; None for every step.
    """

    sections: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    branches: Branches = field(default_factory=Branches)
    holding_current: float = 0.0
    rheobase: float | None = None
    problem: str = ""
    spike_threshold: float = -40.0
    conditions: RunConditions = field(default_factory=RunConditions)
    interval: float | None = None

    def has(self, site: Site) -> bool:
        """Whether the cell has the section of a site."""
        return site.section in self.sections or site.section in self.aliases

    def at(self, site: Site) -> Site:
        """Return a site by the cell's own name of its section.

        Raises
        ------
        SectionNotFoundError
            If the cell has no such section.
        """
        name = site.section if site.section in self.sections else self.aliases.get(site.section)
        if name is None:
            raise SectionNotFoundError(
                f"the cell has no section {site.section!r}; it has {len(self.sections)}: "
                f"{', '.join(self.sections[:10])}{' ...' if len(self.sections) > 10 else ''}"
            )
        return Site(section=name, x=site.x)

    def current(self, percent: float, amplitude: float | None = None) -> float:
        """Return an amplitude in nA: as given, else in percent of the rheobase.

        Raises
        ------
        SearchError
            If there is no rheobase.
        """
        if amplitude is not None:
            return amplitude
        if self.rheobase is None:
            raise SearchError(f"there is no rheobase to take {percent:g} % of: {self.problem}")
        return self.rheobase if percent == 100 else self.rheobase * percent / 100.0


@dataclass(frozen=True)
class Request:
    """What is to be found out of a cell, and how.

    Parameters
    ----------
    rheobase
        In nA, if it is known.
    needs_rheobase
        Whether to measure it, if neither this nor the cell's own properties say it.
    spike_threshold
        In mV.
    conditions
        Temperature, initial potential, integrator.
    """

    rheobase: float | None
    needs_rheobase: bool
    spike_threshold: float
    conditions: RunConditions


def subject_of(cell: Cell, request: Request) -> Subject:
    """Return what is to be known of a live cell, which is put back as it was."""
    holding = float(cell.hypamp or 0.0)
    problem, found = "", request.rheobase or cell.threshold or None
    if found is None:
        problem = "none was asked for"
        if request.needs_rheobase:
            found, problem = _measured(cell, holding, request)
    names = tuple(cell.sections)
    aliases = {"soma[0]": cell.at(cell.soma).section.name}
    if cell.axonal:
        aliases["axon[0]"] = cell.at(cell.axonal[0]).section.name
    return Subject(
        sections=names,
        aliases={wanted: own for wanted, own in aliases.items() if wanted not in names},
        branches=branches_of(cell),
        holding_current=holding,
        rheobase=found,
        problem=problem,
        spike_threshold=request.spike_threshold,
        conditions=request.conditions,
        interval=recording_interval(cell, request.conditions),
    )


def _measured(cell: Cell, holding: float, request: Request) -> tuple[float | None, str]:
    """Return the rheobase in nA, or why there is none."""
    try:
        found = rheobase(
            cell,
            holding_current=holding,
            spike_threshold=request.spike_threshold,
            conditions=request.conditions,
        )
    except BluecellabError as error:
        return None, str(error)
    return found.current, ""
