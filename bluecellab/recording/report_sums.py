"""Reports that add up currents, and those of synapses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError
from bluecellab.recording import report_variables as variables
from bluecellab.recording.report_columns import (
    LISTS,
    Columns,
    Compartment,
    Lookup,
    missing,
    places_of,
)
from bluecellab.recording.report_elements import Processes, ReportCell, ReportSynapse
from bluecellab.spec.base import CellId

__all__ = ["Synapses", "add_summation", "add_synapses"]

_PER_AREA = 0.01  # um2 times mA/cm2 make 0.01 nA
_ELECTRODES = ("IClamp", "SEClamp")  # their current flows in, where that of a membrane flows out

IntArray = npt.NDArray[np.int64]
Synapses = Mapping[CellId, Iterable[ReportSynapse]]


def add_summation(made: Columns, cells: Mapping[CellId, ReportCell], names: Sequence[str]) -> None:
    """Add up variables: over each cell in one column if its soma is meant, else for each compartment."""
    report = made.report
    whole = report.sections == "soma"
    scaled = report.scaling == "area"
    seen: set[str] = set()
    first: Compartment | None = None
    for cell_id, cell in cells.items():
        places = places_of(cell, "all" if whole else report.sections, every=whole or report.every_compartment)
        if not places:
            continue
        first = first or places[0]
        own = made.add(cell_id, [0] if whole else [place.number for place in places])
        columns = np.repeat(own, len(places)) if whole else own
        for name in names:
            seen |= _sum_of_places(made, places, columns, name, scaled=scaled)
            seen |= _sum_of_processes(made, places, columns, name)
    seen = set().union(*made.share.gathered(seen, f"looking for variables of report {report.name}"))
    for name in names:
        if first is not None and name not in seen:
            raise missing(report, name, first)
    made.warn_if_empty(cells)


def _sum_of_places(
    made: Columns,
    places: Sequence[Compartment],
    columns: IntArray,
    name: str,
    *,
    scaled: bool,
) -> set[str]:
    """Add a range variable, or the current ``i`` of a density mechanism; return its name if there is one."""
    lookups = [Lookup(name)] if "." in name else [Lookup(name), Lookup(f"{name}.i")]
    density: dict[str, bool] = {}
    found, kept = [], []
    for place, column in zip(places, columns, strict=True):
        hoc = next((hoc for hoc in (lookup(place) for lookup in lookups) if hoc is not None), None)
        if hoc is None:
            continue
        if hoc not in density:
            density[hoc] = scaled and variables.is_density(hoc)
        factor = float(place.inside.area()) * _PER_AREA if density[hoc] else 1.0
        found.append((place, hoc, factor))
        kept.append(column)
    made.read(found, np.array(kept, dtype=np.int64))
    return {name} if found else set()


def _sum_of_processes(
    made: Columns,
    places: Sequence[Compartment],
    columns: IntArray,
    name: str,
) -> set[str]:
    """Add the variable of point processes, ``i`` unless it is named; return its name if there are any."""
    mechanism, variable = variables.split(name) if "." in name else (name, "i")
    found, kept = [], []
    for place, column in zip(places, columns, strict=True):
        for process in place.inside.point_processes():
            if variables.kind_of(process) == mechanism and hasattr(process, variable):
                found.append(process)
                kept.append(column)
    if not found:
        return set()
    sign = -1.0 if mechanism in _ELECTRODES and variable == "i" else 1.0
    made.processes.append(
        Processes(tuple(found), variable, np.array(kept, dtype=np.int64), np.full(len(found), sign))
    )
    return {name}


def add_synapses(made: Columns, cells: Mapping[CellId, ReportCell], name: str, synapses: Synapses) -> None:
    """Add a column for each synapse of a mechanism on the sections that are meant."""
    report = made.report
    mechanism, variable = variables.split(name)
    if not mechanism:
        raise ReportError(
            f"report {report.name!r} is of synapses: its variable is written with their mechanism, such as "
            f"'ProbAMPANMDA_EMS.g', not {name!r}"
        )
    kinds: set[str] = set()
    for cell_id, cell in cells.items():
        sections = {section.raw for section in LISTS[report.sections](cell)}
        found = []
        for synapse in synapses.get(cell_id, ()):
            process = synapse.hsynapse
            kind = variables.kind_of(process)
            kinds.add(kind)
            if kind == mechanism and process.get_segment().sec in sections:
                found.append((int(synapse.syn_id[1]), process))
        found.sort(key=lambda pair: pair[0])
        if found and not hasattr(found[0][1], variable):
            raise ReportError(f"report {report.name!r}: {mechanism} has no variable {variable!r}")
        columns = made.add(cell_id, [number for number, _ in found])
        processes = tuple(process for _, process in found)
        made.processes.append(Processes(processes, variable, columns, np.ones(len(processes))))
    kinds = set().union(*made.share.gathered(kinds, f"looking for synapses of report {report.name}"))
    if kinds and mechanism not in kinds:
        raise ReportError(
            f"report {report.name!r}: no synapse of its cells is of the mechanism {mechanism!r}; there are "
            f"{', '.join(sorted(kinds))}"
        )
