"""Connections of a simulation, to be written as SONATA edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from bluecellab.recording.allen.columns import in_order
from bluecellab.recording.allen.connections import Grouped, connections_of
from bluecellab.recording.allen.processes import Sections
from bluecellab.recording.report_elements import ReportCell
from bluecellab.results.sonata.saved_edges import SavedEdges
from bluecellab.spec.base import CellId

__all__ = ["saved_edges"]


def saved_edges(
    cells: Mapping[CellId, ReportCell], groups: Mapping[CellId, Iterable[Grouped]]
) -> tuple[SavedEdges, ...]:
    """Return all connections of cells as they are now: section, position, weight and delay of each.

    Parameters
    ----------
    cells
        The cells that they end on; one without sections is a point cell.
    groups
        Groups of synapses of each cell, in the order of their making.

    Returns
    -------
    tuple of SavedEdges
        One for each pair of populations; hand them to
        :func:`~bluecellab.results.sonata.saved_edges.write_saved_edges`.
    """
    parts: dict[tuple[str, str], list[tuple[np.ndarray, ...]]] = {}
    for cell_id, cell in in_order(cells):
        sections = Sections(cell)
        for connected in connections_of(groups.get(cell_id, ())):
            if cell.sections:
                places = np.array([sections.place_of(process) for process in connected.processes()])
            else:
                places = np.tile([-1.0, 0.5], (len(connected), 1))
            parts.setdefault((connected.source, cell_id.population_name), []).append(
                (
                    connected.source_ids,
                    np.full(len(connected), cell_id.id),
                    connected.types(),
                    places[:, 0].astype(np.int64),
                    places[:, 1],
                    connected.weights(),
                    connected.delays(),
                )
            )
    return tuple(
        SavedEdges(source, target, *(np.concatenate(column) for column in zip(*found, strict=True)))
        for (source, target), found in parts.items()
    )
