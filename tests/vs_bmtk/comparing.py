"""Two folders of output, ours and BMTK's: what differs, and by how much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

SPIKE_MS = 1e-9
POTENTIAL = 1e-9
_MAPPING = ("node_ids", "index_pointer", "element_ids", "element_pos")


def spikes_of(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return ids and times by population, in the order of the file."""
    with h5py.File(path) as file:
        return {
            name: (group["node_ids"][:].astype(int), group["timestamps"][:])
            for name, group in file.get("spikes", {}).items()
        }


def sorted_by_id(ids: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((times, ids))
    return ids[order], times[order]


def same_spikes(ours: Path, theirs: Path, *, ordered: str = "none") -> int:
    """The same spikes, in the same order as far as it is one; returns how many."""
    found, wanted = spikes_of(ours), spikes_of(theirs)
    assert found.keys() == wanted.keys(), (found.keys(), wanted.keys())
    total = 0
    for name, (ids, times) in wanted.items():
        mine, at = found[name]
        assert len(mine) == len(ids), f"{name}: {len(mine)} spikes, BMTK has {len(ids)}"
        if ordered == "by_time":
            assert np.abs(at - times).max(initial=0.0) <= SPIKE_MS
        if ordered == "by_id":
            assert np.array_equal(mine, ids)
        (mine, at), (ids, times) = sorted_by_id(mine, at), sorted_by_id(ids, times)
        assert np.array_equal(mine, ids), name
        assert np.abs(at - times).max(initial=0.0) <= SPIKE_MS, name
        total += len(ids)
    return total


def report_of(path: Path) -> dict[str, dict[str, Any]]:
    """Return data, mapping and times by population, cells by their ids: their order is that of a set in BMTK."""
    with h5py.File(path) as file:
        return {name: _by_id(group) for name, group in file["report"].items()}


def _by_id(group: h5py.Group) -> dict[str, Any]:
    mapping = {key: group["mapping"][key][:] for key in group["mapping"]}
    bounds = mapping["index_pointer"].astype(int)
    order = np.argsort(mapping["node_ids"], kind="stable")
    columns = np.concatenate([np.arange(bounds[k], bounds[k + 1]) for k in order])
    return {
        "data": group["data"][:][:, columns],
        "time": mapping["time"],
        "node_ids": mapping["node_ids"][order],
        "index_pointer": np.diff(bounds)[order],
        **{key: mapping[key][columns] for key in ("element_ids", "element_pos")},
    }


def same_report(ours: Path, theirs: Path, *, within: float = POTENTIAL) -> float:
    """The same mapping, and samples within a distance; returns the largest."""
    found, wanted = report_of(ours), report_of(theirs)
    assert found.keys() == wanted.keys(), (ours.name, found.keys(), wanted.keys())
    largest = 0.0
    for name, theirs_is in wanted.items():
        mine = found[name]
        for key in _MAPPING:
            assert np.array_equal(mine[key], theirs_is[key]), (ours.name, key, mine[key], theirs_is[key])
        assert np.allclose(mine["time"], theirs_is["time"], atol=1e-12), (
            ours.name,
            mine["time"],
            theirs_is["time"],
        )
        assert mine["data"].shape == theirs_is["data"].shape, (
            ours.name,
            mine["data"].shape,
            theirs_is["data"].shape,
        )
        largest = max(largest, float(np.abs(mine["data"] - theirs_is["data"]).max(initial=0.0)))
    assert largest <= within, f"{ours.name}: {largest:.3g}"
    return largest


def same_table(ours: Path, theirs: Path, *, ordered: str) -> None:
    """The same rows of a table of spikes, in the same order as far as it is one."""
    found, wanted = _rows_of(ours), _rows_of(theirs)
    if ordered != "none":
        key = 0 if ordered == "by_time" else 1
        assert (np.diff(found[:, key]) >= 0).all()
    assert found.shape == wanted.shape
    found, wanted = (rows[np.lexsort((rows[:, 0], rows[:, 1]))] for rows in (found, wanted))
    assert np.abs(found - wanted).max(initial=0.0) <= SPIKE_MS


def _rows_of(path: Path) -> np.ndarray:
    lines = [line.split() for line in path.read_text().splitlines()]
    assert lines[0] == ["timestamps", "population", "node_ids"]
    assert {name for _, name, _ in lines[1:]} <= {"cortex"}
    return np.array([(float(time), int(node)) for time, _, node in lines[1:]]).reshape(-1, 2)


def potential_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return an extracellular potential in mV, shape (times, electrodes), and begin, end and step."""
    with h5py.File(path) as file:
        return file["ecp/data"][:], file["ecp/time"][:] if "time" in file["ecp"] else np.empty(0)


def same_connections(ours: Path, theirs: Path) -> int:
    """The same saved connections, in an order of their own; returns how many."""
    found, wanted = _connections_of(ours), _connections_of(theirs)
    assert found.shape == wanted.shape, (ours.name, found.shape, wanted.shape)
    assert np.abs(found - wanted).max(initial=0.0) <= POTENTIAL, ours.name
    return len(found)


def _connections_of(path: Path) -> np.ndarray:
    """Return kind, source, target, section (-1 of a point), place and weight of each, in rows."""
    rows = []
    with h5py.File(path) as file:
        (edges,) = file["edges"].values()
        ends = [edges[f"{end}_node_id"][:] for end in ("source", "target")]
        groups = {int(name): edges[name] for name in edges if name.isdecimal()}
        for kind, group in groups.items():
            chosen = edges["edge_group_id"][:] == kind
            index = edges["edge_group_index"][:][chosen].astype(int)
            rows.append(
                [
                    edges["edge_type_id"][:][chosen].astype(float),
                    *(end[chosen].astype(float) for end in ends),
                    *(
                        group[key][:][index].astype(float) if key in group else np.full(len(index), -1.0)
                        for key in ("sec_id", "sec_x", "syn_weight")
                    ),
                ]
            )
    found = np.concatenate([np.array(each) for each in rows], axis=1).T
    return np.round(found, 12)[np.lexsort(np.round(found, 9).T)]
