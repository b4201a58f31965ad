"""Variables of the synapses of connections, and currents of clamps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from bluecellab.errors import CircuitWarning, ReportError, warn
from bluecellab.nrn.scope import Scope
from bluecellab.recording import report_variables as variables
from bluecellab.recording.allen.columns import SegmentColumns, frame_recorder, in_order
from bluecellab.recording.allen.connections import Grouped, connections_of
from bluecellab.recording.allen.windows import chosen_variable
from bluecellab.recording.report_columns import numbers_of
from bluecellab.recording.report_elements import Processes, ReportCell
from bluecellab.recording.reports import FrameRecorder
from bluecellab.recording.variables import unit_of_variable
from bluecellab.results.sonata.files import PathLike
from bluecellab.results.sonata.parts import ReportFile
from bluecellab.spec.allen import ClampReport, SynapseReport
from bluecellab.spec.base import CellId

__all__ = ["Sections", "clamp_recorder", "netcon_recorder"]


def netcon_recorder(
    report: SynapseReport,
    cells: Mapping[CellId, ReportCell],
    groups: Mapping[CellId, Iterable[Grouped]],
    path: PathLike | ReportFile,
    *,
    variable: str | None = None,
    offsets: Mapping[str, int] | None = None,
    overwrite: bool = False,
    owner: Scope | None = None,
) -> FrameRecorder:
    """Return what writes a variable of synapses in every run, one column for each connection.

    Columns are in the order of populations and nodes, and of groups and edges. In the file ``src_ids`` are
    the global ids of their sources, -1 of virtual ones; ``trg_ids`` those of the cells.

    Parameters
    ----------
    report
        What to record, and when.
    cells
        Those it is of.
    groups
        Groups of synapses of each cell, in the order of their making.
    path
        The file; perhaps one that several processes write, each its part, who then all call this.
    variable
        Which of those of the report; may be left out when it has one.
    offsets
        What makes a global id of the id of a node, for each population; 0 when left out.
    overwrite
        Whether an older file of that name may be replaced.
    owner
        The scope that owns the recorder; without one it belongs to whoever holds it.

    Raises
    ------
    ReportError
        If no connection has a synapse of that type, one of them has no such variable, or synapses have been
        merged.

    Warns
    -----
    CircuitWarning
        If none of the cells has any connection.
    """
    name = chosen_variable(report, variable)
    numbering = offsets or {}
    columns = SegmentColumns("src_ids", "trg_ids")
    kinds: set[str] = set()
    for cell_id, cell in in_order(cells):
        sections = Sections(cell)
        target = numbering.get(cell_id.population_name, 0) + cell_id.id
        for connected in connections_of(groups.get(cell_id, ())):
            if connected.shared:
                raise ReportError(
                    f"report {report.name!r} records synapses, and several of those on {cell_id} are one "
                    "point process; run without merge_synapses"
                )
            chosen = []
            for process, source in zip(
                connected.processes(), connected.gids(numbering).tolist(), strict=True
            ):
                kind = variables.kind_of(process)
                kinds.add(kind)
                if report.syn_type is None or kind.startswith(report.syn_type):
                    chosen.append((process, source))
            _add(
                columns,
                report.name,
                cell_id,
                sections,
                [process for process, _ in chosen],
                name,
                [source for _, source in chosen],
                [target] * len(chosen),
            )
    share = ReportFile.of(path).share
    there = share.gathered((kinds, columns.count), f"looking for columns of report {report.name}")
    empty = not any(count for _, count in there)
    kinds = set().union(*(some for some, _ in there))
    if kinds and empty:
        raise ReportError(
            f"report {report.name!r}: no connection of its cells has a synapse of type {report.syn_type!r}; "
            f'there are {", ".join(sorted(kinds))}. "syn_type": null takes all.'
        )
    if empty and share.first:
        warn(f"report {report.name!r} is empty: none of its cells has a connection", CircuitWarning)
    unit = next((found for kind in sorted(kinds) if (found := unit_of_variable(f"{kind}.{name}"))), "")
    return frame_recorder(report, columns, path, (name, unit), overwrite=overwrite, owner=owner)


def clamp_recorder(
    report: ClampReport,
    cells: Mapping[CellId, ReportCell],
    clamps: Mapping[CellId, Sequence[Any]],
    path: PathLike | ReportFile,
    *,
    overwrite: bool = False,
    owner: Scope | None = None,
) -> FrameRecorder:
    """Return what writes the currents of clamps, in nA, in every run; one column for each clamp.

    Parameters
    ----------
    report
        When.
    cells
        Those it is of.
    clamps
        Raw point processes on each cell, of the kind that the report is of.
    path
        The file; perhaps one that several processes write, each its part, who then all call this.
    overwrite
        Whether an older file of that name may be replaced.
    owner
        The scope that owns the recorder; without one it belongs to whoever holds it.

    Raises
    ------
    ReportError
        If a clamp has no current.

    Warns
    -----
    CircuitWarning
        If there is no clamp.
    """
    columns = SegmentColumns()
    for cell_id, cell in in_order(cells):
        _add(columns, report.name, cell_id, Sections(cell), clamps.get(cell_id, ()), "i")
    share = ReportFile.of(path).share
    there = share.gathered(columns.count, f"looking for columns of report {report.name}")
    if not any(there) and share.first:
        warn(
            f"report {report.name!r} is empty: none of its cells has a clamp of that kind, "
            f"{report.variable_name!r}",
            CircuitWarning,
        )
    return frame_recorder(
        report, columns, path, (report.variable_name, "nA"), overwrite=overwrite, owner=owner
    )


class Sections:
    """Finds where point processes are on a cell.

    Parameters
    ----------
    cell
        The cell.
    """

    def __init__(self, cell: ReportCell) -> None:
        numbers = numbers_of(cell)
        self._numbers = {section.raw: numbers[name] for name, section in cell.sections.items()}

    def place_of(self, process: Any) -> tuple[int, float]:
        """Return section id and position of a point process; 0 and 0.5 of an artificial cell."""
        segment = process.get_segment() if process.has_loc() else None
        return (0, 0.5) if segment is None else (self._numbers[segment.sec], float(segment.x))


def _add(
    columns: SegmentColumns,
    report: str,
    cell_id: CellId,
    sections: Sections,
    processes: Sequence[Any],
    name: str,
    *more: Sequence[int],
) -> None:
    """Add a column for each of some point processes on a cell."""
    for process in processes:
        if not isinstance(getattr(process, name, None), float):
            raise ReportError(
                f"report {report!r}: {variables.kind_of(process)} on {cell_id} has no variable {name!r}"
            )
    places = [sections.place_of(process) for process in processes]
    made = columns.add(cell_id, [number for number, _ in places], [x for _, x in places], *more)
    columns.processes.append(Processes(tuple(processes), name, made, np.ones(len(processes))))
