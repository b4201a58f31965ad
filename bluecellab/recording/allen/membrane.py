"""Variables of segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import CircuitWarning, ReportError, warn
from bluecellab.nrn.scope import Scope
from bluecellab.recording import report_variables as variables
from bluecellab.recording.allen.columns import SegmentColumns, frame_recorder, in_order
from bluecellab.recording.allen.windows import chosen_variable
from bluecellab.recording.report_columns import LISTS, numbers_of
from bluecellab.recording.report_elements import Places, ReportCell
from bluecellab.recording.reports import FrameRecorder
from bluecellab.recording.variables import FAST_IMEM, unit_of_variable
from bluecellab.results.sonata.files import PathLike
from bluecellab.results.sonata.parts import ReportFile, Share
from bluecellab.spec.allen import MembraneReport
from bluecellab.spec.base import CellId

__all__ = ["membrane_recorder"]

FloatArray = npt.NDArray[np.float64]

_LISTS = {
    **{name: name for name in ("all", "soma", "axon", "dend", "apic")},
    "somatic": "soma",
    "axonal": "axon",
    "basal": "dend",
    "apical": "apic",
}
_TYPES = {"soma": 1, "axon": 2, "dend": 3, "apic": 4}  # as in SWC files
_PER_AREA = 100.0  # nA divided by um2 make 100 mA/cm2
_DENSITY, _OUTSIDE = "i_membrane", "vext"
_UNITS = {_DENSITY: "mA/cm2", _OUTSIDE: "mV"}


def membrane_recorder(
    report: MembraneReport,
    cells: Mapping[CellId, ReportCell],
    path: PathLike | ReportFile,
    *,
    variable: str | None = None,
    overwrite: bool = False,
    owner: Scope | None = None,
) -> FrameRecorder:
    """Return what writes a variable of segments, in every run of a simulation that it is attached to.

    Columns are in the order of populations and nodes, and of sections in ``all``. A report of the soma alone
    needs the variable there; one of other sections has those segments that have it. ``i_membrane`` is a
    density, as of the mechanism ``extracellular``, which it does not need; ``i_membrane_`` the current in nA.

    Parameters
    ----------
    report
        What to record, and when.
    cells
        Those it is of; cells without sections have no columns.
    path
        The file; perhaps one that several processes write, each its part, who then all call this.
    variable
        Which of those of the report; may be left out when it has one.
    overwrite
        Whether an older file of that name may be replaced.
    owner
        The scope that owns the recorder; without one it belongs to whoever holds it.

    Raises
    ------
    ReportError
        If the variable is not where it is wanted, or nowhere; or there are no such sections.

    Warns
    -----
    CircuitWarning
        If the report is empty, or ``vext`` is recorded where it is always 0.
    """
    collected = _Collected(report, chosen_variable(report, variable))
    for cell_id, cell in in_order(cells):
        collected.add(cell_id, cell)
    collected.check(ReportFile.of(path).share)
    name = collected.name
    unit = _UNITS.get(name) or unit_of_variable(name)
    return frame_recorder(report, collected.columns, path, (name, unit), overwrite=overwrite, owner=owner)


class _Collected:
    """What a report of a variable has columns of."""

    def __init__(self, report: MembraneReport, name: str) -> None:
        self.report = report
        self.name = name
        self.columns = SegmentColumns() if report.soma_only else SegmentColumns("seg_types")
        self._lists = sorted({self._list(section) for section in report.sections})
        self._looked_at: Any = None
        self._grounded = 0

    def _list(self, name: str) -> str:
        found = _LISTS.get(name)
        if found is None:
            raise ReportError(
                f"report {self.report.name!r}: no sections {name!r}; there are {', '.join(sorted(_LISTS))}"
            )
        return found

    def add(self, cell_id: CellId, cell: ReportCell) -> None:
        """Add columns of a cell."""
        numbers = numbers_of(cell)
        if self.report.soma_only:
            for section in list(cell.somatic)[:1]:
                self._add_places(cell_id, numbers[section.name], section.raw, (0.5,))
            return
        named = {section.name: section for key in self._lists for section in LISTS[key](cell)}
        for name in sorted(named, key=numbers.__getitem__):
            raw = named[name].raw
            self._add_places(cell_id, numbers[name], raw, tuple(segment.x for segment in raw))

    def _add_places(self, cell_id: CellId, number: int, raw: Any, places: tuple[float, ...]) -> None:
        self._looked_at = self._looked_at or raw(0.5)
        hoc = self._hoc_name(raw(0.5))
        if hoc is None:
            if self.report.soma_only:
                raise self._missing(raw(0.5))
            return
        more = [] if self.report.soma_only else [[_type_of(raw)] * len(places)]
        columns = self.columns.add(cell_id, [number] * len(places), places, *more)
        if not hoc:
            self._grounded += len(places)
            return
        factors = np.ones(len(places))
        if self.name == _DENSITY and hoc == FAST_IMEM:
            factors = _PER_AREA / np.array([raw(x).area() for x in places])
        self.columns.places.append(
            Places(raw, int(raw.nseg), places, hoc, columns, factors, not self.report.soma_only)
        )

    def _hoc_name(self, at: Any) -> str | None:
        """Return hoc's name of the variable; None if it is not there, empty if it is 0 for ever."""
        if self.name in (_DENSITY, _OUTSIDE) and not at.sec.has_membrane("extracellular"):
            return FAST_IMEM if self.name == _DENSITY else ""
        if self.name == _DENSITY:
            return _DENSITY
        value = getattr(at, self.name, None)
        if isinstance(value, float) or value is None:
            return variables.hoc_name(at, self.name)
        if not hasattr(value, "__getitem__"):
            return None
        if self.report.transform != "first_element":
            raise ReportError(
                f"report {self.report.name!r}: {self.name} has several values at a place; "
                'say "transform": "first_element"'
            )
        return f"{self.name}[0]"

    def _missing(self, at: Any) -> ReportError:
        return ReportError(
            f"report {self.report.name!r}: no variable {self.name!r} at {at}; there is "
            f"{variables.what_there_is(at)}"
        )

    def check(self, share: Share) -> None:
        """Raise if the variable is nowhere; warn of what its user may not expect."""
        name = self.report.name
        there = share.gathered(
            (self.columns.count, self._looked_at is not None, self._grounded),
            f"looking for columns of report {name}",
        )
        empty = not any(count for count, _, _ in there)
        if empty and self._looked_at is not None:
            raise self._missing(self._looked_at)
        if not share.first:
            return
        if empty and not any(looked for _, looked, _ in there):
            warn(f"report {name!r} is empty: none of its cells has such sections", CircuitWarning)
        grounded = sum(count for _, _, count in there)
        if grounded:
            warn(
                f"report {name!r}: {_OUTSIDE} is 0 at {grounded} segments; they lack the mechanism "
                "extracellular, so that ground is outside of them",
                CircuitWarning,
            )


def _type_of(raw: Any) -> int:
    """Return the type of a section by its name: 1, 2, 3 and 4 for soma, axon, dendrites, apical; else 0."""
    return _TYPES.get(str(raw.hname()).rpartition(".")[2][:4], 0)
