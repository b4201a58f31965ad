"""Connections of a simulation as SONATA edges: where they ended up, and how strong they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import OutputError, ReportError
from bluecellab.results.sonata.files import PathLike, give_name, partial_path, refuse_existing, writing
from bluecellab.results.sonata.frame_writer import MAGIC

if TYPE_CHECKING:
    import h5py

__all__ = ["SavedEdges", "joined_edges", "refuse_saved_edges", "write_saved_edges"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_COLUMNS = ("sources", "targets", "types", "sections", "positions", "weights", "delays")


@dataclass(frozen=True, eq=False)
class SavedEdges:
    """Connections between two populations, in the order of their targets; each array of shape (n,).

    Parameters
    ----------
    source, target
        Names of the populations.
    sources, targets
        Ids of the nodes.
    types
        Type of each edge.
    sections
        SONATA section id of each; -1 where the target has no sections.
    positions
        Normalised position on that section.
    weights
        Weight of each connection.
    delays
        In ms.

    Raises
    ------
    ReportError
        If arrays are not of one length.
    """

    source: str
    target: str
    sources: IntArray
    targets: IntArray
    types: IntArray
    sections: IntArray
    positions: FloatArray
    weights: FloatArray
    delays: FloatArray

    def __post_init__(self) -> None:
        arrays = (self.targets, self.types, self.sections, self.positions, self.weights, self.delays)
        if any(np.shape(array) != np.shape(self.sources) for array in arrays):
            raise ReportError(
                f"{len(self.sources)} edges from {self.source} to {self.target} need as many of all"
            )

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def name(self) -> str:
        """Name of the population of edges."""
        return f"{self.source}_{self.target}"


def write_saved_edges(
    folder: PathLike, edges: Sequence[SavedEdges], *, overwrite: bool = False
) -> tuple[Path, ...]:
    """Write connections as SONATA edges, a file ``<source>_<target>_edges.h5`` for each pair of populations.

    Edges on sections are in group 0, with ``sec_id``, ``sec_x``, ``syn_weight`` and ``delay``; those on point
    cells in group 1, with the last two. Their types are those of the circuit's own table.

    Parameters
    ----------
    folder
        Where; it is made when it does not exist.
    edges
        The edges, of different pairs.
    overwrite
        Whether older files of these names may be replaced.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    OutputError
        If there is an older file that may not be replaced, or one cannot be written.
    """
    import h5py

    targets = [Path(folder) / f"{table.name}_edges.h5" for table in edges]
    refuse_saved_edges(folder, [(table.source, table.target) for table in edges], overwrite=overwrite)
    for target in targets:
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
    for target, table in zip(targets, edges, strict=True):
        try:
            with writing(target), h5py.File(partial_path(target), "w", libver="earliest") as file:
                file.attrs.update(MAGIC)
                _write(file.create_group(f"edges/{table.name}"), table)
        except OutputError:
            partial_path(target).unlink(missing_ok=True)
            raise
        give_name(target, overwrite=overwrite)
    return tuple(targets)


def joined_edges(tables: Iterable[SavedEdges]) -> list[SavedEdges]:
    """Return edges of several processes with one table for each pair of populations.

    Examples
    --------
    >>> one = SavedEdges("A", "B", *[np.zeros(2)] * 7)
    >>> [(table.name, len(table)) for table in joined_edges([one, one])]
    [('A_B', 4)]
    """
    found: dict[tuple[str, str], list[SavedEdges]] = {}
    for table in tables:
        found.setdefault((table.source, table.target), []).append(table)
    return [
        SavedEdges(*pair, *(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))
        for pair, parts in found.items()
    ]


def refuse_saved_edges(
    folder: PathLike, pairs: Iterable[tuple[str, str]], *, overwrite: bool = False
) -> None:
    """Raise if :func:`write_saved_edges` would replace files that it may not; for checks before a run.

    Parameters
    ----------
    folder
        Where.
    pairs
        Populations, source and target, between which there are edges.
    overwrite
        Whether they may be replaced.

    Raises
    ------
    OutputError
        If there is an older file that may not be replaced.
    """
    for source, target in pairs:
        path = Path(folder) / f"{source}_{target}_edges.h5"
        refuse_existing(path, overwrite=overwrite)


def _write(group: h5py.Group, table: SavedEdges) -> None:
    order = np.argsort(table.targets, kind="stable")
    for side, ids, population in (
        ("source", table.sources, table.source),
        ("target", table.targets, table.target),
    ):
        group[f"{side}_node_id"] = ids[order].astype(np.uint64)
        group[f"{side}_node_id"].attrs["node_population"] = population
    placed = table.sections[order] >= 0
    index = np.empty(len(table), dtype=np.uint64)
    for number, members in ((0, placed), (1, ~placed)):
        chosen = order[members]
        index[members] = np.arange(len(chosen), dtype=np.uint64)
        columns = group.create_group(str(number))
        columns["syn_weight"] = table.weights[chosen]
        columns["delay"] = table.delays[chosen]
        if number == 0:
            columns["sec_id"] = table.sections[chosen].astype(np.uint64)
            columns["sec_x"] = table.positions[chosen]
    group["edge_type_id"] = table.types[order].astype(np.uint32)
    group["edge_group_id"] = (~placed).astype(np.uint16)
    group["edge_group_index"] = index
    indices = group.create_group("indices")
    _write_index(indices.create_group("target_to_source"), table.targets[order])
    _write_index(indices.create_group("source_to_target"), table.sources[order])


def _write_index(group: h5py.Group, nodes: IntArray) -> None:
    """Write which edges each node has, as ranges of edges that follow each other."""
    firsts = np.flatnonzero(np.diff(nodes, prepend=-1))
    lasts = np.append(firsts[1:], len(nodes))
    owners = nodes[firsts]
    order = np.argsort(owners, kind="stable")
    bounds = np.searchsorted(owners[order], np.arange(int(nodes.max(initial=-1)) + 2))
    group["node_id_to_ranges"] = np.stack([bounds[:-1], bounds[1:]], axis=1).astype(np.uint64)
    group["node_id_to_range"] = group["node_id_to_ranges"]  # one data set, the names of both dialects
    group["range_to_edge_id"] = np.stack([firsts[order], lasts[order]], axis=1).astype(np.uint64)
