"""Files of SONATA circuits, written with h5py so that the same content gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Columns = Mapping[str, Sequence[object] | npt.NDArray[np.generic]]

_TEXT = h5py.string_dtype()
_BY_TIME = 2
_SORTING = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": _BY_TIME}, basetype=np.uint8)


def write_nodes(path: Path, name: str, columns: Columns) -> None:
    """Write a population of nodes.

    Parameters
    ----------
    path, name
        The file and the population.
    columns
        Attributes; ``"mtype@"`` is stored as numbers with a library, ``"@dynamics:x"`` among the dynamics.
    """
    size = len(next(iter(columns.values())))
    with h5py.File(path, "w") as file:
        group = file.create_group(f"nodes/{name}")
        _put(group, "node_type_id", np.full(size, -1, np.int64))
        inner = group.create_group("0")
        for key, values in columns.items():
            if key.endswith("@"):
                library, numbers = np.unique(np.array(values), return_inverse=True)
                _put(inner, f"@library/{key[:-1]}", library)
                _put(inner, key[:-1], numbers.astype(np.uint32))
            else:
                _put(inner, key.replace("@dynamics:", "dynamics_params/"), np.array(values))


def write_edges(
    path: Path, name: str, ends: Mapping[str, int], sources: Ids, targets: Ids, columns: Columns
) -> None:
    """Write a population of edges with its indices.

    Parameters
    ----------
    path, name
        The file and the population.
    ends
        The populations that edges come from and go to, in this order, with their sizes; one entry if they
        are the same.
    sources, targets
        Ids of nodes, shape (n,); targets ascend.
    columns
        Attributes, each of shape (n,).
    """
    populations = list(ends) * (1 if len(ends) > 1 else 2)
    with h5py.File(path, "w") as file:
        group = file.create_group(f"edges/{name}")
        for end, population, ids in zip(("source", "target"), populations, (sources, targets), strict=True):
            dataset = _put(group, f"{end}_node_id", ids.astype(np.uint64))
            dataset.attrs["node_population"] = population
        _put(group, "edge_type_id", np.full(len(targets), -1, np.int64))
        inner = group.create_group("0")
        for key, values in columns.items():
            _put(inner, key, np.asarray(values))
        _write_index(group, "source_to_target", sources, ends[populations[0]])
        _write_index(group, "target_to_source", targets, ends[populations[1]])


def write_spikes(path: Path, population: str, times: npt.NDArray[np.float64], ids: Ids) -> None:
    """Write spikes of a population: times in ms, and the nodes that fire; both are sorted by time."""
    order = np.lexsort((ids, times))
    with h5py.File(path, "w") as file:
        group = file.create_group(f"spikes/{population}")
        group.attrs.create("sorting", _BY_TIME, dtype=_SORTING)
        _put(group, "timestamps", times[order]).attrs["units"] = "ms"
        _put(group, "node_ids", ids[order].astype(np.uint64))


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write an object as JSON, for people to read."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _put(group: h5py.Group, name: str, values: npt.NDArray[np.generic]) -> h5py.Dataset:
    """Write a dataset without the time of its making."""
    if values.dtype.kind == "U":
        return group.create_dataset(name, data=values.astype(object), dtype=_TEXT, track_times=False)
    return group.create_dataset(name, data=values, track_times=False)


def _write_index(group: h5py.Group, name: str, ids: Ids, size: int) -> None:
    """Write, for each node, in which ranges of edges it is; libsonata's own writer stores the time."""
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]) if len(ids) else np.empty(0, np.int64)
    order = np.argsort(ids[starts], kind="stable")
    edges = np.c_[starts, np.r_[starts[1:], len(ids)]][order] if len(ids) else np.empty((0, 2), np.int64)
    ends = np.searchsorted(ids[starts][order], np.arange(size + 1))
    ranges = np.c_[ends[:-1], ends[1:]]
    _put(group, f"indices/{name}/node_id_to_ranges", ranges.astype(np.uint64))
    _put(group, f"indices/{name}/range_to_edge_id", edges.astype(np.uint64))
