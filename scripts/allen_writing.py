"""Files of circuits of the Allen dialect, written with h5py so that the same content gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Columns = Mapping[str, Sequence[object] | npt.NDArray[np.generic]]


def write_types(path: Path, id_column: str, types: Mapping[int, Mapping[str, object]]) -> None:
    """Write a table of types: space separated, texts in quotes, NULL where a type lacks an attribute.

    Parameters
    ----------
    path, id_column
        The file, and ``"node_type_id"`` or ``"edge_type_id"``.
    types
        Attributes by type.
    """
    names = sorted({name for attributes in types.values() for name in attributes})
    lines = [" ".join([id_column, *names])]
    for number, attributes in types.items():
        lines.append(" ".join([str(number), *(_cell(attributes.get(name)) for name in names)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def write_nodes(path: Path, name: str, types: Sequence[int], columns: Columns) -> None:
    """Write a population of nodes: the type of each, and attributes that differ from node to node."""
    size = len(types)
    with h5py.File(path, "w") as file:
        group = file.create_group(f"nodes/{name}")
        _put(group, "node_id", np.arange(size, dtype=np.uint64))
        _put(group, "node_type_id", np.asarray(types, np.int64))
        _put(group, "node_group_id", np.zeros(size, np.uint32))
        _put(group, "node_group_index", np.arange(size, dtype=np.uint64))
        inner = group.create_group("0")
        for key, values in columns.items():
            _put(inner, key, np.asarray(values))


def write_edges(
    path: Path, ends: Mapping[str, int], sources: Ids, targets: Ids, types: Ids, columns: Columns
) -> None:
    """Write a population of edges with its indices.

    Parameters
    ----------
    path
        The file.
    ends
        The populations that edges come from and go to, with their sizes; one entry if they are the same.
    sources, targets
        Ids of nodes, shape (n,); targets ascend.
    types
        The type of each edge, shape (n,).
    columns
        Attributes that differ from edge to edge, each of shape (n,).
    """
    populations = list(ends) * (1 if len(ends) > 1 else 2)
    size = len(targets)
    with h5py.File(path, "w") as file:
        group = file.create_group(f"edges/{'_to_'.join(populations)}")
        for end, population, ids in zip(("source", "target"), populations, (sources, targets), strict=True):
            dataset = _put(group, f"{end}_node_id", ids.astype(np.uint64))
            dataset.attrs["node_population"] = population
        _put(group, "edge_type_id", types.astype(np.int64))
        _put(group, "edge_group_id", np.zeros(size, np.uint32))
        _put(group, "edge_group_index", np.arange(size, dtype=np.uint64))
        inner = group.create_group("0")
        for key, values in columns.items():
            _put(inner, key, np.asarray(values))
        for index, ids, population in (
            ("source_to_target", sources, populations[0]),
            ("target_to_source", targets, populations[1]),
        ):
            _write_index(group.create_group(f"indices/{index}"), ids, ends[population])


def _write_index(group: h5py.Group, ids: Ids, size: int) -> None:
    """Write, for each node, in which ranges of edges it is."""
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
    order = np.argsort(ids[starts], kind="stable")
    ranges = np.c_[starts, np.r_[starts[1:], len(ids)]][order]
    ends = np.searchsorted(ids[starts][order], np.arange(size + 1))
    _put(group, "node_id_to_range", np.c_[ends[:-1], ends[1:]].astype(np.uint64))
    _put(group, "range_to_edge_id", ranges.astype(np.uint64))


def _put(group: h5py.Group, name: str, values: npt.NDArray[np.generic]) -> h5py.Dataset:
    """Write a dataset without the time of its making."""
    return group.create_dataset(name, data=values, track_times=False)
